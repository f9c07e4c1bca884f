"""Order sources, over the ERP."""

from collections.abc import Mapping, Sequence

from datasources.cache.store import Drop
from datasources.model.orders import ErpOrder, OrderDraft, OrderKey, OrdersKey, OrdersPage, Simulation
from datasources.ports import ErpConnector
from datasources.sources.kind import ANY_CHANGE, Kind, any_change
from datasources.sources.kit import SourceKit
from datasources.sources.policies import Policies
from datasources.sources.source import Source

SUBJECT = "order"
SIMULATIONS, ORDERS, PAGES, CREDIT = "simulations", "orders", "lists of orders", "credit"


class OrderSources:
    """
    What the ERP would make of drafts, orders by number, pages of them. Orders that come along with a page are kept.

    Whose a value is (its scope) is the customer, by the ERP's number; a page of several customers is nobody's in
    particular. A page is also found by each of its customers.
    """

    def __init__(self, connector: ErpConnector, kit: SourceKit, policies: Policies) -> None:
        self._connector = connector
        policy = policies.order
        self.simulations: Source[OrderDraft, Simulation] = Source(
            connector.simulate,
            kit=kit,
            kind=Kind(SIMULATIONS, Simulation, policy, SUBJECT, any_change, lambda draft: draft.customer, private=True),
        )
        self.orders: Source[OrderKey, ErpOrder] = Source(
            connector.orders,
            kit=kit,
            kind=Kind(ORDERS, ErpOrder, policy, SUBJECT, _number, lambda key: key.customer, private=True),
        )
        self.pages: Source[OrdersKey, OrdersPage] = Source(
            self._pages,
            kit=kit,
            kind=Kind(PAGES, OrdersPage, policy, SUBJECT, _customers, _only_customer, private=True),
        )

    async def _pages(self, keys: Sequence[OrdersKey]) -> Mapping[OrdersKey, OrdersPage]:
        mark = self.orders.mark()
        answer = await self._connector.order_pages(keys)
        self.orders.remember(answer.orders, mark)
        return answer.pages


def drops_for(order: ErpOrder) -> list[Drop]:
    """Return what is not true any more when the ERP has taken an order: its customer's lists, simulations, credit."""
    whose = order.customer
    return [
        Drop(ORDERS, frozenset((order.number,)), whose),
        Drop(PAGES, frozenset((whose,)), None),
        Drop(SIMULATIONS, None, whose),
        Drop(CREDIT, None, whose),
    ]


def _number(key: OrderKey, _order: ErpOrder | None) -> tuple[str, ...]:
    return (key.number,)


def _customers(key: OrdersKey, _page: OrdersPage | None) -> tuple[str, ...]:
    return (ANY_CHANGE, *key.customers)


def _only_customer(key: OrdersKey) -> str | None:
    return key.customers[0] if len(key.customers) == 1 else None
