"""What the replicas of Kanava settle among themselves: who fetches, who probes, and what all must hear of."""

from collections.abc import Callable, Collection
from typing import Protocol

Hear = Callable[[str, bytes], None]
"""Takes the topic and the text of something announced; must not block."""


class Replicas(Protocol):
    """No method raises: when the replicas cannot talk, each goes on as if it were alone."""

    @property
    def several(self) -> bool:
        """Whether there may be any but this one."""

    async def lock(self, keys: Collection[str], for_s: float) -> frozenset[str]:
        """Return those of the keys that nobody else is fetching: they are this replica's for so long."""

    async def unlock(self, keys: Collection[str]) -> None:
        """Give keys back that `lock` returned; what has run out, and may be another's by now, is left alone."""

    async def lease(self, name: str, for_s: float) -> int | None:
        """
        Return a fencing token, above all given before for this name, or None while another replica holds the lease.

        A lease ends by itself after `for_s`; it is never given back earlier.
        """

    async def announce(self, topic: str, text: bytes) -> None:
        """Tell all replicas, this one at once and first; what cannot be told now is told when they can talk again."""

    def listen(self, hear: Hear) -> None:
        """Have everything announced told to `hear`, this replica's own announcements too, each once."""


class Alone:
    """The only replica."""

    several = False

    def __init__(self) -> None:
        self._listeners: list[Hear] = []
        self._tokens = 0

    async def lock(self, keys: Collection[str], for_s: float) -> frozenset[str]:
        return frozenset(keys)

    async def unlock(self, keys: Collection[str]) -> None:
        return None

    async def lease(self, name: str, for_s: float) -> int | None:
        self._tokens += 1
        return self._tokens

    async def announce(self, topic: str, text: bytes) -> None:
        for hear in self._listeners:
            hear(topic, text)

    def listen(self, hear: Hear) -> None:
        self._listeners.append(hear)
