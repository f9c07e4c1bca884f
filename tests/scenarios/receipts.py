"""Receipts of orders held against what the ERP took, and how long it took to get them."""

import time
from base64 import urlsafe_b64decode
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tests.scenarios.load import Answer, latencies


@dataclass(frozen=True, slots=True)
class Receipt:
    """An order that was acknowledged; `key` is its idempotency key in the ERP, `answer` began with the first try."""

    account: str
    key: str
    captured_at: datetime
    answer: Answer


@dataclass(frozen=True, slots=True)
class Comparison:
    """
    How the ERP's orders differ from the receipts.

    `missing`: not in the ERP. `double`: there more than once, or once more than was acknowledged. `out_of_order`: accounts
    whose orders came in another order than they were captured in.
    """

    missing: tuple[str, ...] = ()
    double: tuple[str, ...] = ()
    out_of_order: tuple[str, ...] = ()


EXACTLY_ONCE = Comparison()


def key_in_erp(capture_id: str) -> str:
    """Return the idempotency key under which the ERP has the order of an `OrderCapture.id`."""
    kind, _, key = urlsafe_b64decode(capture_id + "=" * (-len(capture_id) % 4)).decode().partition(":")

    assert "OrderCapture" == kind
    return key


def compared(receipts: Collection[Receipt], taken: Sequence[Mapping[str, Any]]) -> Comparison:
    """Hold what the ERP took against the receipts."""
    keys = [order["idempotency_key"] for order in taken]
    acknowledged = {receipt.key for receipt in receipts}
    once = acknowledged.intersection(keys)
    surplus = list(keys)
    for key in once:
        surplus.remove(key)
    return Comparison(tuple(sorted(acknowledged - once)), tuple(surplus), tuple(_out_of_order(receipts, keys)))


def _out_of_order(receipts: Collection[Receipt], keys: Sequence[str]) -> Iterator[str]:
    places = {key: place for place, key in enumerate(keys)}
    for account in sorted({receipt.account for receipt in receipts}):
        captured = sorted((one for one in receipts if one.account == account), key=lambda one: one.captured_at)
        arrived = [places[one.key] for one in captured if one.key in places]
        if arrived != sorted(arrived):
            yield account


@dataclass(slots=True)
class Outages:
    """When something was down, and so which orders were placed before, during and after."""

    _spans: list[tuple[float, float]]
    _began: float = 0.0

    def begins(self) -> None:
        self._began = time.time()

    def ends(self) -> None:
        self._spans.append((self._began, time.time()))

    def said(self, receipts: Iterable[Receipt]) -> str:
        """Say how long it took to get a receipt, with nothing down, and for orders that met an outage."""
        answers = [receipt.answer for receipt in receipts]
        met = [one for one in answers if any(one.began < end and one.ended > begin for begin, end in self._spans)]
        first = min((begin for begin, _ in self._spans), default=0.0)
        before = [one for one in answers if one.ended <= first]
        after = [one for one in answers if one not in met and one not in before]
        phases = {"before": before, "during": met, "after": after}
        return "; ".join(f"{name}: {latencies(found)}" for name, found in phases.items() if found)
