"""GTIN-13 numbers that lead back to their article without an index."""

COMPANY = "6419"


def gtin_of(index: int, packaging: int) -> str:
    """Return the GTIN of an article's packaging (0: the sales unit)."""
    digits = f"{COMPANY}{packaging}{index:07d}"
    return digits + check_digit(digits)


def origin_of(gtin: str) -> tuple[int, int] | None:
    """Return the article and packaging that a GTIN of ours names, or None."""
    if len(gtin) != 13 or not gtin.isascii() or not gtin.isdigit() or not gtin.startswith(COMPANY):
        return None
    return (int(gtin[5:12]), int(gtin[4])) if is_gtin(gtin) else None


def is_gtin(code: str) -> bool:
    """Tell whether it is a GTIN of 8, 12, 13 or 14 digits with a right check digit."""
    if len(code) not in (8, 12, 13, 14) or not code.isascii() or not code.isdigit():
        return False
    return check_digit(code[:-1]) == code[-1]


def check_digit(digits: str) -> str:
    """Return the check digit of the GS1 General Specifications, section 7.9: weights 3 and 1 from the right."""
    weighted = 3 * sum(map(int, digits[-1::-2])) + sum(map(int, digits[-2::-2]))
    return str(-weighted % 10)
