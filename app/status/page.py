"""The page's addresses, and how it is written."""

import os
from functools import cache
from importlib.metadata import version
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from app.files import SECURITY_HEADERS, File, file_answer, read_files
from app.status import words
from app.status.facts import Facts, State, gather
from app.wiring import Services
from datasources.cache.entry import ABSENT_FOR_S
from datasources.model.common import System

TEMPLATES = Path(__file__).parent / "templates"
STATIC = Path(__file__).parents[1] / "static" / "status"
HEADERS = {"cache-control": "no-store", **SECURITY_HEADERS}
FILTERS = (
    words.amount,
    words.at_most,
    words.average,
    words.duration,
    words.latency,
    words.megabytes,
    words.moment,
    words.phrase,
    words.reason,
    words.share,
    words.since,
    words.supplies,
    words.until,
)


class StatusPage:
    """Writes the page; it is made when Kanava starts, and tells since when that has been."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._started_at = services.clock.now()

    def html(self) -> str:
        """Return the page as things are now."""
        return write(gather(self._services, self._started_at))


def write(facts: Facts) -> str:
    """Return the page that tells these facts; whatever stands in them is shown as text."""
    template = _environment().get_template("page.html")
    return template.render(
        facts=facts,
        now=facts.made_at,
        State=State,
        System=System,
        absent_for_s=ABSENT_FOR_S,
        version=version("kanava"),
        process=os.getpid(),
    )


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.filters.update({word.__name__: word for word in FILTERS})
    return environment


@cache
def files() -> dict[str, File]:
    """Return the page's style, script and icon by name."""
    return read_files(STATIC)


def routes() -> list[Route]:
    """Return the page's addresses. They need `app.state.status`."""
    return [Route("/status", _page), Route("/status/{name}", _file)]


async def _page(request: Request) -> Response:
    page: StatusPage = request.app.state.status
    return Response(page.html(), media_type="text/html", headers=HEADERS)


async def _file(request: Request) -> Response:
    file = files().get(request.path_params["name"])
    if file is None:
        return PlainTextResponse("There is no such file.", 404, HEADERS)
    return file_answer(request, file)
