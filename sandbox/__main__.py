"""`python -m sandbox [NAME]...`: one system in this process, or several, each in its own."""

import asyncio
import sys
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from sandbox.data.rows import PRODUCTS
from sandbox.listen import PortTaken, serve
from sandbox.say import complain
from sandbox.server import Server
from sandbox.supervise import supervise
from sandbox.systems import NAMES, Options, build

TOKEN_VARIABLE = "KANAVA_SANDBOX_TOKEN"


def main(
    names: Annotated[list[str] | None, typer.Argument(help="erp, crm, pim, wms, iam; none: all five.")] = None,
    base_port: Annotated[int, typer.Option(help="Ports are this and 1 to 5, in the order above.")] = 9100,
    products: Annotated[int, typer.Option(help="How many articles to make up.")] = 500,
    seed: Annotated[int, typer.Option(help="Another seed, other data.")] = 1,
    data: Annotated[Path | None, typer.Option(help="Serve the NDJSON files of this folder instead.")] = None,
    state: Annotated[Path, typer.Option(help="Where keys and orders are kept.")] = Path("var/sandbox"),
    token: Annotated[str | None, typer.Option(envvar=TOKEN_VARIABLE, hidden=True)] = None,
) -> None:
    """Run the sandbox systems."""
    options = Options(base_port, products, seed, data, state)
    chosen = tuple(dict.fromkeys(names or NAMES))
    _check(chosen, options)
    if len(chosen) > 1:
        sys.exit(asyncio.run(supervise({name: _command(name, options, token) for name in chosen})))
    _run(chosen[0], options, token)


def _run(name: str, options: Options, token: str | None) -> None:
    guard = None if name == "iam" else token or None
    try:
        serve(name, options.port(name), lambda: Server(build(name, options), guard).app())
    except PortTaken as problem:
        _fail(1, str(problem))
    except OSError as problem:
        _fail(1, f"sandbox {name}: {problem}")


def _command(name: str, options: Options, token: str | None) -> list[str]:
    command = [sys.executable, "-m", "sandbox", name, f"--base-port={options.base_port}"]
    command += [f"--products={options.products}", f"--seed={options.seed}", f"--state={options.state}"]
    command += [f"--token={token}"] if token else []
    return command if options.data is None else [*command, f"--data={options.data}"]


def _check(names: tuple[str, ...], options: Options) -> None:
    unknown = [name for name in names if name not in NAMES]
    if unknown:
        _fail(2, f"sandbox: no system {unknown[0]!r}; there are {', '.join(NAMES)}")
    if not 1 <= options.products <= 999_999:
        _fail(2, f"sandbox: --products must be 1 to 999999, not {options.products}")
    if not 0 <= options.base_port <= 65_530:
        _fail(2, f"sandbox: --base-port must be 0 to 65530, not {options.base_port}")
    if options.data is not None and not options.data.is_dir():
        _fail(2, f"sandbox: --data: no folder {str(options.data)!r}")
    if options.data is not None and not (options.data / PRODUCTS).is_file():
        _fail(2, f"sandbox: --data: no file {str(options.data / PRODUCTS)!r}")


def _fail(code: int, message: str) -> NoReturn:
    complain(message)
    sys.exit(code)


def run() -> None:
    """Parse the command line; bad use is one line and exit 2."""
    app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None)
    app.command()(main)
    try:
        app(standalone_mode=False)
    except typer.Exit as end:
        sys.exit(end.exit_code)
    except typer.Abort:
        sys.exit(1)
    except Exception as problem:
        if not hasattr(problem, "format_message"):
            raise
        _fail(2, f"sandbox: {problem.format_message()}")


if __name__ == "__main__":
    run()
