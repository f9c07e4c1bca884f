"""From an `Authorization` header to the person it is of."""

from dataclasses import dataclass
from hashlib import sha256

from app.identity.claims import Expected, Signed
from app.identity.keys import PublishedKey
from app.identity.provider import ProviderKeys
from app.identity.refusal import bad
from app.identity.signatures import Header, header_of, signed_by
from app.latest import Latest
from datasources.clock import Clock
from datasources.http import Transport
from resolvers.errors import Unauthenticated

MOST_TOKEN_CHARACTERS = 8192
REMEMBERED_TOKENS = 10_000
LEEWAY_S = 30.0


@dataclass(frozen=True, slots=True)
class Verified:
    """A token that was found good, and the key that it is signed with."""

    signed: Signed
    key: PublishedKey


class Identity:
    """
    Tells the person of a token. A claim that is None is not read.

    Verified tokens are remembered, by a digest of theirs, until they expire or the provider takes their key back.
    What was refused is not remembered: whoever sends it again pays with their own time.
    """

    def __init__(
        self,
        transport: Transport,
        *,
        issuer: str,
        audience: str,
        claim_person: str,
        clock: Clock,
        claim_account: str | None = None,
        claim_roles: str | None = None,
        leeway_s: float = LEEWAY_S,
    ) -> None:
        self._clock = clock
        self._leeway_s = leeway_s
        self._expected = Expected(issuer, audience, claim_person, claim_account, claim_roles, leeway_s)
        self._provider = ProviderKeys(transport, issuer=issuer, clock=clock)
        self._remembered: Latest[bytes, Verified] = Latest(REMEMBERED_TOKENS)

    async def person(self, authorization: str, deadline: float) -> Signed:
        """
        Return whom an `Authorization` header is of; `deadline` is on the clock's monotonic scale.

        Raises:
            Unauthenticated: it is not a good bearer token of this provider.
            SourceError: the provider's keys are not known and cannot be had.
        """
        token = bearer_token(authorization)
        digest = digest_of(token)
        known = self._remembered.get(digest)
        if known is None or not await self._is_still_good(known, deadline):
            self._remembered.pop(digest, None)
            known = await self._verify(token, header_of(token), deadline)
        self._remembered.put(digest, known)
        return known.signed

    def known(self, digest: bytes) -> Signed | None:
        """Return whom a token with this digest is of, if it was verified before and nothing has to be waited for."""
        known = self._remembered.get(digest)
        if known is None or self._clock.timestamp() >= known.signed.expires_at + self._leeway_s:
            return None
        keys = self._provider.at_hand()
        if keys is None or known.key not in keys:
            return None
        self._remembered.move_to_end(digest)
        return known.signed

    async def fetch_keys(self) -> int:
        """
        Fetch the provider's keys, as the first token would, and return how many of them can verify a token.

        Raises:
            SourceError: they cannot be had.
        """
        return len(await self._provider.fetch())

    async def _is_still_good(self, known: Verified, deadline: float) -> bool:
        if self._now() >= known.signed.expires_at + self._leeway_s:
            return False
        return known.key in await self._provider.current(deadline)

    async def _verify(self, token: str, header: Header, deadline: float) -> Verified:
        keys = await self._provider.current(deadline)
        found = signed_by(token, header, keys)
        if found is None and (header.key_name is None or all(key.name != header.key_name for key in keys)):
            found = signed_by(token, header, await self._provider.newer(deadline))
        if found is None:
            raise bad("its signature is by no key that the provider publishes")
        key, payload = found
        return Verified(self._expected.signed(payload, self._now()), key)

    def _now(self) -> float:
        return self._clock.now().timestamp()


def digest_of(token: str) -> bytes:
    """Return by what a verified token is remembered."""
    return sha256(token.encode()).digest()


def bearer_token(authorization: str) -> str:
    """
    Return the token of an `Authorization` header (RFC 6750, section 2.1).

    Raises:
        Unauthenticated: there is none, or it is longer than any provider's.
    """
    scheme, _, token = authorization.partition(" ")
    token = token.strip()
    if scheme.lower() != "bearer" or not token or len(token) > MOST_TOKEN_CHARACTERS:
        raise Unauthenticated("The Authorization header must be: Bearer, a space, an access token.")
    return token
