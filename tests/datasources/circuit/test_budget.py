"""The retry budget."""

import pytest

from datasources.circuit.budget import RetryBudget


def taken(budget: RetryBudget, wanted: int) -> int:
    """Return how many of so many retries the budget allows."""
    return sum(budget.take() for _ in range(wanted))


def test_it_starts_full() -> None:
    """As many retries as it holds are allowed before the first call, and none more."""
    assert 10 == taken(RetryBudget(), 12)


@pytest.mark.parametrize(("calls", "retries"), [(0, 0), (9, 0), (10, 1), (19, 1), (20, 2), (99, 9), (100, 10)])
def test_retries_are_a_tenth_of_the_calls(calls: int, retries: int) -> None:
    """Once it is empty, every tenth call pays for a retry, to the call."""
    budget = RetryBudget()
    taken(budget, 10)
    for _ in range(calls):
        budget.called()

    assert retries == taken(budget, 100)


def test_it_holds_no_more_than_its_most() -> None:
    """However many calls went well, the retries saved up are bounded."""
    budget = RetryBudget(per_call=0.5, most=3)
    for _ in range(1000):
        budget.called()

    assert 3 == budget.tokens
    assert 3 == taken(budget, 100)


def test_an_outage() -> None:
    """Of a thousand calls that all fail, a tenth is tried again, and what was saved up before."""
    budget, retries = RetryBudget(), 0
    for _ in range(1000):
        budget.called()
        retries += budget.take()

    # the first call finds it full
    assert 109 == retries
