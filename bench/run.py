"""The benchmark: all rows, stage by stage."""

import os
import shutil
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import groupby
from pathlib import Path

import orjson

from bench import tokens
from bench.aims import cpu_ms, per_s
from bench.field import running
from bench.lineup import ISSUER, KANAVA, LINEUP, UPSTREAM, UPSTREAM_PORT, Peer
from bench.places import FOLDER, ROOT
from bench.rounds import Plan, Result, measure
from bench.rows import Row
from bench.say import say
from bench.servers import Server, Start


def run(rows: Sequence[Row], names: Sequence[str], plan: Plan) -> dict[str, list[Result]]:
    """Return what the peers came to, by the name of the row; what was measured is told as it comes."""
    serving, loading = _cores()
    os.sched_setaffinity(0, loading)
    folder = FOLDER / "run"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    key = tokens.new_key()
    results: dict[str, list[Result]] = {}
    with _upstream(tokens.provider_documents(ISSUER, key), loading, folder):
        bearers = tokens.tokens(ISSUER, key)
        for number, (stage, rows_of_stage) in enumerate(groupby(rows, key=lambda row: row.stage)):
            of_stage = list(rows_of_stage)
            peers = _taking_part(of_stage, names)
            stage_folder = folder / f"{number}-{stage[0]}"
            with running(peers, stage[0], tokens=bearers, cores=serving, folder=stage_folder) as contenders:
                for row in of_stage:
                    results[row.name] = measure(row, contenders, plan)
                    _tell(row, results[row.name])
    return results


def available() -> list[Peer]:
    """Return the peers that can be measured here; it is said who cannot, and for want of what."""
    for peer in LINEUP:
        for missing in (path for path in peer.needs if not path.exists()):
            say(f"{peer.title} is left out: there is no {missing.name}")
    return [peer for peer in LINEUP if all(path.exists() for path in peer.needs)]


def _taking_part(rows: Sequence[Row], names: Sequence[str]) -> list[Peer]:
    """Return who takes part in the rows of a stage."""
    floors = any(row.floors for row in rows)
    return [
        p for p in LINEUP if rows[0].mode in p.modes and (p is KANAVA or p.name in names) and (floors or not p.floor)
    ]


def _cores() -> tuple[set[int], set[int]]:
    """Return where the servers run, and where the load and the upstream do."""
    cores = sorted(os.sched_getaffinity(0))
    return {cores[0]}, {cores[-1]}


@contextmanager
def _upstream(documents: dict[str, object], cores: set[int], folder: Path) -> Iterator[None]:
    path = folder / "documents.json"
    path.write_bytes(orjson.dumps(documents))
    command = [sys.executable, "-m", "bench.upstream", str(UPSTREAM_PORT), str(path)]
    server = Server(
        Start(command, {"PYTHONPATH": str(ROOT)}, folder, f"{UPSTREAM}/_bench"), cores, folder / "upstream.log"
    )
    try:
        server.wait_until_alive()
        yield
    finally:
        server.stop()


def _tell(row: Row, results: Sequence[Result]) -> None:
    say(f"{row.title}:")
    for result in results:
        figures = f"{result.median(cpu_ms):9.4f} ms CPU {result.median(per_s):9,.0f}/s"
        say(f"  {result.peer:12} {figures}{f'  answers otherwise: {result.wrong}' if result.wrong else ''}")
