"""GraphiQL's page, its files, what it is told, and the tokens it gets."""

from collections.abc import AsyncIterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx
import pytest
from graphql import parse, validate

from app import graphiql
from app.main import create_app
from app.settings import read_settings
from schema.schema import build_schema
from tests.app.conftest import PRODUCTION
from tests.conftest import Sandbox, kept_in

BROWSER = {"accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
EXPLORER = "/graphql/explorer"
FILES = {
    "explorer.js": "text/javascript; charset=utf-8",
    "explorer.css": "text/css; charset=utf-8",
    "icon.svg": "image/svg+xml",
    "LICENSES.txt": "text/plain; charset=utf-8",
}


async def open_client(**settings: str) -> AsyncIterator[httpx.AsyncClient]:
    with TemporaryDirectory() as folder:
        app = create_app(read_settings({**kept_in(folder), **settings}))
        transport = httpx.ASGITransport(app)
        async with (
            app.router.lifespan_context(app),
            httpx.AsyncClient(transport=transport, base_url="http://kanava") as client,
        ):
            yield client


@pytest.fixture
def settings() -> dict[str, str]:
    """No sandbox listens there."""
    return {"KANAVA_SANDBOX_BASE_PORT": "1"}


@pytest.fixture
async def client(settings: dict[str, str]) -> AsyncIterator[httpx.AsyncClient]:
    async for client in open_client(**settings):
        yield client


@pytest.fixture
async def over_sandbox(sandbox: Sandbox) -> AsyncIterator[httpx.AsyncClient]:
    async for client in open_client(KANAVA_SANDBOX_BASE_PORT=str(sandbox.base_port)):
        yield client


def errors(answer: httpx.Response) -> list[tuple[str, str]]:
    return [(error["extensions"]["code"], error["message"]) for error in answer.json()["errors"]]


async def test_the_page(client: httpx.AsyncClient) -> None:
    """A browser gets the page under a policy without exceptions, and the page asks only for files that are here."""
    answer = await client.get("/graphql", headers=BROWSER)
    named = [part.split('"')[0] for part in answer.text.replace('href="', 'src="').split('src="')[1:]]

    assert (200, "text/html; charset=utf-8") == (answer.status_code, answer.headers["content-type"])
    assert [POLICY, "nosniff", "no-referrer", "no-store"] == [
        answer.headers[name]
        for name in ("content-security-policy", "x-content-type-options", "referrer-policy", "cache-control")
    ]
    assert [f"{EXPLORER}/{name}" for name in ("icon.svg", "explorer.css", "explorer.js")] == named
    assert {200} == {(await client.get(name)).status_code for name in named}


async def test_the_page_has_nothing_inline(client: httpx.AsyncClient) -> None:
    """Neither scripts nor styles stand in the page, and the style sheet fetches nothing."""
    page = (await client.get("/graphql", headers=BROWSER)).text
    styles = (await client.get(f"{EXPLORER}/explorer.css")).text

    assert 1 == page.count("<script ")
    assert "></script>" in page
    assert [] == [word for word in ("<style", " style=", " onload=", "javascript:") if word in page]
    assert [] == [word for word in ("@import", "@font-face", "url(http", "url(//") if word in styles]


@pytest.mark.parametrize(("name", "media_type"), FILES.items())
async def test_files(client: httpx.AsyncClient, name: str, media_type: str) -> None:
    """Each file has its type and a tag of its content; a browser that has it is told so."""
    first = await client.get(f"{EXPLORER}/{name}")
    again = await client.get(f"{EXPLORER}/{name}", headers={"if-none-match": f'"other", W/{first.headers["etag"]}'})
    other = await client.get(f"{EXPLORER}/{name}", headers={"if-none-match": '"other"'})

    assert (200, media_type, "no-cache", "nosniff") == (
        first.status_code,
        *(first.headers[header] for header in ("content-type", "cache-control", "x-content-type-options")),
    )
    assert first.content == (graphiql.DIST / name).read_bytes()
    assert (304, b"", first.headers["etag"]) == (again.status_code, again.content, again.headers["etag"])
    assert 200 == other.status_code


@pytest.mark.parametrize("name", ["index.html", "nothing.js", "..%2Fpackage.json", "..%2F..%2F..%2Fmain.py", "%00"])
async def test_no_other_files(client: httpx.AsyncClient, name: str) -> None:
    """What was not built for the page is not to be had."""
    assert 404 == (await client.get(f"{EXPLORER}/{name}")).status_code


@pytest.mark.parametrize("name", ["explorer.js", "explorer.css", "config.json", "token?person=anna"])
async def test_production_has_none_of_it(name: str) -> None:
    """In production there is no page, no file, no configuration and no token."""
    async for client in open_client(**PRODUCTION):
        page = await client.get("/graphql", headers=BROWSER)
        other = await client.get(f"{EXPLORER}/{name}")

        assert (400, "application/json; charset=utf-8") == (page.status_code, page.headers["content-type"])
        assert [("BAD_USER_INPUT", "A request needs what is to be executed: query.")] == errors(page)
        assert 404 == other.status_code
        assert "access_token" not in other.text


async def test_what_the_page_is_told(over_sandbox: httpx.AsyncClient) -> None:
    """Title, addresses, the sandbox's people with their accounts, and the examples in order."""
    config = (await over_sandbox.get(f"{EXPLORER}/config.json")).json()

    assert ("Kanava", "/graphql", "Kanava-Account") == (config["title"], config["endpoint"], config["accountHeader"])
    assert ["anna", "mikko", "elena", "sari", "omar", ""] == [person["id"] for person in config["people"]]
    assert ["C-1000", "C-1001", "C-1002", "C-1003", "C-3001"] == config["people"][3]["accounts"]
    assert ["Listing", "QuickOrder", "Hierarchy", "Product", "ChannelStatus"] == [
        example["query"].partition("query ")[2].partition("(")[0].partition(" ")[0] for example in config["examples"]
    ]


async def test_the_people_are_those_of_the_sandbox(over_sandbox: httpx.AsyncClient, sandbox: Sandbox) -> None:
    """The accounts that the page offers for a person are those that the CRM lets them act for, their own one first."""
    query = "{ viewer { account { number } accounts(first: 100) { nodes { number } } } }"
    for person in graphiql.PEOPLE:
        headers = {"authorization": f"Bearer {sandbox.token(person.id)}"}
        answer = await over_sandbox.post("/graphql", json={"query": query}, headers=headers)
        viewer = answer.json()["data"]["viewer"]

        assert list(person.accounts) == [account["number"] for account in viewer["accounts"]["nodes"]]
        assert person.accounts[:1] == ((viewer["account"]["number"],) if viewer["account"] else ())


async def test_people_who_do_not_exist_are_not_offered(adventureworks: Sandbox) -> None:
    """Over a wholesaler's own data the page offers whom it knows, and any account number gets its buyer's token."""
    async for client in open_client(KANAVA_SANDBOX_BASE_PORT=str(adventureworks.base_port)):
        people = (await client.get(f"{EXPLORER}/config.json")).json()["people"]
        token = await client.get(f"{EXPLORER}/token", params={"person": "AW00000701"})

        assert ["omar", ""] == [person["id"] for person in people]
        assert 200 == token.status_code


async def test_a_token(over_sandbox: httpx.AsyncClient) -> None:
    """A person's token is good for asking, and nobody keeps it on the way."""
    token = await over_sandbox.get(f"{EXPLORER}/token", params={"person": " anna "})
    headers = {"authorization": f"Bearer {token.json()['access_token']}"}
    who = await over_sandbox.post("/graphql", json={"query": "{ viewer { user { name } } }"}, headers=headers)

    assert ("no-store", 3600) == (token.headers["cache-control"], token.json()["expires_in"])
    assert {"data": {"viewer": {"user": {"name": "Anna Virtanen"}}}} == who.json()


@pytest.mark.parametrize(
    ("person", "status", "code", "message"),
    [
        ("eve", 404, "NOT_FOUND", 'The sandbox knows no person and no account "eve".'),
        ("a&user=anna", 404, "NOT_FOUND", 'The sandbox knows no person and no account "a&user=anna".'),
        ("", 400, "BAD_USER_INPUT", "Say whose token: /graphql/explorer/token?person=NAME."),
        ("x" * 201, 400, "BAD_USER_INPUT", "Say whose token: /graphql/explorer/token?person=NAME."),
    ],
)
async def test_no_token(over_sandbox: httpx.AsyncClient, person: str, status: int, code: str, message: str) -> None:
    """Whom the sandbox does not know is told in JSON."""
    answer = await over_sandbox.get(f"{EXPLORER}/token", params={"person": person})

    assert (status, [(code, message)]) == (answer.status_code, errors(answer))


async def test_without_the_identity_provider(client: httpx.AsyncClient) -> None:
    """While it does not answer, the page still offers everybody, and a token is a 503 that says who is down."""
    config, token = await client.get(f"{EXPLORER}/config.json"), await client.get(f"{EXPLORER}/token?person=anna")

    assert 6 == len(config.json()["people"])
    assert (503, [("SOURCE_UNAVAILABLE", "IAM: no connection")]) == (token.status_code, errors(token))


class TestAnotherProvider:
    @pytest.fixture
    def settings(self) -> dict[str, str]:
        return {"KANAVA_OIDC_ISSUER": "http://127.0.0.1:1"}

    async def test_tokens_are_its_business(self, client: httpx.AsyncClient) -> None:
        """With an identity provider of one's own there are no people to choose from and no tokens to be had."""
        config, token = await client.get(f"{EXPLORER}/config.json"), await client.get(f"{EXPLORER}/token?person=anna")

        assert [] == config.json()["people"]
        assert 404 == token.status_code
        assert "KANAVA_OIDC_ISSUER" in errors(token)[0][1]


@pytest.mark.parametrize("path", sorted(graphiql.EXAMPLES.glob("*.graphql")), ids=lambda path: path.stem)
def test_examples_are_good(path: Path) -> None:
    """Every example says what it shows and is valid for the schema."""
    text = path.read_text("utf-8")
    schema: Any = build_schema()

    assert text.startswith("# ")
    assert [] == validate(schema._schema, parse(text))
