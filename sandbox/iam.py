"""A small OpenID Connect provider, for development: discovery, keys, and tokens for the asking."""

import os
import tempfile
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from uuid import uuid4

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256, Hash

from sandbox.data.people import Person, buyer_id
from sandbox.protocol import ApiError, Control, Json, Query

AUDIENCE = "kanava"
LIFETIME_S = 3600
LONGEST_S = 86_400 * 365


class Iam:
    """Says who people are. What they may do is the CRM's business."""

    name = "iam"
    controls: Sequence[Control] = ()

    def __init__(
        self, people: Mapping[str, Person], key: RSAPrivateKey, *, issuer: str, clock: Callable[[], datetime]
    ) -> None:
        self._people = people
        self._key = key
        self._key_id = _key_id(key)
        self._issuer = issuer
        self._clock = clock
        self.operations = (
            Query("discovery", "/.well-known/openid-configuration", self.discovery),
            Query("jwks", "/jwks", self.jwks),
            Query("token", "/token", self.token),
        )

    def reset(self) -> None:
        """Do nothing: the key outlives even restarts."""

    def discovery(self, query: Mapping[str, str]) -> Json:
        return {
            "issuer": self._issuer,
            "jwks_uri": f"{self._issuer}/jwks",
            "token_endpoint": f"{self._issuer}/token",
            "authorization_endpoint": f"{self._issuer}/token",
            "response_types_supported": ["token"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "claims_supported": ["iss", "aud", "sub", "iat", "nbf", "exp", "jti", "name", "email"],
        }

    def jwks(self, query: Mapping[str, str]) -> Json:
        public = jwt.algorithms.RSAAlgorithm.to_jwk(self._key.public_key(), as_dict=True)
        return {"keys": [{**public, "kid": self._key_id, "use": "sig", "alg": "RS256"}]}

    def token(self, query: Mapping[str, str]) -> Json:
        """Issue a token for `user`: a person, or an account's number for its buyer."""
        person = self._person(query.get("user"))
        lifetime_s = _seconds(query.get("expires_in", str(LIFETIME_S)))
        now = self._clock()
        # A token that has run out was valid once: all its times lie in the past.
        issued = now - timedelta(seconds=LIFETIME_S - lifetime_s) if lifetime_s <= 0 else now
        claims = {
            "iss": self._issuer,
            "aud": query.get("audience", AUDIENCE),
            "sub": person.id,
            "iat": issued,
            "nbf": issued,
            "exp": now + timedelta(seconds=lifetime_s),
            "jti": uuid4().hex,
            "name": person.name,
            "email": person.email,
        }
        token = jwt.encode(claims, self._key, algorithm="RS256", headers={"kid": self._key_id})
        return {"access_token": token, "token_type": "Bearer", "expires_in": lifetime_s}

    def _person(self, user: str | None) -> Person:
        if not user:
            raise ApiError(400, "BAD_REQUEST", "Say whose token: /token?user=NAME")
        person = self._people.get(user) or self._people.get(buyer_id(user))
        if person is None:
            raise ApiError(404, "UNKNOWN_USER", f"There is no person and no account {user!r}.")
        return person


def kept_key(folder: Path) -> RSAPrivateKey:
    """Return the signing key in a folder, made when there is none yet, so that tokens survive a restart."""
    path = folder / "iam-key.pem"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        _write_new(path, _new_key())
    try:
        key = serialization.load_pem_private_key(path.read_bytes(), password=None)
    except ValueError as problem:
        raise OSError(f"{path} holds no key") from problem
    if not isinstance(key, RSAPrivateKey):
        raise OSError(f"{path} holds no RSA key")
    return key


def _write_new(path: Path, content: bytes) -> None:
    # Written aside and linked, so that of two that start at once both read one whole key.
    handle, draft = tempfile.mkstemp(dir=path.parent, prefix=path.name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        os.unlink(draft)


def _new_key() -> bytes:
    return generate_private_key(public_exponent=65_537, key_size=2048).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _key_id(key: RSAPrivateKey) -> str:
    public = key.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    digest = Hash(SHA256())
    digest.update(public)
    return digest.finalize().hex()[:16]


def _seconds(text: str) -> int:
    try:
        seconds = int(text)
    except ValueError as problem:
        raise ApiError(400, "BAD_REQUEST", "expires_in is a whole number of seconds.") from problem
    if abs(seconds) > LONGEST_S:
        raise ApiError(400, "BAD_REQUEST", f"expires_in is at most {LONGEST_S} seconds either way.")
    return seconds
