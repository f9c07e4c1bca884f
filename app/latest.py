"""What is remembered of the latest, so many at most."""

from collections import OrderedDict
from typing import TypeVar

K = TypeVar("K")
V = TypeVar("V")


class Latest(OrderedDict[K, V]):
    """At most so many things by key; of more the one goes that was put, or moved to the end, longest ago."""

    def __init__(self, most: int) -> None:
        super().__init__()
        self._most = most

    def put(self, key: K, thing: V) -> None:
        """Remember a thing as the latest, in the place of another of its key."""
        self[key] = thing
        self.move_to_end(key)
        if len(self) > self._most:
            self.popitem(last=False)
