"""
What is made of a remembered value and kept with it: the bytes of a selection of its fields, what was worked out of it.

All of it dies with the value's entry, and counts towards what the memory may hold. Of one value only so much is kept;
then the oldest goes. When a system says the same value again, it goes on with that (`hand_on`): so nothing may be kept
that tells where a value comes from, or how old it is.
"""

from collections.abc import Callable, Hashable, Sequence
from typing import Any, Protocol, TypeVar

V = TypeVar("V")
T = TypeVar("T")

MOST_KEPT = 12
"""How many things are kept with one value."""
MOST_BYTES = 32_768
"""How long bytes may be that are kept."""
OVERHEAD_BYTES, COLUMN_BYTES = 150, 400
"""What a thing costs beside its bytes: its place in the dictionary, its header; and one that is a column."""
THING_BYTES = 1_500
"""What is counted for a thing that is not bytes."""
NOT_KEPT = (AttributeError, TypeError, KeyError)
"""What looking for a thing raises: with this value nothing can be kept, it has no place for it, it is not there."""


class Ledger(Protocol):
    """What counts the bytes that are kept with remembered values."""

    def charge(self, tab: "Tab", size_bytes: int) -> None:
        """Count so many bytes more (fewer when below nought), and make room for them."""


class Tab:
    """The bytes that are kept with one entry; `ledger` None: it is not remembered, and nothing is kept any more."""

    __slots__ = ("bytes", "ledger")

    def __init__(self) -> None:
        self.bytes = 0
        self.ledger: Ledger | None = None

    def charge(self, size_bytes: int) -> bool:
        """Count them, and return whether the entry is still remembered then: room may have been made of itself."""
        if self.ledger is not None:
            self.ledger.charge(self, size_bytes)
        return self.ledger is not None


class Kept(dict[Hashable, Any]):
    """What is kept with one value, by what it is; reading is a dictionary's."""

    __slots__ = ("tab",)

    def __init__(self, tab: Tab) -> None:
        super().__init__()
        self.tab = tab

    def keep(self, key: Hashable, thing: Any) -> None:
        """Keep it, unless it is too long or the value is remembered no more; the oldest makes room."""
        size_bytes = _size(thing)
        if key in self or size_bytes > MOST_BYTES + OVERHEAD_BYTES or not self.tab.charge(size_bytes):
            return
        if len(self) >= MOST_KEPT:
            self.tab.charge(-_size(self.pop(next(iter(self)))))
        self[key] = thing

    def beside(self) -> "Kept":
        """Return a place for what is kept with a thing that is kept here itself."""
        return Kept(self.tab)


class Remembered:
    """
    A value, or part of one, with which things are kept while its entry is remembered.

    `kept_with_it` is no field: it is neither compared, shown, copied nor stored, and is not there (AttributeError) for
    a value that is not remembered.
    """

    __slots__ = ("kept_with_it",)


def attach(value: Remembered, kept: Kept) -> None:
    """Give a value, frozen as it may be, its place for what is kept with it."""
    object.__setattr__(value, "kept_with_it", kept)  # a frozen value has no other way


def attach_beside(made: Remembered, value: object) -> None:
    """Have things kept with what was made of a value, and is kept with that; where nothing can be kept, nowhere."""
    kept = kept_of(value)
    if kept is not None:
        attach(made, kept.beside())


class Account(Protocol):
    """What the bytes are counted with that are kept with a cohort."""

    def charge(self, size_bytes: int) -> bool:
        """Count so many bytes more (fewer when below nought); return whether things are kept there still."""


CLOSED: Account = Tab()
"""An account of what is remembered no more."""


class Cohort(list[V]):
    """
    Values that are looked up together again and again (`datasources.cache.groups`), and what is made of all of them.

    Nobody may change it.
    """

    __slots__ = ("_account", "_made")

    def __init__(self, values: Sequence[V], account: Account) -> None:
        super().__init__(values)
        self._account = account
        self._made: dict[Hashable, Any] = {}

    def made(self, key: Hashable, make: Callable[..., T], *more: Any) -> T:
        """Return what is kept by this key, else what is made now, of the values and `more`; a list is a cohort, too."""
        try:
            return self._made[key]  # type: ignore[no-any-return]
        except KeyError:
            return self._keep(key, make(self, *more))  # type: ignore[no-any-return]

    def _keep(self, key: Hashable, thing: Any) -> Any:
        if not self._account.charge(_size_of_all(thing)):
            return thing
        if len(self._made) >= MOST_KEPT:
            oldest = self._made.pop(next(iter(self._made)))
            self._account.charge(-(oldest.close() if isinstance(oldest, Cohort) else _size_of_all(oldest)))
        kept = self._made[key] = Cohort(thing, self._account) if isinstance(thing, list) else thing
        return kept

    def close(self) -> int:
        """Keep nothing any more; return how many bytes were counted for the column and all that was made of it."""
        made, self._made, self._account = self._made, {}, CLOSED
        below = [one.close() if isinstance(one, Cohort) else _size_of_all(one) for one in made.values()]
        return _size_of_all(self) + sum(below)


def of_all(make: Callable[..., T], values: Sequence[Any], *more: Hashable) -> T:
    """Return what is made of all values and of `more`, and must depend on nothing else: of a cohort it is made once."""
    if isinstance(values, Cohort):
        return values.made((make, *more) if more else make, make, *more)
    return make(values, *more)


def hand_on(old: Remembered, new: Remembered) -> None:
    """Have what is kept with a value kept with its successor, which must be the same but for its origin."""
    kept = kept_of(old)
    if kept is not None:
        attach(new, kept)


def derived(values: Sequence[V], key: Hashable, make: Callable[[V], T]) -> list[T]:
    """Return what is made of each value: what is kept with it by this key, else made now, and kept if it can be."""
    if isinstance(values, Cohort):
        return values.made(key, _of_each, key, make)
    return _of_each(values, key, make)


def _of_each(values: Sequence[V], key: Hashable, make: Callable[[V], T]) -> list[T]:
    try:
        return [value.kept_with_it[key] for value in values]  # type: ignore[attr-defined]
    except NOT_KEPT:
        return [derived_of(value, key, make) for value in values]


def derived_of(value: V, key: Hashable, make: Callable[[V], T]) -> T:
    """Return the same of a single value."""
    kept = kept_of(value)
    known: T | None = None if kept is None else kept.get(key)
    if known is not None:
        return known
    made = make(value)
    if kept is not None:
        kept.keep(key, made)
    return made


def kept_of(value: object) -> Kept | None:
    """Return what is kept with a value, None when nothing can be."""
    return getattr(value, "kept_with_it", None)


def _size(thing: object) -> int:
    return (len(thing) if isinstance(thing, bytes) else THING_BYTES) + OVERHEAD_BYTES


def _size_of_all(thing: object) -> int:
    if not isinstance(thing, list | tuple):
        return COLUMN_BYTES
    # bytes are kept with their values, too, but there something else may take their place
    return COLUMN_BYTES + 8 * len(thing) + sum([len(one) for one in thing if isinstance(one, bytes)])
