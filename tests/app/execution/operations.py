"""
Random valid queries over a schema, with variables, fragments, directives and merged fields.

A response key means the same everywhere in an operation - field, arguments and type - so that fields can be merged
wherever they meet.
"""

import random
from dataclasses import dataclass, field
from typing import Any

from graphql import (
    GraphQLArgument,
    GraphQLBoolean,
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLNonNull,
    GraphQLSchema,
    SchemaMetaFieldDef,
    TypeMetaFieldDef,
    get_named_type,
    is_abstract_type,
    is_leaf_type,
    is_required_argument,
)
from graphql.utilities import do_types_overlap

from app.protocol.reading import Sent
from tests.app.execution.arguments import Arguments
from tests.app.execution.words import Words

MOST_DEPTH = 9
MOST_DEPTH_OF_TYPES = 3
SIZES = (4, 8, 12, 20, 30, 50)
"""How many fields there are below one of the root, more or less, beside the simple ones at the ends."""
WIDTHS, ROOTS = (1, 2, 3, 4, 5, 7), (1, 1, 1, 2, 3)
ALIASES = (
    *("a", "b", "None", "class", "self", "import", "__class__", "__dict__", "data", "errors", "e", "_", "sku", "id"),
    *("name", "price", "node", "nodes", "value", "lambda", "context", "parents", "result", "True", "x1", "__typename"),
)
CONDITION = GraphQLArgument(GraphQLNonNull(GraphQLBoolean))
META = (("__schema", SchemaMetaFieldDef), ("__type", TypeMetaFieldDef), ("__type", TypeMetaFieldDef))


@dataclass(frozen=True, slots=True)
class Fragment:
    """A fragment: on which type, its text, and how many levels of fields it has."""

    name: str
    on: Any
    text: str
    height: int


