"""
Metrics of several workers. A scrape reaches one of them, which asks its neighbours, so that every scrape has the
figures of all, each with the worker's number as a label: a worker that was started anew begins at nought, as Prometheus
expects of a counter, and no figure is lost in a sum.
"""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager

import msgspec
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

WITHIN_S = 1.0
"""How long neighbours have by default."""


class Family(msgspec.Struct, array_like=True):
    """Figures of one name, as workers tell them each other: the names of samples, their labels and their values."""

    name: str
    about: str
    type: str
    samples: list[tuple[str, dict[str, str], float]]


_families = msgspec.msgpack.Decoder(list[Family])


class Neighbours:
    """The workers, by number from 1 on: where on this machine each is asked for its figures."""

    def __init__(self, count: int) -> None:
        self._sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]

    def post(self, number: int, *, within_s: float = WITHIN_S) -> "Post":
        """Return the place of one of them among them; the others have `within_s` to tell their figures."""
        ports = [one.getsockname()[1] for one in self._sockets]
        return Post(number, ports, self._sockets[number - 1], within_s=within_s)

    def close(self) -> None:
        """Close the sockets of this process."""
        for one in self._sockets:
            one.close()


@contextmanager
def open_neighbours(count: int) -> Iterator[Neighbours]:
    """Open so many, before the processes are there that they are for: one that starts anew finds them, too."""
    neighbours = Neighbours(count)
    try:
        yield neighbours
    finally:
        neighbours.close()


class Post:
    """One worker among its neighbours."""

    def __init__(self, number: int, ports: Sequence[int], listening: socket.socket, *, within_s: float) -> None:
        self._number = number
        self._ports = ports
        self._listening = listening
        self._within_s = within_s

    @asynccontextmanager
    async def telling(self, own: Callable[[], Iterable[Metric]]) -> AsyncIterator[None]:
        """Tell neighbours this worker's own figures meanwhile."""

        async def tell(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(msgspec.msgpack.encode([_family(metric) for metric in own()]))
            writer.close()

        server = await asyncio.start_server(tell, sock=self._listening)
        try:
            yield
        finally:
            server.close()

    async def text(self, own: Iterable[Metric]) -> bytes:
        """Return the figures of all workers in the text format of Prometheus; of those that do not answer, that."""
        told = await asyncio.gather(*(self._told(number) for number in self._others()))
        by_number: dict[int, Sequence[Family] | None] = dict(zip(self._others(), told, strict=True))
        by_number[self._number] = [_family(metric) for metric in own]
        registry = CollectorRegistry(auto_describe=False)
        registry.register(_Together(by_number))
        return generate_latest(registry)

    def _others(self) -> list[int]:
        return [number for number in range(1, len(self._ports) + 1) if number != self._number]

    async def _told(self, number: int) -> Sequence[Family] | None:
        try:
            async with asyncio.timeout(self._within_s):
                reader, writer = await asyncio.open_connection("127.0.0.1", self._ports[number - 1])
                try:
                    return _families.decode(await reader.read())
                finally:
                    writer.close()
        except (OSError, TimeoutError, msgspec.MsgspecError):
            return None


class _Together(Collector):
    """The figures of all workers, those of one name together; None: a worker did not tell."""

    def __init__(self, by_number: dict[int, Sequence[Family] | None]) -> None:
        self._by_number = dict(sorted(by_number.items()))

    def collect(self) -> Iterator[Metric]:
        answers = GaugeMetricFamily("kanava_worker_answers", "1 when a worker told its figures.", labels=["worker"])
        metrics: dict[str, Metric] = {}
        for number, families in self._by_number.items():
            answers.add_metric([str(number)], families is not None)
            for family in families or ():
                metric = metrics.setdefault(family.name, Metric(family.name, family.about, family.type))
                for name, labels, value in family.samples:
                    metric.add_sample(name, {**labels, "worker": str(number)}, value)
        return iter([answers, *metrics.values()])


def _family(metric: Metric) -> Family:
    samples = [(sample.name, dict(sample.labels), float(sample.value)) for sample in metric.samples]
    return Family(metric.name, metric.documentation, metric.type, samples)
