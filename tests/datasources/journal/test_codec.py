"""What is kept as JSON comes back as it was."""

import json
from decimal import Decimal

import pytest

from datasources.journal.codec import DRAFT, SIMULATION, encode_decimal
from datasources.journal.journal import JournalUnavailable
from tests.datasources.journal.orders import draft, draft_line, simulation


def test_a_draft() -> None:
    """Digits, dates, names in any alphabet and empty places survive."""
    line = draft_line(
        quantity=Decimal("100000000000.000000001"), note='ärger "1"\n\0', unit_price=None, requested_date=None
    )

    text = DRAFT.encode(draft(line))

    assert DRAFT.decode(text) == draft(line)
    assert str(DRAFT.decode(text).lines[0].quantity) == "100000000000.000000001"
    assert json.loads(text)["version"] == 1
    assert json.loads(text)["value"]["lines"][0]["quantity"] == "100000000000.000000001"


def test_a_simulation() -> None:
    """Moments keep their fractions of a second."""

    assert SIMULATION.decode(SIMULATION.encode(simulation())) == simulation()


@pytest.mark.parametrize("text", ['{"version":2,"value":{}}', '{"version":1,"value":{}}', "", "[]"])
def test_another_version(text: str) -> None:
    """What another version wrote is not misread."""
    with pytest.raises(JournalUnavailable, match="of another version of Kanava"):
        DRAFT.decode(text)


def test_numbers_without_exponent() -> None:
    """A number is written in digits."""

    assert [encode_decimal(Decimal(n)) for n in ("1E+3", "2.50", "0E-2")] == ["1000", "2.50", "0.00"]
