"""What the buyer calls an order: their purchase order number, and a reference."""

from dataclasses import dataclass, replace

from resolvers.context import RequestContext
from resolvers.orders.carts import Cart, CartPayload, Edited, Which, change
from resolvers.orders.checks import checked_text

MOST_PO_NUMBER_CHARACTERS = 50
MOST_REFERENCE_CHARACTERS = 200


@dataclass(frozen=True, slots=True)
class References:
    """What to call the order; only what is `given` (by the names here) is changed, None: nothing."""

    po_number: str | None = None
    reference: str | None = None
    given: frozenset[str] = frozenset()


async def set_references(context: RequestContext, which: Which, said: References) -> CartPayload:
    """Set what the buyer calls the order."""

    async def edit(cart: Cart) -> Edited:
        kept = cart.kept
        if "po_number" in said.given:
            kept = replace(kept, po_number=checked_text(said.po_number, MOST_PO_NUMBER_CHARACTERS, "poNumber"))
        if "reference" in said.given:
            kept = replace(kept, reference=checked_text(said.reference, MOST_REFERENCE_CHARACTERS, "reference"))
        return Edited(kept)

    return await change(context, which, edit)
