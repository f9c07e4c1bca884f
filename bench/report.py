"""The report: ratios first, then every figure."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime

from bench.aims import AIMS, Results, cpu_ms, found, per_s
from bench.lineup import KANAVA, LINEUP
from bench.rounds import Plan, Result
from bench.rows import ROWS
from bench.versions import machine, versions

TITLES = {peer.name: peer.title for peer in LINEUP}
FEW_CALLS = 0.005
"""So few calls upstream a request are none: what was remembered was refreshed now and then."""


def report(results: Results, plan: Plan, load: Sequence[tuple[float, ...]]) -> str:
    """Return the report of a run; `load` is the machine's load average at its beginning and its end."""
    parts = [_head(plan, load), _aims(results), _ratios(results), *_rows(results), _versions()]
    return "\n\n".join(parts) + "\n"


def ratios(results: Results) -> str:
    """Return the table of ratios, as it is printed."""
    return f"{_aims(results)}\n\n{_ratios(results)}"


def _head(plan: Plan, load: Sequence[tuple[float, ...]]) -> str:
    averages = ", then ".join(" ".join(f"{one:.1f}" for one in of) for of in load)
    return "\n".join(
        (
            "# Results",
            "",
            f"Written by `python -m bench` on {datetime.now(UTC):%Y-%m-%d %H:%M} UTC; [README.md](README.md) says what",
            "is measured and how. The ratios are what to trust: peers took turns in the same run, on the same core.",
            "",
            f"- {machine()}; load average at the beginning {averages} at the end",
            f"- {plan.rounds} rounds of {plan.round_s} s for each peer and row, medians",
        )
    )


def _aims(results: Results) -> str:
    lines = []
    for aim in AIMS:
        value = aim.value(results)
        reached = "not measured" if value is None else "yes" if value <= aim.at_most else "no"
        lines.append((aim.title, f"{aim.at_most:g}", "" if value is None else f"{value:.3g}", reached))
    return "## What should be shown\n\n" + _table(("figure", "at most", "is", "reached"), lines)


def _ratios(results: Results) -> str:
    names = [peer.name for peer in LINEUP if any(found(results, row, peer.name) for row in results)]
    lines = [(row.title, *(_ratio(results, row.name, name) for name in names)) for row in ROWS if row.name in results]
    title = "## CPU time a request, as a multiple of Kanava's\n\n"
    return title + _table(("", *(TITLES[name] for name in names)), lines)


def _ratio(results: Results, row: str, name: str) -> str:
    own, other = found(results, row, KANAVA.name), found(results, row, name)
    if own is None or other is None:
        return ""
    return f"{other.median(cpu_ms) / max(own.median(cpu_ms), 1e-9):.2f}"


COLUMNS: Mapping[str, Callable[[Result], str]] = {
    "CPU ms": lambda result: f"{result.median(cpu_ms):.4f}",
    "requests/s": lambda result: f"{result.median(per_s):,.0f}",
    "p50 ms": lambda result: f"{result.median(lambda sample: sample.p50_ms):.2f}",
    "p99 ms": lambda result: f"{result.median(lambda sample: sample.p99_ms):.2f}",
    "memory MB": lambda result: f"{result.median(lambda sample: sample.rss_mb):.0f}",
    "calls upstream": lambda result: _calls(result),
    "failed": lambda result: str(result.failed),
    "answer": lambda result: result.wrong or "the same",
}


def _calls(result: Result) -> str:
    calls = result.median(lambda sample: sample.calls)
    return "0" if calls < FEW_CALLS else f"{calls:.2f}"


def _rows(results: Results) -> Iterable[str]:
    for row in ROWS:
        if row.name in results:
            lines = [(TITLES[one.peer], *(show(one) for show in COLUMNS.values())) for one in results[row.name]]
            yield f"## {row.title}\n\n" + _table(("", *COLUMNS), lines)


def _versions() -> str:
    return "## Versions\n\n" + _table(("", "version"), list(versions()))


def _table(head: Sequence[str], lines: Sequence[Sequence[str]]) -> str:
    rows = [head, ["---"] * len(head), *lines]
    return "\n".join(f"| {' | '.join(cell.replace('|', '/') for cell in row)} |" for row in rows)
