"""A journal in memory in which a few carts and captured orders stand, and nothing is ever written."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from datasources.journal.journal import CaptureFilter, CapturePosition, JournalUnavailable
from datasources.model.captures import PENDING, Capture, Cart, CartDelivery, CartLine
from datasources.model.orders import DraftLine, OrderDraft
from resolvers.orders.carts import cart_id_of
from tests.app.execution.fabric import Fabric
from tests.app.execution.goods import CAPTURE_IDS, SPECIAL

CUSTOMERS: Mapping[str, str] = {"C-1002": "1002", "C-2001": "2001"}


@dataclass
class RandomJournal:
    """`down`: it cannot be read."""

    carts: Mapping[str, Cart]
    kept: Mapping[str, Capture]
    down: bool = False

    def _check(self) -> None:
        if self.down:
            raise JournalUnavailable("no disk")

    async def cart_of(self, account: str) -> Cart | None:
        self._check()
        return self.carts.get(account)

    async def captures(self, ids: Sequence[str]) -> Mapping[str, Capture]:
        self._check()
        return {id: self.kept[id] for id in ids if id in self.kept}

    async def list_captures(
        self, which: CaptureFilter, *, first: int, after: CapturePosition | None = None
    ) -> Sequence[Capture]:
        self._check()
        found = [one for one in self._found(which) if after is None or _place(one) < (after.captured_at, after.id)]
        return found[:first]

    async def count_captures(self, which: CaptureFilter) -> int:
        self._check()
        return len(self._found(which))

    async def open_value(self, account: str) -> Sequence[Decimal]:
        self._check()
        return [Decimal("12.50") for one in self.kept.values() if one.account == account and one.state in PENDING]

    async def pending(self) -> int:
        self._check()
        return sum(one.state in PENDING for one in self.kept.values())

    def _found(self, which: CaptureFilter) -> list[Capture]:
        found = [
            one
            for one in self.kept.values()
            if (which.accounts is None or one.account in which.accounts)
            and (which.person is None or one.person == which.person)
            and (not which.states or one.state in which.states)
        ]
        return sorted(found, key=_place, reverse=True)


def _place(capture: Capture) -> tuple[object, str]:
    return capture.captured_at, capture.id


def random_journal(seed: int) -> RandomJournal:
    """Return a journal with carts of two accounts and captures of two."""
    fabric = Fabric(f"journal {seed}", SPECIAL)
    captures = [_capture(fabric, id) for id in CAPTURE_IDS[:3]]
    return RandomJournal(
        {account: _cart(fabric, account) for account in ("C-1002", "C-1003")}, {one.id: one for one in captures}
    )


def _cart(fabric: Fabric, account: str) -> Cart:
    lines = [fabric.make(CartLine, key=key) for key in ("a", "b", "%c", "d")[: fabric.dice.randint(0, 4)]]
    deliveries = [fabric.make(CartDelivery) for _ in range(fabric.dice.randint(0, 2))]
    cart: Cart = fabric.make(Cart, id=cart_id_of(account), account=account, lines=lines, deliveries=deliveries)
    return cart


def _capture(fabric: Fabric, id: str) -> Capture:
    account = fabric.dice.choice(list(CUSTOMERS))
    lines = tuple(fabric.make(DraftLine, key=key) for key in "ab")
    person = fabric.dice.choice(("anna", "mikko", "elena"))
    draft = fabric.make(OrderDraft, customer=CUSTOMERS[account], person=person, lines=lines, deliveries=())
    numbered = fabric.dice.choice((None, "50001", "50002"))
    members = {"id": id, "account": account, "person": person, "draft": draft, "order_number": numbered}
    capture: Capture = fabric.make(Capture, **members, objections=[], simulation=None)
    return capture
