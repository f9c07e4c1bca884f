"""Answers under a ceiling: what goes when, and what becomes of it."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.protocol.compression import packed
from app.responses.answer import ENTRY_BYTES, OVERHEAD_BYTES, Answer
from app.responses.parts import Parts
from app.responses.question import Question
from app.responses.shelf import AnswerShelf
from app.responses.viewers import Viewer
from datasources.cache.entry import Entry, Policy
from datasources.cache.memory import Memory, Share, Shelf
from datasources.cache.store import Drop
from datasources.model.pricing import PriceStatus

VISITOR = Viewer(None, None, frozenset(), PriceStatus.LOGIN_REQUIRED, float("inf"), float("inf"))
POLICY = Policy(fresh_for_s=60, refresh_ahead_s=0, stale_for_s=3600)
WEIGHT = 10_000


def question(name: str) -> Question:
    return Question(name, None, b"", ("fi",))


def entry() -> Entry[str]:
    return Entry("value", as_of=100, received_at=100, policy=POLICY)


def answer(shelf: AnswerShelf, name: str, *entries: Entry[Any], weight: int = WEIGHT) -> Answer:
    parts = Parts(entries or (entry(),), as_of=100, fresh_until=160, since=98, until=160, private=False)
    body = b"x" * (weight - OVERHEAD_BYTES - ENTRY_BYTES * len(parts.entries) - len(name))
    return Answer(body, question(name), 0, None, parts, shelf)


def names(shelf: AnswerShelf, known: str) -> str:
    """Return which of these one-letter names there are; looking does count as use."""
    return "".join(name for name in known if shelf.get(question(name), VISITOR, 110) is not None)


def filled(known: str = "abcdefghijklmnopqrst") -> AnswerShelf:
    shelf = AnswerShelf(Share(20 * WEIGHT))
    for name in known:
        shelf.put(answer(shelf, name))
    return shelf


def test_weight() -> None:
    """All there are weigh what they weigh one by one."""
    shelf = filled()

    assert (20, 20 * WEIGHT, 0) == (len(shelf), shelf.bytes, shelf.evicted)


def test_the_oldest_makes_room() -> None:
    """One more than there is room for: the oldest goes, and nothing knows of it any more."""
    value = entry()
    shelf = AnswerShelf(Share(20 * WEIGHT))
    shelf.put(answer(shelf, "a", value))
    for name in "bcdefghijklmnopqrstu":
        shelf.put(answer(shelf, name))

    assert "bcdefghijklmnopqrstu" == names(shelf, "abcdefghijklmnopqrstu")
    assert (20 * WEIGHT, 1, None) == (shelf.bytes, shelf.evicted, value.dependents)


def test_what_was_served_stays_once_more() -> None:
    """Of the oldest those that were served since they came are passed over, once."""
    shelf = filled()
    names(shelf, "ab")
    shelf.put(answer(shelf, "u"))
    shelf.put(answer(shelf, "v"))

    assert "abefg" == names(shelf, "abcdefg")


def test_all_were_served() -> None:
    """Making room ends, also when everything was served."""
    shelf = filled()
    names(shelf, "abcdefghijklmnopqrst")
    shelf.put(answer(shelf, "u"))

    assert (20, 20 * WEIGHT, 1) == (len(shelf), shelf.bytes, shelf.evicted)


def test_too_great_for_all() -> None:
    """An answer that would take more than a sixteenth of the room is not kept."""
    shelf = filled("a")
    shelf.put(answer(shelf, "b", weight=20 * WEIGHT // 16 + 1))

    assert (1, WEIGHT) == (len(shelf), shelf.bytes)


def test_a_newer_one_takes_the_place() -> None:
    """The same question answered anew for the same viewers: the older answer goes, and so do its ties."""
    shelf, value = AnswerShelf(Share(20 * WEIGHT)), entry()
    older, newer = answer(shelf, "a", value), answer(shelf, "a", value, weight=WEIGHT + 1)
    shelf.put(older)
    shelf.put(newer)

    assert shelf.get(question("a"), VISITOR, 110) is newer
    assert (1, WEIGHT + 1, {newer}) == (len(shelf), shelf.bytes, value.dependents)


def test_it_ends_with_any_of_its_values() -> None:
    """All answers made of a value end with it, and with one of them nothing else."""
    shelf, shared, own = AnswerShelf(Share(20 * WEIGHT)), entry(), entry()
    shelf.put(answer(shelf, "a", shared, own))
    shelf.put(answer(shelf, "b", shared))
    shelf.put(answer(shelf, "c"))
    shared.end_dependents()

    assert ("c", WEIGHT, 2) == (names(shelf, "abc"), shelf.bytes, shelf.dropped)
    assert (None, None) == (shared.dependents, own.dependents)


@pytest.mark.parametrize(("now", "good"), [(97.9, False), (98, True), (159.9, True), (160, False)])
def test_its_time(now: float, good: bool) -> None:
    """Before and after its time it is not served; then it goes, for its time does not come again."""
    shelf = filled("a")
    found = shelf.get(question("a"), VISITOR, now)

    assert good is (found is not None)
    assert (int(good), int(good), WEIGHT * good) == (shelf.hits, len(shelf), shelf.bytes)


def test_forms_weigh() -> None:
    """A packed form is made once and counted, also against the ceiling; with the answer it goes."""
    shelf = filled()
    last = shelf.get(question("t"), VISITOR, 110)
    assert last is not None
    form = shelf.form(last, "br")

    assert form is shelf.form(last, "br")
    assert packed(last.body, "br") == form
    assert (19, 19 * WEIGHT + len(form), 1) == (len(shelf), shelf.bytes, shelf.evicted)


def test_a_form_of_what_has_gone() -> None:
    """An answer that ends while it is being sent is packed still, and weighs nothing."""
    shelf = filled("a")
    last = shelf.get(question("a"), VISITOR, 110)
    assert last is not None
    last.end()

    assert packed(last.body, "gzip") == shelf.form(last, "gzip")
    assert (0, 0) == (len(shelf), shelf.bytes)


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 100), st.integers(2_000, 6_000)), min_size=50, max_size=80))
def test_answers_and_their_values_have_one_ceiling(made: list[tuple[int, int]]) -> None:
    """Values that make room for answers end those made of them, whichever; what is counted is what there is."""
    memory = Memory(130_000)
    shelf, values = AnswerShelf(memory.share(3 / 4)), Shelf[int, str](memory, "words")
    for number, (key, weight) in enumerate(made):
        for one in range(key, key + 3):
            values.put(one, entry())
        parts = [there for one in range(key, key + 3) if (there := values.get(one)) is not None]
        shelf.put(answer(shelf, f"{number % 40}", *parts, weight=weight))

        assert memory.bytes <= memory.maxsize
    weights = [one.size_bytes for one in shelf._order]
    shared = memory.shared_bytes, shelf.bytes
    memory.drop(Drop("words", None, None))

    assert (sum(weights), sum(weights)) == shared
    assert (0, 0, 0) == (len(shelf), shelf.bytes, memory.bytes)
