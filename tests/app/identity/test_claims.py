"""What a token must say of itself, and what is read of it."""

import json
from collections.abc import Callable

import pytest

from app.identity.claims import Expected, Signed
from resolvers.errors import Unauthenticated

NOW = 1_800_000_000
LEEWAY_S = 30.0
GOOD = {"iss": "http://iam.example", "aud": "kanava", "sub": "anna", "exp": NOW + 60}
WELL = "well"
EXPIRED = "The access token has expired."
EARLY = "The access token is not good yet."
FUTURE = "The access token is not good: it says that it was issued in the future."


def expecting(account: str | None = None, roles: str | None = None, person: str = "sub") -> Expected:
    return Expected("http://iam.example", "kanava", person, account, roles, LEEWAY_S)


def verdict(claims: dict[str, object], *, now: float = NOW, expected: Expected | None = None) -> str:
    """Return why claims are refused; a claim that is None is left out."""
    whole = {name: value for name, value in {**GOOD, **claims}.items() if value is not None}
    try:
        (expected or expecting()).signed(json.dumps(whole).encode(), now)
    except Unauthenticated as refusal:
        return str(refusal)
    return WELL


@pytest.mark.parametrize(
    "issuer", ["http://evil.example", "http://iam.example/", "HTTP://iam.example", "", 1, None, ["http://iam.example"]]
)
def test_another_issuer(issuer: object) -> None:
    """The issuer is the same to the letter."""
    assert "The access token is not good: it is of another issuer." == verdict({"iss": issuer})


@pytest.mark.parametrize(("audience", "good"), [("kanava", True), (["other", "kanava"], True), (["kanava", 1], True), ("other", False), ("kanava ", False), (["other"], False), ([], False), ({"kanava": 1}, False), (None, False), (1, False), ([["kanava"]], False)])  # fmt: skip
def test_an_audience(audience: object, good: bool) -> None:
    """It is one string or a list that has it (RFC 7519, section 4.1.3)."""
    expected = WELL if good else "The access token is not good: it is for another audience."

    assert expected == verdict({"aud": audience})


@pytest.mark.parametrize(
    ("claims", "now", "expected"),
    [
        ({"exp": NOW}, NOW + 29.999, WELL),
        ({"exp": NOW}, NOW + 30, EXPIRED),
        ({"exp": NOW - 0.5}, NOW + 29.4, WELL),
        ({"nbf": NOW}, NOW - 30, WELL),
        ({"nbf": NOW}, NOW - 30.001, EARLY),
        ({"iat": NOW}, NOW - 30, WELL),
        ({"iat": NOW}, NOW - 30.001, FUTURE),
        ({"exp": 0}, NOW, EXPIRED),
        ({"nbf": 0, "iat": 0}, NOW, WELL),
        ({"exp": 253_402_300_800}, NOW, WELL),
    ],
)
def test_times_are_taken_with_a_leeway(claims: dict[str, object], now: float, expected: str) -> None:
    """Half a minute either way, to the second: clocks differ, and no more than that."""
    assert expected == verdict(claims, now=now)


@pytest.mark.parametrize("name", ["exp", "nbf", "iat"])
@pytest.mark.parametrize("value", [True, False, "1800000060", "soon", [], {}, -1, 253_402_300_801, 1e300, 10**40])
def test_times_are_numbers(name: str, value: object) -> None:
    """A truth, a text, or a number beyond all years is no time."""
    assert f"The access token is not good: its {name} is not a time in seconds." == verdict({name: value})


@pytest.mark.parametrize("value", ["NaN", "Infinity", "-Infinity", "1e400"])
def test_what_json_has_no_number_for(value: str) -> None:
    """Claims with such numbers are not JSON, even if some readers take them."""
    payload = json.dumps(GOOD).replace(str(NOW + 60), value).encode()
    with pytest.raises(Unauthenticated) as raised:
        expecting().signed(payload, NOW)

    assert "The access token is not good: its claims are not a JSON object." == str(raised.value)


def test_a_token_expires() -> None:
    """One without an end is refused."""
    assert "The access token is not good: it does not say when it expires (exp)." == verdict({"exp": None})


@pytest.mark.parametrize("person", [None, "", "  ", 7, ["anna"], True, {}, "a" * 256])
def test_nobody_is_named(person: object) -> None:
    """The claim that names the person does."""
    assert "The access token's claim sub names nobody." == verdict({"sub": person})


@pytest.mark.parametrize("account", ["", " ", 7, ["C-1002"], False])
def test_no_account_is_named(account: object) -> None:
    """The claim that names the account does, if it is there; otherwise the token is not as was agreed."""
    expected = expecting(account="account")

    assert "The access token's claim account is not the number of an account." == verdict(
        {"account": account}, expected=expected
    )
    assert WELL == verdict({"account": None}, expected=expected)
    assert WELL == verdict({"account": account})


@pytest.mark.parametrize("roles", [7, {"buyer": 1}, ["buyer", 7], ["buyer"] * 1001])
def test_no_roles_are_named(roles: object) -> None:
    """Roles are a list of names."""
    assert "The access token's claim roles is not a list of roles." == verdict(
        {"roles": roles}, expected=expecting(roles="roles")
    )


@pytest.mark.parametrize(
    ("name", "claims", "account", "roles"),
    [
        (None, {"of": "C-1002", "roles": ["buyer"]}, None, None),
        ("of", {"of": "C-1002", "roles": ["buyer", "buyer", "admin"]}, "C-1002", {"buyer", "admin"}),
        ("of", {"roles": "buyer admin"}, None, {"buyer", "admin"}),
        ("of", {"of": None}, None, set()),
        ("to.of", {"to": {"of": "C-1002"}, "roles": []}, "C-1002", set()),
        ("to.of", {"to.of": "C-1", "to": {"of": "C-2"}}, "C-1", set()),
        ("to.of", {"to": "C-1002"}, None, set()),
    ],
)  # fmt: skip
def test_what_is_read(name: str | None, claims: dict[str, object], account: str | None, roles: set[str] | None) -> None:
    """Claims are read by the names that are set, which may lead into others; without a name none is read."""
    expected = expecting(account=name, roles=name and "roles")
    signed = expected.signed(json.dumps({**GOOD, **claims}).encode(), NOW)

    assert Signed("anna", account, None if roles is None else frozenset(roles), NOW + 60.0) == signed


@pytest.mark.parametrize("odd", [lambda c: {**c, "sub": "\ud800"}, lambda c: {**c, "aud": ["kanava", "\udfff"]}])
def test_half_a_character(odd: Callable[[dict[str, object]], dict[str, object]]) -> None:
    """Text that no encoding has is refused before anybody has to send it on."""
    with pytest.raises(Unauthenticated):
        expecting().signed(json.dumps(odd(GOOD)).encode(), NOW)
