"""Who is asking: bearer tokens of an OpenID Connect provider, verified with its published keys."""

import asyncio
from typing import TypeVar

import jwt
import msgspec
from cachetools import LRUCache

from datasources.clock import Clock
from datasources.errors import RequestRefused, SourceUnavailable
from datasources.http import Transport
from datasources.model.common import System
from resolvers.errors import Unauthenticated

T = TypeVar("T")

ALGORITHMS = ["RS256"]
REMEMBERED_TOKENS = 10_000
MOST_TOKEN_CHARACTERS = 8192
KEYS_ASKED_AGAIN_AFTER_S = 10.0


class Discovery(msgspec.Struct):
    """What is needed of a provider's configuration (OpenID Connect Discovery 1.0, section 3)."""

    issuer: str
    jwks_uri: str


class KeySet(msgspec.Struct):
    """A JSON Web Key Set (RFC 7517, section 5)."""

    keys: list[dict[str, object]]


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
        self._keys: dict[str, jwt.PyJWK] = {}
        self._asked_at: float | None = None
        self._asking = asyncio.Lock()
        self._people: LRUCache[str, tuple[str, float]] = LRUCache(REMEMBERED_TOKENS)

    async def person(self, authorization: str) -> str:
        """
        Return the person of an `Authorization` header.

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
            remembered = self._people[token] = await self._verify(token)
        return remembered[0]

    async def _verify(self, token: str) -> tuple[str, float]:
        try:
            key = await self._key(token)
            required = ["exp", "iss", "aud", self._claim_person]
            claims = jwt.decode(
                token, key, ALGORITHMS, audience=self._audience, issuer=self._issuer, options={"require": required}
            )
        except jwt.ExpiredSignatureError:
            raise Unauthenticated("The access token has expired.") from None
        except jwt.InvalidTokenError as error:
            raise Unauthenticated(f"The access token is not good: {error}.") from None
        person = claims[self._claim_person]
        if not isinstance(person, str) or not person:
            raise Unauthenticated(f"The access token's claim {self._claim_person} names nobody.")
        return person, float(claims["exp"])

    async def _key(self, token: str) -> jwt.PyJWK:
        header = jwt.get_unverified_header(token)
        if header.get("alg") not in ALGORITHMS:
            raise jwt.InvalidAlgorithmError(f"its algorithm is not {' or '.join(ALGORITHMS)}")
        name = str(header.get("kid", ""))
        if name not in self._keys:
            await self._ask_for_keys()
        if name not in self._keys:
            raise jwt.InvalidKeyError("it is signed with a key that the provider does not publish")
        return self._keys[name]

    async def _ask_for_keys(self) -> None:
        """Fetch the provider's keys; not again right after it answered, for a token may name any key."""
        async with self._asking:
            now = self._clock.monotonic()
            if self._asked_at is not None and now - self._asked_at < KEYS_ASKED_AGAIN_AFTER_S:
                return
            discovery = await self._get(f"{self._issuer}/.well-known/openid-configuration", _discovery)
            if discovery.issuer != self._issuer:
                raise SourceUnavailable(System.IAM, "the provider calls itself by another issuer than is set")
            key_set = await self._get(discovery.jwks_uri, _key_set)
            self._keys = {str(k["kid"]): jwt.PyJWK(k) for k in key_set.keys if "kid" in k and k.get("kty") == "RSA"}
            self._asked_at = now

    async def _get(self, url: str, decoder: msgspec.json.Decoder[T]) -> T:
        try:
            return await self._transport.get(url, decoder.decode)
        except RequestRefused as refusal:
            raise SourceUnavailable(System.IAM, refusal.message) from None
