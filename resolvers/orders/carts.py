"""
The cart of an account: the same on every device, for everybody who acts for it.

Who may act for the account reads it; who may also order (`PLACE_ORDER`) changes it. It is there only for who acts for
its account (the `Kanava-Account` header, else the person's own); to all others it does not exist. A cart that nobody
has written to yet is there as well, empty and at revision 0: its id follows from the account and never changes.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from hashlib import blake2b

from datasources.errors import SourceError
from datasources.journal.journal import StaleRevision
from datasources.model import captures as kept_as
from datasources.model.catalog import CodeMatch
from datasources.model.common import Money
from datasources.model.customers import Account, Permission, User
from resolvers.access import standing
from resolvers.context import RequestContext
from resolvers.errors import BadInput, ClientError
from resolvers.ids import key_of, shown
from resolvers.user_errors import ErrorCode, Refusal, UserError, refusal, told

TRIES = 20
"""How often a change is tried anew on what others made of the cart meanwhile."""


@dataclass(frozen=True, slots=True)
class Cart:
    """A cart as its viewer sees it: what is kept, whose it is, and who looks. `money`: they see prices."""

    kept: kept_as.Cart
    account: Account
    user: User

    @property
    def id_key(self) -> str:
        """Its name among carts."""
        return self.kept.id

    @property
    def revision(self) -> int:
        """How often it was changed."""
        return self.kept.revision

    @property
    def po_number(self) -> str | None:
        """The buyer's purchase order number."""
        return self.kept.po_number

    @property
    def reference(self) -> str | None:
        """The buyer's own reference."""
        return self.kept.reference

    @property
    def money(self) -> bool:
        """Whether the viewer sees prices."""
        return self.user.can(Permission.VIEW_PRICES)

    @property
    def all_lines(self) -> Sequence["CartLine"]:
        """Its lines, in the order in which they were added."""
        return [CartLine(self, line) for line in self.kept.lines]


@dataclass(frozen=True, slots=True)
class CartLine:
    """A line of a cart as its viewer sees it."""

    cart: Cart
    kept: kept_as.CartLine

    @property
    def id_key(self) -> str:
        """Its name among lines of all carts."""
        return f"{self.cart.id_key}/{self.key}"

    @property
    def key(self) -> str:
        """Its name within its cart."""
        return self.kept.key

    @property
    def sku(self) -> str:
        """What is ordered."""
        return self.kept.sku

    @property
    def seen_price(self) -> Money | None:
        """The unit price that the account was last told of."""
        return self.kept.seen_price if self.cart.money else None

    @property
    def requested_date(self) -> date | None:
        """When it is wanted."""
        return self.kept.requested_date

    @property
    def note(self) -> str | None:
        """What the buyer says of it."""
        return self.kept.note


def cart_id_of(account: str) -> str:
    """Return the id of the cart of an account (by number)."""
    return blake2b(account.encode(), digest_size=16, person=b"cart").hexdigest()


async def own_cart(context: RequestContext) -> Cart | None:
    """
    Return the cart of the account acted for, None when none is.

    Raises:
        ClientError: as `standing`. SourceError: CRM or journal could not be asked.
    """
    found = await standing(context)
    if found is None or found.account is None:
        return None
    number = found.account.number
    context.ask.momentary = True
    kept = await context.orders.journal.cart_of(number)
    return Cart(kept or _empty(number, context), found.account, found.user)


def _empty(account: str, context: RequestContext) -> kept_as.Cart:
    return kept_as.Cart(cart_id_of(account), account, 0, [], [], None, None, context.clock.now())


async def by_key(key: str, context: RequestContext) -> Cart | None:
    """Return the cart of an id's key, None when it is not that of the account acted for."""
    cart = await own_cart(context)
    return cart if cart is not None and cart.id_key == key else None


