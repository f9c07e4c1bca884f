"""What the benchmark should show, and whether it does."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from bench.lineup import KANAVA
from bench.rounds import Result, Sample

Results = Mapping[str, Sequence[Result]]
Value = Callable[[Results], float | None]


@dataclass(frozen=True, slots=True)
class Aim:
    """A figure that should be at most so much; `value` is None where what it is made of was not measured."""

    title: str
    at_most: float
    value: Value


def cpu_ms(sample: Sample) -> float:
    """Return the time of the processor that a request took."""
    return sample.cpu_ms


def per_s(sample: Sample) -> float:
    """Return how many requests were answered in a second."""
    return sample.per_s


def found(results: Results, row: str, peer: str) -> Result | None:
    """Return what a peer came to in a row, if it was measured and its figures count."""
    return next((one for one in results.get(row, ()) if one.peer == peer and one.sound), None)


def cpu_against(row: str, peer: str) -> Value:
    """Return the ratio of Kanava's CPU time a request to a peer's."""

    def ratio(results: Results) -> float | None:
        own, other = found(results, row, KANAVA.name), found(results, row, peer)
        return None if own is None or other is None else own.median(cpu_ms) / other.median(cpu_ms)

    return ratio


def _response_against_best(results: Results) -> float | None:
    own = found(results, "response", KANAVA.name)
    others = [one.median(cpu_ms) for one in _peers(results, "response")]
    return None if own is None or not others else own.median(cpu_ms) / min(others)


def _outage_against_warm(results: Results) -> float | None:
    down, warm = found(results, "outage", KANAVA.name), found(results, "q1", KANAVA.name)
    return None if down is None or warm is None else down.median(cpu_ms) / warm.median(cpu_ms)


def _slow_p50_ms(results: Results) -> float | None:
    own = found(results, "slow_1", KANAVA.name)
    return None if own is None else own.median(lambda sample: sample.p50_ms)


def _fastest_peer_against_kanava(results: Results) -> float | None:
    own = found(results, "slow_64", KANAVA.name)
    others = [one.median(per_s) for one in _peers(results, "slow_64")]
    return None if own is None or not others else max(others) / max(own.median(per_s), 1e-9)


def _peers(results: Results, row: str) -> list[Result]:
    return [one for one in results.get(row, ()) if one.peer != KANAVA.name and one.sound]


AIMS = (
    Aim("Q1 warm, CPU, of Mercurius + jit", 0.5, cpu_against("q1", "mercurius")),
    Aim("Q1 warm, CPU, of Tailcall", 0.25, cpu_against("q1", "tailcall")),
    Aim("Q1 warm, CPU, of Apollo Server", 0.1, cpu_against("q1", "apollo")),
    Aim("Q1 warm, 1,000 customers, CPU, of Mercurius + jit", 0.5, cpu_against("q1_customers", "mercurius")),
    Aim("Q1 warm, 1,000 customers, CPU, of Tailcall", 0.25, cpu_against("q1_customers", "tailcall")),
    Aim("Q2 warm, CPU, of Mercurius + jit", 1.5, cpu_against("q2", "mercurius")),
    Aim("Q2 warm, the same, answered inside uvicorn's protocol", 1.0, cpu_against("q2", "mercurius")),
    Aim("Q3 warm, CPU, of Mercurius + jit", 0.25, cpu_against("q3", "mercurius")),
    Aim("Whole response remembered, CPU, of the best peer", 0.15, _response_against_best),
    Aim("Q1 cold, 1,000 customers, CPU, of Mercurius + jit", 0.8, cpu_against("cold_customers", "mercurius")),
    Aim("50 ms upstream, 1 client, p50 in ms", 110.0, _slow_p50_ms),
    Aim("50 ms upstream, 64 clients, requests/s of the fastest peer, of Kanava's", 1.0, _fastest_peer_against_kanava),
    Aim("ERP down, half of the prices remembered, CPU, of the warm case", 2.0, _outage_against_warm),
)
