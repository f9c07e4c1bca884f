"""GraphQL over HTTP, over connectors in memory."""

import json
import logging
from typing import Any

import httpx
import pytest

from datasources.model.common import System
from datasources.model.customers import Permission
from tests.app.conftest import ISSUER, PRODUCTION, Api, OpenApi

MODE = "{ channelStatus { mode } }"
NORMAL = {"data": {"channelStatus": {"mode": "NORMAL"}}}
GRAPHQL = "application/graphql-response+json"
VARY = "Authorization, Kanava-Account, Accept-Language, Accept"
BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
DEEP = 100_000
NESTED = 20_000


def codes(answer: httpx.Response) -> list[str]:
    return [error["extensions"]["code"] for error in answer.json().get("errors", ())]


def body(query: str, **more: object) -> bytes:
    return json.dumps({"query": query, **more}).encode()


def kind_of(answer: httpx.Response) -> str:
    """Return the media type of an answer, which must say that it is UTF-8."""
    kind, _, charset = answer.headers["content-type"].partition("; ")

    assert "charset=utf-8" == charset
    return kind


async def test_a_question_and_its_answer(api: Api) -> None:
    """POST with JSON answers 200 with data."""
    answer = await api.post(
        "query Q($sku: String!) { product(sku: $sku) { sku name } } query R { viewer { user { id } } }",
        variables={"sku": "KV-1"},
        operationName="Q",
    )

    assert (200, {"data": {"product": {"sku": "KV-1", "name": "Putki"}}}) == (answer.status_code, answer.json())
    assert ("application/json; charset=utf-8", VARY) == tuple(answer.headers[name] for name in ("content-type", "vary"))
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize("extra", [{"variables": None}, {"operationName": None}, {"extensions": {}}, {"more": [1]}])
async def test_other_members_do_no_harm(api: Api, extra: dict[str, object]) -> None:
    """Members may be null, and others are passed over."""
    assert NORMAL == (await api.post(MODE, None, **extra)).json()


async def test_the_language_is_the_requests(api: Api) -> None:
    """Accept-Language chooses the text."""
    answer = await api.post('{ product(sku: "KV-1") { name } }', {"accept-language": "en-GB, fi;q=0.5"})

    assert {"data": {"product": {"name": "Pipe"}}} == answer.json()


@pytest.mark.parametrize(
    "sent",
    [
        pytest.param(b"null", id="null"),
        pytest.param(b"1", id="number"),
        pytest.param(b'"x"', id="string"),
        pytest.param(b"[]", id="list"),
        pytest.param(b'[{"query": "{ __typename }"}]', id="batch"),
        pytest.param(b"{}", id="no query"),
        pytest.param(b'{"query": null}', id="null query"),
        pytest.param(b'{"query": 1}', id="no document"),
        pytest.param(b'{"query": "{ __typename }", "variables": []}', id="variables list"),
        pytest.param(b'{"query": "{ __typename }", "variables": "x"}', id="variables text"),
        pytest.param(b'{"query": "{ __typename }", "operationName": 1}', id="operation number"),
        pytest.param(b'{"query": "{ __typename }", "extensions": 1}', id="extensions number"),
        pytest.param(b"", id="empty"),
        pytest.param(b"{", id="cut"),
        pytest.param(b'{"query": "{ __typename }"} {}', id="more behind"),
        pytest.param(b'{"query": "\xff\xfe"}', id="bad UTF-8"),
        pytest.param(b"\xff\xfe", id="no UTF-8"),
        pytest.param(b"[" * DEEP, id="deep"),
        pytest.param(b'{"query": "{ __typename }", "x": ' + b"[" * DEEP, id="deep in a member"),
        pytest.param(b'{"query": "{ __typename }", "variables": {"x": ' + b'{"a":' * DEEP, id="deep in variables"),
        pytest.param(b'{"query": "\\ud800"}', id="half a character"),
        pytest.param(b'{"query": "{ __typename }", "variables": {"x": "\\ud800"}}', id="half a character in variables"),
    ],
)
async def test_what_is_no_request_is_bad_input(api: Api, sent: bytes) -> None:
    """Whatever comes as a body is answered: 400 and BAD_USER_INPUT, never a 500."""
    answer = await api.send(sent)

    assert (400, ["BAD_USER_INPUT"]) == (answer.status_code, codes(answer))
    assert "data" not in answer.json()


