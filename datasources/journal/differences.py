"""What the ERP makes other than what was captured, line by line and field by field."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal

from datasources.model.captures import Difference
from datasources.model.common import Money
from datasources.model.orders import DraftLine, ErpOrder, OrderDraft, OrderLine, SimulatedLine, Simulation


def from_order(draft: OrderDraft, promised: Simulation | None, order: ErpOrder) -> list[Difference]:
    """Return how an order that the ERP took differs from what was captured, and from the totals promised, if any."""
    lines = {line.key: line for line in order.lines}
    found = [d for line in draft.lines for d in _line_differences(line, lines.get(line.key))]
    return [*found, *_total_differences(promised, order.net, order.gross)]


def from_simulation(draft: OrderDraft, promised: Simulation | None, simulation: Simulation) -> list[Difference]:
    """Return how prices differ now from what was captured."""
    lines = {line.key: line for line in simulation.lines}
    found = [d for line in draft.lines for d in _price_difference(line, lines.get(line.key))]
    return [*found, *_total_differences(promised, simulation.net, simulation.gross)]


def at_prices_of(draft: OrderDraft, simulation: Simulation) -> OrderDraft:
    """Return the draft with the unit prices of a simulation as what the buyer was told."""
    lines = {line.key: line for line in simulation.lines if line.unit_price is not None}
    return replace(draft, lines=tuple(_at_price(line, lines) for line in draft.lines))


def _at_price(line: DraftLine, lines: Mapping[str, SimulatedLine]) -> DraftLine:
    said = lines.get(line.key)
    return line if said is None else replace(line, unit_price=said.unit_price, per=said.per)


def _line_differences(line: DraftLine, taken: OrderLine | None) -> Iterator[Difference]:
    if taken is None:
        yield Difference(line.key, "line", line.sku, "")
        return
    if taken.sku != line.sku:
        yield Difference(line.key, "sku", line.sku, taken.sku)
    if taken.ordered.value != line.quantity:
        yield Difference(line.key, "quantity", _plain(line.quantity), _plain(taken.ordered.value))
    yield from _unit_price(line, taken.unit_price, taken.per)
    if line.requested_date and taken.confirmed_date and taken.confirmed_date != line.requested_date:
        yield Difference(line.key, "requestedDate", str(line.requested_date), str(taken.confirmed_date))


def _price_difference(line: DraftLine, said: SimulatedLine | None) -> Iterator[Difference]:
    if said is None or said.unit_price is None:
        yield Difference(line.key, "unitPrice", _amount(line.unit_price), "")
    else:
        yield from _unit_price(line, said.unit_price, said.per)


def _unit_price(line: DraftLine, now: Money | None, per: Decimal | None) -> Iterator[Difference]:
    if now is not None and _price_of_one(line.unit_price, line.per) != _price_of_one(now, per):
        yield Difference(line.key, "unitPrice", _amount(line.unit_price), _amount(now))


def _price_of_one(price: Money | None, per: Decimal | None) -> tuple[Decimal, str] | None:
    return None if price is None else (price.amount / (per or 1), price.currency)


def _total_differences(promised: Simulation | None, net: Money | None, gross: Money | None) -> Sequence[Difference]:
    if promised is None:
        return ()
    pairs = (("net", promised.net, net), ("gross", promised.gross, gross))
    return [Difference(None, f, _amount(was), _amount(now)) for f, was, now in pairs if was and now and was != now]


def _amount(money: Money | None) -> str:
    return "" if money is None else f"{format(money.amount, 'f')} {money.currency}"


def _plain(value: Decimal) -> str:
    return format(value.normalize(), "f")
