"""The lines of a cart while they are being changed: merged, named, and counted."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from datasources.model import captures as kept_as
from resolvers.context import RequestContext
from resolvers.orders.prices import seen

MOST_LINES = 1000


class Basket:
    """Lines by key, in their order. `touched` are those whose price is to be looked at anew."""

    def __init__(self, cart: kept_as.Cart) -> None:
        self._cart = cart
        self._lines = {line.key: line for line in cart.lines}
        self._alike = {_likeness(line): line.key for line in cart.lines}
        self._named = 0
        self.touched: dict[str, None] = {}

    def __contains__(self, key: str) -> bool:
        """Return whether there is a line of this key."""
        return key in self._lines

    def __getitem__(self, key: str) -> kept_as.CartLine:
        """Return a line by its key."""
        return self._lines[key]

    @property
    def is_full(self) -> bool:
        """Whether it holds as many lines as a cart may."""
        return len(self._lines) >= MOST_LINES

    def alike(self, line: kept_as.CartLine) -> kept_as.CartLine | None:
        """Return a line of the same article, unit, day and note."""
        found = self._lines.get(self._alike.get(_likeness(line), ""))
        return found if found is not None and _likeness(found) == _likeness(line) else None

    def new_key(self) -> str:
        """Return a key that no line of this cart has or had: no other change has this revision."""
        while (key := f"{self._cart.revision + 1}-{self._named}") in self._lines:
            self._named += 1
        self._named += 1
        return key

    def put(self, line: kept_as.CartLine) -> None:
        """Keep a line, in the place of the one of its key."""
        old = self._lines.get(line.key)
        self._lines[line.key] = line
        self._alike.setdefault(_likeness(line), line.key)
        if old is None or (old.quantity, old.unit, old.requested_date) != (
            line.quantity,
            line.unit,
            line.requested_date,
        ):
            self.touched[line.key] = None

    def remove(self, key: str) -> None:
        """Take a line out."""
        likeness = _likeness(self._lines.pop(key))
        if self._alike.get(likeness) == key:
            del self._alike[likeness]
        self.touched.pop(key, None)

    async def cart(self, context: RequestContext) -> kept_as.Cart:
        """Return the cart with these lines; the account is told of today's prices of those that were touched."""
        for line in await seen([self._lines[key] for key in self.touched], context):
            self._lines[line.key] = line
        return replace(self._cart, lines=list(self._lines.values()), deliveries=self._deliveries())

    def _deliveries(self) -> Sequence[kept_as.CartDelivery]:
        return list(_without_missing(self._cart.deliveries, self._lines.keys()))


def _without_missing(deliveries: Iterable[kept_as.CartDelivery], keys: Iterable[str]) -> Iterable[kept_as.CartDelivery]:
    """Yield deliveries with those of their lines that there are; one of which none is left would mean all others."""
    there = frozenset(keys)
    for delivery in deliveries:
        left = [key for key in delivery.line_keys if key in there]
        if left or not delivery.line_keys:
            yield replace(delivery, line_keys=left)


def _likeness(line: kept_as.CartLine) -> tuple[object, ...]:
    return line.sku, line.unit, line.requested_date, line.note
