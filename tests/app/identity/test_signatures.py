"""Which signatures count, and which do not, whatever a token says of itself."""

import base64
import hashlib
import hmac
import json
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from jwt.algorithms import RSAAlgorithm

from app.identity import Identity
from app.identity.keys import KeySet, usable_keys
from resolvers.errors import Unauthenticated
from tests.app.conftest import ISSUER, Provider, sign
from tests.datasources.fakes import FakeClock

SOON = 100_000.0
NO_TOKEN = "it is no signed JSON Web Token, or its header asks for what is not known here"
NO_ALGORITHM = "its algorithm is none of RS256, PS256, ES256"
NO_KEY = "its signature is by no key that the provider publishes"


def encoded(value: object) -> str:
    content = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(content).decode().rstrip("=")


async def verdict(identity: Identity, token: str) -> str:
    """Return the person of a token, or why it is refused."""
    try:
        return (await identity.person(f"Bearer {token}", SOON)).person
    except Unauthenticated as refusal:
        return str(refusal).removeprefix("The access token is not good: ").removesuffix(".")


@pytest.mark.parametrize(
    ("member", "verdicts"),
    [("RS256", ["anna", NO_KEY]), ("PS256", [NO_KEY, "anna"]), (None, ["anna", "anna"]), ("RS512", [NO_KEY, NO_KEY])],
)
async def test_a_key_verifies_what_it_is_for(
    identity: Identity, provider: Provider, clock: FakeClock, member: str | None, verdicts: list[str]
) -> None:
    """An RSA key that names its algorithm verifies that one alone, and both when it names none."""
    provider.members = {"alg": member}
    tokens = [provider.token(clock, algorithm=algorithm) for algorithm in ("RS256", "PS256")]

    assert verdicts == [await verdict(identity, token) for token in tokens]


@pytest.mark.parametrize(("member", "expected"), [("ES256", "anna"), (None, "anna"), ("RS256", NO_KEY)])
async def test_a_key_on_a_curve(
    identity: Identity, provider: Provider, clock: FakeClock, member: str | None, expected: str
) -> None:
    """ES256 goes with a key on P-256."""
    provider.keys["e1"] = ec.generate_private_key(ec.SECP256R1())
    provider.members = {"alg": member}

    assert expected == await verdict(identity, provider.token(clock, kid="e1", algorithm="ES256"))


@pytest.mark.parametrize("algorithm", ["RS384", "RS512", "PS384", "PS512"])
async def test_another_algorithm_is_refused(
    identity: Identity, provider: Provider, clock: FakeClock, algorithm: str
) -> None:
    """Only the algorithms that are agreed on count, even with the right key, and nobody is asked."""
    assert NO_ALGORITHM == await verdict(identity, provider.token(clock, algorithm=algorithm))
    assert [] == provider.asked


@pytest.mark.parametrize(
    "said", ["none", "None", "NONE", "", "rs256", "RS256 ", "HS256", "ES256", "PS256", None, 1, []]
)
async def test_a_signature_is_as_its_header_says(
    identity: Identity, provider: Provider, clock: FakeClock, said: object
) -> None:
    """A good signature under a header that names another algorithm, or none, is not good."""
    expected = NO_KEY if said in ("ES256", "PS256") else NO_ALGORITHM

    assert expected == await verdict(identity, provider.token(clock, header={"alg": said}))


async def test_without_its_signature_a_token_is_nothing(
    identity: Identity, provider: Provider, clock: FakeClock
) -> None:
    """Nor with a part of it, a longer one, or over other claims."""
    head, body, signature = provider.token(clock).split(".")
    other = encoded({"iss": ISSUER, "aud": "kanava", "sub": "mikko", "exp": 4102444800})
    forged = [f"{head}.{body}.", f"{head}.{body}.{signature[:-2]}", f"{head}.{body}.{signature}AAAA"]

    assert [NO_KEY] * 3 == [await verdict(identity, token) for token in forged]
    assert NO_KEY == await verdict(identity, f"{head}.{other}.{signature}")
    assert "anna" == await verdict(identity, f"{head}.{body}.{signature}")


@pytest.mark.parametrize("algorithm", ["HS256", "HS384", "HS512"])
@pytest.mark.parametrize("form", ["PEM", "DER", "JWK", "n"])
async def test_a_public_key_is_no_secret(
    identity: Identity, provider: Provider, clock: FakeClock, algorithm: str, form: str
) -> None:
    """An HMAC with the published key as its secret, in whatever form, is refused."""
    public: Any = provider.keys["k1"].public_key()
    secret = {
        "PEM": public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo),
        "DER": public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo),
        "JWK": json.dumps(provider.public("k1")).encode(),
        "n": str(provider.public("k1")["n"]).encode(),
    }[form]
    body = provider.token(clock).split(".")[1]
    signed = f"{encoded({'alg': algorithm, 'kid': 'k1', 'typ': 'JWT'})}.{body}"
    mac = hmac.digest(secret, signed.encode(), getattr(hashlib, f"sha{algorithm[2:]}"))

    assert NO_ALGORITHM == await verdict(identity, f"{signed}.{encoded(mac)}")


