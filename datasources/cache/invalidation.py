"""Invalidation: what a system says has changed is forgotten in memory and in the shared store, by every replica."""

import asyncio
import contextvars
import logging
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice, product
from typing import Any

import msgspec

from datasources.cache.store import Drop, SharedStore
from datasources.replicas import Replicas
from datasources.sources import Sources
from datasources.sources.kind import ANY_CHANGE, Kind, nobodys

log = logging.getLogger("kanava.cache")

TOPIC = "drop"
STORE_WITHIN_S = 5.0
TAGS_AT_ONCE = 1000
"""A store that is asked to drop more at once might take too long, and be taken for broken."""

_drops = msgspec.msgpack.Decoder(list[Drop])


@dataclass(frozen=True, slots=True)
class Change:
    """What a system says has changed: values of a subject, about these keys (none: all), of this scope (None: any)."""

    subject: str
    keys: Sequence[str]
    scope: str | None


def drops_of(changes: Iterable[Change], kinds: Collection[Kind[Any, Any]]) -> list[Drop]:
    """
    Return what is not true any more of these kinds: one drop for all changes of the same kind and scope.

    Values that are nobody's in particular may have changed for anybody: the scope does not spare them.
    """
    gathered: dict[tuple[str, str | None], set[str] | None] = {}
    for change, kind in product(changes, kinds):
        if kind.subject != change.subject:
            continue
        place = kind.name, None if kind.scope is nobodys else change.scope
        if not change.keys:
            gathered[place] = None
        elif (tags := gathered.setdefault(place, {ANY_CHANGE})) is not None:
            tags.update(change.keys)
    return [Drop(name, None if tags is None else frozenset(tags), scope) for (name, scope), tags in gathered.items()]


class Invalidation:
    """
    Has all replicas forget what one of them announces, this one among them.

    Each of them drops it in the shared store as well: what it wrote before it heard of the change goes, too. `store`
    must not raise (`Guarded`); it is waited for as long as `store_within_s`.
    """

    def __init__(
        self, sources: Sources, store: SharedStore, replicas: Replicas, *, store_within_s: float = STORE_WITHIN_S
    ) -> None:
        self._sources = {source.kind.name: source for source in sources.all()}
        self._store = store
        self._replicas = replicas
        self._store_within_s = store_within_s
        self._one_at_a_time = asyncio.Lock()
        self._dropping: set[asyncio.Task[None]] = set()
        replicas.listen(self._hear)

    async def announce(self, drops: Sequence[Drop]) -> bool:
        """
        Have every replica forget; this one has when it returns.

        Return whether the shared store is done with it, too; if that takes long, it goes on in the background.
        """
        if drops:
            await self._replicas.announce(TOPIC, msgspec.msgpack.encode(drops))
        return await self.settle()

    async def settle(self) -> bool:
        """Wait until the shared store is done with all that was heard of so far, and return whether it is in time."""
        if not self._dropping:
            return True
        _, late = await asyncio.wait(self._dropping, timeout=self._store_within_s)
        return not late

    def _hear(self, topic: str, text: bytes) -> None:
        if topic != TOPIC:
            return
        try:
            drops = _drops.decode(text)
        except (msgspec.MsgspecError, UnicodeDecodeError):
            log.warning("a replica says of a change what this one does not understand")
            return
        for drop in drops:
            if (source := self._sources.get(drop.kind)) is not None:
                source.drop(drop)
        # a fresh context: nothing of who announces may leak into what is done for all
        task = asyncio.get_running_loop().create_task(self._drop_stored(drops), context=contextvars.Context())
        self._dropping.add(task)
        task.add_done_callback(self._dropping.discard)

    async def _drop_stored(self, drops: Sequence[Drop]) -> None:
        async with self._one_at_a_time:
            for drop in drops:
                for part in _parts(drop):
                    await self._store.drop(part)


def _parts(drop: Drop) -> Iterator[Drop]:
    if drop.tags is None:
        yield drop
        return
    tags = iter(drop.tags)
    while some := frozenset(islice(tags, TAGS_AT_ONCE)):
        yield replace(drop, tags=some)
