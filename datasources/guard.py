"""Guarding calls to one system: each by leave of its circuit, and reads tried again where that is worth it."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

import stamina

from datasources.circuit.breaker import Outcome
from datasources.circuit.budget import RetryBudget
from datasources.circuit.circuit import Circuit, Permit
from datasources.clock import Clock
from datasources.deadline import calls_end_at
from datasources.errors import (
    CircuitOpen,
    InvalidResponse,
    Overloaded,
    RequestRefused,
    SourceError,
    SourceUnavailable,
)
from datasources.model.common import StaleReason

T = TypeVar("T")

MOST_ATTEMPTS = 3
FIRST_WAIT_S = 0.05
LONGEST_WAIT_S = 0.5
"""Who is asked to come back later than this is told so at once, and may have an older value meanwhile."""


class Guard:
    """`call` is for calls that only read: they may be made twice. `retries` counts those tried again."""

    def __init__(self, circuit: Circuit, *, clock: Clock) -> None:
        self.circuit = circuit
        self.retries = 0
        self._clock = clock
        self._budget = RetryBudget()

    async def call(self, attempt: Callable[[], Awaitable[T]]) -> T:
        """
        Return what the attempt returns, or what another returns after it.

        Raises:
            CircuitOpen: the system is left alone, and was not called.
            SourceError: what the last attempt raised.
        """
        self._budget.called()
        try:
            return await self._try(await self.circuit.admit(), attempt)
        except SourceUnavailable as failure:
            if not _is_worth_another(failure):
                raise
            first = failure
        return await self._again(first, attempt)

    async def _again(self, failed: SourceError, attempt: Callable[[], Awaitable[T]]) -> T:
        """
        Try again what has failed, where that is worth it; raise what came of it in the end.

        Only here is the library that waits and counts asked: it costs more than a call that succeeds.
        """
        made = 0

        def wait_s(failure: Exception) -> bool | float:
            return made < MOST_ATTEMPTS and self._wait_s(failure)

        async for another in stamina.retry_context(
            wait_s, attempts=MOST_ATTEMPTS, timeout=None, wait_initial=FIRST_WAIT_S, wait_jitter=FIRST_WAIT_S
        ):
            with another:
                made += 1
                if made == 1:
                    raise failed
                try:
                    return await self._try(await self._permit(failed), attempt)
                except SourceError as failure:
                    failed = failure
                    raise
        raise AssertionError("the last attempt returns or raises")

    async def once(self, attempt: Callable[[], Awaitable[T]]) -> T:
        """
        Return what the attempt returns; it is made at most once, and never to find out whether the system works again.

        Raises:
            CircuitOpen: the circuit is not closed, and the system was not called.
            SourceError: what the attempt raised.
        """
        return await self._try(self.circuit.admit_once(), attempt)

    async def _permit(self, failed: SourceError) -> Permit:
        """Return a permit; who has been refused by the system itself before hears of that, not of the circuit."""
        try:
            return await self.circuit.admit()
        except CircuitOpen:
            raise failed from None

    async def _try(self, permit: Permit, attempt: Callable[[], Awaitable[T]]) -> T:
        outcome, retry_after_s = Outcome.IGNORED, None
        try:
            result = await attempt()
            outcome = Outcome.SUCCESS
        except SourceError as failure:
            outcome, retry_after_s = outcome_of(failure, probe=permit.is_probe), failure.retry_after_s
            raise
        finally:
            permit.end(outcome, retry_after_s)
        return result

    def _wait_s(self, failure: Exception) -> bool | float:
        """Say whether to try again, after how many seconds if the system asked for a pause."""
        if not isinstance(failure, SourceUnavailable) or not _is_worth_another(failure) or not self.circuit.closed:
            return False
        pause_s = failure.retry_after_s or FIRST_WAIT_S
        if pause_s > LONGEST_WAIT_S or self._clock.monotonic() + pause_s >= calls_end_at.get():
            return False
        if not self._budget.take():
            return False
        self.retries += 1
        return True if failure.retry_after_s is None else pause_s


def _is_worth_another(failure: SourceUnavailable) -> bool:
    # a system that took all of its time once would only be burdened, and the request kept waiting, by a second call
    return not isinstance(failure, CircuitOpen | Overloaded) and failure.reason is not StaleReason.TIMEOUT


def outcome_of(failure: SourceError, *, probe: bool) -> Outcome:
    """
    Return what a failed call says of its system.

    A refusal of what was asked is an answer. An answer that is not what was agreed, or that refuses Kanava itself, does
    not say that the system is in trouble, and so opens nothing; but it does not say that it is well, either.
    """
    if isinstance(failure, RequestRefused) and failure.is_answer:
        return Outcome.SUCCESS
    if isinstance(failure, RequestRefused | InvalidResponse):
        return Outcome.FAILURE if probe else Outcome.IGNORED
    if failure.reason is StaleReason.TIMEOUT and not failure.had_its_time:
        return Outcome.IGNORED
    return Outcome.FAILURE
