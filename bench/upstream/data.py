"""What the systems know: 500 products, 1,000 customers and their parents. All of it follows from an index."""

from collections.abc import Sequence

PRODUCTS = 500
CUSTOMERS = 1000
GROUPS = 100
CATEGORIES = {"pipes": 250, "valves": 150, "tools": 100}
"""How many of the products stand in each, in order of SKU."""
LISTED = "pipes"
"""The category that the work lists."""
WAREHOUSES = ("HEL", "TRE")
MATERIALS = (("copper", "kupari"), ("steel", "teräs"), ("brass", "messinki"), ("PEX", "PEX"))
NOUNS = {"pipes": ("Pipe", "Putki"), "valves": ("Valve", "Venttiili"), "tools": ("Tool", "Työkalu")}
CURRENCY = "EUR"
BREAKS = ((10, 95), (50, 90), (200, 82))
"""From how many on, and what per cent of the unit price it costs then."""

Json = dict[str, object]


def sku(index: int) -> str:
    """Return the SKU of a product, from 1 on."""
    return f"KV-{index:06d}"


SKUS: dict[str, int] = {sku(index): index for index in range(1, PRODUCTS + 1)}


def skus_in(category: str | None) -> Sequence[str]:
    """Return the SKUs of a category, of all of them for None."""
    return [name for name, index in SKUS.items() if category in (None, category_of(index))]


def category_of(index: int) -> str:
    """Return the category that a product stands in."""
    end = 0
    for code, size in CATEGORIES.items():
        end += size
        if index <= end:
            return code
    raise IndexError(index)


def customer(index: int) -> str:
    """Return the account number of a customer, from 1 on; it is their price scope, too."""
    return f"C-{index:04d}"


def person(index: int) -> str:
    """Return who buys for a customer."""
    return f"buyer-{index:04d}"


def category(code: str) -> Json:
    """Return a category as the PIM tells it."""
    english, finnish = NOUNS[code]
    return {"code": code, "name": {"fi": finnish, "en": english}, "parent_code": None, "child_codes": []}


def product(index: int) -> Json:
    """Return a product as the PIM tells it."""
    code = category_of(index)
    (english, finnish), (material, materiaali) = NOUNS[code], MATERIALS[index % len(MATERIALS)]
    return {
        "sku": sku(index),
        "gtin": f"6419{index:09d}",
        "name": {"fi": f"{finnish} {index} mm, {materiaali}", "en": f"{english} {index} mm, {material}"},
        "description": {
            "fi": f"{finnish}, {materiaali}, käyttövesi- ja lämmitysverkostoihin; koko {index}. Tulpattu.",
            "en": f"{english} of {material} for tap water and heating networks; size {index}. Delivered capped.",
        },
        "category_codes": [code],
        "unit": {"code": "M", "name": {"fi": "m", "en": "m"}, "decimals": 1},
        "attributes": [
            {
                "code": "material",
                "name": {"fi": "Materiaali", "en": "Material"},
                "values": [{"fi": materiaali, "en": material}],
                "unit": None,
            },
            {"code": "length", "name": {"fi": "Pituus", "en": "Length"}, "values": ["3"], "unit": "m"},
            {"code": "diameter", "name": {"fi": "Halkaisija", "en": "Diameter"}, "values": [str(index)], "unit": "mm"},
        ],
        "images": [
            {
                "url": f"https://media.example/{sku(index)}/{{width}}.{{format}}",
                "alt": {"fi": f"{finnish}, {materiaali}", "en": f"{english}, {material}"},
            }
        ],
        "lifecycle": "PHASING_OUT" if index % 20 == 0 else "ACTIVE",
        "packagings": [
            {
                "id": "ROD",
                "unit": {"code": "ROD", "name": {"fi": "salko", "en": "length"}, "decimals": 0},
                "contains": "3",
                "gtin": None,
                "is_default": True,
                "weight_kg": "1.167",
            }
        ],
    }


def price(index: int, buyer: int) -> Json:
    """Return a customer's price of a product, as the ERP tells it but for what was asked."""
    cents = 200 + 7 * index + buyer
    return {
        "status": "PRICED",
        "currency": CURRENCY,
        "unit_price": _euros(cents),
        "per": {"value": "1", "unit": {"code": "M", "name": "m", "decimals": 1}},
        "list_price": _euros(cents * 2),
        "net": True,
        "tax_rate": "0.255",
        "origin": "CUSTOMER_GROUP",
        "breaks": [
            {"minimum_quantity": str(least), "unit_price": _euros(cents * percent // 100)} for least, percent in BREAKS
        ],
    }


def stock(index: int) -> Json:
    """Return the stock of a product as the WMS tells it; some are few, of some there is nothing."""
    levels = [{"warehouse": code, "quantity": _in_hand(index, place)} for place, code in enumerate(WAREHOUSES)]
    return {
        "sku": sku(index),
        "unit": {"code": "M", "name": {"fi": "m", "en": "m"}, "decimals": 1},
        "low_below": "30",
        "levels": levels,
    }


def warehouse(code: str) -> Json:
    """Return a warehouse as the WMS tells it."""
    return {"code": code, "name": {"HEL": "Helsinki", "TRE": "Tampere"}[code], "pickup": True}


def account(number: str) -> Json:
    """Return an account as the CRM tells it: a customer, or the group above some."""
    if number.startswith("G-"):
        return {"number": number, "name": f"Group {number[2:]} Oy", "kind": "GROUP", "status": "ACTIVE"}
    return {
        "number": number,
        "name": f"Rakennus {number[2:]} Oy",
        "kind": "COMPANY",
        "status": "ACTIVE",
        "parent_number": parent_of(number),
        "erp_number": number,
        "price_scope": number,
        "currency": CURRENCY,
    }


def parent_of(number: str) -> str:
    """Return the number of the account above a customer."""
    return f"G-{int(number[2:]) % GROUPS:03d}"


def buyer_of(person_id: str) -> Json:
    """Return a person as the CRM tells them."""
    role = {"code": "buyer", "name": {"fi": "Ostaja", "en": "Buyer"}, "permissions": ["VIEW_PRICES", "PLACE_ORDER"]}
    return {"id": person_id, "name": f"Buyer {person_id[-4:]}", "email": "", "roles": [role]}


def _in_hand(index: int, place: int) -> str:
    return str((index * (7 + place)) % 120 if index % 9 else 0)


def _euros(cents: int) -> str:
    return f"{cents // 100}.{cents % 100:02d}"
