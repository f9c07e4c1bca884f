"""Adding lines to a cart by codes. A line that cannot be taken never keeps the others out."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from datasources.errors import SourceError
from datasources.model import captures as kept_as
from datasources.model.catalog import CodeMatch, MatchKind, Product
from resolvers.codes import CodeLine, products_by_code
from resolvers.context import RequestContext
from resolvers.ids import shown
from resolvers.orders.basket import MOST_LINES, Basket
from resolvers.orders.carts import Cart, CartPayload, Edited, LineResult, Which, change
from resolvers.orders.checks import MOST_NOTE_CHARACTERS, checked_key, checked_quantity, checked_text, unit_meant
from resolvers.orders.quantities import least
from resolvers.user_errors import ErrorCode, Refusal, UserError, refusal, told

MOST_LINES_A_CALL = 500


@dataclass(frozen=True, slots=True)
class NewLine:
    """
    A line to add. `quantity` None: the least that can be ordered; `unit` and `packaging_id` None: the sales unit.

    `key` None: the line is added to one like it, or gets a key.
    """

    code: str
    quantity: Decimal | None = None
    unit: str | None = None
    packaging_id: str | None = None
    requested_date: date | None = None
    note: str | None = None
    key: str | None = None


async def add(
    context: RequestContext, which: Which, lines: Sequence[NewLine], *, all_or_nothing: bool = False
) -> CartPayload:
    """Add lines; with `all_or_nothing` none, unless all can be taken."""
    if len(lines) > MOST_LINES_A_CALL:
        return CartPayload(None, (), (too_many(len(lines)),))

    async def edit(cart: Cart) -> Edited:
        asked = [CodeLine(str(at) if line.key is None else line.key, line.code) for at, line in enumerate(lines)]
        matches = await products_by_code(context, asked)
        basket = Basket(cart.kept)
        results = [_added(basket, at, *pair) for at, pair in enumerate(zip(lines, matches, strict=True))]
        if all_or_nothing and not all(result.accepted for result in results):
            unaccepted = [replace(r, key=m.key, accepted=False) for r, m in zip(results, matches, strict=True)]
            return Edited(cart.kept, unaccepted, (NOTHING_ADDED,))
        return Edited(await basket.cart(context), results)

    return await change(context, which, edit)


NOTHING_ADDED = UserError(
    ErrorCode.INVALID,
    "No line was added, for not all of them could be: see results.",
    ("input", "lines"),
)


def too_many(count: int) -> UserError:
    message = f"At most {MOST_LINES_A_CALL} lines are taken at once; there are {count}."
    return UserError(ErrorCode.LIMIT_EXCEEDED, message, ("input", "lines"))


def _added(basket: Basket, at: int, line: NewLine, match: CodeMatch) -> LineResult:
    try:
        product = _meant(line, match, at)
        key = _put(basket, _kept(line, product, at), at, has_key=line.key is not None)
    except Refusal as reason:
        errors = [replace(error, line_key=match.key) for error in reason.errors]
        return LineResult(match.key, False, match, errors)
    return LineResult(key, True, match, ())


def _meant(line: NewLine, match: CodeMatch, at: int) -> Product:
    """Return the product that a code certainly means. Raises Refusal."""
    where, code = ("lines", str(at), "code"), shown(line.code)
    if isinstance(match.product, Product):
        return match.product
    if isinstance(match.product, SourceError):
        raise Refusal(told(match.product, *where))
    if match.kind is MatchKind.AMBIGUOUS:
        raise refusal(ErrorCode.INVALID, f"{code} means several products: send the SKU of one of them.", *where)
    if match.kind is MatchKind.NOT_IN_ASSORTMENT:
        raise refusal(ErrorCode.NOT_IN_ASSORTMENT, f"{code} is a product that the account may not buy.", *where)
    raise refusal(ErrorCode.NOT_FOUND, f"{code} is no product here.", *where)


def _kept(line: NewLine, product: Product, at: int) -> kept_as.CartLine:
    """Return a line as a cart keeps it, without a key if none was sent. Raises Refusal."""
    where = "lines", str(at)
    key = checked_key(line.key, *where)
    unit = unit_meant(product, line.unit, line.packaging_id, *where)
    quantity = least(product, unit) if line.quantity is None else checked_quantity(line.quantity, *where)
    note = checked_text(line.note, MOST_NOTE_CHARACTERS, *where, "note")
    return kept_as.CartLine(key or "", product.sku, quantity, unit, None, None, line.requested_date, note)


def _put(basket: Basket, line: kept_as.CartLine, at: int, *, has_key: bool) -> str:
    """Put a line into the basket, and return its key there. Raises Refusal."""
    alike = None if has_key else basket.alike(line)
    if alike is not None:
        quantity = checked_quantity(alike.quantity + line.quantity, "lines", str(at))
        basket.put(replace(alike, quantity=quantity))
        return alike.key
    if has_key and line.key in basket:
        message = f"The cart has a line {shown(line.key)} already: use cartUpdateLines."
        raise refusal(ErrorCode.INVALID, message, "lines", str(at), "key")
    if basket.is_full:
        message = f"A cart holds at most {MOST_LINES} lines."
        raise refusal(ErrorCode.LIMIT_EXCEEDED, message, "lines", str(at))
    line = line if has_key else replace(line, key=basket.new_key())
    basket.put(line)
    return line.key