async def line_by_key(key: str, context: RequestContext) -> CartLine | None:
    """Return a line by its id's key, None when it is not in the cart of the account acted for."""
    cart_key, _, line_key = key.partition("/")
    cart = await by_key(cart_key, context)
    return next((line for line in cart.all_lines if line.key == line_key), None) if cart else None


@dataclass(frozen=True, slots=True)
class Which:
    """The cart that a change is for: by id (None: that of the account acted for), at a revision (None: the latest)."""

    cart_id: str | None = None
    revision: int | None = None


@dataclass(frozen=True, slots=True)
class LineResult:
    """
    What became of a line that was sent; `key` is its name in the cart, else the one it was sent with.

    `match` is how its code was understood, None where none was sent.
    """

    key: str
    accepted: bool
    match: CodeMatch | None
    user_errors: Sequence[UserError]


@dataclass(frozen=True, slots=True)
class CartPayload:
    """The cart after a change, or as it is where nothing was changed; None: there is none for this viewer."""

    cart: Cart | None
    results: Sequence[LineResult] = ()
    user_errors: Sequence[UserError] = ()


@dataclass(frozen=True, slots=True)
class Edited:
    """What a change makes of a cart, and what became of each line that was sent. `errors`: nothing is changed."""

    cart: kept_as.Cart
    results: Sequence[LineResult] = ()
    errors: Sequence[UserError] = ()


Edit = Callable[[Cart], Awaitable[Edited]]


async def change(context: RequestContext, which: Which, edit: Edit) -> CartPayload:
    """
    Make a change of a cart, and keep it.

    When somebody else is faster, `edit` is asked again, with what they made of the cart; not, if the client named the
    revision that it knows.
    """
    try:
        return await _changed(context, which, edit)
    except Refusal as reason:
        return CartPayload(None, (), reason.errors)
    except (ClientError, SourceError) as failure:
        return CartPayload(None, (), (told(failure),))


async def _changed(context: RequestContext, which: Which, edit: Edit) -> CartPayload:
    for _ in range(TRIES):
        cart = await changeable(context, which.cart_id)
        if which.revision not in (None, cart.revision):
            return CartPayload(cart, (), (stale(cart.revision),))
        try:
            edited = await edit(cart)
        except Refusal as reason:
            return CartPayload(cart, (), reason.errors)
        if edited.errors or edited.cart == cart.kept:
            return CartPayload(cart, edited.results, edited.errors)
        try:
            kept = await context.orders.journal.save_cart(replace(edited.cart, changed_at=context.clock.now()))
        except StaleRevision:
            continue
        return CartPayload(replace(cart, kept=kept), edited.results)
    cart = await changeable(context, which.cart_id)
    return CartPayload(cart, (), (stale(cart.revision),))


def stale(current: int) -> UserError:
    """Return what is told to who names a revision that is not the cart's."""
    message = f"The cart was changed meanwhile: it is at revision {current}."
    return UserError(ErrorCode.STALE_REVISION, message, ("input", "ifRevision"), retryable=True)


async def changeable(context: RequestContext, cart_id: str | None) -> Cart:
    """
    Return a cart that the viewer may change.

    Raises:
        Refusal: there is no such cart for them, or they may not. ClientError, SourceError: as `own_cart`.
    """
    cart = await own_cart(context)
    if cart_id is not None:
        try:
            key = key_of(cart_id, "Cart")
        except BadInput as error:
            raise refusal(ErrorCode.INVALID, str(error), "cartId") from None
        if cart is None or cart.id_key != key:
            raise refusal(ErrorCode.NOT_FOUND, f"There is no Cart {shown(cart_id)}.", "cartId")
    if cart is None:
        raise refusal(ErrorCode.FORBIDDEN, "Carts are for those who sign in and act for an account.")
    if not cart.user.can(Permission.PLACE_ORDER):
        raise refusal(ErrorCode.FORBIDDEN, "Your roles do not allow you to order for this account.")
    return cart
