"""What HTTP caches are told, how fresh a client may ask values to be, and what it is told they cost."""

from typing import Any

import pytest

from app.caching import cache_headers, etag_of, is_known
from datasources.errors import NeverSent
from datasources.model.common import Provenance, StaleReason, System
from datasources.sources.ask import Ask
from tests.datasources.fakes import START

NOW = START.timestamp()
NO_STORE = {"cache-control": "no-store"}
NAME = '{ product(sku: "KV-1") { name } }'
DOWN = NeverSent(System.PIM, "no connection")


def served(**of: Any) -> Ask:
    return Ask(deadline=0, started_at=NOW, **{"as_of": NOW - 20.5, "fresh_until": NOW + 39.5, **of})


@pytest.mark.parametrize(
    ("ask", "private", "cache_control", "age"),
    [
        (served(), False, "public, max-age=59", "20"),
        (served(), True, "private, max-age=59", "20"),
        (served(private=True), False, "private, max-age=59", "20"),
        (served(fresh_until=NOW - 3), False, "public, max-age=20", "20"),
        (served(as_of=NOW + 1), False, "public, max-age=39", "0"),
    ],
)
def test_parts_decide(ask: Ask, private: bool, cache_control: str, age: str) -> None:
    """As old as the oldest part; good for as long as the first of them is fresh, which may be no time at all."""
    assert {"cache-control": cache_control, "age": age} == cache_headers(ask, NOW, private=private).named


@pytest.mark.parametrize(
    "ask",
    [served(failed=True), served(momentary=True), Ask(deadline=0, started_at=NOW)],
    ids=["missing", "now", "none"],
)
def test_nothing_to_keep(ask: Ask) -> None:
    """An answer with a part missing, with one true only now, or without any is not to be kept."""
    assert NO_STORE == cache_headers(ask, NOW, private=False).named


def test_stale_is_not_to_be_kept() -> None:
    """Neither is one with a part that is stale."""
    ask = served()
    ask.note_stale(Provenance(System.ERP, START, START), StaleReason.TIMEOUT)

    assert NO_STORE == cache_headers(ask, NOW, private=False).named


@pytest.mark.parametrize(
    ("if_none_match", "known"),
    [
        (None, False),
        ("*", True),
        ('W/"x"', False),
        ('"x", {tag}', True),
        ("{tag}", True),
        ("{strong}", True),
        ("", False),
    ],
)
def test_conditions(if_none_match: str | None, known: bool) -> None:
    """Tags are compared weakly, in a list too; `*` is any."""
    tag = etag_of(b"body")
    sent = if_none_match and if_none_match.replace("{tag}", tag).replace("{strong}", tag.removeprefix("W/"))

    assert known is is_known(tag, sent)


async def test_an_answer_says_how_long_it_is_good(api: Any) -> None:
    """Public content may be kept by anyone while it is fresh; the second answer is as old as its values."""
    first = await api.post(NAME)
    api.clock.advance(20)
    second = await api.post(NAME)
    life = int(first.headers["cache-control"].removeprefix("public, max-age="))

    assert 54 <= life <= 60
    assert ("0", "20") == (first.headers["age"], second.headers["age"])
    assert second.headers["cache-control"] in {f"public, max-age={life}", f"public, max-age={life - 1}"}


async def test_who_signs_in_is_answered_privately(api: Any) -> None:
    """What is told to a person is for nobody else, even where it would be the same."""
    answer = await api.post(NAME, {"authorization": f"Bearer {api.provider.token(api.clock)}"})

    assert answer.headers["cache-control"].startswith("private, max-age=")


@pytest.mark.parametrize(
    "query",
    ["{ channelStatus { mode } }", "{ __typename }", '{ product(sku: "KV-1") { name } channelStatus { mode } }'],
)
async def test_what_is_true_only_now_is_not_kept(api: Any, query: str) -> None:
    """The state of the channel, and what has no part from any system, is not to be stored."""
    assert "no-store" == (await api.post(query)).headers["cache-control"]


async def test_a_conditional_get(api: Any) -> None:
    """GET has an entity tag; who has the answer already gets 304 with the same headers and no body."""
    first = await api.client.get("/graphql", params={"query": NAME})
    again = await api.client.get("/graphql", params={"query": NAME}, headers={"if-none-match": first.headers["etag"]})
    other = await api.client.get(
        "/graphql",
        params={"query": '{ product(sku: "KV-1") { sku } }'},
        headers={"if-none-match": first.headers["etag"]},
    )
    posted = await api.post(NAME, {"if-none-match": "*"})

    assert (200, 304, b"", 200, 200) == (
        first.status_code,
        again.status_code,
        again.content,
        other.status_code,
        posted.status_code,
    )
    for name in ("etag", "cache-control", "age", "vary"):
        assert first.headers[name] == again.headers[name]
    assert "etag" not in posted.headers


FRESHNESS = (
    'query Q%s @freshness(%s) { product(sku: "KV-1") { name freshness { status ageSeconds staleReason binding } } }'
)


async def ages(
    api: Any, query: str, headers: dict[str, str] | None = None, **more: Any
) -> tuple[str, int, str | None, bool]:
    said = (await api.post(query, headers, **more)).json()["data"]["product"]["freshness"]
    return said["status"], said["ageSeconds"], said["staleReason"], said["binding"]


