"""Families of gaskets, fasteners, welding supplies, tools and protection."""

# ruff: noqa: E501  # tables read best with a row a line
from sandbox.data.families import Family, Pack, fact, kinds, made_of, materials, scale
from sandbox.data.texts import UNITS, text

PIECE, KILO, SET = UNITS["PCE"], UNITS["KG"], UNITS["SET"]

INDUSTRIAL = (
    Family(
        "gasket", "gaskets",
        text("Laippatiiviste DN {dn} PN {pressure} {thickness} mm {material}",
             "Flange gasket DN {dn} PN {pressure} {thickness} mm {material}"),
        text("Laippatiiviste EN 1514-1, DN {dn}, PN {pressure}, paksuus {thickness} mm, {material}.",
             "Flange gasket to EN 1514-1, DN {dn}, PN {pressure}, {thickness} mm thick, {material}."),
        (scale("dn", "15 20 25 32 40 50 65 80 100 125 150", power=0.9), scale("pressure", "10 16 40", unit="bar", power=0.2),
         scale("thickness", "2 3 1.5", unit="mm", power=0.3), materials(epdm=1.0, nbr=1.1, ptfe=3.5, graphite=2.6)),
        0.85, 0.02, PIECE, (), (Pack("BAG", 10), Pack("BOX", 200)), stock=800, share=2,
        documents=("BROCHURE", "SAFETY_DATA_SHEET"),
    ),
    Family(
        "screw", "screws",
        text("Kuusioruuvi {dimension} {material}", "Hexagon screw {dimension} {material}", "Sexkantskruv {dimension} {material}"),
        text("Kuusiokantaruuvi {dimension}, täyskierre, {material}, DIN 933. Myydään laatikoittain, hinta sadalta kappaleelta.",
             "Hexagon screw {dimension}, full thread, {material}, DIN 933. Sold by the box, priced per hundred."),
        (scale("dimension", "M5x16 M5x25 M6x16 M6x20 M6x30 M8x20 M8x25 M8x40 M10x30 M10x50 M12x40 M12x60 M16x50 M16x80", power=0.85),
         materials(zinc_steel=1.0, hot_dip_steel=1.5, stainless=2.8, acid_proof=3.9)),
        3.9, 0.004, PIECE, (), (Pack("BOX", 100), Pack("PAL", 40000)), "100", "100", 100, (500, 1000, 5000, 20000),
        stock=30000, share=2, related=(("ACCESSORY", "hand-tool"),), documents=("CERTIFICATE",),
    ),
    Family(
        "anchor", "anchors",
        text("Kiila-ankkuri {dimension} mm {material}", "Wedge anchor {dimension} mm {material}"),
        text("Kiila-ankkuri betoniin, {dimension} mm, {material}. Asennus läpiasennuksena.",
             "Wedge anchor for concrete, {dimension} mm, {material}. Through fixing."),
        (scale("dimension", "8x75 8x95 10x90 10x120 12x110 12x145 16x140", unit="mm", power=0.8),
         materials(zinc_steel=1.0, hot_dip_steel=1.4, acid_proof=4.2)),
        0.62, 0.04, PIECE, (), (Pack("BOX", 50),), "50", "50", breaks=(100, 500, 2000), stock=5000,
        documents=("CERTIFICATE", "DRAWING"), related=(("ACCESSORY", "drill-bit"),),
    ),
    Family(
        "welding-wire", "welding",
        text("Hitsauslanka {diameter} mm {material}", "Welding wire {diameter} mm {material}"),
        text("Umpilanka MIG/MAG-hitsaukseen, {diameter} mm, {material}. Myydään kiloittain, kela 15 kg.",
             "Solid wire for MIG/MAG welding, {diameter} mm, {material}. Sold by the kilogram, spool 15 kg."),
        (scale("diameter", "0.8 1.0 1.2 1.6", unit="mm", power=-0.2), materials(steel=1.0, stainless=4.1, aluminium=3.6)),
        2.7, 1.0, KILO, (), (Pack("DRM", 15), Pack("PAL", 1080)), "0.5", "0.5", breaks=(15, 150, 1080), stock=900,
        branded=True, documents=("BROCHURE", "SAFETY_DATA_SHEET", "CERTIFICATE"),
    ),
    Family(
        "hand-tool", "hand-tools",
        text("{type} {size}, {material}", "{type} {size}, {material}"),
        text("{type}, {size}, {material}. Ammattikäyttöön, takuu 5 vuotta.",
             "{type}, {size}, {material}. For professional use, warranted for 5 years."),
        (kinds("type", ("spanner-set", "Kiintolenkkiavainsarja", "Combination spanner set", 2.0),
               ("socket-set", "Hylsysarja", "Socket set", 3.4), ("screwdriver-set", "Ruuvitalttasarja", "Screwdriver set"),
               ("pliers-set", "Pihtisarja", "Pliers set", 1.7)),
         kinds("size", ("6", "6-osainen", "6 pieces"), ("12", "12-osainen", "12 pieces", 1.7), ("24", "24-osainen", "24 pieces", 2.9)),
         materials(cr_v=1.0, steel=0.7)),
        24.0, 1.1, SET, (), (Pack("BOX", 6),), breaks=(6, 24), stock=60, branded=True,
    ),
    Family(
        "drill-bit", "drill-bits",
        text("Poranterä {diameter} mm {type}", "Drill bit {diameter} mm {type}"),
        text("Poranterä {diameter} mm, {type}, {material}.", "Drill bit {diameter} mm, {type}, {material}."),
        (scale("diameter", "3 4 5 6 8 10 12 14 16 20", unit="mm", power=0.8),
         kinds("type", ("metal", "metallille", "for metal"), ("sds-plus", "SDS-plus betonille", "SDS-plus for concrete", 2.1),
               ("wood", "puulle", "for wood", 1.2))),
        1.7, 0.03, PIECE, (made_of("hss"),), (Pack("BOX", 10),), stock=350, branded=True,
    ),
    Family(
        "glove", "gloves",
        text("Suojakäsine {type} koko {size} {colour}", "Protective glove {type} size {size} {colour}"),
        text("Suojakäsine {type}, koko {size}, {colour}, pinnoite {material}. EN 388.",
             "Protective glove {type}, size {size}, {colour}, coating {material}. EN 388."),
        (kinds("type", ("assembly", "asennus", "assembly"), ("cut", "viillonsuoja", "cut-resistant", 2.2),
               ("winter", "talvi", "winter", 1.6)),
         scale("size", "7 8 9 10 11", power=0.0),
         kinds("colour", ("black", "musta", "black"), ("grey", "harmaa", "grey"), ("yellow", "keltainen", "yellow"))),
        2.3, 0.06, PIECE, (made_of("nitrile"), fact("rating", "II")), (Pack("BAG", 12), Pack("BOX", 144)), "12", "12",
        breaks=(48, 144, 720), stock=1400, branded=True, documents=("BROCHURE", "CERTIFICATE"),
    ),
)  # fmt: skip
