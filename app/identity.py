"""Who is asking: bearer tokens of an OpenID Connect provider, verified with its published keys."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

import jwt
import msgspec
from cachetools import LRUCache

from datasources.clock import Clock
from datasources.errors import PerhapsSent, RequestRefused, SourceUnavailable
from datasources.flights import Flights
from datasources.http import Transport
from datasources.model.common import StaleReason, System
from resolvers.errors import Unauthenticated

T = TypeVar("T")
Keys = Mapping[str, jwt.PyJWK]

ALGORITHM = "RS256"
REMEMBERED_TOKENS = 10_000
MOST_TOKEN_CHARACTERS = 8192
KEYS_ASKED_AGAIN_AFTER_S = 10.0
"""A token may name any key: one that is not known asks the provider again, but not right after it answered."""


class Discovery(msgspec.Struct):
    """What is needed of a provider's configuration (OpenID Connect Discovery 1.0, section 3)."""

    issuer: str
    jwks_uri: str


class KeySet(msgspec.Struct):
    """A JSON Web Key Set (RFC 7517, section 5)."""

    keys: list[dict[str, Any]]


_discovery = msgspec.json.Decoder(Discovery)
_key_set = msgspec.json.Decoder(KeySet)


class Identity:
    """Tells the person of a token. Verified tokens are remembered until they expire, keys as long as they are found."""

    def __init__(self, transport: Transport, *, issuer: str, audience: str, claim_person: str, clock: Clock) -> None:
        self._transport = transport
        self._issuer = issuer
        self._audience = audience
        self._claim_person = claim_person
        self._clock = clock
        self._keys: Keys = {}
        self._ask_again_at = clock.monotonic()
        self._flights: Flights[str, Keys] = Flights(self._fetch_keys, most_keys=1)
        self._people: LRUCache[str, tuple[str, float]] = LRUCache(REMEMBERED_TOKENS)

    async def person(self, authorization: str, deadline: float) -> str:
        """
        Return the person of an `Authorization` header; `deadline` is on the clock's monotonic scale.

        Raises:
            Unauthenticated: it is not a good bearer token of this provider.
            SourceError: the provider's keys are not known and cannot be had.
        """
        scheme, _, token = authorization.partition(" ")
        token = token.strip()
        if scheme.lower() != "bearer" or not token or len(token) > MOST_TOKEN_CHARACTERS:
            raise Unauthenticated("The Authorization header must be: Bearer, a space, an access token.")
        remembered = self._people.get(token)
        if remembered is None or remembered[1] <= self._clock.now().timestamp():
            self._people.pop(token, None)
            remembered = self._people[token] = await self._verify(token, deadline)
        return remembered[0]

    async def fetch_keys(self) -> int:
        """
        Fetch the provider's keys, as the first token would, and return how many of them can verify a token.

        Raises:
            SourceError: they cannot be had.
        """
        return len((await self._fetch_keys([self._issuer]))[self._issuer])

    async def _verify(self, token: str, deadline: float) -> tuple[str, float]:
        try:
            claims = self._claims(token, await self._key(token, deadline))
        except jwt.PyJWTError as error:
            raise Unauthenticated(f"The access token is not good: {error}.") from None
        now, expires, begins = self._clock.now().timestamp(), claims["exp"], claims.get("nbf", 0)
        if not isinstance(expires, int | float) or not isinstance(begins, int | float):
            raise Unauthenticated("The access token is not good: exp and nbf must be numbers.")
        if expires <= now:
            raise Unauthenticated("The access token has expired.")
        if begins > now:
            raise Unauthenticated("The access token is not good yet.")
        person = claims[self._claim_person]
        if not isinstance(person, str) or not person:
            raise Unauthenticated(f"The access token's claim {self._claim_person} names nobody.")
        return person, float(expires)

    def _claims(self, token: str, key: jwt.PyJWK) -> dict[str, Any]:
        options: jwt.types.Options = {
            "require": ["exp", "iss", "aud", self._claim_person],
            # times are compared with the clock that was passed in, the person is checked whichever claim names them
            "verify_exp": False,
            "verify_nbf": False,
            "verify_iat": False,
            "verify_sub": False,
        }
        return jwt.decode(token, key, [ALGORITHM], audience=self._audience, issuer=self._issuer, options=options)

    async def _key(self, token: str, deadline: float) -> jwt.PyJWK:
        header = jwt.get_unverified_header(token)
        if header.get("alg") != ALGORITHM:
            raise jwt.InvalidAlgorithmError(f"its algorithm is not {ALGORITHM}")
        name = str(header.get("kid", ""))
        if name not in self._keys:
            self._keys = await self._published(deadline)
        if name not in self._keys:
            raise jwt.InvalidKeyError("it is signed with a key that the provider does not publish")
        return self._keys[name]

    async def _published(self, deadline: float) -> Keys:
        """Return the keys that the provider publishes; who asks at the same time, or soon after, shares the answer."""
        if self._clock.monotonic() < self._ask_again_at:
            return self._keys
        flight = self._flights.board((self._issuer,), deadline)[self._issuer]
        assert flight.task is not None
        await asyncio.wait({flight.task}, timeout=max(0.0, deadline - self._clock.monotonic()))
        if not flight.task.done():
            late = "no answer before the request's deadline"
            raise PerhapsSent(System.IAM, late, reason=StaleReason.TIMEOUT)
        keys = flight.outcome(self._issuer)
        self._ask_again_at = self._clock.monotonic() + KEYS_ASKED_AGAIN_AFTER_S
        return keys

    async def _fetch_keys(self, issuers: Sequence[str]) -> Mapping[str, Keys]:
        (issuer,) = issuers
        discovery = await self._get(f"{issuer.rstrip('/')}/.well-known/openid-configuration", _discovery)
        if discovery.issuer != issuer:
            raise SourceUnavailable(System.IAM, "the provider calls itself by another issuer than is set")
        return {issuer: usable_keys(await self._get(discovery.jwks_uri, _key_set))}

    async def _get(self, url: str, decoder: msgspec.json.Decoder[T]) -> T:
        try:
            return await self._transport.get(url, decoder.decode)
        except RequestRefused as refusal:
            raise SourceUnavailable(System.IAM, refusal.message) from None


def usable_keys(key_set: KeySet) -> Keys:
    """Return the keys that can verify a signature, by name; others are passed over (RFC 7517, section 5)."""
    usable = {}
    for key in key_set.keys:
        if key.get("kty") == "RSA" and key.get("use", "sig") == "sig" and key.get("alg", ALGORITHM) == ALGORITHM:
            try:
                usable[str(key.get("kid", ""))] = jwt.PyJWK(key, ALGORITHM)
            except (jwt.PyJWTError, ValueError, TypeError):
                continue
    return usable
