"""What families of articles are made of: axes along which articles differ, and the figures that follow from them."""

from dataclasses import dataclass, field

from sandbox.data.texts import MATERIALS, SWEDISH, Text, Unit, both, text


@dataclass(frozen=True, slots=True)
class Choice:
    """One value of an attribute. `size` says how much dearer and heavier it makes the article."""

    code: str
    label: Text
    size: float = 1.0


@dataclass(frozen=True, slots=True)
class Axis:
    """An attribute in which the articles of a family differ."""

    code: str
    name: Text
    choices: tuple[Choice, ...]
    unit: str | None = None


@dataclass(frozen=True, slots=True)
class Fact:
    """An attribute that all articles of a family share."""

    code: str
    name: Text
    choice: Choice
    unit: str | None = None


@dataclass(frozen=True, slots=True)
class Pack:
    """A packaging of `times` sales units; with `axis`, of so many times the article's own length."""

    unit: str
    times: int
    axis: str | None = None


@dataclass(frozen=True, slots=True)
class Family:
    """Everything the systems need to make up the articles of one kind."""

    code: str
    category: str
    name: Text
    description: Text
    axes: tuple[Axis, ...]
    price: float
    weight_kg: float
    unit: Unit
    facts: tuple[Fact, ...] = ()
    packs: tuple[Pack, ...] = ()
    minimum: str = "1"
    increment: str = "1"
    per: int = 1
    breaks: tuple[int, ...] = (10, 25, 50, 100)
    stock: int = 200
    branded: bool = False
    share: int = 1
    related: tuple[tuple[str, str], ...] = ()
    documents: tuple[str, ...] = ("BROCHURE",)
    variants: int = field(init=False)

    def __post_init__(self) -> None:
        count = 1
        for axis in self.axes:
            count *= len(axis.choices)
        object.__setattr__(self, "variants", count)


NAMES = {
    "material": text("Materiaali", "Material", "Material"),
    "dimension": text("Mitta", "Dimension", "Dimension"),
    "dn": text("Nimelliskoko DN", "Nominal size DN", "Nominell storlek DN"),
    "length": text("Pituus", "Length", "Längd"),
    "pressure": text("Paine enintään", "Maximum pressure", "Högsta tryck"),
    "temperature": text("Lämpötila enintään", "Maximum temperature", "Högsta temperatur"),
    "cross_section": text("Poikkipinta", "Cross-section", "Tvärsnittsarea"),
    "colour": text("Väri", "Colour", "Färg"),
    "ip_class": text("Kotelointiluokka", "IP class", "Kapslingsklass"),
    "power": text("Teho", "Power", "Effekt"),
    "current": text("Nimellisvirta", "Rated current", "Märkström"),
    "voltage": text("Nimellisjännite", "Rated voltage", "Märkspänning"),
    "poles": text("Napaluku", "Poles", "Poler"),
    "connection": text("Liitäntä", "Connection", "Anslutning"),
    "head": text("Nostokorkeus", "Head", "Lyfthöjd"),
    "size": text("Koko", "Size", "Storlek"),
    "temper": text("Kovuus", "Temper", "Hårdhet"),
    "angle": text("Kulma", "Angle", "Vinkel"),
    "type": text("Tyyppi", "Type", "Typ"),
    "cores": text("Johtimet", "Cores", "Ledare"),
    "flux": text("Valovirta", "Luminous flux", "Ljusflöde"),
    "colour_temperature": text("Värilämpötila", "Colour temperature", "Färgtemperatur"),
    "drive": text("Kanta", "Drive", "Drivning"),
    "diameter": text("Halkaisija", "Diameter", "Diameter"),
    "thickness": text("Paksuus", "Thickness", "Tjocklek"),
    "volume": text("Tilavuus", "Volume", "Volym"),
    "height": text("Korkeus", "Height", "Höjd"),
    "tripping": text("Laukaisukäyrä", "Tripping curve", "Utlösningskurva"),
    "rating": text("Luokka", "Class", "Klass"),
    "insulation": text("Eristyspaksuus", "Insulation thickness", "Isoleringstjocklek"),
}


def scale(code: str, values: str, *, unit: str | None = None, power: float = 1.0) -> Axis:
    """Return an axis of figures: price and weight grow with the figure to `power`."""
    figures = values.split()
    first = _magnitude(figures[0])
    choices = tuple(Choice(value, both(value), (_magnitude(value) / first) ** power) for value in figures)
    return Axis(code, NAMES[code], choices, unit)


def kinds(code: str, *choices: tuple[str, str, str] | tuple[str, str, str, float]) -> Axis:
    """Return an axis of named kinds: code, Finnish, English and how much dearer."""
    made = tuple(_kind(*choice) for choice in choices)
    return Axis(code, NAMES[code], made)


def _kind(code: str, fi: str, en: str, size: float = 1.0) -> Choice:
    return Choice(code, fi if fi == en else text(fi, en, SWEDISH.get(fi)), size)


def materials(**factors: float) -> Axis:
    """Return an axis of materials, underscores standing for hyphens."""
    codes = {name.replace("_", "-"): factor for name, factor in factors.items()}
    choices = tuple(Choice(code, MATERIALS[code], factor) for code, factor in codes.items())
    return Axis("material", NAMES["material"], choices)


def made_of(material: str) -> Fact:
    return Fact("material", NAMES["material"], Choice(material, MATERIALS[material]))


def fact(code: str, value: str, unit: str | None = None) -> Fact:
    return Fact(code, NAMES[code], Choice(value, both(value)), unit)


def _magnitude(figure: str) -> float:
    """Return the first figure of a dimension, times its second: "15x1.0" is 15, "M8x40" is 320."""
    parts = [float(part) for part in figure.lower().lstrip("m").split("x")]
    return parts[0] * (parts[1] if len(parts) > 1 and parts[1] > 5 else 1.0)