@dataclass(slots=True)
class Author:
    """Writes one operation; `left` is how many more fields it is to have."""

    schema: GraphQLSchema
    dice: random.Random
    arguments: Arguments
    left: int = 0
    fragments: list[Fragment] = field(default_factory=list)
    meanings: dict[str, tuple[str, str, str]] = field(default_factory=dict)
    written: dict[tuple[str, str], list[str]] = field(default_factory=dict)

    def write(self) -> tuple[Sent, Sent]:
        """Return what two clients send: the same document, other variables."""
        self.left = self.dice.choice(ROOTS)
        body, _ = self._selections(self.schema.query_type, 0)
        freshness = self._freshness() if self.dice.random() < 0.1 else ""
        name = self.dice.choice((None, None, "Q", "query", "on"))
        parts = [f"{self._head(name, freshness)}{body}", *(one.text for one in self.fragments)]
        asked = self.dice.choice((None, name))
        if name and self.dice.random() < 0.1:
            parts.append("query Other { __typename }")
            asked = name
        self.dice.shuffle(parts)
        text = "\n".join(parts)
        first, second = self.arguments.sent(), self.arguments.sent()
        return (
            Sent(query=text, variables=first, operation_name=asked),
            Sent(query=text, variables=second, operation_name=asked),
        )

    def _head(self, name: str | None, freshness: str) -> str:
        declared = self.arguments.declared()
        if not (name or declared or freshness) and self.dice.random() < 0.5:
            return ""
        return f"query {name or ''}{declared}{freshness} "

    def _freshness(self) -> str:
        directive = next(one for one in self.schema.directives if one.name == "freshness")
        return f" @freshness{self.arguments.written('@freshness', directive.args)}"

    def _selections(self, of: Any, depth: int) -> tuple[str, int]:
        """Return a selection set on a composite type, and how many levels of fields it has."""
        chosen = [self._selection(of, depth) for _ in range(self.dice.choice(WIDTHS if depth else ROOTS))]
        texts = self.dice.choice((" ", "\n", ", ")).join(text for text, _ in chosen)
        return f"{{ {texts} }}", max(height for _, height in chosen)

    def _selection(self, of: Any, depth: int) -> tuple[str, int]:
        luck = self.dice.random()
        if (luck < 0.05 and depth) or self.left <= 0 or depth >= MOST_DEPTH:
            return self._simple(of), 1
        if luck < 0.32 and not of.name.startswith("__"):
            return self._spread(of, depth) if luck < 0.2 else self._inline(of, depth)
        return self._field(of, depth)

    def _simple(self, of: Any) -> str:
        leaves = [name for name, one in getattr(of, "fields", {}).items() if _is_simple(one)]
        if leaves and self.dice.random() < 0.85:
            name = self.dice.choice(leaves)
            return self._keyed(name, "", str(of.fields[name].type)) + self._conditions(0.05)
        return self._keyed("__typename", "", "String!") + self._conditions(0.05)

    def _field(self, of: Any, depth: int) -> tuple[str, int]:
        self.left -= 1
        name, definition = self._choose(of, depth)
        text = self._keyed(name, self._arguments(of, name, definition), str(definition.type)) + self._conditions(0.06)
        named: Any = get_named_type(definition.type)
        if is_leaf_type(named):
            return text, 1
        # what is said of types is long: few levels of it
        below = max(depth + 2, MOST_DEPTH - MOST_DEPTH_OF_TYPES) if named.name.startswith("__") else depth + 1
        left = self.left
        if depth == 0:
            self.left = self.dice.choice(SIZES)
        inner, height = self._selections(named, below)
        if depth == 0:
            self.left = left
        return f"{text} {inner}", height + 1

    def _choose(self, of: Any, depth: int) -> tuple[str, GraphQLField]:
        if depth == 0 and self.dice.random() < 0.03:
            return self.dice.choice(META)
        names = list(of.fields)
        name = self.dice.choices(names, [self.arguments.words.weight(of.name, name) for name in names])[0]
        return name, of.fields[name]

    def _spread(self, of: Any, depth: int) -> tuple[str, int]:
        fitting = [
            one
            for one in self.fragments
            if depth + one.height <= MOST_DEPTH and do_types_overlap(self.schema, of, one.on)
        ]
        fragment = self.dice.choice(fitting) if fitting and self.dice.random() < 0.5 else self._fragment(of, depth)
        return f"...{fragment.name}{self._conditions(0.12)}", fragment.height

    def _fragment(self, of: Any, depth: int) -> Fragment:
        on = self._narrowed(of)
        body, height = self._selections(on, depth)
        name = f"F{len(self.fragments)}"
        self.fragments.append(Fragment(name, on, f"fragment {name} on {on.name} {body}", height))
        return self.fragments[-1]

    def _inline(self, of: Any, depth: int) -> tuple[str, int]:
        on = of if self.dice.random() < 0.2 else self._narrowed(of)
        condition = "" if on is of and self.dice.random() < 0.7 else f" on {on.name}"
        directives = self._conditions(0.15)
        body, height = self._selections(on, depth)
        return f"...{condition}{directives} {body}", height

    def _narrowed(self, of: Any) -> Any:
        """Return a type that values of this one may be of as well."""
        if is_abstract_type(of):
            return self.dice.choice((of, *self.schema.get_possible_types(of) * 2))
        interfaces = [one for one in self.schema.type_map.values() if isinstance(one, GraphQLInterfaceType)]
        return self.dice.choice((of, of, *(one for one in interfaces if do_types_overlap(self.schema, of, one))))

    def _conditions(self, chance: float) -> str:
        names = [name for name in ("skip", "include") if self.dice.random() < chance]
        self.dice.shuffle(names)
        return "".join(f" @{name}(if: {self.arguments.given(f'@{name}', 'if', CONDITION)})" for name in names)

    def _keyed(self, name: str, arguments: str, of: str) -> str:
        """Return a field with its arguments, with an alias where it needs one, or for no reason."""
        meaning = (name, arguments, of)
        key = self.dice.choice(ALIASES) if self.dice.random() < 0.12 else name
        if self.meanings.get(key, meaning) != meaning:
            key = next((one for one, of_key in self.meanings.items() if of_key == meaning), f"k{len(self.meanings)}")
        self.meanings[key] = meaning
        return f"{name}{arguments}" if key == name else f"{key}: {name}{arguments}"

    def _arguments(self, of: Any, name: str, definition: GraphQLField) -> str:
        """Return arguments for a field: often those that it has elsewhere, so that fields are merged."""
        before = self.written.setdefault((of.name, name), [])
        if before and self.dice.random() < 0.5:
            return self.dice.choice(before)
        before.append(self.arguments.written(name, definition.args))
        return before[-1]


def random_operation(schema: GraphQLSchema, dice: random.Random, words: Words) -> tuple[Sent, Sent]:
    """Return what two clients send: the same document, other variables."""
    return Author(schema, dice, Arguments(dice, words)).write()


def _is_simple(of: GraphQLField) -> bool:
    return is_leaf_type(get_named_type(of.type)) and not any(map(is_required_argument, of.args.values()))
