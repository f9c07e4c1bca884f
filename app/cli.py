"""The command line. Errors go to stderr in one line: exit 2 for bad use, 1 for failure."""

import os
import socket
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, NoReturn

import httpx
import typer

from app import captures as captures_
from app import changes
from app import circuits as circuits_
from app import demo as demo_
from app import sdl as sdl_
from app.doctor.command import OptionalFolder, examine, folder_of
from app.settings import MOST_WORKERS, Settings, SettingsError, http_address, read_settings
from app.trusted import ManifestError, TrustedDocuments, load_manifest, manifest_problems
from datasources.cache.store import StoreError
from datasources.journal.journal import JournalUnavailable
from datasources.journal.versions import WrongVersion
from datasources.model.captures import CaptureState

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None)

BasePort = Annotated[int | None, typer.Option(min=1, max=65530, help="The systems listen on the ports above it.")]
Products = Annotated[int | None, typer.Option(min=1, help="How many products to make up.")]
Seed = Annotated[int | None, typer.Option(help="Another seed, other data.")]
Data = Annotated[
    Path | None, typer.Option(exists=True, file_okay=False, help="A folder of NDJSON files to serve instead.")
]


class Failure(Exception):
    """What went wrong, in one line; exit 1."""


def settings_or_exit() -> Settings:
    """Return the settings; each problem is a line on stderr, and the exit is 2."""
    try:
        return read_settings()
    except SettingsError as error:
        for problem in str(error).splitlines():
            print(f"kanava: {problem}", file=sys.stderr)
        raise SystemExit(2) from None


@app.command()
def serve(
    host: Annotated[str | None, typer.Option(help="Where to listen; default: KANAVA_HOST.")] = None,
    port: Annotated[int | None, typer.Option(min=1, max=65535, help="Where to listen; default: KANAVA_PORT.")] = None,
    workers: Annotated[
        int | None, typer.Option(min=1, max=MOST_WORKERS, help="How many processes; default: KANAVA_WORKERS.")
    ] = None,
) -> None:
    """Serve the API alone, over the systems that the settings name."""
    from app.serving import serve_alone, serve_together
    from app.telemetry import logs
    from app.workers import WorkersFailed

    settings = settings_or_exit()
    count = workers_or_bad_use(workers, settings)
    trusted = trusted_or_exit(settings)
    host, port = host or settings.host, port or settings.port
    listening, ready = listen(host, port), f"Kanava serves {http_address(host, port)}/graphql"
    check_journal_or_fail(settings)
    logs.configure(production=settings.profile == "production")
    if count == 1:
        print(ready, flush=True)
        if not serve_alone(settings, trusted, listening):
            raise Failure("the API could not start; its log says why")
        return
    try:
        serve_together(count, settings, trusted, listening, ready=lambda: print(ready, flush=True))
    except WorkersFailed as error:
        raise Failure(str(error)) from None


def workers_or_bad_use(asked: int | None, settings: Settings) -> int:
    """Return how many workers are to serve; several need a Redis, through which all hear what one is told."""
    count = asked or settings.workers
    if count > 1 and settings.redis_url is None:
        raise typer.BadParameter(f"{count} workers need KANAVA_REDIS_URL: without it a hook reaches only one of them")
    return count


def trusted_or_exit(settings: Settings) -> TrustedDocuments | None:
    """Return the documents of the manifest, if there is one; each problem is a line on stderr, and the exit is 2."""
    if settings.trusted_documents is None:
        return None
    try:
        return load_manifest(settings.trusted_documents)
    except ManifestError as error:
        for problem in str(error).splitlines():
            print(f"kanava: {settings.trusted_documents}: {problem}", file=sys.stderr)
        raise SystemExit(2) from None


def check_journal_or_fail(settings: Settings) -> None:
    """Go on if there is a journal to take orders with, or may be one when its server answers."""
    from app.ordering import check_journal

    try:
        check_journal(settings)
    except JournalUnavailable as error:
        raise Failure(error.message) from None
    except WrongVersion as error:
        raise Failure(str(error)) from None


def listen(host: str, port: int) -> socket.socket:
    """
    Return a socket that listens there.

    Raises:
        Failure: the port is taken, or there is no such address here.
    """
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        listening = socket.socket(family)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((host, port))
        listening.listen(1024)
    except OSError as error:
        raise Failure(f"cannot listen on {host}:{port}: {error.strerror or error}") from None
    return listening


