"""A shared store that never fails and never makes one wait long: when it does not work, there is nothing in it."""

import asyncio
import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import TypeVar

from datasources.cache.store import Drop, Record, SharedStore
from datasources.clock import Clock
from datasources.patience import patience

T = TypeVar("T")

log = logging.getLogger("kanava.cache")

TIMEOUT_S = 0.25
REST_S = 1.0
CLOSE_WITHIN_S = 10.0
MOST_OWED = 10_000


class Rest:
    """
    Leaves alone what has failed, for `rest_s`; then one may try, and if that fails too, it rests again.

    One line is logged when it begins to fail, and one when it works again.
    """

    def __init__(self, what: str, *, clock: Clock, rest_s: float) -> None:
        self.failing = False
        self._what = what
        self._clock = clock
        self._rest_s = rest_s
        self._until = 0.0

    @property
    def is_resting(self) -> bool:
        """Whether it is to be left alone now."""
        return self.failing and self._clock.monotonic() < self._until

    def may_try(self) -> bool:
        """Return whether it may be touched now; asking is taking the turn."""
        if self.is_resting:
            return False
        self._until = self._clock.monotonic() + self._rest_s
        return True

    def failed(self, error: Exception) -> None:
        if not self.failing:
            log.warning("%s: does not work, going on without (%s: %s)", self._what, type(error).__name__, error)
        self.failing, self._until = True, self._clock.monotonic() + self._rest_s

    def worked(self) -> None:
        if self.failing:
            log.warning("%s: works again", self._what)
        self.failing = False


class Guarded:
    """
    A SharedStore that raises nothing and takes at most `timeout_s`; `failures` counts, by method, what did not work.

    After a failure the store is left alone for `rest_s`. Failing to put does not stop reading: a full store is still
    worth reading. Drops that cannot be made are owed, and made before anything else is asked; when too many are owed,
    everything of their kinds is dropped.
    """

    def __init__(
        self, store: SharedStore, *, clock: Clock, timeout_s: float = TIMEOUT_S, rest_s: float = REST_S
    ) -> None:
        self.failures: Counter[str] = Counter()
        self._store = store
        self._timeout_s = timeout_s
        self._rest = Rest("the shared store", clock=clock, rest_s=rest_s)
        self._put_rest = Rest("writing to the shared store", clock=clock, rest_s=rest_s)
        self._owed: list[Drop] = []
        self._settling = asyncio.Lock()

    @property
    def working(self) -> bool:
        """Whether it worked when it was last used, for reading and for writing."""
        return not (self._rest.failing or self._put_rest.failing)

    async def get_many(self, keys: Sequence[str]) -> Mapping[str, bytes]:
        return await self._try("get_many", lambda: self._store.get_many(keys), otherwise={})

    async def put_many(self, records: Sequence[Record]) -> None:
        if not self._rest.failing and self._put_rest.may_try():
            await self._attempt("put_many", lambda: self._store.put_many(records), self._put_rest, otherwise=None)

    async def drop(self, drop: Drop) -> None:
        self._owe([*self._owed, drop])
        await self._try("drop", self._nothing, otherwise=None)

    async def note(self, name: str, text: str, keep_for_s: float) -> None:
        await self._try("note", lambda: self._store.note(name, text, keep_for_s), otherwise=None)

    async def notes(self, start: str) -> Mapping[str, str]:
        return await self._try("notes", lambda: self._store.notes(start), otherwise={})

    async def remove_note(self, name: str) -> None:
        await self._try("remove_note", lambda: self._store.remove_note(name), otherwise=None)

    async def close(self) -> None:
        """Close the store, which may take longer than other calls: what waits is written."""
        try:
            async with asyncio.timeout(CLOSE_WITHIN_S):
                await self._store.close()
        except Exception as error:
            self.failures["close"] += 1
            log.warning("the shared store: did not close (%s: %s)", type(error).__name__, error)

    async def _try(self, method: str, call: Callable[[], Awaitable[T]], *, otherwise: T) -> T:
        if not self._rest.may_try():
            return otherwise
        return await self._attempt(method, call, self._rest, otherwise=otherwise)

    async def _attempt(self, method: str, call: Callable[[], Awaitable[T]], rest: Rest, *, otherwise: T) -> T:
        try:
            async with patience(self._timeout_s):
                await self._settle()
                answer = await call()
        except Exception as error:
            self.failures[method] += 1
            rest.failed(error)
            return otherwise
        rest.worked()
        return answer

    async def _settle(self) -> None:
        """Make the drops that are owed; who asks meanwhile waits for it."""
        if not self._owed and not self._settling.locked():
            return
        async with self._settling:
            owed, self._owed = self._owed, []
            try:
                for drop in _merged(owed):
                    await self._store.drop(drop)
            except BaseException:
                self._owe(owed + self._owed)
                raise

    def _owe(self, drops: list[Drop]) -> None:
        too_many = len(drops) > MOST_OWED
        self._owed = _whole_kinds(drops) if too_many else drops

    async def _nothing(self) -> None:
        """What a drop asks for beside the drops that are owed."""


def _merged(drops: Iterable[Drop]) -> list[Drop]:
    """Return fewer drops that drop the same: all tags of a kind and scope at once."""
    tags: dict[tuple[str, str | None], frozenset[str] | None] = {}
    for drop in drops:
        of, known = (drop.kind, drop.scope), tags.get((drop.kind, drop.scope), frozenset())
        tags[of] = None if known is None or drop.tags is None else known | drop.tags
    return [Drop(kind, tags_of, scope) for (kind, scope), tags_of in tags.items()]


def _whole_kinds(drops: Iterable[Drop]) -> list[Drop]:
    return [Drop(kind, None, None) for kind in sorted({drop.kind for drop in drops})]