@pytest.mark.parametrize(
    ("query", "headers", "variables", "fetched"),
    [
        (FRESHNESS % ("", "maxAgeSeconds: 19"), {}, None, True),
        (FRESHNESS % ("", "maxAgeSeconds: 20"), {}, None, False),
        (FRESHNESS % ("", "maxAgeSeconds: null"), {}, None, False),
        (FRESHNESS % ("($s: Int)", "maxAgeSeconds: $s"), {}, {"s": 19}, True),
        (FRESHNESS % ("($s: Int = 19)", "maxAgeSeconds: $s"), {}, None, True),
        (FRESHNESS % ("($s: Int = 19)", "maxAgeSeconds: $s"), {}, {"s": None}, False),
        (FRESHNESS % ("", "maxAgeSeconds: 300"), {"kanava-max-age": "0"}, None, True),
        (FRESHNESS % ("", "maxAgeSeconds: 0"), {"kanava-max-age": "300"}, None, True),
        (FRESHNESS % ("", "onUnavailable: SERVE_STALE"), {"kanava-max-age": "19"}, None, True),
        (FRESHNESS % ("", "onUnavailable: SERVE_STALE"), {"kanava-max-age": " 20 "}, None, False),
    ],
)
async def test_a_client_may_want_younger_values(
    api: Any, query: str, headers: dict[str, str], variables: dict[str, Any] | None, fetched: bool
) -> None:
    """The directive, with variables and their defaults, and the header tighten; the tighter of them holds."""
    await api.post(NAME)
    api.clock.advance(20)

    assert (("LIVE", 0, None, True) if fetched else ("CACHED", 20, None, True)) == await ages(
        api, query, headers, variables=variables
    )


async def test_nobody_may_want_older_values(api: Any) -> None:
    """An age above the server's changes nothing."""
    await api.post(NAME)
    api.clock.advance(61)

    assert ("LIVE", 0, None, True) == await ages(api, FRESHNESS % ("", "maxAgeSeconds: 100000"))


async def test_what_to_do_without_younger_values(api: Any) -> None:
    """The last known value, marked and not to be relied on, or, if the client wants that rather, null with an error."""
    await api.post(NAME)
    api.clock.advance(61)
    api.pim.failure = DOWN
    old = await ages(api, FRESHNESS % ("", "onUnavailable: SERVE_STALE"))
    none = (await api.post(FRESHNESS % ("", "onUnavailable: NULL_WITH_ERROR"))).json()
    by_variable = await api.post(
        FRESHNESS % ("($p: StalePolicy)", "onUnavailable: $p"), None, variables={"p": "NULL_WITH_ERROR"}
    )

    assert ("STALE", 61, "CONNECTION_FAILED", False) == old
    assert ({"product": None}, "SOURCE_UNAVAILABLE") == (none["data"], none["errors"][0]["extensions"]["code"])
    assert {"product": None} == by_variable.json()["data"]


@pytest.mark.parametrize(
    ("query", "headers"),
    [
        (FRESHNESS % ("", "maxAgeSeconds: -1"), {}),
        (FRESHNESS % ("", 'maxAgeSeconds: "1"'), {}),
        (FRESHNESS % ("", "maxAgeSeconds: 1.5"), {}),
        (FRESHNESS % ("", "maxAge: 1"), {}),
        (FRESHNESS % ("", "onUnavailable: WAIT"), {}),
        (FRESHNESS % ("", "maxAgeSeconds: $unknown"), {}),
        (NAME.replace("{ name", "@freshness { name"), {}),
        (NAME, {"kanava-max-age": "-1"}),
        (NAME, {"kanava-max-age": "soon"}),
        (NAME, {"kanava-max-age": ""}),
        (NAME, {"kanava-max-age": "9999999999"}),
    ],
)
async def test_what_is_no_age_is_said(api: Any, query: str, headers: dict[str, str]) -> None:
    """An age that is not one, or a directive that does not exist so, is a client's mistake."""
    errors = (await api.post(query, headers)).json()["errors"]

    assert {"BAD_USER_INPUT"} == {error["extensions"]["code"] for error in errors}


async def test_what_a_request_cost(api: Any) -> None:
    """Who asks is told the calls waited for and where values came from; nobody else is, and it is not to be stored."""
    trace = {"kanava-trace": "1"}
    first = await api.post(NAME, trace)
    second = await api.post(NAME, trace)
    silent = await api.post(NAME)
    upstream = first.json()["extensions"]["upstream"]
    (call,) = upstream["calls"]

    assert {"system": "PIM", "kind": "content", "keys": 1, "failure": None} == {
        n: v for n, v in call.items() if n != "milliseconds"
    }
    assert [
        {"system": "PIM", "kind": "content", "remembered": 0, "fetched": 1, "stale": 0, "failed": 0, "oldestSeconds": 0}
    ] == upstream["readings"]
    assert {"calls": 1, "keys": 1, "remembered": 0, "fetched": 1, "stale": 0, "failed": 0} == upstream["total"]
    assert {"calls": 0, "keys": 0, "remembered": 1, "fetched": 0, "stale": 0, "failed": 0} == second.json()[
        "extensions"
    ]["upstream"]["total"]
    assert "no-store" == first.headers["cache-control"]
    assert "extensions" not in silent.json()