async def test_keys_that_a_token_brings_along_do_not_count(
    identity: Identity, provider: Provider, clock: FakeClock, keys: list[rsa.RSAPrivateKey]
) -> None:
    """`jwk`, `jku`, `x5u` and `x5c` are passed over: neither used nor fetched, and no harm in a good token."""
    own = RSAAlgorithm.to_jwk(keys[1].public_key(), as_dict=True)
    header = {"jwk": own, "jku": "http://evil.example/jwks", "x5u": "http://evil.example/x5u", "x5c": ["MIIB"]}
    forger = Provider(keys={"k1": keys[1]})
    forged = [forger.token(clock, header={**header, "kid": named}) for named in ("k1", "k2", None)]

    assert [NO_KEY] * 3 == [await verdict(identity, token) for token in forged]
    assert "anna" == await verdict(identity, provider.token(clock, header=header))
    assert [] == [url for url in provider.asked if not url.startswith(ISSUER)]


@pytest.mark.parametrize(
    "header",
    [
        {"crit": ["b64"], "b64": False},
        {"crit": ["b64"], "b64": True},
        {"crit": ["exp"], "exp": 1},
        {"crit": []},
        {"crit": "b64"},
        {"crit": None, "b64": False},
        {"kid": 1},
        {"kid": ["k1"]},
    ],
)
async def test_what_must_be_understood_and_is_not(
    identity: Identity, provider: Provider, clock: FakeClock, header: dict[str, object]
) -> None:
    """A header with `crit`, a payload that is not encoded, or a name that is none, is refused."""
    reason = await verdict(identity, provider.token(clock, header=header))

    assert reason in (NO_TOKEN, "its header asks for what is not known here")
    assert [] == provider.asked


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        *((good, "anna") for good in (None, "JWT", "jwt", "at+jwt", "AT+JWT", "application/at+jwt")),
        *((bad, "its type is neither JWT nor at+jwt") for bad in ("logout+jwt", "dpop+jwt", "", "JOSE", 1, [])),
    ],
)
async def test_a_token_is_of_a_type(
    identity: Identity, provider: Provider, clock: FakeClock, said: object, expected: str
) -> None:
    """What a provider signs for other purposes is no access token."""
    assert expected == await verdict(identity, provider.token(clock, header={"typ": said}))


@pytest.mark.parametrize(
    "token",
    [
        "x",
        "x.y.z",
        "..",
        "\u00e4.\u00e4.\u00e4",
        "a.b.c.d.e",
        f"{encoded([])}.{encoded({})}.x",
        f"{encoded(b'[' * 4000)}.{encoded({})}.",
        encoded(b'{"alg":"RS256","x":' + b"9" * 5000 + b"}") + ".e30.",
        encoded(b"\xff") + ".e30.",
    ],
)
async def test_what_is_no_token_is_refused(identity: Identity, provider: Provider, token: str) -> None:
    """Garbage is refused without asking anybody."""
    assert NO_TOKEN == await verdict(identity, token)
    assert [] == provider.asked


async def test_keys_that_share_a_name(
    identity: Identity, provider: Provider, clock: FakeClock, keys: list[rsa.RSAPrivateKey]
) -> None:
    """Each is tried."""
    other = Provider(keys={"k1": keys[1]})
    provider.more_keys = [other.public("k1")]

    assert ["anna", "mikko"] == [
        await verdict(identity, provider.token(clock)),
        await verdict(identity, other.token(clock, sub="mikko")),
    ]


@pytest.mark.parametrize(("others", "expected"), [(3, "anna"), (4, NO_KEY)])
async def test_so_many_keys_are_tried(
    identity: Identity, provider: Provider, clock: FakeClock, others: int, expected: str
) -> None:
    """Four of one name; the work that a token costs is bounded."""
    key = ec.generate_private_key(ec.SECP256R1())
    provider.more_keys = [
        Provider(keys={"e1": ec.generate_private_key(ec.SECP256R1())}).public("e1") for _ in range(others)
    ]
    provider.keys = {"e1": key}

    assert expected == await verdict(identity, provider.token(clock, kid="e1", algorithm="ES256"))