@pytest.mark.parametrize(
    "query",
    [
        pytest.param("", id="empty"),
        pytest.param("{", id="cut"),
        pytest.param("{ nothing }", id="unknown field"),
        pytest.param("{ product(sku: 1) { sku } }", id="wrong type"),
        pytest.param("{ product { sku", id="cut below"),
        pytest.param("mutation { x }", id="no mutations"),
        pytest.param("query A { __typename } query B { __typename }", id="which?"),
        pytest.param("fragment F on Query { __typename }", id="only a fragment"),
        pytest.param("query ($n: Int!) { products(first: $n) { totalCount } }", id="missing variable"),
        pytest.param('{ product(sku: "\\ud800") { sku } }', id="half a character"),
        pytest.param("fragment F on Query { ...F } { ...F }", id="endless"),
    ],
)
async def test_what_is_no_document_is_bad_input(api: Api, query: str, caplog: pytest.LogCaptureFixture) -> None:
    """Documents that cannot be run are the client's error, in either media type; nothing is logged as a bug."""
    plain = await api.send(body(query))
    strict = await api.post(query, {"accept": GRAPHQL})

    assert [(200, {"BAD_USER_INPUT"}), (400, {"BAD_USER_INPUT"})] == [
        (answer.status_code, set(codes(answer))) for answer in (plain, strict)
    ]
    assert ["data" in answer.json() for answer in (plain, strict)] == [False, False]
    assert [] == [record for record in caplog.records if record.name.startswith("kanava")]


@pytest.mark.parametrize(
    "query",
    [
        pytest.param("{a" * NESTED, id="fields"),
        pytest.param("{ product(sku: " + "[" * NESTED, id="value"),
        pytest.param("{ product(sku: " + "[" * 2000 + "]" * 2000 + ") { sku } }", id="value and whole"),
        pytest.param("query ($x: " + "[" * NESTED + "Int" + "]" * NESTED + ") { __typename }", id="type"),
    ],
)
async def test_what_is_nested_too_deeply_is_refused(api: Api, query: str) -> None:
    """However deep, a document is refused by the limit that it exceeds, before it is parsed."""
    answer = await api.post(query, {"accept": GRAPHQL})

    assert (400, ["LIMIT_EXCEEDED"]) == (answer.status_code, codes(answer))


@pytest.mark.parametrize("name", ["C", ""])
async def test_an_operation_that_is_not_there_is_bad_input(api: Api, name: str) -> None:
    """A name that no operation of the document has runs nothing."""
    answer = await api.post("query A { __typename } query B { __typename }", {"accept": GRAPHQL}, operationName=name)

    assert (400, ["BAD_USER_INPUT"]) == (answer.status_code, codes(answer))
    assert "data" not in answer.json()


@pytest.mark.parametrize("content_type", ["text/plain", "", "application/x-www-form-urlencoded", "application/jsonp"])
async def test_another_content_type_is_bad_input(api: Api, content_type: str) -> None:
    """A body is JSON and says so: a form of another site is refused."""
    answer = await api.send(body(MODE), content_type)

    assert (415, ["BAD_USER_INPUT"]) == (answer.status_code, codes(answer))


@pytest.mark.parametrize("content_type", ["application/json; charset=utf-8", "Application/JSON", "application/json;"])
async def test_json_may_be_written_so(api: Api, content_type: str) -> None:
    """Case and parameters of the media type do not matter."""
    assert NORMAL == (await api.send(body(MODE), content_type)).json()


async def test_a_body_has_a_limit(api: Api) -> None:
    """A million bytes are read, and not one more."""
    fitting, over = body(MODE, x=""), body(MODE, x="")
    fitting = fitting[:-2] + b"x" * (1_000_000 - len(fitting)) + fitting[-2:]
    over = fitting[:-2] + b"x" + fitting[-2:]
    answers = [await api.send(sent) for sent in (fitting, over)]

    assert [(200, []), (413, ["LIMIT_EXCEEDED"])] == [(answer.status_code, codes(answer)) for answer in answers]
    assert (
        "The body may have at most 1000000 bytes, packed or unpacked; it has 1000001 or more."
        == (answers[1].json()["errors"][0]["message"])
    )


