"""The keys that a provider publishes, and which of them can verify a token's signature."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import jwt
import msgspec

ALGORITHMS_OF: Mapping[str, tuple[str, ...]] = {"RSA": ("RS256", "PS256"), "EC": ("ES256",)}
"""What signs, by type of key (RFC 7518, section 3.1); shared secrets and no signature at all are not among it."""
ALGORITHMS = tuple(algorithm for of in ALGORITHMS_OF.values() for algorithm in of)
MATERIAL_OF = {"RSA": ("n", "e"), "EC": ("crv", "x", "y")}
CURVE = "P-256"
LEAST_RSA_BITS = 2048  # RFC 7518, section 3.3
MOST_RSA_BITS = 8192
"""With a key of this length a signature takes some 0.6 ms to verify; longer ones would hold up everybody's requests."""
MOST_KEYS = 100


class KeySet(msgspec.Struct):
    """A JSON Web Key Set (RFC 7517, section 5)."""

    keys: list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class PublishedKey:
    """
    A public key. `name` None: the provider gives it none.

    Keys of the same name and `material` (their public numbers) are alike; `verifiers` has one for each algorithm that
    the key may be used with.
    """

    name: str | None
    material: tuple[str, ...]
    verifiers: Mapping[str, jwt.PyJWK] = field(compare=False, repr=False)


Keys = Sequence[PublishedKey]


def usable_keys(key_set: KeySet) -> Keys:
    """Return the keys that can verify a signature; others are passed over (RFC 7517, section 5)."""
    return tuple(key for given in key_set.keys[:MOST_KEYS] if (key := _usable(given)) is not None)


def _usable(given: Mapping[str, Any]) -> PublishedKey | None:
    if not _is_for_signatures(given):
        return None
    key_type = given["kty"]
    allowed = [name for name in ALGORITHMS_OF[key_type] if given.get("alg") in (None, name)]
    public = {"kty": key_type} | {name: given.get(name) for name in MATERIAL_OF[key_type]}
    try:
        verifiers = {name: jwt.PyJWK(public, name) for name in allowed}
    except (jwt.PyJWTError, ValueError, TypeError):
        return None
    if not verifiers or not all(_is_strong(verifier) for verifier in verifiers.values()):
        return None
    return PublishedKey(given.get("kid"), tuple(public.values()), verifiers)


def _is_for_signatures(given: Mapping[str, Any]) -> bool:
    key_type, operations = given.get("kty"), given.get("key_ops")
    return (
        isinstance(key_type, str)
        and key_type in ALGORITHMS_OF
        and given.get("crv", CURVE) == CURVE
        and given.get("use", "sig") == "sig"
        and (operations is None or (isinstance(operations, list) and "verify" in operations))
        and isinstance(given.get("kid"), str | None)
        and "d" not in given  # a private key that the world can read signs for the world
    )


def _is_strong(verifier: jwt.PyJWK) -> bool:
    return verifier.key_type != "RSA" or LEAST_RSA_BITS <= verifier.key.key_size <= MOST_RSA_BITS
