"""What Prometheus is told of whole answers."""

from prometheus_client.parser import text_string_to_metric_families

from app.execution.executor import Tally
from app.telemetry.metrics import Metrics
from tests.app.responses.conftest import OpenShop, Shop

NAME = '{ product(sku: "KV-1") { name } }'


def figures(shop: Shop) -> dict[str, float]:
    families = text_string_to_metric_families(Metrics(shop.services, Tally()).text().decode())
    samples = [sample for family in families for sample in family.samples]
    start = "kanava_responses_"
    return {one.name.removeprefix(start): one.value for one in samples if one.name.startswith(start)}


async def test_figures(open_shop: OpenShop) -> None:
    """Two executions, two hits, an answer of this weight, and then none, for its value has changed."""
    async with open_shop(KANAVA_RESPONSES_MB="2") as shop:
        await shop.remember(NAME)
        await shop.data(NAME)
        before = figures(shop)
        weighs = shop.responses.shelf.bytes
        await shop.changed("content", "KV-1")
        after = figures(shop)

    counted = {"hits_total": 2, "misses_total": 2, "evicted_total": 0, "max_bytes": 2 * 1024 * 1024}
    assert {**counted, "dropped_total": 0, "entries": 1, "bytes": weighs} == before
    assert {**counted, "dropped_total": 1, "entries": 0, "bytes": 0} == after