async def test_get(api: Api) -> None:
    """A query may come by GET, with variables and the name of its operation."""
    answer = await api.client.get(
        "/graphql",
        params={
            "query": "query A($s: String) { product(sku: $s) { sku } } query B { __typename }",
            "variables": '{"s": "KV-1"}',
            "operationName": "A",
        },
    )

    assert (200, {"data": {"product": {"sku": "KV-1"}}}) == (answer.status_code, answer.json())


async def test_head(api: Api) -> None:
    """HEAD answers as GET does, without the content."""
    named = {"kanava-request-id": "0123456789abcdef"}
    answers = [
        await api.client.request(method, "/graphql", params={"query": MODE}, headers=named)
        for method in ("GET", "HEAD")
    ]

    assert [200, 200] == [answer.status_code for answer in answers]
    assert answers[0].headers == answers[1].headers


@pytest.mark.parametrize(
    "params",
    [
        {},
        {"variables": "{}"},
        {"query": MODE, "variables": "[]"},
        {"query": MODE, "variables": "{"},
        {"query": MODE, "variables": '{"x": ' + "[" * 5000},
        {"query": MODE, "variables": '{"x": "\\ud800"}'},
    ],
)
async def test_a_get_that_is_no_request_is_bad_input(api: Api, params: dict[str, str]) -> None:
    """Without a query, or with variables that are no object."""
    answer = await api.client.get("/graphql", params=params)

    assert (400, ["BAD_USER_INPUT"]) == (answer.status_code, codes(answer))


@pytest.mark.parametrize(
    ("accept", "media_type", "status"),
    [
        ("*/*", "application/json", 200),
        ("application/json", "application/json", 200),
        (GRAPHQL, GRAPHQL, 400),
        (f"{GRAPHQL}, application/json;q=0.9", GRAPHQL, 400),
        (f"{GRAPHQL}; charset=utf-8", GRAPHQL, 400),
        ("application/json, text/html", "application/json", 200),
    ],
)
async def test_media_types(api: Api, accept: str, media_type: str, status: int) -> None:
    """The newer media type is used when it is asked for; only there a bad document has a status of its own."""
    bad, good = await api.post("{ nothing }", {"accept": accept}), await api.post(MODE, {"accept": accept})

    assert (status, media_type) == (bad.status_code, bad.headers["content-type"].partition(";")[0])
    assert (200, media_type) == (good.status_code, good.headers["content-type"].partition(";")[0])
    assert (VARY, VARY) == (bad.headers["vary"], good.headers["vary"])


async def test_a_failed_field_is_an_answer(api: Api) -> None:
    """An error below a field is no failure of the request: 200, with data, in the newer media type too."""
    api.pim.failure = api.down(System.PIM)
    answer = await api.post('{ product(sku: "KV-1") { sku } channelStatus { mode } }', {"accept": GRAPHQL})

    assert 200 == answer.status_code
    assert {
        "errors": [
            {
                "message": "PIM: no connection",
                "extensions": {"code": "SOURCE_UNAVAILABLE", "system": "PIM", "reason": "CONNECTION_FAILED"},
                "locations": [{"line": 1, "column": 3}],
                "path": ["product"],
            }
        ],
        "data": {"product": None, **NORMAL["data"]},
    } == answer.json()


async def test_a_failure_of_the_whole_is_an_answer(api: Api) -> None:
    """Where a field that is never null fails, data is null but there, and the status is that of an answer."""
    answer = await api.post("{ nodes(ids: [%s]) { id } }" % ('"x",' * 101), {"accept": GRAPHQL})

    assert (200, ["LIMIT_EXCEEDED"]) == (answer.status_code, codes(answer))
    assert {"data": None} == {name: value for name, value in answer.json().items() if name != "errors"}


async def test_a_bug_before_anything_runs_is_masked(api: Api, caplog: pytest.LogCaptureFixture) -> None:
    """A bug outside of any field is a 500 that shows an id and nothing else."""
    api.provider.failure = KeyError("secret of the house")
    answer = await api.post(MODE, bearer(api))

    assert (500, ["INTERNAL"]) == (answer.status_code, codes(answer))
    assert "secret" not in answer.text
    assert answer.json()["errors"][0]["extensions"]["id"] in caplog.text


