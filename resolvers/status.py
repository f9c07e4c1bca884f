"""Freshness of values, and how the channel is."""

from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Protocol

import strawberry

from datasources.circuit.breaker import State
from datasources.journal.watch import JournalState
from datasources.model.common import Freshness, FreshnessStatus, Provenance, Sourced, System
from resolvers.context import MOMENT, RequestContext


def freshness(root: strawberry.Parent[Sourced], info: strawberry.Info[RequestContext]) -> Freshness:
    """
    Work out what to say of a value's age.

    STALE when it should have been fetched for this request and could not be, LIVE when it arrived for it, else CACHED.
    What stands inside a stale value is as stale as that.
    """
    return freshness_of(root.provenance, info.context)


def freshness_of(origin: Provenance, context: RequestContext) -> Freshness:
    """Return what to say of the age of what comes from there; see `freshness`."""
    context.depends_on |= MOMENT
    stale_reason = context.ask.stale_reason(origin)
    live = origin.received_at.timestamp() >= context.ask.started_at
    fetched = FreshnessStatus.LIVE if live else FreshnessStatus.CACHED
    return Freshness(
        system=origin.system,
        status=fetched if stale_reason is None else FreshnessStatus.STALE,
        as_of=origin.as_of,
        age_seconds=max(0, int((context.clock.now() - origin.as_of).total_seconds())),
        stale_reason=stale_reason,
        binding=stale_reason is None,
    )


class ChannelMode(Enum):
    """How the channel as a whole works."""

    NORMAL = "NORMAL"
    DEGRADED = "DEGRADED"
    CAPTURE_ONLY = "CAPTURE_ONLY"
    READ_ONLY = "READ_ONLY"


class Capability(Enum):
    """Something a storefront can do."""

    LIVE_PRICES = "LIVE_PRICES"
    LIVE_STOCK = "LIVE_STOCK"
    PLACE_ORDER = "PLACE_ORDER"
    ORDER_HISTORY = "ORDER_HISTORY"
    CREDIT_CHECK = "CREDIT_CHECK"


class CapabilityState(Enum):
    """Whether it can be done now."""

    AVAILABLE = "AVAILABLE"
    STALE = "STALE"
    DEFERRED = "DEFERRED"
    UNAVAILABLE = "UNAVAILABLE"


@dataclass(frozen=True, slots=True)
class SystemStatus:
    """How the circuit of one system is, since when, and when it may be tried again if it is open."""

    system: System
    circuit: State
    since: datetime
    retry_at: datetime | None


@dataclass(frozen=True, slots=True)
class CapabilityStatus:
    """Whether something can be done, which system decides it, and what that means where it is not as usual."""

    capability: Capability
    state: CapabilityState
    system: System
    message: str | None


@dataclass(frozen=True, slots=True)
class ChannelStatus:
    """What works and what does not."""

    mode: ChannelMode
    systems: list[SystemStatus]
    capabilities: list[CapabilityStatus]
    captured_orders_pending: int


@dataclass(frozen=True, slots=True)
class Decider:
    """Which system decides a capability, whether its last known values are served without it, and what they are."""

    system: System
    lasts: bool
    values: str


WHERE_PLACE_ORDER = 2

DECIDED_BY = {
    Capability.LIVE_PRICES: Decider(System.ERP, True, "prices"),
    Capability.LIVE_STOCK: Decider(System.WMS, True, "stock"),
    Capability.ORDER_HISTORY: Decider(System.ERP, True, "orders"),
    Capability.CREDIT_CHECK: Decider(System.ERP, False, "credit"),
}


async def channel_status(info: strawberry.Info[RequestContext]) -> ChannelStatus:
    """Tell how the channel is; asks no system anything, and is true only now."""
    context = info.context
    context.ask.momentary = True
    return channel(context.sources.board.statuses(), await context.orders.watch.state())


async def channel_status_changed(context: RequestContext) -> AsyncGenerator[ChannelStatus, None]:
    """Tell how the channel is, at once and whenever that changes; who is slow is told the latest of several changes."""
    told: object = None
    with context.sources.board.watching() as changed:
        while True:
            status = channel(context.sources.board.statuses(), await context.orders.watch.state())
            gist = status.mode, [(one.system, one.circuit) for one in status.systems], status.capabilities
            if gist != told:
                told = gist
                yield status
            await changed.wait()
            changed.clear()


class CircuitView(Protocol):
    """A circuit, as far as it is told of."""

    @property
    def state(self) -> State:
        """Whether its system is asked."""

    @property
    def since(self) -> datetime:
        """Since when that has been so."""

    @property
    def retry_at(self) -> datetime | None:
        """When its system may be tried again, if it is open."""


def channel(circuits: Mapping[System, CircuitView], journal: JournalState) -> ChannelStatus:
    """Tell which systems are asked, whether orders can be kept, and what that leaves."""
    systems = [SystemStatus(system, of.state, of.since, of.retry_at) for system, of in circuits.items()]
    left_alone = {status.system for status in systems if status.circuit is not State.CLOSED}
    capabilities = [_capability(what, decider, left_alone) for what, decider in DECIDED_BY.items()]
    capabilities.insert(WHERE_PLACE_ORDER, _place_order(left_alone, journal))
    return ChannelStatus(_mode(left_alone, journal), systems, capabilities, journal.pending)


def _place_order(left_alone: set[System], journal: JournalState) -> CapabilityStatus:
    what = Capability.PLACE_ORDER
    if not journal.writable:
        message = "Orders cannot be kept safe now, so none are taken."
        return CapabilityStatus(what, CapabilityState.UNAVAILABLE, System.CHANNEL, message)
    if System.ERP in left_alone:
        message = "The ERP is left alone for a while: orders are kept, with a receipt, and sent when it is back."
        return CapabilityStatus(what, CapabilityState.DEFERRED, System.ERP, message)
    return CapabilityStatus(what, CapabilityState.AVAILABLE, System.ERP, None)


def _capability(what: Capability, decider: Decider, left_alone: set[System]) -> CapabilityStatus:
    system = decider.system
    if system not in left_alone:
        return CapabilityStatus(what, CapabilityState.AVAILABLE, system, None)
    if decider.lasts:
        message = f"The {system.value} is left alone for a while: the last known {decider.values} are shown."
        return CapabilityStatus(what, CapabilityState.STALE, system, message)
    message = f"The {system.value} is left alone for a while: {decider.values} cannot be checked."
    return CapabilityStatus(what, CapabilityState.UNAVAILABLE, system, message)


def _mode(left_alone: set[System], journal: JournalState) -> ChannelMode:
    if System.ERP in left_alone:
        return ChannelMode.CAPTURE_ONLY if journal.writable else ChannelMode.READ_ONLY
    if not journal.writable:
        return ChannelMode.READ_ONLY
    return ChannelMode.DEGRADED if left_alone else ChannelMode.NORMAL
