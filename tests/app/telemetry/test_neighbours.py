"""One scrape has the figures of all workers, each by its number."""

from collections.abc import Iterator
from contextlib import AsyncExitStack

from prometheus_client.core import CounterMetricFamily, HistogramMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.parser import text_string_to_metric_families

from app.telemetry.neighbours import open_neighbours

LONG_S = 60


def figures(calls: int) -> Iterator[Metric]:
    """Return what a worker could have counted."""
    counter = CounterMetricFamily("kanava_calls", "Calls begun.", labels=["system"])
    counter.add_metric(["ERP"], calls)
    yield counter
    histogram = HistogramMetricFamily("kanava_seconds", "How long answers took.", labels=[])
    histogram.add_metric([], [("0.5", calls), ("+Inf", calls + 1)], 0.25)
    yield histogram


def samples(text: bytes) -> dict[str, dict[tuple[tuple[str, str], ...], float]]:
    """Return all figures, by names and labels; every family must stand there once."""
    families = list(text_string_to_metric_families(text.decode()))
    assert len(families) == len({family.name for family in families})
    found: dict[str, dict[tuple[tuple[str, str], ...], float]] = {}
    for sample in (sample for family in families for sample in family.samples):
        found.setdefault(sample.name, {})[tuple(sorted(sample.labels.items()))] = sample.value
    return found


async def test_all_tell() -> None:
    """Whichever worker is asked, it tells the same of all."""
    with open_neighbours(3) as neighbours:
        posts = [neighbours.post(number, within_s=LONG_S) for number in (1, 2, 3)]
        async with AsyncExitStack() as stack:
            for number, post in enumerate(posts, 1):
                await stack.enter_async_context(post.telling(lambda number=number: figures(10 * number)))
            texts = {await post.text(figures(10 * number)) for number, post in enumerate(posts, 1)}
    (text,) = texts
    told = samples(text)

    assert {(("system", "ERP"), ("worker", str(n))): 10 * n for n in (1, 2, 3)} == told["kanava_calls_total"]
    assert 31 == told["kanava_seconds_bucket"][("le", "+Inf"), ("worker", "3")]
    assert 0.25 == told["kanava_seconds_sum"][(("worker", "2"),)]
    assert {(("worker", str(n)),): 1 for n in (1, 2, 3)} == told["kanava_worker_answers"]


async def test_one_that_does_not_answer() -> None:
    """A worker that does not tell in time is missing, and that is said; the others are there."""
    with open_neighbours(2) as neighbours:
        told = samples(await neighbours.post(1, within_s=0.01).text(figures(7)))

    assert {(("system", "ERP"), ("worker", "1")): 7} == told["kanava_calls_total"]
    assert {(("worker", "1"),): 1, (("worker", "2"),): 0} == told["kanava_worker_answers"]
