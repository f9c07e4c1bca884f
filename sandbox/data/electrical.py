"""Families of cables, protection devices, boxes and luminaires."""

# ruff: noqa: E501  # tables read best with a row a line
from sandbox.data.families import Family, Pack, fact, kinds, made_of, materials, scale
from sandbox.data.texts import UNITS, text

METRE, PIECE = UNITS["M"], UNITS["PCE"]

ELECTRICAL = (
    Family(
        "installation-cable", "installation-cables",
        text("Asennuskaapeli MMJ {cores}x{cross_section} mm² {colour} {length} m",
             "Installation cable MMJ {cores}x{cross_section} mm² {colour} {length} m",
             "Installationskabel MMJ {cores}x{cross_section} mm² {colour} {length} m"),
        text("MMJ-asennuskaapeli kiinteään asennukseen, {cores}x{cross_section} mm², vaippa {colour}. Toimitetaan {length} "
             "m pakkauksissa, myydään metreittäin. Nimellisjännite {voltage} V.",
             "MMJ cable for fixed installation, {cores}x{cross_section} mm², sheath {colour}. Packed by {length} m, sold by "
             "the metre. Rated voltage {voltage} V."),
        (kinds("cores", ("3", "3", "3"), ("4", "4", "4", 1.3), ("5", "5", "5", 1.6), ("2", "2", "2", 0.7)),
         scale("cross_section", "1.5 2.5 4 6 10 16", unit="mm²", power=0.95),
         kinds("colour", ("white", "valkoinen", "white"), ("black", "musta", "black", 1.04)),
         scale("length", "100 50 500", unit="m", power=0.0)),
        0.82, 0.13, METRE, (made_of("copper"), fact("voltage", "450", "V")), (Pack("COI", 1, "length"), Pack("PAL", 12, "length")),
        "1", "1", breaks=(100, 500, 2000, 5000), stock=9000, share=3,
        related=(("ACCESSORY", "junction-box"), ("SUBSTITUTE", "power-cable")), documents=("BROCHURE", "CERTIFICATE"),
    ),
    Family(
        "power-cable", "power-cables",
        text("Voimakaapeli {type} {cores}x{cross_section} mm²", "Power cable {type} {cores}x{cross_section} mm²",
             "Kraftkabel {type} {cores}x{cross_section} mm²"),
        text("Voimakaapeli {type} {cores}x{cross_section} mm² maa- ja sisäasennukseen, johdin {material}. Nimellisjännite "
             "{voltage} V.",
             "Power cable {type} {cores}x{cross_section} mm² for underground and indoor use, conductor {material}. Rated "
             "voltage {voltage} V."),
        (kinds("type", ("AXMK", "AXMK", "AXMK"), ("MCMK", "MCMK", "MCMK", 1.9), ("AMCMK", "AMCMK", "AMCMK", 1.2)),
         kinds("cores", ("4", "4", "4"), ("3", "3", "3", 0.8), ("5", "5", "5", 1.25)),
         scale("cross_section", "10 16 25 35 50 70 95 120 150 185 240", unit="mm²", power=0.9),
         materials(aluminium=1.0, copper=2.2)),
        2.2, 0.4, METRE, (fact("voltage", "1000", "V"),), (Pack("DRM", 500),), "1", "1", breaks=(50, 250, 1000),
        stock=3000, share=2, related=(("ACCESSORY", "cable-lug"),), documents=("BROCHURE", "CERTIFICATE"),
    ),
    Family(
        "data-cable", "data-cables",
        text("Tietoverkkokaapeli {rating} {type} {length} m", "Data cable {rating} {type} {length} m"),
        text("Yleiskaapeloinnin parikaapeli {rating}, rakenne {type}. Kelassa {length} m.",
             "Structured cabling cable {rating}, {type}. A drum holds {length} m."),
        (kinds("rating", ("cat6", "Cat 6", "Cat 6"), ("cat6a", "Cat 6A", "Cat 6A", 1.5), ("cat7", "Cat 7", "Cat 7", 1.9)),
         kinds("type", ("uutp", "U/UTP", "U/UTP"), ("futp", "F/UTP", "F/UTP", 1.15), ("sftp", "S/FTP", "S/FTP", 1.35)),
         scale("length", "305 500 1000", unit="m", power=0.0)),
        0.46, 0.05, METRE, (made_of("copper"),), (Pack("DRM", 1, "length"),), "1", "1", breaks=(305, 1000, 5000), stock=8000,
    ),
    Family(
        "cable-lug", "cable-lugs",
        text("Kaapelikenkä {cross_section} mm² M{dimension} {material}", "Cable lug {cross_section} mm² M{dimension} {material}",
             "Kabelsko {cross_section} mm² M{dimension} {material}"),
        text("Puristettava kaapelikenkä johtimelle {cross_section} mm², pultin reikä M{dimension}, {material}.",
             "Crimp lug for {cross_section} mm², bolt hole M{dimension}, {material}."),
        (scale("cross_section", "6 10 16 25 35 50 70 95 120 150 185 240", unit="mm²", power=0.8),
         scale("dimension", "6 8 10 12", power=0.1), materials(copper=1.0, aluminium=1.4)),
        0.42, 0.008, PIECE, (), (Pack("BAG", 25), Pack("BOX", 250)), "5", "5", breaks=(25, 100, 250), stock=2500,
        related=(("ACCESSORY", "power-cable"),),
    ),
    Family(
        "circuit-breaker", "circuit-breakers",
        text("Johdonsuojakatkaisija {poles}P {tripping}{current} A", "Circuit breaker {poles}P {tripping}{current} A",
             "Dvärgbrytare {poles}P {tripping}{current} A"),
        text("Johdonsuojakatkaisija, {poles}-napainen, laukaisukäyrä {tripping}, {current} A, katkaisukyky 10 kA. "
             "Kotelointiluokka {ip_class}.",
             "Circuit breaker, {poles}-pole, curve {tripping}, {current} A, breaking capacity 10 kA. {ip_class}."),
        (kinds("poles", ("1", "1", "1"), ("2", "2", "2", 2.2), ("3", "3", "3", 3.1), ("4", "4", "4", 4.4)),
         kinds("tripping", ("C", "C", "C"), ("B", "B", "B", 0.95), ("D", "D", "D", 1.3)),
         scale("current", "6 10 13 16 20 25 32 40 50 63", unit="A", power=0.25)),
        6.4, 0.12, PIECE, (made_of("polyamide"), fact("ip_class", "IP20"), fact("voltage", "400", "V")),
        (Pack("BOX", 12), Pack("PAL", 1440)), breaks=(12, 60, 240), stock=700, branded=True, share=2,
        related=(("UPSELL", "residual-current-device"), ("ACCESSORY", "junction-box")),
        documents=("BROCHURE", "MANUAL", "CERTIFICATE"),
    ),
    Family(
        "residual-current-device", "residual-current-devices",
        text("Vikavirtasuoja {poles}P {current} A 30 mA tyyppi {type}", "Residual current device {poles}P {current} A 30 mA type {type}"),
        text("Vikavirtasuojakytkin, {poles}-napainen, {current} A, toimintavirta 30 mA, tyyppi {type}.",
             "Residual current circuit breaker, {poles}-pole, {current} A, 30 mA, type {type}."),
        (kinds("poles", ("2", "2", "2"), ("4", "4", "4", 1.6)), scale("current", "25 40 63 80", unit="A", power=0.4),
         kinds("type", ("A", "A", "A"), ("F", "F", "F", 1.8), ("B", "B", "B", 4.5))),
        34.0, 0.25, PIECE, (made_of("polyamide"), fact("ip_class", "IP20"), fact("voltage", "400", "V")),
        (Pack("BOX", 6),), breaks=(6, 30), stock=90, branded=True, documents=("BROCHURE", "CERTIFICATE"),
    ),
    Family(
        "junction-box", "junction-boxes",
        text("Jakorasia {dimension} mm {ip_class} {colour}", "Junction box {dimension} mm {ip_class} {colour}"),
        text("Pinta-asennettava jakorasia {dimension} mm, {ip_class}, {colour}. Kalvotiivisteet kaapeleille.",
             "Surface-mounted junction box {dimension} mm, {ip_class}, {colour}. Membrane seals for cables."),
        (scale("dimension", "65x65 85x85 100x100 150x110 190x140", unit="mm", power=0.5),
         kinds("ip_class", ("IP54", "IP54", "IP54"), ("IP65", "IP65", "IP65", 1.2), ("IP67", "IP67", "IP67", 1.5)),
         kinds("colour", ("grey", "harmaa", "grey"), ("white", "valkoinen", "white"), ("black", "musta", "black", 1.1)),
         materials(pp=1.0, polycarbonate=1.4)),
        1.9, 0.08, PIECE, (), (Pack("BOX", 20),), stock=500,
    ),
    Family(
        "led-luminaire", "led-luminaires",
        text("LED-valaisin {type} {power} W {colour_temperature} K {ip_class}", "LED luminaire {type} {power} W {colour_temperature} K {ip_class}",
             "LED-armatur {type} {power} W {colour_temperature} K {ip_class}"),
        text("LED-{type}, teho {power} W, värilämpötila {colour_temperature} K, kotelointiluokka {ip_class}. Runko {material}. "
             "Elinikä 50 000 h.",
             "LED {type}, {power} W, {colour_temperature} K, {ip_class}. Body {material}. Life 50,000 h."),
        (kinds("type", ("panel", "paneeli", "panel"), ("linear", "teollisuusvalaisin", "batten", 1.2),
               ("downlight", "alasvalo", "downlight", 0.5), ("floodlight", "valonheitin", "floodlight", 1.4)),
         scale("power", "10 18 24 36 50 80 120", unit="W", power=0.6), scale("colour_temperature", "4000 3000 6500", unit="K", power=0.0),
         kinds("ip_class", ("IP20", "IP20", "IP20"), ("IP44", "IP44", "IP44", 1.15), ("IP65", "IP65", "IP65", 1.3)),
         materials(aluminium=1.0, polycarbonate=0.85)),
        16.5, 0.7, PIECE, (fact("voltage", "230", "V"),), (Pack("BOX", 6), Pack("PAL", 96)), breaks=(6, 24, 96), stock=150,
        branded=True, share=3, related=(("ACCESSORY", "junction-box"), ("ACCESSORY", "installation-cable")),
        documents=("BROCHURE", "MANUAL", "CERTIFICATE"),
    ),
)  # fmt: skip
