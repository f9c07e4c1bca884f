"""By which of the provider's keys a token is signed (RFC 7515, with the advice of RFC 8725)."""

from dataclasses import dataclass
from typing import Any

import jwt

from app.identity.keys import ALGORITHMS, Keys, PublishedKey
from app.identity.refusal import bad

TYPES = ("JWT", "AT+JWT")  # RFC 9068, section 2.1; most providers write the plain one
MOST_TRIED = 4
"""A name should be of one key; where several share it so many are tried, which bounds the work that a token costs."""

_jws = jwt.PyJWS()


@dataclass(frozen=True, slots=True)
class Header:
    """What counts of a token's header. Keys that it brings along or points at (`jwk`, `jku`, `x5u`) do not."""

    algorithm: str
    key_name: str | None


def header_of(token: str) -> Header:
    """
    Return what a token's header says; its signature has not been looked at.

    Raises:
        Unauthenticated: it is no token, or not one as is agreed.
    """
    try:
        given = jwt.get_unverified_header(token)
    except jwt.PyJWTError:
        raise bad("it is no signed JSON Web Token, or its header asks for what is not known here") from None
    if given.get("alg") not in ALGORITHMS:
        raise bad(f"its algorithm is none of {', '.join(ALGORITHMS)}")
    if "crit" in given:  # RFC 7515, section 4.1.11: what must be understood and is not makes a token invalid
        raise bad("its header asks for what is not known here")
    if not _is_access_token(given.get("typ", "JWT")):
        raise bad("its type is neither JWT nor at+jwt")
    return Header(given["alg"], given.get("kid"))


def _is_access_token(media_type: Any) -> bool:
    return isinstance(media_type, str) and media_type.upper().removeprefix("APPLICATION/") in TYPES


def signed_by(token: str, header: Header, keys: Keys) -> tuple[PublishedKey, bytes] | None:
    """
    Return the key by which the token is signed, and what it says; None: it is signed by none of them.

    Raises:
        Unauthenticated: it names no key, and more than one could be meant.
    """
    fitting = [key for key in keys if header.algorithm in key.verifiers and header.key_name in (None, key.name)]
    if header.key_name is None and len(fitting) > 1:
        raise bad("it does not say which of the provider's keys it is signed with")
    for key in fitting[:MOST_TRIED]:
        try:
            return key, _jws.decode(token, key.verifiers[header.algorithm], [header.algorithm])
        except jwt.PyJWTError:
            continue
    return None