@app.command()
def sandbox(
    systems: Annotated[list[str] | None, typer.Argument(help="erp, crm, pim, wms, iam; default: all.")] = None,
    base_port: BasePort = None,
    products: Products = None,
    seed: Seed = None,
    data: Data = None,
) -> None:
    """Run sandbox systems, one process each; without options, as the demo that is running began."""
    given = any(option is not None for option in (base_port, products, seed, data))
    options = [] if given else demo_.remembered_options()
    if options and systems and len(systems) == 1:
        demo_.take_place(systems[0])
    if not options:
        base_port = base_port or settings_or_exit().sandbox_base_port
        options = demo_.sandbox_options(base_port=base_port, products=products, seed=seed, data=data)
    os.execv(sys.executable, [sys.executable, "-m", "sandbox", *(systems or []), *options])


@app.command()
def demo(products: Products = None, seed: Seed = None, data: Data = None) -> None:
    """Run the sandbox systems and the API over them: what `make run` starts."""
    settings = settings_or_exit()
    options = demo_.sandbox_options(base_port=settings.sandbox_base_port, products=products, seed=seed, data=data)
    whole = demo_.Demo(settings, options)
    for host, port in whole.ports():
        listen(host, port).close()
    raise SystemExit(whole.run())


@app.command()
def sdl(
    check: Annotated[
        bool, typer.Option("--check", help="Only compare it with its file, and with the release.")
    ] = False,
) -> None:
    """Print the schema in its definition language."""
    if not check:
        sys.stdout.write(sdl_.printed())
    elif not sdl_.is_in_step():
        raise Failure("schema.graphql is not what the code says: run `kanava sdl > schema.graphql`")
    else:
        print(compared_or_failure())


def compared_or_failure() -> str:
    """Return how the schema differs from the last release's; that it breaks clients unsaid is a failure."""
    try:
        return changes.compared(sdl_.FILE.parent)
    except changes.Unrecorded as error:
        raise Failure(str(error)) from None


@app.command()
def plan(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="A GraphQL document.")],
    operation: Annotated[str | None, typer.Option(help="Which of its operations, when it has several.")] = None,
    variables: Annotated[
        str | None, typer.Option(metavar="JSON", help="Their values; lists are as long as these say.")
    ] = None,
) -> None:
    """Say how an operation would be executed: what it waits for, which systems, what is kept as bytes."""
    from app.plan import Misused, Planning
    from resolvers.errors import LimitExceeded
    from schema.schema import build_schema

    settings = settings_or_exit()
    planning = Planning(build_schema(), settings.limit.limits(), introspection=settings.profile == "development")
    try:
        planned = planning.planned(file, operation, variables)
    except Misused as error:
        raise typer.BadParameter(str(error)) from None
    except LimitExceeded as error:
        raise Failure(f"{file}: {error}") from None
    print("\n".join(planned.lines))
    if planned.refusal is not None:
        raise Failure(f"{file}: {planned.refusal}")


@app.command()
def token(
    name: Annotated[str, typer.Argument(help="A person of the sandbox, or an account number: its buyer.")],
) -> None:
    """Print a sandbox access token."""
    settings = settings_or_exit()
    if settings.profile == "production":
        raise Failure("sandbox tokens are for development only")
    try:
        answer = httpx.get(f"{settings.issuer}/token", params={"user": name}, timeout=5, trust_env=False)
    except httpx.HTTPError as error:
        raise Failure(f"no identity provider answers at {settings.issuer}: {error}") from None
    if answer.status_code == 404:
        raise Failure(f"the identity provider at {settings.issuer} knows no {name!r}")
    try:
        print(answer.raise_for_status().json()["access_token"])
    except (httpx.HTTPError, ValueError, KeyError, TypeError):
        raise Failure(f"{settings.issuer} is not a sandbox: it gave no token") from None


@app.command(cls=OptionalFolder)
def doctor(
    data: Annotated[
        bool, typer.Option("--data", help="Compare what the systems know, with DIR its files too.")
    ] = False,
    folder: Annotated[Path | None, typer.Argument(metavar="DIR", help="An export: docs/data.md.")] = None,
    whole: Annotated[bool, typer.Option("--all", help="List all differences, not the first five of each.")] = False,
) -> None:
    """Ask every system; exit 1 when one that is needed fails. That the systems differ is no failure."""
    failed = examine(settings_or_exit(), folder_of(folder, compare=data), compare=data, whole=whole)
    if failed:
        raise Failure(f"needed and failing: {', '.join(failed)}")


