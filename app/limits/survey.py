"""
What a whole document would cost to validate.

Validation compares every two fields of the same response name that may stand in the same place, and walks fragments
where they are spread: both grow faster than the document.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    OperationDefinitionNode,
)

from app.limits.lists import MOST
from resolvers.errors import BadInput
from resolvers.ids import shown

Definition = OperationDefinitionNode | FragmentDefinitionNode
Place = tuple[int, str]
"""How many fields deep something stands in its definition, and its name."""

SPREAD = "..."
"""What spreads count as, among the names of fields: fragments are compared with each other as well."""
DEEPEST = 20
"""What stands deeper counts as if it stood there: there are only so many depths at which a fragment can be spread."""


@dataclass(frozen=True, slots=True)
class Contents:
    """
    What a definition has in itself: how often which response names and which spreads, and how deep it is nested.

    `levels` says in how many selection sets each fragment is spread, at the most.
    """

    names: Counter[Place] = field(default_factory=Counter)
    spreads: Counter[Place] = field(default_factory=Counter)
    levels: dict[str, int] = field(default_factory=dict)
    nesting: int = 1

    @property
    def size(self) -> int:
        """How many different things there are to look at."""
        return 1 + len(self.names) + len(self.spreads)


@dataclass(frozen=True, slots=True)
class Survey:
    """
    The bounds of a document, as `Limits` has them; `steps` is the work that it took.

    `overlaps` is the sum of the squares of how often each response name occurs at each depth, with every spread in
    the place of what it stands for. No more pairs of fields are compared, for those that are have one name and depth.
    """

    nesting: int
    overlaps: int
    steps: int


def survey(document: DocumentNode) -> Survey:
    """
    Return what a document that need not be valid would cost to validate, in linear work.

    Raises:
        BadInput: fragments spread each other in a circle, or two have one name.
    """
    fragments = {name: contents_of(fragment) for name, fragment in fragments_of(document).items()}
    operations = [contents_of(d) for d in document.definitions if isinstance(d, OperationDefinitionNode)]
    everything = [*operations, *fragments.values()]
    order = ordered(fragments, fragments)
    nesting = nesting_of(fragments, order)
    times = _times(operations, fragments, order)
    return Survey(
        nesting=max((_nesting(contents, nesting) for contents in everything), default=0),
        overlaps=_overlaps(operations, fragments, times),
        steps=sum(c.names.total() + c.spreads.total() for c in everything)
        + sum(contents.size for contents in operations)
        + sum(fragments[name].size * len(times[name]) for name in order),
    )


def fragments_of(document: DocumentNode) -> dict[str, FragmentDefinitionNode]:
    """
    Return the fragments by name.

    Raises:
        BadInput: two have one name, so that nobody can tell which is meant.
    """
    found: dict[str, FragmentDefinitionNode] = {}
    for definition in document.definitions:
        if isinstance(definition, FragmentDefinitionNode):
            name = definition.name.value
            if name in found:
                raise BadInput(f"There can be only one fragment of the name {shown(name)}.")
            found[name] = definition
    return found


def contents_of(definition: Definition) -> Contents:
    """Return what a definition has in itself."""
    names: Counter[Place] = Counter()
    spreads: Counter[Place] = Counter()
    levels: dict[str, int] = {}
    deepest = 0
    pending = [(definition.selection_set, 1, 0)]
    while pending:
        selections, level, depth = pending.pop()
        deepest = max(deepest, level)
        for selection in selections.selections:
            if isinstance(selection, FragmentSpreadNode):
                name = selection.name.value
                spreads[depth, name] += 1
                levels[name] = max(level, levels.get(name, 0))
            elif isinstance(selection, InlineFragmentNode):
                pending.append((selection.selection_set, level + 1, depth))
            elif isinstance(selection, FieldNode):
                names[depth, (selection.alias or selection.name).value] += 1
                if selection.selection_set is not None:
                    pending.append((selection.selection_set, level + 1, min(DEEPEST, depth + 1)))
    return Contents(names, spreads, levels, deepest)


def ordered(starts: Iterable[str], fragments: Mapping[str, Contents]) -> list[str]:
    """
    Return the fragments that are reached from `starts`, each after all that it spreads; unknown ones are left out.

    Raises:
        BadInput: fragments spread each other in a circle.
    """
    done: dict[str, None] = {}
    for start in starts:
        if start in fragments and start not in done:
            done.update(dict.fromkeys(_reached(start, fragments, done)))
    return list(done)


def _reached(start: str, fragments: Mapping[str, Contents], done: Mapping[str, None]) -> list[str]:
    reached: dict[str, None] = {}
    trail: dict[str, Iterator[str]] = {start: iter(fragments[start].levels)}
    while trail:
        current, spreads = next(reversed(trail.items()))
        following = next((s for s in spreads if s in fragments and s not in done and s not in reached), None)
        if following is None:
            reached[current] = None
            del trail[current]
        elif following in trail:
            raise BadInput(f"The fragment {shown(following)} spreads itself, through {shown(current)}.")
        else:
            trail[following] = iter(fragments[following].levels)
    return list(reached)


def nesting_of(fragments: Mapping[str, Contents], order: Iterable[str]) -> dict[str, int]:
    """Return how deep each fragment is nested, with every spread in the place of what it stands for."""
    nesting: dict[str, int] = {}
    for name in order:
        nesting[name] = _nesting(fragments[name], nesting)
    return nesting


def _nesting(contents: Contents, fragments: Mapping[str, int]) -> int:
    spread = (level + fragments.get(name, 0) for name, level in contents.levels.items())
    return max(contents.nesting, *spread) if contents.levels else contents.nesting


Times = dict[str, Counter[int]]
"""How often each fragment stands in the whole document, by how many fields deep."""


def _overlaps(operations: Iterable[Contents], fragments: Mapping[str, Contents], times: Times) -> int:
    names: Counter[Place] = Counter()
    for contents in operations:
        _name(contents, 0, 1, names)
    for fragment, depths in times.items():
        for depth, so_often in depths.items():
            _name(fragments[fragment], depth, so_often, names)
    return min(MOST, sum(count * count for count in names.values()))


def _name(contents: Contents, depth: int, so_often: int, names: Counter[Place]) -> None:
    for (inside, name), count in contents.names.items():
        place = (min(DEEPEST, depth + inside), name)
        names[place] = min(MOST, names[place] + so_often * count)
    for (inside, _), count in contents.spreads.items():
        place = (min(DEEPEST, depth + inside), SPREAD)
        names[place] = min(MOST, names[place] + so_often * count)


def _times(operations: Iterable[Contents], fragments: Mapping[str, Contents], order: Sequence[str]) -> Times:
    # validation looks at each fragment's own definition as well: there it stands once
    times = {name: Counter({0: 1}) for name in order}
    for contents in operations:
        _spread(contents, 0, 1, times)
    for name in reversed(order):
        for depth, so_often in times[name].items():
            _spread(fragments[name], depth, so_often, times)
    return times


def _spread(contents: Contents, depth: int, so_often: int, times: Times) -> None:
    for (inside, name), count in contents.spreads.items():
        if name in times:
            at = min(DEEPEST, depth + inside)
            times[name][at] = min(MOST, times[name][at] + so_often * count)