async def test_a_document_has_a_limit(api: Api) -> None:
    """A document of 50,000 characters runs, and none that is longer: parsed, it takes fifty times its size."""
    fitting = MODE + " " * (50_000 - len(MODE))
    answers = [await api.post(query) for query in (fitting, fitting + " ")]

    assert [(200, []), (200, ["LIMIT_EXCEEDED"])] == [(answer.status_code, codes(answer)) for answer in answers]
    assert "50000" in answers[1].json()["errors"][0]["message"]


async def test_a_bug_is_masked(api: Api, caplog: pytest.LogCaptureFixture) -> None:
    """A bug shows an id and nothing else; the log has both."""
    api.pim.failure = KeyError("secret of the house")
    with caplog.at_level(logging.ERROR, "kanava.errors"):
        answer = await api.post('{ product(sku: "KV-1") { sku } }')

    assert (200, ["INTERNAL"], {"product": None}) == (answer.status_code, codes(answer), answer.json()["data"])
    assert "secret" not in answer.text
    assert answer.json()["errors"][0]["extensions"]["id"] in caplog.text
    assert "secret of the house" in caplog.text


@pytest.mark.parametrize(
    ("profile", "method", "params", "accept", "shown"),
    [
        ("development", "GET", {}, BROWSER, True),
        ("development", "GET", {}, "*/*", False),
        ("development", "GET", {}, "application/json", False),
        ("development", "GET", {"query": MODE}, BROWSER, False),
        ("development", "POST", {}, BROWSER, False),
        ("production", "GET", {}, BROWSER, False),
    ],
)
async def test_the_page_is_for_browsers_in_development(
    open_api: OpenApi, profile: str, method: str, params: dict[str, str], accept: str, shown: bool
) -> None:
    """A browser that comes without a query gets a page, unless it is production."""
    async with open_api(**(PRODUCTION if profile == "production" else {})) as api:
        answer = await api.client.request(method, "/graphql", params=params, headers={"accept": accept})

    assert shown == answer.headers["content-type"].startswith("text/html")
    assert shown == answer.text.startswith("<!doctype html>")
    assert VARY == answer.headers["vary"]


GUESSES = ("{ produc { sku } }", '{ product(sk: "x") { sku } }', "{ products(sort: SKUU) { totalCount } }")


async def test_development_helps_who_mistypes(api: Api) -> None:
    """In development an unknown name is answered with those that are like it."""
    answers = [await api.post(query) for query in GUESSES]

    assert [] == [answer.text for answer in answers if "Did you mean" not in answer.text]


async def test_production_tells_no_names(open_api: OpenApi) -> None:
    """In production there is no introspection, and no suggestion to those who guess."""
    async with open_api(**PRODUCTION) as api:
        answers = [await api.post(query) for query in ("{ __schema { types { name } } }", *GUESSES)]
        typename = await api.post("{ __typename }")

    assert [{"BAD_USER_INPUT"}] * len(answers) == [set(codes(answer)) for answer in answers]
    assert [] == [answer.text for answer in answers if "data" in answer.json() or "Did you mean" in answer.text]
    assert {"data": {"__typename": "Query"}} == typename.json()


WHO = "{ viewer { user { id } account { number } } }"


def bearer(api: Api, **claims: object) -> dict[str, str]:
    return {"authorization": f"Bearer {api.provider.token(api.clock, **claims)}"}


async def test_nobody_in_particular(api: Api) -> None:
    """Without a token one is nobody."""
    assert {"data": {"viewer": None}} == (await api.post(WHO)).json()


@pytest.mark.parametrize("chosen", [{}, {"kanava-account": "C-1002"}, {"kanava-account": "  "}])
async def test_a_person_and_their_account(api: Api, chosen: dict[str, str]) -> None:
    """The token names the person, the header the account, by default their own."""
    answer = await api.post(WHO, bearer(api) | chosen)

    assert {"data": {"viewer": {"user": {"id": "VXNlcjphbm5h"}, "account": {"number": "C-1002"}}}} == answer.json()


