"""GraphiQL, served from here in development: its page, what the page is told, and tokens of the sandbox's people."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache
from pathlib import Path
from urllib.parse import urlencode

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from app.errors import shown
from app.files import SECURITY_HEADERS, File, file_answer, read_files
from app.settings import Settings
from app.wiring import IAM_CONNECTIONS, IAM_TIMEOUT_S
from datasources.clock import Clock, SystemClock
from datasources.errors import RequestRefused, SourceError
from datasources.http import Transport, open_client, trusted
from datasources.model.common import System
from resolvers.errors import BadInput, ClientError, NotFound

DIST = Path(__file__).parent / "static" / "graphiql" / "dist"
EXAMPLES = Path(__file__).parent / "examples"
PAGE = "index.html"
MOST_PERSON_CHARACTERS = 200


class Person(msgspec.Struct, frozen=True):
    """Somebody to try the API as. An empty `id`: a visitor without a token."""

    id: str
    name: str
    about: str
    accounts: tuple[str, ...] = ()


PEOPLE = (
    Person("anna", "Anna Virtanen", "buyer, Saimaa Rakennus Lappeenranta", ("C-1002",)),
    Person("mikko", "Mikko Salonen", "administrator, Saimaa group", ("C-1000", "C-1001", "C-1002", "C-1003")),
    Person("elena", "Elena Ionescu", "buyer, Dunarea Instal", ("C-2001",)),
    Person("sari", "Sari Lindqvist", "sales representative", ("C-1000", "C-1001", "C-1002", "C-1003", "C-3001")),
    Person("omar", "Omar Hassan", "operator of the channel"),
)
"""Those of the generated data; with other data the sandbox knows other people."""
VISITOR = Person("", "nobody", "a visitor")


class Example(msgspec.Struct, frozen=True):
    """An operation that opens as a tab; `variables` is JSON text."""

    query: str
    variables: str | None


class Config(msgspec.Struct, frozen=True, rename="camel"):
    """What the page is told, so that changing it needs no build. Without people it asks for a token."""

    title: str
    endpoint: str
    account_header: str
    people: list[Person]
    examples: list[Example]


class Token(msgspec.Struct):
    """What the sandbox's identity provider issues."""

    access_token: str
    expires_in: int


_token = msgspec.json.Decoder(Token)


@cache
def files() -> dict[str, File]:
    """Return the built files by name."""
    return read_files(DIST)


def examples() -> list[Example]:
    """Return the example operations in the order of their tabs."""
    return [_example(path) for path in sorted(EXAMPLES.glob("*.graphql"))]


def _example(path: Path) -> Example:
    variables = path.with_suffix(".json")
    return Example(_text(path), _text(variables) if variables.exists() else None)


def _text(path: Path) -> str:
    return path.read_text("utf-8").strip()


def page(headers: dict[str, str]) -> Response:
    """Return the page, with these headers and those that keep it to itself."""
    file = files()[PAGE]
    return Response(file.content, media_type=file.media_type, headers={**headers, **SECURITY_HEADERS})


def routes(settings: Settings) -> list[Route]:
    """Return the addresses beside the page; none in production. They need `app.state.explorer`."""
    if settings.profile == "production":
        return []
    return [
        Route("/graphql/explorer/config.json", _config),
        Route("/graphql/explorer/token", _issue),
        Route("/graphql/explorer/{name}", _file),
    ]


class Explorer:
    """What stands behind the page. `transport` reaches the sandbox's identity provider; None: another is in use."""

    def __init__(self, transport: Transport | None, issuer: str) -> None:
        self._transport = transport
        self._issuer = issuer

    async def config(self) -> Config:
        """Return what the page is told."""
        return Config("Kanava", "/graphql", "Kanava-Account", await self._people(), examples())

    async def _people(self) -> list[Person]:
        if self._transport is None:
            return []
        known = await asyncio.gather(*(self._may_exist(person.id) for person in PEOPLE))
        return [person for person, may in zip(PEOPLE, known, strict=True) if may] + [VISITOR]

    async def _may_exist(self, person: str) -> bool:
        """Return whether somebody can be tried; an outage is told when they are, not before."""
        try:
            await self.token(person)
        except NotFound:
            return False
        except SourceError:
            return True
        return True

    async def token(self, person: str) -> Token:
        """
        Return a token of a person, or of the buyer of an account number.

        Raises:
            BadInput: no name. NotFound: the sandbox knows nobody of that name, or is not in use.
            SourceError: its identity provider does not answer.
        """
        if self._transport is None:
            raise NotFound("Tokens come from the identity provider that KANAVA_OIDC_ISSUER names, not from here.")
        if not person or len(person) > MOST_PERSON_CHARACTERS:
            raise BadInput("Say whose token: /graphql/explorer/token?person=NAME.")
        try:
            return await self._transport.get(f"{self._issuer}/token?{urlencode({'user': person})}", _token.decode)
        except RequestRefused as refusal:
            if refusal.status != 404:
                raise
            raise NotFound(f'The sandbox knows no person and no account "{person}".') from None


@asynccontextmanager
async def open_explorer(settings: Settings, clock: Clock | None = None) -> AsyncIterator[Explorer]:
    """Open a connection to the sandbox's identity provider, if it is the one in use, and close it in the end."""
    if settings.profile == "production" or settings.oidc.issuer is not None:
        yield Explorer(None, settings.issuer)
        return
    async with open_client(trusted(), IAM_CONNECTIONS) as client:
        transport = Transport(
            System.IAM, client, url=settings.issuer, token=None, timeout_s=IAM_TIMEOUT_S, clock=clock or SystemClock()
        )
        yield Explorer(transport, settings.issuer)


async def _config(request: Request) -> Response:
    explorer: Explorer = request.app.state.explorer
    return _json(await explorer.config())


async def _issue(request: Request) -> Response:
    explorer: Explorer = request.app.state.explorer
    try:
        return _json(await explorer.token(request.query_params.get("person", "").strip()))
    except BadInput as error:
        return _refusal(error, 400)
    except NotFound as error:
        return _refusal(error, 404)
    except SourceError as error:
        return _refusal(error, 503)


async def _file(request: Request) -> Response:
    name = request.path_params["name"]
    file = files().get(name) if name != PAGE else None
    if file is None:
        return _refusal(NotFound("There is no such file."), 404)
    return file_answer(request, file)


def _json(content: object, status: int = 200) -> Response:
    headers = {"cache-control": "no-store", **SECURITY_HEADERS}
    return Response(msgspec.json.encode(content), status, headers, "application/json")


def _refusal(error: ClientError | SourceError, status: int) -> Response:
    return _json({"errors": [shown(error)]}, status)
