"""Globally unique ids: the kind of a thing and its key, opaque to clients."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from functools import lru_cache

from resolvers.errors import BadInput

MOST_ID_CHARACTERS = 400
MOST_KEY_CHARACTERS = 100
"""How long a key may be that a client sends as it is: an SKU, a code, an account number."""


def to_id(kind: str, key: str) -> str:
    """Return the id of the thing of this kind with this key."""
    return urlsafe_b64encode(f"{kind}:{key}".encode()).decode().rstrip("=")


def from_id(given: str) -> tuple[str, str]:
    """
    Return kind and key of an id.

    Raises:
        BadInput: it is not an id of this API.
    """
    try:
        if len(given) > MOST_ID_CHARACTERS:
            raise ValueError("no id is as long")
        kind, colon, key = urlsafe_b64decode(given.encode() + b"=" * (-len(given) % 4)).decode().partition(":")
    except ValueError:
        kind = colon = key = ""
    if not (colon and key and to_id(kind, key) == given):
        raise BadInput(f"{shown(given)} is not an id of this API.")
    return kind, key


@lru_cache(4096)
def key_of(given: str, kind: str) -> str:
    """
    Return the key of an id that must be of a kind.

    Raises:
        BadInput: it is not an id of this API, or of another kind.
    """
    found, key = from_id(given)
    if found != kind:
        raise BadInput(f"{shown(given)} is the id of a {found[:20]}, not of a {kind}.")
    return key


def shown(given: str) -> str:
    """Return what a client sent, quoted and cut, for a message."""
    return f'"{given[:60]}{"…" if len(given) > 60 else ""}"'
