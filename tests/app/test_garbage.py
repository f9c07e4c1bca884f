"""Collections of garbage are kept short by setting aside what a long one has found alive."""

import gc

import pytest

from app.garbage import NEW_ONES, Collections, short_collections
from tests.datasources.fakes import FakeClock


@pytest.mark.parametrize(("generation", "took_s", "times"), [(2, 0.021, 1), (2, 0.02, 0), (1, 3.0, 0), (0, 3.0, 0)])
def test_only_after_a_long_one_of_everything(generation: int, took_s: float, times: int) -> None:
    """What lives is set aside after a collection of everything that took long, never in the middle of it."""
    clock, set_aside = FakeClock(), list[str]()
    collections = Collections(clock.monotonic, lambda: set_aside.append("all"))
    collections("start", {"generation": generation})
    clock.advance(took_s)
    before = list(set_aside)
    collections("stop", {"generation": generation})

    assert [] == before
    assert times == len(set_aside)


def test_it_ends_with_its_context() -> None:
    """Afterwards Python collects as ever, and looks through what was set aside."""
    before, often = list(gc.callbacks), gc.get_threshold()
    with short_collections():
        within, seldom = len(gc.callbacks), gc.get_threshold()
        gc.freeze()

    assert (len(before) + 1, (NEW_ONES, *often[1:])) == (within, seldom)
    assert (before, often) == (gc.callbacks, gc.get_threshold())
    assert 0 == gc.get_freeze_count()
