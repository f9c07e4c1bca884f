"""How long the lists are that a client sends, in its document and in its variables, and how much there is in them."""

import math
from typing import Any

from graphql import IntValueNode, ListValueNode, NullValueNode, ObjectValueNode, ValueNode

MOST = 1_000_000_000
"""Where counting ends: whatever has as much is over every limit."""
MOST_DIGITS = 9
MOST_LOOKED_AT = 100_000
"""So many values of an operation's variables are counted, and few more: there is no limit above."""


class Lists:
    """
    Notes the longest list of all that it is shown, those in lists and objects included; `steps` are values seen.

    An object is a list of its members. What comes after `most` values is not looked at.
    """

    def __init__(self, most: int = MOST) -> None:
        self.longest = 0
        self.steps = 0
        self._most = most

    def in_document(self, value: ValueNode) -> None:
        """Look at a value as a document has it."""
        pending = [value]
        while pending:
            self.steps += 1
            node = pending.pop()
            if isinstance(node, ListValueNode):
                self.longest = max(self.longest, len(node.values))
                pending.extend(node.values)
            elif isinstance(node, ObjectValueNode):
                self.longest = max(self.longest, len(node.fields))
                pending.extend(field.value for field in node.fields)

    def in_json(self, value: Any) -> None:
        """Look at a value as JSON has it."""
        pending = [value]
        while pending and self.steps <= self._most:
            inner = pending.pop()
            if isinstance(inner, list | dict):
                self.steps += len(inner)
                self.longest = max(self.longest, len(inner))
                pending.extend(inner.values() if isinstance(inner, dict) else inner)


def entries_in_document(value: ValueNode, otherwise: int) -> int:
    """Return how many entries an argument asks for: a number, or the length of a list; `otherwise` when it is null."""
    if isinstance(value, NullValueNode):
        return otherwise
    if isinstance(value, ListValueNode):
        return len(value.values)
    if isinstance(value, IntValueNode):
        return max(0, int(value.value)) if len(value.value) <= MOST_DIGITS else MOST
    return 1  # a list may be written as its only entry


def entries_in_json(value: Any, otherwise: int) -> int:
    """Return what `entries_in_document` does of a value as JSON has it."""
    if value is None:
        return otherwise
    if isinstance(value, list):
        return len(value)
    if isinstance(value, int | float) and not isinstance(value, bool) and not math.isnan(value):
        return int(min(MOST, max(0, value)))
    return 1