@pytest.mark.parametrize(
    "headers",
    [
        {"kanava-account": "C-1002"},
        {"authorization": "Bearer x"},
        {"authorization": "Basic YTpi"},
        {"authorization": ""},
        {"authorization": "Bearer eyJhbGciOiJub25lIn0.e30."},
    ],
)
@pytest.mark.parametrize("accept", ["application/json", GRAPHQL])
async def test_a_bad_token_is_unauthenticated(api: Api, headers: dict[str, str], accept: str) -> None:
    """A token that does not hold, or an account chosen without one: 401, whatever was asked."""
    answer = await api.post(MODE, {**headers, "accept": accept})

    assert (401, ["UNAUTHENTICATED"]) == (answer.status_code, codes(answer))
    assert ("Bearer", accept) == (answer.headers["www-authenticate"], kind_of(answer))
    assert "data" not in answer.json()


async def test_a_token_of_an_unknown_key_is_unauthenticated(api: Api, keys: list[Any]) -> None:
    """A key that the provider does not publish: 401."""
    known, api.provider.keys = api.provider.keys, {"k9": keys[1]}
    headers = bearer(api, kid="k9")
    api.provider.keys = known
    answer = await api.post(MODE, headers)

    assert (401, ["UNAUTHENTICATED"]) == (answer.status_code, codes(answer))


@pytest.mark.parametrize(("accept", "status"), [("application/json", 200), (GRAPHQL, 400)])
async def test_an_account_of_others_is_not_found(api: Api, accept: str, status: int) -> None:
    """An account that one may not act for looks like one that does not exist, and nothing is run."""
    answer = await api.post(MODE, bearer(api) | {"kanava-account": "C-2001", "accept": accept})

    assert (status, ["NOT_FOUND"]) == (answer.status_code, codes(answer))
    assert "data" not in answer.json()
    assert 'There is no account "C-2001" that you may act for.' == answer.json()["errors"][0]["message"]


async def test_a_person_whom_the_crm_does_not_know_is_forbidden(api: Api) -> None:
    """A good token of somebody who is no customer."""
    answer = await api.post(WHO, bearer(api, sub="eve") | {"kanava-account": "C-1002"})

    assert ["FORBIDDEN"] == codes(answer)


MONEY = """{ product(sku: "KV-1") { priceStatus price { net } }
    viewer { account { credit { status } terms { paymentTerm } } } }"""


@pytest.mark.parametrize(
    ("permissions", "status", "asked"),
    [
        (tuple(Permission), "UNAVAILABLE", ["credit", "prices", "terms"]),
        (tuple(set(Permission) - {Permission.VIEW_PRICES}), "NOT_PERMITTED", []),
    ],
)
async def test_money_is_for_those_who_may_see_it(
    api: Api, permissions: tuple[Permission, ...], status: str, asked: list[str]
) -> None:
    """Who may not see prices is shown none, nor credit or terms: the ERP is not even asked."""
    api.crm.permissions = permissions
    answer = await api.post(MONEY, bearer(api))

    assert {
        "product": {"priceStatus": status, "price": None},
        "viewer": {"account": {"credit": None, "terms": None}},
    } == answer.json()["data"]
    assert asked == sorted(api.erp.asked)


async def test_without_the_provider_nobody_signs_in(api: Api) -> None:
    """While the provider's keys cannot be had: 503, which system, and visitors go on."""
    api.provider.failure = api.down(System.IAM)
    answer, visitor = await api.post(MODE, bearer(api)), await api.post(MODE)

    assert (503, ["SOURCE_UNAVAILABLE"]) == (answer.status_code, codes(answer))
    assert "IAM" == answer.json()["errors"][0]["extensions"]["system"]
    assert [f"{ISSUER}/.well-known/openid-configuration"] == api.provider.asked
    assert NORMAL == visitor.json()


async def test_without_the_crm_browsing_goes_on(api: Api) -> None:
    """While the CRM does not answer, what does not depend on it is answered."""
    api.crm.failure = api.down(System.CRM)
    answer = await api.post('{ product(sku: "KV-1") { sku } viewer { user { id } } }', bearer(api))

    assert (200, ["SOURCE_UNAVAILABLE"]) == (answer.status_code, codes(answer))
    assert {"product": {"sku": "KV-1"}, "viewer": None} == answer.json()["data"]
