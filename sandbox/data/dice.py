"""Chance without state: the same seed, topic and key give the same draw in every process and in any order."""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import TypeVar

Option = TypeVar("Option")


@dataclass(frozen=True, slots=True)
class Dice:
    seed: int

    def roll(self, topic: str, *key: object) -> int:
        """Return 64 bits."""
        text = f"{self.seed}|{topic}|{'|'.join(map(str, key))}"
        return int.from_bytes(blake2b(text.encode(), digest_size=8).digest())

    def share(self, topic: str, *key: object) -> float:
        """Return a number from 0 up to 1."""
        return self.roll(topic, *key) / 2**64

    def between(self, low: int, high: int, topic: str, *key: object) -> int:
        """Return a whole number from `low` to `high`, both included."""
        return low + self.roll(topic, *key) % (high - low + 1)

    def pick(self, options: Sequence[Option], topic: str, *key: object) -> Option:
        return options[self.roll(topic, *key) % len(options)]
