"""What is measured: the rows of the table."""

import json
from base64 import urlsafe_b64encode
from dataclasses import dataclass

from bench.lineup import COLD, RESPONSES, WARM
from bench.places import HERE
from bench.upstream import data

LISTING, DETAIL = "q1.graphql", "q2.graphql"
CATEGORY_ID = urlsafe_b64encode(f"Category:{data.LISTED}".encode()).decode().rstrip("=")
DETAIL_SKU = data.sku(7)
UPSTREAM_MS = 50.0
ERP = "erp"


@dataclass(frozen=True, slots=True)
class Row:
    """
    One kind of request, under one kind of load.

    `first` is the size of a listing's page, None for a single product; `remembered` how many of its products were
    listed before the ERP failed, None: it does not fail. `essential`: the shorter benchmark has it, too; `everybody`:
    with the peers that are far behind.
    """

    name: str
    title: str
    mode: str = WARM
    first: int | None = 24
    customers: int = 1
    connections: int = 16
    delay_ms: float = 0.0
    remembered: int | None = None
    floors: bool = False
    essential: bool = True
    everybody: bool = False

    @property
    def stage(self) -> tuple[str, bool]:
        """Rows of one stage are measured on the same processes; a failure has its own, that remember nothing before."""
        return self.mode, self.remembered is not None

    def body(self, first: int | None = None) -> bytes:
        """Return what is sent; with `first`, for a page of that size."""
        first = first or self.first
        document = (HERE / (DETAIL if first is None else LISTING)).read_text()
        variables = {"sku": DETAIL_SKU} if first is None else {"category": CATEGORY_ID, "first": first}
        return json.dumps({"query": document, "variables": variables}).encode()


ROWS = (
    Row("q1", "Q1, 24 products, warm", floors=True, everybody=True),
    Row("q2", "Q2, one product, warm", first=None),
    Row("q3", "Q3, 200 products, warm", first=200),
    Row("q1_customers", "Q1, warm, 1,000 customers in rotation", customers=data.CUSTOMERS),
    Row("outage", "Q1, ERP down, half of the prices remembered", remembered=12),
    Row("response", "Q1, whole response remembered", mode=RESPONSES, everybody=True),
    Row("cold", "Q1, cold", mode=COLD, essential=False),
    Row("cold_customers", "Q1, cold, 1,000 customers in rotation", mode=COLD, customers=data.CUSTOMERS),
    Row("slow_1", "Q1, cold, 50 ms upstream, 1 client", mode=COLD, connections=1, delay_ms=UPSTREAM_MS),
    Row("slow_64", "Q1, cold, 50 ms upstream, 64 clients", mode=COLD, connections=64, delay_ms=UPSTREAM_MS),
)
