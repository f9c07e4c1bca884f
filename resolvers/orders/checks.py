"""What is checked of the lines that a buyer sends."""

from decimal import Decimal
from unicodedata import category

from datasources.model.catalog import Product
from resolvers.errors import BadInput
from resolvers.ids import key_of, shown
from resolvers.orders.quantities import unit_of
from resolvers.user_errors import ErrorCode, refusal

MOST_NOTE_CHARACTERS = 500
MOST_LINE_KEY_CHARACTERS = 50
MOST_QUANTITY = Decimal(1_000_000_000)


def unit_meant(product: Product, unit: str | None, packaging_id: str | None, *where: str) -> str | None:
    """Return the code of the unit that is meant, None: the sales unit. Raises Refusal."""
    if packaging_id is not None:
        packed = _packed(product, packaging_id, *where)
        if unit not in (None, packed):
            message = f"unit ({shown(str(unit))}) is not that of the packaging ({packed})."
            raise refusal(ErrorCode.INVALID, message, *where, "unit")
        unit = packed
    if unit_of(product, unit) is None:
        units = dict.fromkeys([product.unit.code, *(p.unit.code for p in product.packagings)])
        message = f"{product.sku} is not sold in {shown(str(unit))}, but in {', '.join(units)}."
        raise refusal(ErrorCode.INVALID, message, *where, "unit")
    return None if unit == product.unit.code else unit


def _packed(product: Product, packaging_id: str, *where: str) -> str:
    try:
        key = key_of(packaging_id, "Packaging")
    except BadInput as error:
        raise refusal(ErrorCode.INVALID, str(error), *where, "packagingId") from None
    by_unit = {packaging.unit.code: packaging for packaging in reversed(product.packagings)}
    packed = next((packaging for packaging in by_unit.values() if packaging.id == key), None)
    if packed is None:
        # one of two packagings of the same unit cannot be told from the other in an order
        message = f"{product.sku} cannot be ordered in the packaging {shown(packaging_id)}."
        raise refusal(ErrorCode.NOT_FOUND, message, *where, "packagingId")
    return packed.unit.code


def checked_quantity(quantity: Decimal, *where: str) -> Decimal:
    """Return a quantity that somebody may mean. Raises Refusal."""
    if not 0 < quantity <= MOST_QUANTITY:
        message = f"quantity must be above 0, and at most {MOST_QUANTITY:,}; it is {quantity:f}."
        raise refusal(ErrorCode.INVALID, message, *where, "quantity")
    return quantity


def checked_key(key: str | None, *where: str) -> str | None:
    """Return a key that a line may have. Raises Refusal."""
    if key is not None and not 0 < len(key) <= MOST_LINE_KEY_CHARACTERS:
        message = f"key must have 1 to {MOST_LINE_KEY_CHARACTERS} characters; it has {len(key)}."
        raise refusal(ErrorCode.INVALID, message, *where, "key")
    _refuse_controls(key or "", *where, "key")
    return key


def checked_text(text: str | None, most: int, *where: str) -> str | None:
    """Return a text without blanks around it, None for an empty one. Raises Refusal: too long, or no text."""
    text = (text or "").strip()
    _refuse_controls(text, *where)
    if len(text) > most:
        message = f"{where[-1]} may have at most {most} characters; it has {len(text)}."
        raise refusal(ErrorCode.LIMIT_EXCEEDED, message, *where)
    return text or None


def _refuse_controls(text: str, *where: str) -> None:
    """Refuse what no printer and not every database takes: control characters, but for breaks of lines and tabs."""
    if any(category(character) == "Cc" and character not in "\n\r\t" for character in text):
        raise refusal(ErrorCode.INVALID, f"{where[-1]} has control characters.", *where)
