"""Placing and following orders over the open connector contract."""

from collections.abc import Mapping, Sequence
from typing import TypeVar

import msgspec

from datasources.erp.rest_order_forms import objections_of, order_of, orders_line, simulation_of, wire_draft
from datasources.erp.rest_order_wire import (
    OrderList,
    PageList,
    PlacedList,
    Pong,
    SimulationList,
    WireKeyedDraft,
    WirePage,
    WirePlace,
    WirePlacement,
)
from datasources.errors import RequestRefused, SourceUnavailable
from datasources.http import Transport
from datasources.model.common import Provenance
from datasources.model.orders import (
    Accepted,
    ErpOrder,
    Objection,
    OrderDraft,
    OrderKey,
    OrdersKey,
    OrdersPage,
    OrderToPlace,
    Placement,
    PriceChanged,
    Refused,
    Simulation,
)
from datasources.ports import OrdersAnswer

K = TypeVar("K")
V = TypeVar("V")

_simulations = msgspec.json.Decoder(SimulationList)
_placement = msgspec.json.Decoder(WirePlacement)
_placed = msgspec.json.Decoder(PlacedList)
_orders = msgspec.json.Decoder(OrderList)
_pages = msgspec.json.Decoder(PageList)
_pong = msgspec.json.Decoder(Pong)


class RestOrders:
    """What `ErpConnector` has of orders. Where answers repeat a key of ours, it is the place in the question."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    async def simulate(self, drafts: Sequence[OrderDraft]) -> Mapping[OrderDraft, Simulation]:
        asked = {str(place): draft for place, draft in enumerate(drafts)}

        def read(body: bytes) -> Mapping[OrderDraft, Simulation]:
            answer = _simulations.decode(body)
            provenance = self._transport.provenance(answer.as_of)
            said = ((_asked(asked, one.key), one.simulation) for one in answer.simulations)
            return {draft: simulation_of(simulation, draft, provenance) for draft, simulation in said}

        orders = [WireKeyedDraft(key, wire_draft(draft)) for key, draft in asked.items()]
        return await self._transport.post("orders/simulate", {"orders": orders}, read)

    async def place(self, order: OrderToPlace) -> Placement:
        def read(body: bytes) -> Placement:
            answer = _placement.decode(body)
            return _placement_of(answer, order, self._transport.provenance(answer.as_of))

        tolerance = format(order.tolerance_percent, "f")
        question = WirePlace(order.idempotency_key, tolerance, wire_draft(order.draft))
        try:
            return await self._transport.post_once("orders/place", question, read)
        except RequestRefused as refusal:
            # without a code it is not the ERP that speaks, but something before it, which has not judged the order
            if not refusal.is_answer or refusal.code is None:
                raise
            return Refused([Objection(refusal.code, refusal.message, None)])

    async def placed(self, idempotency_keys: Sequence[str]) -> Mapping[str, ErpOrder]:
        asked = {key: key for key in idempotency_keys}

        def read(body: bytes) -> Mapping[str, ErpOrder]:
            answer = _placed.decode(body)
            provenance = self._transport.provenance(answer.as_of)
            said = ((_asked(asked, one.idempotency_key), one.order) for one in answer.placed)
            return {key: order_of(order, provenance, key=key) for key, order in said}

        return await self._transport.post("orders/placed", {"idempotency_keys": idempotency_keys}, read)

    async def orders(self, keys: Sequence[OrderKey]) -> Mapping[OrderKey, ErpOrder]:
        asked = {key: key for key in keys}

        def read(body: bytes) -> Mapping[OrderKey, ErpOrder]:
            answer = _orders.decode(body)
            provenance = self._transport.provenance(answer.as_of)
            found = (order_of(order, provenance) for order in answer.orders)
            return {_asked(asked, OrderKey(order.customer, order.number)): order for order in found}

        return await self._transport.post("orders/get", {"lines": keys}, read)

    async def order_pages(self, keys: Sequence[OrdersKey]) -> OrdersAnswer:
        asked = {str(place): key for place, key in enumerate(keys)}

        def read(body: bytes) -> OrdersAnswer:
            answer = _pages.decode(body)
            provenance = self._transport.provenance(answer.as_of)
            said = ((_asked(asked, page.key), page) for page in answer.pages)
            pages = {key: _page(page, key, provenance) for key, page in said}
            orders = (order for page in pages.values() for order in page.orders)
            return OrdersAnswer(pages, {OrderKey(order.customer, order.number): order for order in orders})

        lines = [orders_line(place, key) for place, key in asked.items()]
        return await self._transport.post("orders/search", {"lines": lines}, read)

    async def ping(self) -> None:
        def read(body: bytes) -> None:
            if not _pong.decode(body).takes_orders:
                raise SourceUnavailable(self._transport.system, "takes no orders now")

        await self._transport.post("ping", {}, read)


def _asked(asked: Mapping[K, V], key: K) -> V:
    if key not in asked:
        raise ValueError(f"{key!r} was not asked for")
    return asked[key]


def _placement_of(said: WirePlacement, asked: OrderToPlace, provenance: Provenance) -> Placement:
    if said.outcome == "ACCEPTED" and said.order is not None:
        order = order_of(said.order, provenance, key=asked.idempotency_key)
        if order.customer != asked.draft.customer:
            raise ValueError("the order taken is another customer's")
        return Accepted(order)
    if said.outcome == "PRICE_CHANGED" and said.simulation is not None:
        return PriceChanged(simulation_of(said.simulation, asked.draft, provenance))
    if said.outcome == "REFUSED" and said.objections is not None:
        return Refused(objections_of(said.objections))
    raise ValueError(f"{said.outcome} does not say what it must")


def _page(said: WirePage, key: OrdersKey, provenance: Provenance) -> OrdersPage:
    orders = [order_of(found.order, provenance) for found in said.orders]
    if not {order.customer for order in orders} <= set(key.customers):
        raise ValueError("an order of a customer who was not asked for")
    return OrdersPage(orders, [found.cursor for found in said.orders], said.total, said.has_next, provenance)
