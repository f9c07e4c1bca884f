"""What was asked for lately, and by whom whom the same answer would suit."""

from math import inf

from app.responses import sightings
from app.responses.question import Question
from app.responses.sightings import Sightings
from app.responses.viewers import Viewer
from datasources.model.pricing import PriceStatus
from resolvers.context import ASSORTMENTS, PERSON, PRICES, Caller

QUESTION = Question("{ a }", None, b"", ("fi",))


def viewer(person: str | None, scope: str = "S1") -> Viewer:
    caller = None if person is None else Caller(person, None)
    return Viewer(caller, None, frozenset(), PriceStatus.LOGIN_REQUIRED if caller is None else (scope, "EUR"), inf, inf)


def test_it_was_asked_for_lately() -> None:
    """For 15 seconds at least, and 30 at most; of a question alone that was answered."""
    noted = Sightings()
    noted.note(QUESTION, viewer(None), 0, 100.0)
    seen = [noted.has(QUESTION, viewer(None), now) for now in (100.0, 115.0, 129.9, 130.0)]

    assert [True, True, True, False] == seen
    assert not noted.has(QUESTION._replace(variables=b"{}"), viewer(None), 100.0)


def test_generations_pass() -> None:
    """What was asked before the last turn is known still, what was asked before that is not."""
    noted = Sightings()
    noted.note(QUESTION, viewer(None), 0, 100.0)
    noted.note(QUESTION._replace(text="{ b }"), viewer(None), 0, 116.0)
    after_one = noted.has(QUESTION, viewer(None), 120.0)
    noted.note(QUESTION._replace(text="{ c }"), viewer(None), 0, 132.0)

    assert (True, False) == (after_one, noted.has(QUESTION, viewer(None), 133.0))


def test_others_whom_it_would_suit() -> None:
    """What depends on the price scope was asked for by all who have it, what depends on the person by that one."""
    noted = Sightings()
    noted.note(QUESTION, viewer("anna"), PRICES | ASSORTMENTS, 100.0)
    noted.note(QUESTION._replace(text="{ me }"), viewer("anna"), PERSON, 100.0)
    lately = [
        noted.has(QUESTION._replace(text=text), who, 101.0)
        for text in ("{ a }", "{ me }")
        for who in (viewer("anna"), viewer("berta"), viewer("carl", "S2"), viewer(None))
    ]

    assert [True, True, False, False, True, False, False, False] == lately


def test_there_are_not_too_many() -> None:
    """A flood of different questions has earlier ones forgotten, and costs no more memory."""
    noted = Sightings()
    noted.note(QUESTION, viewer(None), 0, 100.0)
    for number in range(2 * sightings.MOST_SIGHTINGS):
        noted.note(QUESTION._replace(variables=b"%d" % number), viewer(None), 0, 100.0)

    assert not noted.has(QUESTION, viewer(None), 100.0)
    assert noted.has(QUESTION._replace(variables=b"%d" % number), viewer(None), 100.0)