async def test_a_token_that_names_no_key(
    identity: Identity, provider: Provider, clock: FakeClock, keys: list[rsa.RSAPrivateKey]
) -> None:
    """It is good when only one key can be meant: of the provider's, for its algorithm."""
    provider.keys["e1"] = ec.generate_private_key(ec.SECP256R1())
    unnamed = provider.token(clock, header={"kid": None})
    alone = await verdict(identity, unnamed)
    provider.keys["k2"] = keys[1]
    clock.advance(11)
    await verdict(identity, provider.token(clock, kid="k2"))

    assert "anna" == alone
    assert "it does not say which of the provider's keys it is signed with" == await verdict(
        identity, provider.token(clock, header={"kid": None}, sub="mikko")
    )


async def test_a_name_is_not_that_of_a_key_without(identity: Identity, provider: Provider, clock: FakeClock) -> None:
    """A key that has no name is for tokens that name none."""
    provider.members = {"kid": None}

    assert NO_KEY == await verdict(identity, provider.token(clock))
    assert "anna" == await verdict(identity, provider.token(clock, header={"kid": None}))


@pytest.mark.parametrize(
    "members",
    [
        {"use": "enc"},
        {"alg": "RSA-OAEP"},
        {"alg": ["RS256"]},
        {"kty": "oct", "k": "AQAB"},
        {"kty": "EC"},
        {"kty": ["RSA"]},
        {"kty": None},
        {"key_ops": ["encrypt"]},
        {"key_ops": "verify"},
        {"kid": 1},
        {"d": "AQAB"},
        {"n": None},
        {"n": 1, "e": None},
        {"n": "AQAB"},
        {"e": "AA"},
        {"crv": "P-384"},
    ],
)
async def test_keys_that_verify_nothing(identity: Identity, provider: Provider, members: dict[str, object]) -> None:
    """Keys for other uses, of other kinds, broken, too short, or whose private part is public, are passed over."""
    provider.members = members

    assert 0 == await identity.fetch_keys()


async def test_keys_that_verify(identity: Identity, provider: Provider) -> None:
    """A key may say what it is for, or not."""
    provider.more_keys = [
        {**provider.public("k1"), "use": None, "key_ops": ["verify"]},
        {**provider.public("k1"), "kid": "other"},
    ]
    del provider.more_keys[0]["use"]

    assert 3 == await identity.fetch_keys()


@pytest.mark.parametrize(("bits", "usable"), [(1024, 0), (2048, 1)])
def test_a_key_has_a_length(bits: int, usable: int) -> None:
    """RSA keys of less than 2048 bits verify nothing (RFC 7518, section 3.3)."""
    key = RSAAlgorithm.to_jwk(rsa.generate_private_key(65537, bits).public_key(), as_dict=True)

    assert usable == len(usable_keys(KeySet([key])))


@pytest.mark.parametrize(("bits", "usable"), [(8192, 1), (8193, 0)])
def test_a_key_is_not_endless(bits: int, usable: int) -> None:
    """RSA keys of more than 8192 bits would take long to verify with."""
    number = (1 << (bits - 1)) + 1
    key = {"kty": "RSA", "e": "AQAB", "n": encoded(number.to_bytes((bits + 7) // 8, "big"))}

    assert usable == len(usable_keys(KeySet([key])))


@pytest.mark.parametrize(
    ("curve", "crv", "usable"), [(ec.SECP256R1(), "P-256", 1), (ec.SECP384R1(), "P-384", 0), (ec.SECP256K1(), None, 0)]
)
def test_a_key_is_on_a_curve(curve: ec.EllipticCurve, crv: str | None, usable: int) -> None:
    """ES256 is defined for P-256 alone (RFC 7518, section 3.4)."""
    numbers = ec.generate_private_key(curve).public_key().public_numbers()
    point = {
        name: encoded(value.to_bytes(48, "big").lstrip(b"\0")) for name, value in (("x", numbers.x), ("y", numbers.y))
    }
    fitted = {name: encoded(base64.urlsafe_b64decode(text + "==").rjust(32, b"\0")) for name, text in point.items()}

    assert usable == len(usable_keys(KeySet([{"kty": "EC", "crv": crv, **fitted}])))


async def test_a_broken_claim_set_is_refused(identity: Identity, provider: Provider) -> None:
    """Signed or not, claims are a JSON object."""
    reasons = {
        await verdict(identity, sign(provider.keys["k1"], "RS256", {"kid": "k1"}, claims))
        for claims in (b"", b"[]", b"null", b"{", b"\xff", b'{"exp": NaN}', b'{"a":' + b"[" * 2500 + b"]" * 2500 + b"}")
    }

    assert {"its claims are not a JSON object"} == reasons
