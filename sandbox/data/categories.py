"""The generated category tree: eight top categories, up to three levels."""

from dataclasses import dataclass

from sandbox.data.texts import Text, text


@dataclass(frozen=True, slots=True)
class Category:
    code: str
    name: Text
    parent_code: str | None = None
    child_codes: tuple[str, ...] = ()


_TREE = (
    ("pipes", None, "Putket", "Pipes", "Rör"),
    ("metal-pipes", "pipes", "Metalliputket", "Metal pipes", "Metallrör"),
    ("copper-pipes", "metal-pipes", "Kupariputket", "Copper pipes", "Kopparrör"),
    ("steel-pipes", "metal-pipes", "Teräsputket", "Steel pipes", "Stålrör"),
    ("plastic-pipes", "pipes", "Muoviputket", "Plastic pipes", "Plaströr"),
    ("pex-pipes", "plastic-pipes", "PEX-putket", "PEX pipes", "PEX-rör"),
    ("multilayer-pipes", "plastic-pipes", "Komposiittiputket", "Multilayer pipes", "Kompositrör"),
    ("drain-pipes", "plastic-pipes", "Viemäriputket", "Drain pipes", "Avloppsrör"),
    ("fittings", None, "Putkenosat", "Fittings", "Rördelar"),
    ("press-fittings", "fittings", "Puristusosat", "Press fittings", "Pressdelar"),
    ("compression-fittings", "fittings", "Puserrusliittimet", "Compression fittings", "Klämringskopplingar"),
    ("threaded-fittings", "fittings", "Kierreosat", "Threaded fittings", "Gängade rördelar"),
    ("valves", None, "Venttiilit", "Valves", "Ventiler"),
    ("ball-valves", "valves", "Palloventtiilit", "Ball valves", "Kulventiler"),
    ("check-valves", "valves", "Takaiskuventtiilit", "Check valves", "Backventiler"),
    ("radiator-valves", "valves", "Patteriventtiilit", "Radiator valves", "Radiatorventiler"),
    ("heating", None, "Lämmitys ja pumput", "Heating and pumps", "Värme och pumpar"),
    ("circulation-pumps", "heating", "Kiertovesipumput", "Circulation pumps", "Cirkulationspumpar"),
    ("radiators", "heating", "Lämpöpatterit", "Radiators", "Radiatorer"),
    ("expansion-vessels", "heating", "Paisunta-astiat", "Expansion vessels", "Expansionskärl"),
    ("pipe-insulation", "heating", "Putkieristeet", "Pipe insulation", "Rörisolering"),
    ("cables", None, "Kaapelit ja johdot", "Cables and wires", "Kablar och ledningar"),
    ("installation-cables", "cables", "Asennuskaapelit", "Installation cables", "Installationskablar"),
    ("power-cables", "cables", "Voimakaapelit", "Power cables", "Kraftkablar"),
    ("data-cables", "cables", "Tietoverkkokaapelit", "Data cables", "Datakablar"),
    ("cable-lugs", "cables", "Kaapelikengät", "Cable lugs", "Kabelskor"),
    ("electrical", None, "Sähkötarvikkeet", "Electrical supplies", "Elmateriel"),
    ("protection", "electrical", "Suojalaitteet", "Protection devices", "Skyddsapparater"),
    ("circuit-breakers", "protection", "Johdonsuojakatkaisijat", "Circuit breakers", "Dvärgbrytare"),
    ("residual-current-devices", "protection", "Vikavirtasuojat", "Residual current devices", "Jordfelsbrytare"),
    ("junction-boxes", "electrical", "Jakorasiat", "Junction boxes", "Kopplingsdosor"),
    ("luminaires", "electrical", "Valaisimet", "Luminaires", "Armaturer"),
    ("led-luminaires", "luminaires", "LED-valaisimet", "LED luminaires", "LED-armaturer"),
    ("industrial", None, "Teollisuustarvikkeet", "Industrial supplies", "Industriförnödenheter"),
    ("gaskets", "industrial", "Tiivisteet", "Gaskets", "Packningar"),
    ("screws", "industrial", "Ruuvit ja pultit", "Screws and bolts", "Skruvar och bultar"),
    ("anchors", "industrial", "Kiila-ankkurit", "Wedge anchors", "Expanderbultar"),
    ("welding", "industrial", "Hitsaustarvikkeet", "Welding supplies", "Svetsmateriel"),
    ("tools", None, "Työkalut ja suojaimet", "Tools and protection", "Verktyg och skydd"),
    ("hand-tools", "tools", "Käsityökalut", "Hand tools", "Handverktyg"),
    ("drill-bits", "tools", "Poranterät", "Drill bits", "Borrar"),
    ("gloves", "tools", "Suojakäsineet", "Protective gloves", "Skyddshandskar"),
)


def category_tree() -> dict[str, Category]:
    children: dict[str, list[str]] = {}
    for code, parent, *_ in _TREE:
        if parent:
            children.setdefault(parent, []).append(code)
    return {
        code: Category(code, text(fi, en, sv), parent, tuple(children.get(code, ())))
        for code, parent, fi, en, sv in _TREE
    }


def with_ancestors(tree: dict[str, Category], code: str) -> tuple[str, ...]:
    """Return a category's code and those of all above it, nearest first."""
    codes: list[str] = []
    step: str | None = code
    while step is not None:
        codes.append(step)
        step = tree[step].parent_code
    return tuple(codes)
