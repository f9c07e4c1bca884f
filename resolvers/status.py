"""Freshness of values, and how the channel is."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Protocol

import strawberry

from datasources.health import Health
from datasources.model.common import Freshness, FreshnessStatus, Provenance, System
from resolvers.context import RequestContext


class Sourced(Protocol):
    """A value that knows where it comes from."""

    @property
    def provenance(self) -> Provenance:
        """Its origin."""


def freshness(root: strawberry.Parent[Sourced], info: strawberry.Info[RequestContext]) -> Freshness:
    """Work out what to say of a value's age: LIVE when it arrived for this request, else CACHED."""
    context, origin = info.context, root.provenance
    live = origin.received_at >= context.started_at
    return Freshness(
        system=origin.system,
        status=FreshnessStatus.LIVE if live else FreshnessStatus.CACHED,
        as_of=origin.as_of,
        age_seconds=max(0, int((context.clock.now() - origin.as_of).total_seconds())),
        binding=True,
    )


class ChannelMode(Enum):
    """How the channel as a whole works."""

    NORMAL = "NORMAL"
    DEGRADED = "DEGRADED"
    READ_ONLY = "READ_ONLY"


class CircuitState(Enum):
    """Whether a system answers."""

    CLOSED = "CLOSED"
    OPEN = "OPEN"


class Capability(Enum):
    """Something a storefront can do."""

    LIVE_PRICES = "LIVE_PRICES"
    LIVE_STOCK = "LIVE_STOCK"
    CREDIT_CHECK = "CREDIT_CHECK"


class CapabilityState(Enum):
    """Whether it can be done now."""

    AVAILABLE = "AVAILABLE"
    UNAVAILABLE = "UNAVAILABLE"


@dataclass(frozen=True, slots=True)
class SystemStatus:
    """How one system is, and since when."""

    system: System
    circuit: CircuitState
    since: datetime


@dataclass(frozen=True, slots=True)
class CapabilityStatus:
    """Whether something can be done, and which system decides it."""

    capability: Capability
    state: CapabilityState
    system: System


@dataclass(frozen=True, slots=True)
class ChannelStatus:
    """What works and what does not."""

    mode: ChannelMode
    systems: list[SystemStatus]
    capabilities: list[CapabilityStatus]


DECIDED_BY = {
    Capability.LIVE_PRICES: System.ERP,
    Capability.LIVE_STOCK: System.WMS,
    Capability.CREDIT_CHECK: System.ERP,
}


def channel_status(info: strawberry.Info[RequestContext]) -> ChannelStatus:
    """Tell how the channel is; asks no system anything."""
    return channel(info.context.sources.health)


def channel(health: Mapping[System, Health]) -> ChannelStatus:
    """Tell from the calls so far which systems answer, and what that leaves."""
    down = {system for system, state in health.items() if not state.answering}
    systems = [
        SystemStatus(system, CircuitState.OPEN if system in down else CircuitState.CLOSED, state.since)
        for system, state in health.items()
    ]
    capabilities = [
        CapabilityStatus(what, CapabilityState.UNAVAILABLE if by in down else CapabilityState.AVAILABLE, by)
        for what, by in DECIDED_BY.items()
    ]
    return ChannelStatus(_mode(down), systems, capabilities)


def _mode(down: set[System]) -> ChannelMode:
    if System.ERP in down:
        return ChannelMode.READ_ONLY
    return ChannelMode.DEGRADED if down else ChannelMode.NORMAL