@app.command()
def circuits(
    wish: Annotated[circuits_.Hold | None, typer.Argument(help="What to do with a circuit; default: list all.")] = None,
    system: Annotated[str | None, typer.Argument(help="erp, crm, pim, wms, iam.")] = None,
) -> None:
    """List the circuits of every process, or hold a system's open or closed in all of them, or let it decide again."""
    try:
        print(circuits_.operate(settings_or_exit(), wish, system))
    except (circuits_.NoProcess, StoreError) as error:
        raise Failure(str(error)) from None


captures = typer.Typer(help="Captured orders: see what waits, try again, cancel.", rich_markup_mode=None)
app.add_typer(captures, name="captures")
Receipt = Annotated[
    str, typer.Argument(help="Its receipt number, the first eight characters of its id, or the ERP's number.")
]


@captures.command("list")
def list_captures(
    state: Annotated[
        list[CaptureState] | None, typer.Option(case_sensitive=False, help="Only in this state; may be repeated.")
    ] = None,
    account: Annotated[str | None, typer.Option(help="Only of this account number.")] = None,
    most: Annotated[int, typer.Option(min=1, max=10_000, help="How many at most.")] = 100,
) -> None:
    """List captured orders, the newest first."""
    print_or_fail(lambda: captures_.listed(settings_or_exit(), states=state or (), account=account, most=most))


@captures.command("show")
def show_capture(receipt: Receipt) -> None:
    """Show one, with all that happened to it."""
    print_or_fail(lambda: captures_.done(settings_or_exit(), captures_.Wish.SHOW, receipt))


@captures.command("retry")
def retry_capture(receipt: Receipt) -> None:
    """Have one sent again: a refused one anew, one that waits at once."""
    print_or_fail(lambda: captures_.done(settings_or_exit(), captures_.Wish.RETRY, receipt))


@captures.command("cancel")
def cancel_capture(receipt: Receipt) -> None:
    """Cancel one that is surely not in the ERP."""
    print_or_fail(lambda: captures_.done(settings_or_exit(), captures_.Wish.CANCEL, receipt))


@app.command()
def events(
    after: Annotated[int, typer.Option(min=0, help="Only those after the event of this number.")] = 0,
    most: Annotated[int, typer.Option(min=1, max=10_000, help="How many at most.")] = 1000,
) -> None:
    """List what happened to captured orders, the oldest first."""
    print_or_fail(lambda: captures_.events(settings_or_exit(), after=after, most=most))


@app.command()
def migrate() -> None:
    """Bring the journal's database to the version that this Kanava needs."""
    print_or_fail(lambda: captures_.migrate(settings_or_exit()))


def print_or_fail(work: Callable[[], str]) -> None:
    """Print what the work says; a problem is a failure."""
    try:
        print(work())
    except captures_.Problem as error:
        raise Failure(str(error)) from None


documents = typer.Typer(help="Trusted documents: see KANAVA_TRUSTED_DOCUMENTS.", rich_markup_mode=None)
app.add_typer(documents, name="documents")


@documents.command("check")
def check_documents(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="A manifest, before it goes live.")],
) -> None:
    """Say what is wrong with a manifest: entries that are no documents, do not follow the schema, or ask too much."""
    from app.documents import limits_problem
    from schema.schema import build_schema

    schema, limits = build_schema()._schema, settings_or_exit().limit.limits()
    problems = manifest_problems(file, schema, lambda document: limits_problem(document, schema, limits))
    for problem in problems:
        print(problem)
    if problems:
        raise Failure(f"{file}: {len(problems)} problems")
    print(f"{file}: every document follows the schema and the limits")


def main() -> NoReturn:
    """Run the command line."""
    try:
        app(standalone_mode=False, prog_name="kanava")
        sys.stdout.flush()
    except BrokenPipeError:
        # who reads the output has had enough of it (`kanava sdl | head`); nothing more is written when Python ends
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise SystemExit(0) from None
    except typer.TyperException as error:
        print(f"kanava: {error.format_message()}", file=sys.stderr)
        raise SystemExit(error.exit_code) from None
    except typer.Exit as end:
        raise SystemExit(end.exit_code) from None
    except typer.Abort:
        raise SystemExit(130) from None
    except Failure as error:
        print(f"kanava: {error}", file=sys.stderr)
        raise SystemExit(1) from None
    raise SystemExit(0)
