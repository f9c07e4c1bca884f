"""Which entries a change is about: by kind, tag and scope, so that a customer's change looks at no other's entries."""

from collections.abc import Hashable, Iterator
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)


class Tagged(Generic[K]):
    """Keys by what they are tagged with and whose they are. A key that stands there alone takes the place of a set."""

    def __init__(self) -> None:
        self._scopes: dict[Hashable, dict[str | None, K | set[K]]] = {}

    def add(self, tag: Hashable, scope: str | None, key: K) -> None:
        """Note a key."""
        scopes = self._scopes.setdefault(tag, {})
        there = scopes.setdefault(scope, key)
        if isinstance(there, set):
            there.add(key)
        elif there != key:
            scopes[scope] = {there, key}

    def discard(self, tag: Hashable, scope: str | None, key: K) -> None:
        """Forget a key that was noted."""
        scopes = self._scopes[tag]
        there = scopes[scope]
        if isinstance(there, set):
            there.discard(key)
        if not isinstance(there, set) or not there:
            del scopes[scope]
        if not scopes:
            del self._scopes[tag]

    def find(self, tag: Hashable, scope: str | None) -> Iterator[K]:
        """Return the keys with a tag; of this scope, or None: of any."""
        scopes = self._scopes.get(tag, {})
        found = scopes.values() if scope is None else [scopes[scope]] if scope in scopes else []
        for there in found:
            if isinstance(there, set):
                yield from there
            else:
                yield there
