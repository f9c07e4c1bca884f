"""Families of pipes, fittings, valves and heating."""

# ruff: noqa: E501  # tables read best with a row a line
from sandbox.data.families import Family, Pack, fact, kinds, made_of, materials, scale
from sandbox.data.texts import UNITS, text

METRE, PIECE = UNITS["M"], UNITS["PCE"]

PLUMBING = (
    Family(
        "copper-pipe", "copper-pipes",
        text("Kupariputki {dimension} mm {temper} {length} m", "Copper pipe {dimension} mm {temper} {length} m",
             "Kopparrör {dimension} mm {temper} {length} m"),
        text("Kupariputki käyttövesi- ja lämmitysverkostoihin, mitta {dimension} mm, {temper}. Toimitetaan {length} "
             "metrin salkoina. Suurin käyttöpaine {pressure} bar.",
             "Copper pipe for tap water and heating, {dimension} mm, {temper}. Supplied in lengths of {length} metres. "
             "Maximum working pressure {pressure} bar."),
        (scale("dimension", "10x0.8 12x1.0 15x1.0 18x1.0 22x1.0 28x1.2 35x1.5 42x1.5 54x1.5", unit="mm", power=1.4),
         kinds("temper", ("half-hard", "puolikova", "half-hard"), ("hard", "kova", "hard", 0.96),
               ("soft", "pehmeä", "soft", 1.05)),
         scale("length", "5 3", unit="m", power=0.0)),
        3.4, 0.21, METRE, (made_of("copper"), fact("pressure", "16", "bar")),
        (Pack("ROD", 1, "length"), Pack("BDL", 10, "length")), "5", "5", breaks=(50, 150, 500, 1500), stock=900,
        share=3, related=(("ACCESSORY", "press-fitting"), ("ACCESSORY", "pipe-insulation")),
        documents=("BROCHURE", "CERTIFICATE"),
    ),
    Family(
        "steel-pipe", "steel-pipes",
        text("Teräsputki {dimension} mm {material} {length} m", "Steel pipe {dimension} mm {material} {length} m"),
        text("Ohutseinäinen puristusjärjestelmän putki, {material}, {dimension} mm. Salon pituus {length} m.",
             "Thin-walled pipe for press systems, {material}, {dimension} mm. Length {length} m."),
        (scale("dimension", "15x1.2 18x1.2 22x1.5 28x1.5 35x1.5 42x1.5 54x1.5", unit="mm", power=1.2),
         materials(zinc_steel=1.0, stainless=2.3, acid_proof=2.9), scale("length", "6 3", unit="m", power=0.0)),
        2.6, 0.43, METRE, (fact("pressure", "16", "bar"),), (Pack("ROD", 1, "length"), Pack("BDL", 10, "length")),
        "6", "6", breaks=(60, 180, 600), stock=700, related=(("ACCESSORY", "press-fitting"),),
    ),
    Family(
        "pex-pipe", "pex-pipes",
        text("PEX-putki {dimension} mm {colour} {length} m kieppi", "PEX pipe {dimension} mm {colour} {length} m coil",
             "PEX-rör {dimension} mm {colour} {length} m ring"),
        text("Happidiffuusiosuojattu PEX-putki {dimension} mm, {colour}. Kiepissä {length} m. Kestää {temperature} °C "
             "ja {pressure} bar.",
             "PEX pipe with an oxygen barrier, {dimension} mm, {colour}. A coil holds {length} m. Withstands "
             "{temperature} °C and {pressure} bar."),
        (scale("dimension", "12x2.0 15x2.5 16x2.0 18x2.5 20x2.0 22x3.0 25x2.3 28x4.0", unit="mm", power=1.3),
         kinds("colour", ("white", "valkoinen", "white"), ("red", "punainen", "red"), ("blue", "sininen", "blue")),
         scale("length", "100 50 200 240", unit="m", power=0.0)),
        0.95, 0.08, METRE, (made_of("pex"), fact("pressure", "10", "bar"), fact("temperature", "95", "°C")),
        (Pack("COI", 1, "length"), Pack("PAL", 10, "length")), "1", "1", breaks=(100, 500, 2000), stock=4000,
        share=2, related=(("ACCESSORY", "compression-fitting"), ("SUBSTITUTE", "multilayer-pipe")),
        documents=("BROCHURE", "CERTIFICATE"),
    ),
    Family(
        "multilayer-pipe", "multilayer-pipes",
        text("Komposiittiputki {dimension} mm {length} m", "Multilayer pipe {dimension} mm {length} m"),
        text("Muotonsa pitävä komposiittiputki {dimension} mm, {length} m. Käyttövesi ja lämmitys {pressure} bariin asti.",
             "Multilayer pipe that keeps its shape, {dimension} mm, {length} m. Tap water and heating up to {pressure} "
             "bar."),
        (scale("dimension", "16x2.0 20x2.25 25x2.5 32x3.0 40x4.0", unit="mm", power=1.4),
         scale("length", "5 50 100", unit="m", power=0.0)),
        1.9, 0.12, METRE, (made_of("multilayer"), fact("pressure", "10", "bar")), (Pack("COI", 1, "length"),),
        "5", "5", breaks=(100, 500), stock=2000, related=(("ACCESSORY", "press-fitting"),),
    ),
    Family(
        "drain-pipe", "drain-pipes",
        text("Viemäriputki DN {dn} {length} mm muhvillinen", "Drain pipe DN {dn} {length} mm with socket",
             "Avloppsrör DN {dn} {length} mm med muff"),
        text("Kiinteistöviemärin muhviputki DN {dn}, pituus {length} mm. Tiivisterengas on paikallaan.",
             "Indoor drain pipe with socket, DN {dn}, length {length} mm. The sealing ring is fitted."),
        (scale("dn", "32 50 75 110 160", power=1.2), scale("length", "250 500 1000 2000 3000", unit="mm", power=0.7)),
        1.6, 0.18, PIECE, (made_of("pp"),), (Pack("BDL", 10), Pack("PAL", 240)), breaks=(10, 50, 240), stock=300,
    ),
    Family(
        "press-fitting", "press-fittings",
        text("Puristusosa {type} {dimension} mm {material}", "Press fitting {type} {dimension} mm {material}",
             "Pressdel {type} {dimension} mm {material}"),
        text("Puristettava {type}, {dimension} mm, {material}. Vuotoilmaisu ennen puristusta, O-rengas EPDM. "
             "Käyttöpaine {pressure} bar, lämpötila enintään {temperature} °C.",
             "Press {type}, {dimension} mm, {material}. Leaks show before pressing; EPDM O-ring. Working pressure "
             "{pressure} bar, at most {temperature} °C."),
        (kinds("type", ("elbow-90", "kulma 90°", "elbow 90°"), ("elbow-45", "kulma 45°", "elbow 45°", 1.1),
               ("tee", "T-haara", "tee", 1.6), ("coupling", "muhvi", "coupling", 0.8), ("cap", "tulppa", "cap", 0.9)),
         scale("dimension", "15 18 22 28 35 42 54", unit="mm", power=1.5),
         materials(copper=1.0, stainless=2.1, zinc_steel=0.8)),
        2.9, 0.05, PIECE, (fact("pressure", "16", "bar"), fact("temperature", "110", "°C")),
        (Pack("BAG", 10), Pack("BOX", 100)), breaks=(10, 50, 100, 500), stock=1500, share=3,
        related=(("SPARE_PART", "gasket"), ("SUBSTITUTE", "compression-fitting")),
        documents=("BROCHURE", "CERTIFICATE", "DRAWING"),
    ),
    Family(
        "compression-fitting", "compression-fittings",
        text("Puserrusliitin {type} {dimension} mm", "Compression fitting {type} {dimension} mm"),
        text("Puserrusliitin {type} kupari- ja PEX-putkelle {dimension} mm. Kiristetään kiintoavaimella.",
             "Compression fitting {type} for copper and PEX pipe {dimension} mm. Tightened with a spanner."),
        (kinds("type", ("straight", "suora", "straight"), ("elbow", "kulma", "elbow", 1.2), ("tee", "T", "tee", 1.7)),
         scale("dimension", "10 12 15 18 22 28", unit="mm", power=1.3), materials(brass=1.0, dzr_brass=1.25)),
        3.2, 0.07, PIECE, (fact("pressure", "10", "bar"),), (Pack("BAG", 10), Pack("BOX", 50)), stock=600,
        related=(("SPARE_PART", "gasket"),),
    ),
    Family(
        "threaded-fitting", "threaded-fittings",
        text("Kierreosa {type} DN {dn} {material}", "Threaded fitting {type} DN {dn} {material}"),
        text("Kierteellinen {type}, koko DN {dn}, {material}. Kierre EN 10226.",
             "Threaded {type}, DN {dn}, {material}. Thread to EN 10226."),
        (kinds("type", ("nipple", "nippa", "nipple"), ("bush", "supistus", "bush", 1.1), ("elbow", "kulma", "elbow", 1.4),
               ("plug", "tulppa", "plug", 0.7)),
         scale("dn", "10 15 20 25 32 40 50", power=1.2), materials(brass=1.0, gunmetal=1.5, stainless=2.0)),
        1.4, 0.06, PIECE, (), (Pack("BAG", 10), Pack("BOX", 100)), stock=900,
    ),
    Family(
        "ball-valve", "ball-valves",
        text("Palloventtiili DN {dn} {connection} {material}", "Ball valve DN {dn} {connection} {material}",
             "Kulventil DN {dn} {connection} {material}"),
        text("Täysaukkoinen palloventtiili DN {dn}, liitäntä {connection}, runko {material}. Käyttöpaine {pressure} bar, "
             "lämpötila enintään {temperature} °C.",
             "Full-bore ball valve DN {dn}, {connection}, body {material}. Working pressure {pressure} bar, at most "
             "{temperature} °C."),
        (scale("dn", "10 15 20 25 32 40 50 65 80", power=1.4),
         kinds("connection", ("female", "sisäkierre", "female thread"), ("male-female", "sisä-/ulkokierre",
               "male/female thread", 1.1), ("press", "puristus", "press ends", 1.3), ("weld", "hitsaus", "weld ends", 1.5)),
         materials(dzr_brass=1.0, stainless=2.4, steel=1.3)),
        8.9, 0.2, PIECE, (fact("pressure", "25", "bar"), fact("temperature", "120", "°C")),
        (Pack("BOX", 10), Pack("PAL", 600)), stock=250, share=2,
        related=(("SPARE_PART", "gasket"), ("ACCESSORY", "threaded-fitting"), ("UPSELL", "check-valve")),
        documents=("BROCHURE", "CERTIFICATE", "DRAWING"),
    ),
    Family(
        "check-valve", "check-valves",
        text("Takaiskuventtiili DN {dn} {material}", "Check valve DN {dn} {material}"),
        text("Jousikuormitteinen takaiskuventtiili DN {dn}, {material}. Suurin paine {pressure} bar.",
             "Spring-loaded check valve DN {dn}, {material}. Maximum pressure {pressure} bar."),
        (scale("dn", "15 20 25 32 40 50", power=1.3), materials(brass=1.0, stainless=2.2, cast_iron=1.4),
         scale("pressure", "10 16 25", unit="bar", power=0.2)),
        11.5, 0.25, PIECE, (), (Pack("BOX", 10),), stock=120, related=(("SPARE_PART", "gasket"),),
    ),
    Family(
        "radiator-valve", "radiator-valves",
        text("Patteriventtiili DN {dn} {type}", "Radiator valve DN {dn} {type}", "Radiatorventil DN {dn} {type}"),
        text("Esisäädettävä termostaattinen patteriventtiili DN {dn}, {type}. Suurin paine {pressure} bar.",
             "Presettable thermostatic radiator valve DN {dn}, {type}. Maximum pressure {pressure} bar."),
        (scale("dn", "10 15 20", power=0.6),
         kinds("type", ("straight", "suora", "straight"), ("angle", "kulma", "angle", 1.05), ("axial", "aksiaali", "axial", 1.2)),
         materials(brass=1.0, dzr_brass=1.15)),
        14.9, 0.22, PIECE, (fact("pressure", "10", "bar"),), (Pack("BOX", 20),), stock=180,
        related=(("ACCESSORY", "radiator"),),
    ),
    Family(
        "circulation-pump", "circulation-pumps",
        text("Kiertovesipumppu {dn}-{head} {length} mm {power} W", "Circulation pump {dn}-{head} {length} mm {power} W",
             "Cirkulationspump {dn}-{head} {length} mm {power} W"),
        text("Taajuusohjattu kiertovesipumppu, DN {dn}, nostokorkeus {head} m, rakennepituus {length} mm. Ottoteho "
             "enintään {power} W, kotelointiluokka {ip_class}.",
             "Speed-controlled circulation pump, DN {dn}, head {head} m, port to port {length} mm. At most {power} W, "
             "{ip_class}."),
        (scale("dn", "15 20 25 32 40 50", power=0.9), scale("head", "4 6 8 10 12", unit="m", power=0.5),
         scale("length", "130 180 220", unit="mm", power=0.2), scale("power", "22 45 60 90 180", unit="W", power=0.2),
         materials(cast_iron=1.0, stainless=1.6)),
        139.0, 2.4, PIECE, (fact("ip_class", "IPX4D"), fact("voltage", "230", "V"), fact("pressure", "10", "bar")),
        (Pack("PAL", 48),), breaks=(4, 12, 48), stock=25, branded=True, share=2,
        related=(("SPARE_PART", "gasket"), ("ACCESSORY", "ball-valve"), ("UPSELL", "expansion-vessel")),
        documents=("BROCHURE", "MANUAL", "DRAWING", "CERTIFICATE"),
    ),
    Family(
        "radiator", "radiators",
        text("Levypatteri {type} {height}x{length} mm", "Panel radiator {type} {height}x{length} mm"),
        text("Levypatteri tyyppi {type}, korkeus {height} mm, pituus {length} mm, valkoinen RAL 9016. Suurin paine "
             "{pressure} bar.",
             "Panel radiator type {type}, height {height} mm, length {length} mm, white RAL 9016. Maximum pressure "
             "{pressure} bar."),
        (kinds("type", ("C11", "C11", "C11"), ("C22", "C22", "C22", 1.6), ("C33", "C33", "C33", 2.2)),
         scale("height", "300 400 500 600", unit="mm", power=0.7),
         scale("length", "400 600 800 1000 1200 1600 2000", unit="mm", power=0.8)),
        48.0, 6.5, PIECE, (made_of("steel"), fact("pressure", "10", "bar")), (Pack("PAL", 12),), breaks=(6, 12, 36),
        stock=40, related=(("ACCESSORY", "radiator-valve"),), documents=("BROCHURE", "MANUAL"),
    ),
    Family(
        "expansion-vessel", "expansion-vessels",
        text("Paisunta-astia {volume} l {pressure} bar", "Expansion vessel {volume} l {pressure} bar"),
        text("Kalvopaisunta-astia lämmitysverkostoon, {volume} litraa, suurin paine {pressure} bar.",
             "Diaphragm expansion vessel for heating, {volume} litres, maximum pressure {pressure} bar."),
        (scale("volume", "8 12 18 25 35 50 80 100 150 200", unit="l", power=0.7),
         scale("pressure", "3 6 10", unit="bar", power=0.3), materials(steel=1.0, stainless=2.5)),
        29.0, 2.1, PIECE, (), (Pack("PAL", 24),), breaks=(5, 24), stock=30, branded=True,
        documents=("BROCHURE", "MANUAL", "CERTIFICATE"),
    ),
    Family(
        "pipe-insulation", "pipe-insulation",
        text("Putkieriste {diameter} mm, paksuus {insulation} mm, 2 m", "Pipe insulation {diameter} mm, {insulation} mm thick, 2 m"),
        text("Solukumieriste putkelle {diameter} mm, eristyspaksuus {insulation} mm. Estää kondenssin ja säästää energiaa.",
             "Elastomeric insulation for pipe {diameter} mm, {insulation} mm thick. Prevents condensation and saves "
             "energy."),
        (scale("diameter", "15 18 22 28 35 42 54", unit="mm", power=0.6),
         scale("insulation", "9 13 19 25 32", unit="mm", power=0.8)),
        1.35, 0.05, METRE, (made_of("nbr"),), (Pack("BOX", 60),), "2", "2", breaks=(60, 240), stock=1200,
    ),
)  # fmt: skip
