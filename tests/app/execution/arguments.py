"""How the arguments of a random operation are written: as literals, as variables, or as literals with variables inside."""

import json
import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from graphql import (
    GraphQLArgument,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLList,
    Undefined,
    is_non_null_type,
)

from tests.app.execution.words import EnumName, Given, Words, nullable

WRONG: tuple[Any, ...] = (2**31, "x", True, 1.5, {"no": 1}, [[None]], "2026-02-30", "NaN", -1)
"""What clients send that have not read the schema."""


@dataclass(frozen=True, slots=True)
class Variable:
    """A variable for `what`, a field and its argument, of type `expected`: its type and default as they are written."""

    name: str
    what: tuple[str, str]
    expected: Any
    of: str
    default: str | None

    def fits(self, of: Any, *, has_default: bool) -> bool:
        """Return whether it may stand where this type is expected (GraphQL, section 5.8.5)."""
        if self.of.rstrip("!") != str(nullable(of)):
            return False
        return not is_non_null_type(of) or self.of.endswith("!") or self.default not in (None, "null") or has_default


@dataclass(slots=True)
class Arguments:
    """The variables of one operation, as arguments come to need them."""

    dice: random.Random
    words: Words
    variables: list[Variable] = field(default_factory=list)

    def written(self, owner: str, arguments: Mapping[str, GraphQLArgument]) -> str:
        """Return arguments for a field or directive, in brackets; an empty text for none."""
        given = [
            f"{name}: {self.given(owner, name, one)}" for name, one in self.words.chosen(owner, arguments, self.dice)
        ]
        self.dice.shuffle(given)
        return f"({', '.join(given)})" if given else ""

    def given(self, owner: str, name: str, of: Given) -> str:
        """Return what is written for an argument, a member of an input object or an entry of a list."""
        if self.dice.random() < 0.35:
            return f"${self._variable(owner, name, of.type, has_default=of.default_value is not Undefined).name}"
        return self._literal(owner, name, of.type)

    def declared(self) -> str:
        """Return the declarations of all variables, in brackets; an empty text for none."""
        said = [f"${v.name}: {v.of}" + (f" = {v.default}" if v.default is not None else "") for v in self.variables]
        return f"({', '.join(said)})" if said else ""

    def sent(self) -> dict[str, Any] | None:
        """Return what a client sends; another time it is something else."""
        sent = {one.name: self._sent(one) for one in self.variables}
        given = {name: value for name, value in sent.items() if value is not Undefined}
        return given or ({} if self.dice.random() < 0.5 else None)

    def _variable(self, owner: str, name: str, of: Any, *, has_default: bool) -> Variable:
        fitting = [one for one in self.variables if one.fits(of, has_default=has_default)]
        if self.dice.random() < 0.9:
            # one for something else mostly means nothing here
            fitting = [
                one for one in fitting if (one.what[1] == name and "id" not in one.what) or one.what == (owner, name)
            ]
        if fitting and self.dice.random() < 0.5:
            return self.dice.choice(fitting)
        self.variables.append(self._new(owner, name, of, has_default=has_default))
        return self.variables[-1]

    def _new(self, owner: str, name: str, of: Any, *, has_default: bool) -> Variable:
        must = is_non_null_type(of) and not has_default
        required = self.dice.random() < (0.6 if must else 0.3)
        default = None
        if self.dice.random() < 0.4 or (must and not required):
            null = not (required or must) and self.dice.random() < 0.2
            default = "null" if null else literal(self.words.value(owner, name, of, self.dice))
        written = f"{nullable(of)}{'!' if required else ''}"
        return Variable(f"v{len(self.variables)}", (owner, name), of, written, default)

    def _sent(self, variable: Variable) -> Any:
        required, of = variable.of.endswith("!"), variable.expected
        if self.dice.random() < 0.01:
            return self.dice.choice(WRONG)
        if (not required or variable.default is not None) and self.dice.random() < 0.3:
            return Undefined
        # null where it may not stand is refused when it is executed, not before: seldom
        if not required and self.dice.random() < (0.03 if is_non_null_type(of) else 0.15):
            return None
        return self.words.value(*variable.what, of, self.dice)

    def _literal(self, owner: str, name: str, of: Any) -> str:
        if not is_non_null_type(of) and self.dice.random() < 0.1:
            return "null"
        of = nullable(of)
        if isinstance(of, GraphQLList) and self.dice.random() < 0.85:
            entry = GraphQLInputField(of.of_type)
            entries = [self.given(owner, name, entry) for _ in range(self.dice.choice((0, 1, 2, 3)))]
            return f"[{', '.join(entries)}]"
        if isinstance(of, GraphQLInputObjectType):
            members = self.words.chosen(of.name, of.fields, self.dice)
            return "{" + ", ".join(f"{key}: {self.given(of.name, key, one)}" for key, one in members) + "}"
        return literal(self.words.value(owner, name, of, self.dice))


def literal(value: Any) -> str:
    """Return a value as a document writes it."""
    if isinstance(value, EnumName):
        return str(value)
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {literal(one)}" for key, one in value.items()) + "}"
    if isinstance(value, list):
        return f"[{' '.join(literal(one) for one in value)}]"
    return json.dumps(value, ensure_ascii=False)
