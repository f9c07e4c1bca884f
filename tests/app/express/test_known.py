"""How many requests are known: no more than there is memory for, with all that they keep in it."""

from collections import OrderedDict
from typing import Any

import pytest

from app.documents import Wish
from app.door import Door, Prepared, Visitor
from app.express.known import MOST_BODY_BYTES, MOST_QUESTIONS, KnownRequests
from app.protocol.reading import Sent
from app.responses.question import question_of
from datasources.cache.memory import Share
from tests.app.express.conftest import Served


async def prepared(door: Door, query: str, **variables: Any) -> Prepared:
    """Return a query that has been executed once."""
    sent, visitor = Sent(query=query, variables=variables), anonymous()
    for _ in range(2):
        found = await door.prepare(sent, visitor, door.ask(visitor))
        await door.answer(found)
    return found


def anonymous() -> Visitor:
    return Visitor(None, None, ("fi", "en"), "192.0.2.1", Wish(None, True))


def query(name: str, fields: int = 1) -> str:
    names = " ".join(f"a{number}: name @include(if: $s)" for number in range(fields))
    return f'query {name}($s: Boolean = true, $k: String = "KV-1") {{ product(sku: $k) {{ {names} }} }}'


async def test_those_longest_unused_go_first(served: Served) -> None:
    """When there is no more room the one goes that was not sent for the longest time."""
    door = served.endpoint._door
    known = KnownRequests(door, Share(32_000_000))
    one = await prepared(door, query("Q"))
    for body in (b"a", b"b", b"c"):
        known.remember(body, one)
    full = KnownRequests(door, Share(known.bytes))
    for body in (b"a", b"b", b"c"):
        full.remember(body, one)
    full.get(b"a")
    full.remember(b"d", one)

    assert [True, False, True, True] == [full.get(body) is not None for body in (b"a", b"b", b"c", b"d")]
    assert known.bytes == full.bytes


async def test_a_document_counts_once(served: Served) -> None:
    """Its memory is counted with the first of the requests that it came in, and until the last of them is forgotten."""
    door = served.endpoint._door
    known = KnownRequests(door, Share(32_000_000))
    one, other = await prepared(door, query("Q", 50)), await prepared(door, query("R", 50))
    sizes = []
    for body, of in ((b"a", one), (b"b", one), (b"c", other), (b"d", other)):
        before = known.bytes
        known.remember(body, of)
        sizes.append(known.bytes - before)
    for _ in range(4):
        known._forget(known._known.popitem(last=False)[1])

    assert sizes[0] == sizes[2]
    assert sizes[1] == sizes[3]
    assert sizes[0] - sizes[1] > one.document.weight_bytes
    assert 0 == known.bytes
    assert {} == known._sharing


async def test_a_plan_counts_once(served: Served) -> None:
    """Each plan of a document is counted: there is one for each set of what is left out."""
    door = served.endpoint._door
    known = KnownRequests(door, Share(32_000_000))
    sizes = []
    for body, variables in ((b"a", {"s": True}), (b"b", {"s": True, "k": "KV-2"}), (b"c", {"s": False})):
        before = known.bytes
        known.remember(body, await prepared(door, query("Q", 50), **variables))
        sizes.append(known.bytes - before)

    assert sizes[1] < sizes[2] < sizes[0]


async def test_what_is_asked(served: Served) -> None:
    """The question is the same object each time, another one in other languages; as many as there are, it is right."""
    door = served.endpoint._door
    known = KnownRequests(door, Share(1_000_000))
    known.remember(b"a", await prepared(door, query("Q"), k="KV-2"))
    one = known.get(b"a")
    assert one is not None
    languages = [(name, "en") for name in ("fi", "sv", "de", "fr", "et")]
    asked = [one.question(locales) for locales in languages]

    assert [question_of(query("Q"), "Q", {"k": "KV-2"}, locales) for locales in languages] == asked
    assert asked[-1] is one.question(["et", "en"])
    assert len(one.questions) <= MOST_QUESTIONS < len(languages)


async def test_a_wish_is_never_answered_from_what_is_remembered(served: Served) -> None:
    """Who asks for values of an age has no question that a remembered answer would suit."""
    door = served.endpoint._door
    known = KnownRequests(door, Share(1_000_000))
    wishing = query("Q").replace(" { product", " @freshness(maxAgeSeconds: 5) { product")
    known.remember(b"a", await prepared(door, wishing))
    one = known.get(b"a")

    assert one is not None
    assert one.question(("fi", "en")) is None


async def test_it_stays_under_its_ceiling(served: Served) -> None:
    """However many documents come, what is known and what it shares stay below what is allowed."""
    door = served.endpoint._door
    known = KnownRequests(door, Share(500_000))
    for number in range(25):
        known.remember(b"%d" % number, await prepared(door, query(f"Q{number}", 40 - number)))

        assert known.bytes <= 500_000
    assert 1 < len(known) < 25


async def test_one_that_is_too_much(served: Served) -> None:
    """What alone is more than is allowed is not remembered, nor is a body that is not held."""
    door = served.endpoint._door
    small, known = KnownRequests(door, Share(1_000)), KnownRequests(door, Share(32_000_000))
    one = await prepared(door, query("Q"))
    small.remember(b"a", one)
    known.remember(b" " * (MOST_BODY_BYTES + 1), one)
    known.remember(b" " * MOST_BODY_BYTES, one)

    assert (0, 0) == (len(small), small.bytes)
    assert 1 == len(known)


@pytest.mark.parametrize("times", [1, 5])
async def test_the_same_again(served: Served, times: int) -> None:
    """A body that is known already counts once."""
    door = served.endpoint._door
    known = KnownRequests(door, Share(32_000_000))
    one = await prepared(door, query("Q"))
    for _ in range(times):
        known.remember(b"a", one)

    assert OrderedDict({b"a": known.get(b"a")}) == known._known
