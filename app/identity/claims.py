"""What a token says of its bearer, once its signature holds (RFC 7519, section 4.1)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from app.identity.refusal import bad
from resolvers.errors import Unauthenticated

MOST_SECONDS = 253_402_300_800
"""The year 10000, in seconds since 1970: a greater number is no time that anybody means."""
MOST_NAME_CHARACTERS = 255  # OpenID Connect Core 1.0, section 2: `sub`
MOST_ROLES = 1000

_claims = msgspec.json.Decoder(dict[str, Any])


@dataclass(frozen=True, slots=True)
class Signed:
    """
    Whom a good token is for. `expires_at` is in seconds since 1970, as the token has it, without any leeway.

    `account` is the number of the account that it is for, None: it names none. `roles` None: roles are not looked at.
    """

    person: str
    account: str | None
    roles: frozenset[str] | None
    expires_at: float


@dataclass(frozen=True, slots=True)
class Expected:
    """What tokens must say to be taken, and which claims are read. A claim None is not read."""

    issuer: str
    audience: str
    claim_person: str
    claim_account: str | None
    claim_roles: str | None
    leeway_s: float

    def signed(self, payload: bytes, now: float) -> Signed:
        """
        Return whom a verified token's claims are for; `now` is in seconds since 1970.

        Raises:
            Unauthenticated: it is for others, for another time, or names nobody.
        """
        try:
            claims = _claims.decode(payload)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            raise bad("its claims are not a JSON object") from None
        self._check_parties(claims)
        return Signed(
            person=_person(claims, self.claim_person),
            account=_account(claims, self.claim_account),
            roles=_roles(claims, self.claim_roles),
            expires_at=self._check_times(claims, now),
        )

    def _check_parties(self, claims: Mapping[str, Any]) -> None:
        if claims.get("iss") != self.issuer:
            raise bad("it is of another issuer")
        audience = claims.get("aud")
        audiences = audience if isinstance(audience, list) else [audience]
        if self.audience not in audiences:
            raise bad("it is for another audience")

    def _check_times(self, claims: Mapping[str, Any], now: float) -> float:
        expires, begins, issued = (_seconds(claims, name) for name in ("exp", "nbf", "iat"))
        if expires is None:
            raise bad("it does not say when it expires (exp)")
        if now >= expires + self.leeway_s:
            raise Unauthenticated("The access token has expired.")
        if begins is not None and now < begins - self.leeway_s:
            raise Unauthenticated("The access token is not good yet.")
        if issued is not None and now < issued - self.leeway_s:
            raise bad("it says that it was issued in the future")
        return expires


def _seconds(claims: Mapping[str, Any], name: str) -> float | None:
    """Return a time in seconds since 1970; True is no number, though Python says so."""
    value = claims.get(name)
    if value is None:
        return None
    if type(value) not in (int, float) or not 0 <= value <= MOST_SECONDS:
        raise bad(f"its {name} is not a time in seconds")
    return float(value)


def _person(claims: Mapping[str, Any], name: str) -> str:
    person = claim(claims, name)
    if not _is_name(person):
        raise Unauthenticated(f"The access token's claim {name} names nobody.")
    return str(person)


def _account(claims: Mapping[str, Any], name: str | None) -> str | None:
    account = None if name is None else claim(claims, name)
    if account is not None and not _is_name(account):
        raise Unauthenticated(f"The access token's claim {name} is not the number of an account.")
    return account


def _roles(claims: Mapping[str, Any], name: str | None) -> frozenset[str] | None:
    """Return the roles: a list, or words in one string as `scope` has them; a token without the claim has none."""
    if name is None:
        return None
    given = claim(claims, name)
    roles = given.split() if isinstance(given, str) else given or []
    if not isinstance(roles, list) or len(roles) > MOST_ROLES or not all(isinstance(role, str) for role in roles):
        raise Unauthenticated(f"The access token's claim {name} is not a list of roles.")
    return frozenset(roles)


def claim(claims: Mapping[str, Any], name: str) -> Any:
    """Return a claim by its name, or by the way to it inside of others (`realm_access.roles`); None: not there."""
    if name in claims:
        return claims[name]
    found: Any = claims
    for step in name.split("."):
        found = found.get(step) if isinstance(found, dict) else None
    return found


def _is_name(value: object) -> bool:
    return isinstance(value, str) and 0 < len(value.strip()) and len(value) <= MOST_NAME_CHARACTERS
