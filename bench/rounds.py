"""A row is measured: the peers answer alike, take turns under load, and answer alike still."""

import json
import statistics
import urllib.request
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from bench import compare, load
from bench.field import Contender
from bench.lineup import COLD, UPSTREAM
from bench.rows import ERP, Row

MOST_FAILED = 0.001
"""Which share of its requests may fail before a peer's figures do not count."""


@dataclass(frozen=True, slots=True)
class Plan:
    """
    How long it takes: rounds of so many seconds for each peer, after so many for it to get warm.

    `everybody`: with the peers that are far behind in all rows.
    """

    wrk: str
    rounds: int
    round_s: int
    warm_up_s: int
    everybody: bool


@dataclass(frozen=True, slots=True)
class Sample:
    """What one round came to; `calls` are those upstream, a request."""

    requests: int
    cpu_ms: float
    per_s: float
    p50_ms: float
    p99_ms: float
    rss_mb: float
    calls: float
    failed: int


@dataclass(slots=True)
class Result:
    """What a peer came to in a row; `wrong` is how its answer differed from Kanava's, before or after."""

    peer: str
    samples: list[Sample] = field(default_factory=list)
    wrong: str | None = None

    def median(self, of: Callable[[Sample], float]) -> float:
        """Return the median of its rounds."""
        return statistics.median(of(sample) for sample in self.samples)

    @property
    def failed(self) -> int:
        """How many requests failed, in all rounds."""
        return sum(sample.failed for sample in self.samples)

    @property
    def sound(self) -> bool:
        """Whether its figures count: it answered rightly, and next to nothing failed."""
        return self.wrong is None and self.failed <= sum(sample.requests for sample in self.samples) * MOST_FAILED


def measure(row: Row, contenders: Sequence[Contender], plan: Plan) -> list[Result]:
    """Return what each of those came to that take part in a row; the first of them says what is right."""
    taking_part = [one for one in contenders if _takes_part(one, row, plan)]
    results = {one.peer.name: Result(one.peer.name) for one in taking_part}
    _prepare(row, taking_part)
    expected = _answers(row, taking_part[0])
    _check(row, taking_part, expected, results)
    for one in taking_part:
        _warm_up(row, one, plan)
    control(delay_ms=row.delay_ms, down=_down(row))
    for turn in range(plan.rounds):
        for one in _rotated(taking_part, turn):
            results[one.peer.name].samples.append(_round(row, one, plan))
    control(down=_down(row))
    _check(row, taking_part, expected, results)
    control()
    return list(results.values())


def _takes_part(contender: Contender, row: Row, plan: Plan) -> bool:
    peer = contender.peer
    return (row.floors or not peer.floor) and (row.everybody or plan.everybody or not peer.far_behind)


def control(*, delay_ms: float = 0.0, down: Sequence[str] = ()) -> None:
    """Set how the upstream is, and forget its counts."""
    body = json.dumps({"delay_ms": delay_ms, "down": down}).encode()
    urllib.request.urlopen(urllib.request.Request(f"{UPSTREAM}/_bench", body, method="PUT")).close()


def calls() -> int:
    """Return how many calls the upstream had."""
    with urllib.request.urlopen(f"{UPSTREAM}/_bench") as response:
        return sum(json.load(response)["calls"].values())


def _prepare(row: Row, contenders: Sequence[Contender]) -> None:
    """Have half of the prices remembered before the ERP fails."""
    control()
    if row.remembered is not None:
        for one in contenders:
            one.ask(row, 1, first=row.remembered)
        control(down=_down(row))


def _down(row: Row) -> Sequence[str]:
    return () if row.remembered is None else (ERP,)


def _sampled(row: Row) -> Sequence[int]:
    return sorted({1, min(2, row.customers), (row.customers + 1) // 2, row.customers})


def _answers(row: Row, contender: Contender) -> list[object]:
    return [_compared(row, contender.ask(row, customer)) for customer in _sampled(row)]


def _compared(row: Row, answer: object) -> object:
    """Return what is compared of an answer; who says what of an outage is everybody's own."""
    return answer.get("data", answer) if isinstance(answer, dict) and row.remembered is not None else answer


def _check(row: Row, contenders: Sequence[Contender], expected: Sequence[object], results: dict[str, Result]) -> None:
    for one in contenders:
        if not one.peer.floor:
            result = results[one.peer.name]
            result.wrong = result.wrong or compare.difference(list(expected), _answers(row, one))


def _warm_up(row: Row, contender: Contender, plan: Plan) -> None:
    """Let it get warm, and see every customer if it can remember them."""
    seen, sending = 0, contender.load(row)
    while seen < (1 if row.mode == COLD else row.customers):
        seen += max(1, load.run(plan.wrk, sending, plan.warm_up_s).requests)


def _rotated(contenders: Sequence[Contender], turn: int) -> list[Contender]:
    start = turn % len(contenders)
    return [*contenders[start:], *contenders[:start]]


def _round(row: Row, contender: Contender, plan: Plan) -> Sample:
    sending = contender.load(row)
    calls_before, before = calls(), contender.used()
    answered = load.run(plan.wrk, sending, plan.round_s)
    after, calls_after = contender.used(), calls()
    requests = max(1, answered.requests)
    return Sample(
        requests=answered.requests,
        cpu_ms=(after.cpu_s - before.cpu_s) * 1000 / requests,
        per_s=answered.requests / answered.took_s,
        p50_ms=answered.p50_ms,
        p99_ms=answered.p99_ms,
        rss_mb=after.rss_mb,
        calls=(calls_after - calls_before) / requests,
        failed=answered.failed,
    )
