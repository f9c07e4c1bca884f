"""
The provider's published keys: fetched when first needed, kept in step, and kept on while it is down.

How seldom the provider is asked does not depend on what tokens say: those come from anybody, and may name any key.
"""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from typing import TypeVar

import msgspec

from app.identity.keys import Keys, KeySet, usable_keys
from datasources.clock import Clock
from datasources.errors import InvalidResponse, PerhapsSent, RequestRefused, SourceError, SourceUnavailable
from datasources.flights import Flight, Flights
from datasources.http import Transport
from datasources.model.common import StaleReason, System

T = TypeVar("T")

log = logging.getLogger("kanava.identity")

REFRESHED_AFTER_S = 600.0
KEPT_FOR_S = 86_400.0
"""So long keys are good that could not be fetched again; a key that the provider took back must end some time."""
ASKED_AGAIN_AFTER_S = 10.0
FAILED_AGAIN_AFTER_S = 1.0
"""After a failure that leaves nobody able to sign in, it is sooner."""
FETCHED_WITHIN_S = 5.0


class Discovery(msgspec.Struct):
    """What is needed of a provider's configuration (OpenID Connect Discovery 1.0, section 3)."""

    issuer: str
    jwks_uri: str


_discovery = msgspec.json.Decoder(Discovery)
_key_set = msgspec.json.Decoder(KeySet)


class ProviderKeys:
    """The keys of one provider. Deadlines are on the clock's monotonic scale."""

    def __init__(self, transport: Transport, *, issuer: str, clock: Clock) -> None:
        self._transport = transport
        self._issuer = issuer
        self._clock = clock
        self._known: Keys | None = None
        self._known_since = self._ask_again_at = clock.monotonic()
        self._failure: Exception | None = None
        self._flights: Flights[str, Keys] = Flights(self._fly, most_keys=1)

    async def current(self, deadline: float) -> Keys:
        """
        Return the keys, fetched if there are none; those that may have changed are fetched anew behind the answer.

        Raises:
            SourceError: none are known, or only such as are too old, and they cannot be had.
        """
        now = self._clock.monotonic()
        if self._known is None or now - self._known_since >= KEPT_FOR_S:
            return await self.newer(deadline)
        if now - self._known_since >= REFRESHED_AFTER_S and now >= self._ask_again_at:
            self._board()
        return self._known

    def at_hand(self) -> Keys | None:
        """Return the keys if they are known and `current` would only return them; None when it has something to do."""
        now = self._clock.monotonic()
        known_for_s = now - self._known_since
        if known_for_s >= KEPT_FOR_S or (known_for_s >= REFRESHED_AFTER_S and now >= self._ask_again_at):
            return None
        return self._known

    async def newer(self, deadline: float) -> Keys:
        """
        Return the keys as the provider has them now; who asks at the same time, or soon after, shares the answer.

        Raises:
            SourceError: they cannot be had, or could not a moment ago.
        """
        if self._clock.monotonic() >= self._ask_again_at:
            return await self._fetched(deadline)
        if self._failure is not None:
            raise self._failure.with_traceback(None)
        assert self._known is not None
        return self._known

    async def fetch(self) -> Keys:
        """
        Fetch the keys, whatever is known.

        Raises:
            SourceError: they cannot be had.
        """
        discovery = await self._get(f"{self._issuer.rstrip('/')}/.well-known/openid-configuration", _discovery)
        if discovery.issuer != self._issuer:
            raise SourceUnavailable(System.IAM, "the provider calls itself by another issuer than is set")
        if self._issuer.startswith("https:") and not discovery.jwks_uri.startswith("https:"):
            raise InvalidResponse(System.IAM, "the provider's keys are at an address that is not https")
        return usable_keys(await self._get(discovery.jwks_uri, _key_set))

    async def _fetched(self, deadline: float) -> Keys:
        flight = self._board()
        assert flight.task is not None
        await asyncio.wait({flight.task}, timeout=max(0.0, deadline - self._clock.monotonic()))
        if not flight.task.done():
            late = "no answer before the request's deadline"
            raise PerhapsSent(System.IAM, late, reason=StaleReason.TIMEOUT)
        return flight.outcome(self._issuer)

    def _board(self) -> Flight[str, Keys]:
        # the keys are for all: how long is left to the request that needs them first is no matter
        return self._flights.board((self._issuer,), self._clock.monotonic() + FETCHED_WITHIN_S)[self._issuer]

    async def _fly(self, issuers: Sequence[str]) -> Mapping[str, Keys]:
        try:
            keys = await self.fetch()
        except Exception as failure:
            self._failed(failure)
            raise
        self._known, self._failure = keys, None
        self._known_since = self._clock.monotonic()
        self._ask_again_at = self._known_since + ASKED_AGAIN_AFTER_S
        return {self._issuer: keys}

    def _failed(self, failure: Exception) -> None:
        now = self._clock.monotonic()
        if now - self._known_since >= KEPT_FOR_S:
            self._known = None
        self._failure = failure
        self._ask_again_at = now + (FAILED_AGAIN_AFTER_S if self._known is None else ASKED_AGAIN_AFTER_S)
        if self._known is not None:  # perhaps nobody waits for these, so that nobody would be told
            bug = None if isinstance(failure, SourceError) else failure
            log.warning("the identity provider's keys go on as they are known: %s", failure, exc_info=bug)

    async def _get(self, url: str, decoder: msgspec.json.Decoder[T]) -> T:
        try:
            return await self._transport.get(url, decoder.decode)
        except RequestRefused as refusal:
            raise SourceUnavailable(System.IAM, refusal.message) from None
