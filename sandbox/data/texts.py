"""Texts by language, units of measure and the small vocabulary that many families share."""

from collections.abc import Mapping
from dataclasses import dataclass

Text = Mapping[str, str] | str


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit of measure. Quantities in it have at most `decimals` decimals."""

    code: str
    name: Text
    decimals: int = 0


def text(fi: str, en: str, sv: str | None = None) -> dict[str, str]:
    return {"fi": fi, "en": en} if sv is None else {"fi": fi, "en": en, "sv": sv}


def both(value: str) -> Text:
    """Return a figure as each language writes it: a decimal comma in Finnish and Swedish."""
    return value if "." not in value else text(value.replace(".", ","), value, value.replace(".", ","))


def in_language(value: Text, language: str) -> str:
    """Return the text in a language, else in Finnish."""
    return value if isinstance(value, str) else value.get(language, value["fi"])


UNITS = {
    unit.code: unit
    for unit in (
        Unit("PCE", text("kpl", "pcs", "st")),
        Unit("M", text("m", "m", "m"), 1),
        Unit("KG", text("kg", "kg", "kg"), 2),
        Unit("SET", text("sarja", "set", "sats")),
        Unit("ROD", text("salko", "length", "stång")),
        Unit("BDL", text("nippu", "bundle", "bunt")),
        Unit("COI", text("kieppi", "coil", "ring")),
        Unit("DRM", text("kela", "drum", "trumma")),
        Unit("BAG", text("pussi", "bag", "påse")),
        Unit("BOX", text("laatikko", "box", "låda")),
        Unit("PAL", text("lava", "pallet", "pall")),
    )
}

MATERIALS = {
    "copper": text("kupari", "copper", "koppar"),
    "pex": text("PEX-muovi", "PEX", "PEX-plast"),
    "multilayer": text("komposiitti PE-RT/Al/PE-RT", "multilayer PE-RT/Al/PE-RT", "komposit PE-RT/Al/PE-RT"),
    "pp": text("polypropeeni", "polypropylene", "polypropen"),
    "brass": text("messinki", "brass", "mässing"),
    "dzr-brass": text("sinkinkadonkestävä messinki", "DZR brass", "avzinkningshärdig mässing"),
    "gunmetal": text("punametalli", "gunmetal", "rödgods"),
    "stainless": text("ruostumaton teräs", "stainless steel", "rostfritt stål"),
    "acid-proof": text("haponkestävä teräs", "acid-proof steel", "syrafast stål"),
    "zinc-steel": text("sähkösinkitty teräs", "zinc-plated steel", "elförzinkat stål"),
    "hot-dip-steel": text("kuumasinkitty teräs", "hot-dip galvanised steel", "varmförzinkat stål"),
    "steel": text("teräs", "steel", "stål"),
    "cast-iron": text("valurauta", "cast iron", "gjutjärn"),
    "aluminium": text("alumiini", "aluminium", "aluminium"),
    "polycarbonate": text("polykarbonaatti", "polycarbonate", "polykarbonat"),
    "polyamide": text("polyamidi", "polyamide", "polyamid"),
    "epdm": text("EPDM-kumi", "EPDM rubber", "EPDM-gummi"),
    "nbr": text("NBR-kumi", "NBR rubber", "NBR-gummi"),
    "ptfe": text("PTFE", "PTFE", "PTFE"),
    "graphite": text("grafiitti", "graphite", "grafit"),
    "nitrile": text("nitriili", "nitrile", "nitril"),
    "cr-v": text("kromivanadiiniteräs", "chrome vanadium steel", "kromvanadinstål"),
    "hss": text("pikateräs HSS", "high-speed steel HSS", "snabbstål HSS"),
}

# The houses whose goods the wholesaler sells. All are invented.
BRANDS = (
    "Kaira", "Norrvik", "Lumeno", "Vesko", "Tammer", "Ahjo", "Fjordal", "Pohja", "Sisuline", "Ostrova", "Havel", "Kymi",
)  # fmt: skip

# Swedish for the Finnish words that appear in Swedish names.
SWEDISH = {
    "puolikova": "halvhård", "kova": "hård", "pehmeä": "mjuk", "valkoinen": "vit", "musta": "svart", "punainen": "röd",
    "sininen": "blå", "kulma 90°": "böj 90°", "kulma 45°": "böj 45°", "T-haara": "T-rör", "muhvi": "muff",
    "tulppa": "propp", "sisäkierre": "invändig gänga", "sisä-/ulkokierre": "in-/utvändig gänga", "puristus": "press",
    "hitsaus": "svets", "suora": "rak", "kulma": "vinkel", "aksiaali": "axial", "teollisuusvalaisin": "industriarmatur",
    "alasvalo": "downlight", "valonheitin": "strålkastare", "paneeli": "panel", "harmaa": "grå", "keltainen": "gul",
}  # fmt: skip
