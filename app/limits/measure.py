"""How much an operation asks for, before anything of it is executed."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from graphql import DocumentNode, FragmentDefinitionNode, GraphQLSchema, OperationDefinitionNode, ValueNode

from app.limits.lists import MOST_LOOKED_AT, Lists
from app.limits.load import Program
from app.limits.survey import Contents, contents_of, fragments_of, ordered
from app.limits.walk import Figures, Walk


@dataclass(frozen=True, slots=True)
class Measure:
    """
    The figures of an operation, as `Limits` has them; each ends at `lists.MOST`.

    Every spread counts as what it stands for, and what `@skip` or `@include` may leave out counts as well. `cost`
    bounds the keys that systems are asked for, `values` the fields of the answer. `variables` are the values that were
    sent for them, of which those beyond `lists.MOST_LOOKED_AT` may be left out. `steps` is the work that it took.
    """

    depth: int
    root_fields: int
    fields: int
    aliases: int
    directives: int
    list_items: int
    variables: int
    cost: int
    values: int
    steps: int


@dataclass(frozen=True, slots=True)
class Outline:
    """What is known of an operation before its variables are."""

    figures: Figures
    list_items: int
    program: Program
    steps: int

    def measure(self, variables: Mapping[str, Any]) -> Measure:
        """Return its figures with these variables, which need not be of their types."""
        lists = Lists(MOST_LOOKED_AT)
        lists.in_json(dict(variables))
        cost, values = self.program.run(variables)
        return Measure(
            depth=self.figures.depth,
            root_fields=self.figures.roots,
            fields=self.figures.fields,
            aliases=self.figures.aliases,
            directives=self.figures.directives,
            list_items=max(self.list_items, lists.longest),
            variables=lists.steps,
            cost=cost,
            values=values,
            steps=self.steps + lists.steps + self.program.size,
        )


def measure(
    document: DocumentNode, operation: OperationDefinitionNode, schema: GraphQLSchema, variables: Mapping[str, Any]
) -> Measure:
    """Return the figures of an operation of a document; raises as `outlines`, whose results are worth keeping."""
    return next(outline for one, outline in outlines(document, schema) if one is operation).measure(variables)


def outlines(document: DocumentNode, schema: GraphQLSchema) -> list[tuple[OperationDefinitionNode, Outline]]:
    """
    Return each operation of a document, which need not be valid, with what is known of it before its variables are.

    Fragments are looked into once for all of them; an operation's work is linear in it and the fragments it reaches.

    Raises:
        BadInput: fragments spread each other in a circle, or two have one name.
    """
    fragments = fragments_of(document)
    contents = {name: contents_of(fragment) for name, fragment in fragments.items()}
    operations = [one for one in document.definitions if isinstance(one, OperationDefinitionNode)]
    return [(one, _outline(one, fragments, contents, schema)) for one in operations]


def _outline(
    operation: OperationDefinitionNode,
    fragments: Mapping[str, FragmentDefinitionNode],
    contents: Mapping[str, Contents],
    schema: GraphQLSchema,
) -> Outline:
    own = contents_of(operation)
    reached = ordered(own.levels, contents)
    walk = Walk(schema, _defaults(operation))
    for name in reached:
        walk.fragment(fragments[name])
    figures = walk.operation(operation)
    looked_at = sum(c.names.total() + c.spreads.total() for c in (own, *(contents[name] for name in reached)))
    steps = looked_at + walk.steps + walk.lists.steps
    return Outline(figures, walk.lists.longest, walk.program.finish(figures.load), steps)


def _defaults(operation: OperationDefinitionNode) -> dict[str, ValueNode]:
    return {
        variable.variable.name.value: variable.default_value
        for variable in operation.variable_definitions or ()
        if variable.default_value is not None
    }
