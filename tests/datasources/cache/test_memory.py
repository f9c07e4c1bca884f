"""What one process remembers."""

import pytest

from datasources.cache.memory import Memory
from tests.datasources.fakes import FakeClock

MISSING = object()


@pytest.mark.parametrize(
    ("value", "fresh_for_s", "kept_s"), [("v", 60, 60), (None, 60, 10), (None, 5, 5), ("v", 5, 5), (0, 60, 60)]
)
def test_a_value_is_kept_for_its_time(value: object, fresh_for_s: float, kept_s: float) -> None:
    """A value is there until fresh_for_s has passed, an absence for 10 s at most."""
    clock = FakeClock()
    memory: Memory[str, object] = Memory(fresh_for_s=fresh_for_s, most_entries=10, clock=clock)
    memory.put("k", value)
    clock.advance(kept_s - 0.1)
    before = memory.get("k", MISSING)
    clock.advance(0.2)

    assert value == before
    assert memory.get("k", MISSING) is MISSING


def test_a_newer_value_replaces_and_starts_anew() -> None:
    """Putting a key again replaces its value, and its time counts from then; a value replaces an absence."""
    clock = FakeClock()
    memory: Memory[str, str] = Memory(fresh_for_s=20, most_entries=10, clock=clock)
    memory.put("k", None)
    clock.advance(9)
    memory.put("k", "new")
    clock.advance(19)

    assert "new" == memory.get("k", MISSING)


def test_it_is_bounded() -> None:
    """Over most_entries the least recently used goes."""
    memory: Memory[str, str] = Memory(fresh_for_s=60, most_entries=2, clock=FakeClock())
    memory.put("a", "1")
    memory.put("b", "2")
    memory.get("a", MISSING)
    memory.put("c", "3")

    assert ["1", MISSING, "3"] == [memory.get(key, MISSING) for key in "abc"]
