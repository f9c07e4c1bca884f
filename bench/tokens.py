"""Access tokens, and the documents of the provider that signs them: one person for each customer."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key

from bench.upstream import data

KEY_NAME = "bench"
AUDIENCE = "kanava"
LIFETIME = timedelta(hours=8)


def new_key() -> RSAPrivateKey:
    """Return a key to sign with."""
    return generate_private_key(public_exponent=65_537, key_size=2048)


def provider_documents(issuer: str, key: RSAPrivateKey) -> dict[str, object]:
    """Return what the provider publishes, by path at the upstream."""
    public = jwt.algorithms.RSAAlgorithm.to_jwk(key.public_key(), as_dict=True)
    return {
        "/iam/.well-known/openid-configuration": {"issuer": issuer, "jwks_uri": f"{issuer}/jwks"},
        "/iam/jwks": {"keys": [{**public, "kid": KEY_NAME, "use": "sig", "alg": "RS256"}]},
    }


def tokens(issuer: str, key: RSAPrivateKey) -> Sequence[str]:
    """Return a token for the buyer of each customer, in their order."""
    now = datetime.now(UTC)
    common = {"iss": issuer, "aud": AUDIENCE, "iat": now, "exp": now + LIFETIME}
    return [
        jwt.encode({**common, "sub": data.person(index)}, key, algorithm="RS256", headers={"kid": KEY_NAME})
        for index in range(1, data.CUSTOMERS + 1)
    ]
