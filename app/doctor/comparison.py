"""What each system, and each file of an export, knows that another does not. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Knower:
    """A system or a file, and the keys it knows; `whole` False: it names some, and is not expected to name all."""

    name: str
    keys: frozenset[str]
    whole: bool = True


@dataclass(frozen=True, slots=True)
class Gap:
    """What a knower lacks that others know (by their names: how many of these each)."""

    knower: str
    keys: Sequence[str]
    known_to: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Comparison:
    """One kind of key, and who knows which; `remark`: what to know about the comparison."""

    subject: str
    knowers: Sequence[Knower]
    remark: str | None = None

    def gaps(self) -> list[Gap]:
        """Return what each lacks; nothing for one that lacks nothing, or is not expected to name all."""
        every = frozenset[str]().union(*(knower.keys for knower in self.knowers))
        lacking = [knower for knower in self.knowers if knower.whole and every - knower.keys]
        return [self._gap(knower, every - knower.keys) for knower in lacking]

    def _gap(self, knower: Knower, missing: frozenset[str]) -> Gap:
        others = {other.name: len(other.keys & missing) for other in self.knowers}
        return Gap(knower.name, sorted(missing), {name: count for name, count in others.items() if count})
