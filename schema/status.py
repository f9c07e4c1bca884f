"""Channel types: what works and what does not."""

from datetime import datetime
from typing import Annotated

import strawberry

from datasources.model.common import System
from resolvers import status as model
from schema.views import describe_enum, field

describe_enum(
    model.ChannelMode,
    "How the channel as a whole works.",
    {
        "NORMAL": "Every system answers.",
        "DEGRADED": "A system other than the ERP does not answer: what it knows is missing.",
        "READ_ONLY": "The ERP does not answer: browsing goes on without what it knows.",
    },
)
describe_enum(
    model.CircuitState,
    "Whether a system is being asked.",
    {"CLOSED": "It answers, or has not been asked yet.", "OPEN": "It did not answer when it was last asked."},
)
describe_enum(
    model.Capability,
    "Something that a storefront can do.",
    {
        "LIVE_PRICES": "Show the account's prices.",
        "LIVE_STOCK": "Show stock.",
        "CREDIT_CHECK": "Show credit.",
    },
)
describe_enum(
    model.CapabilityState,
    "Whether something can be done now.",
    {"AVAILABLE": "It works.", "UNAVAILABLE": "Its system does not answer."},
)


@strawberry.type(description="How one system is.")
class SystemStatus:
    system: Annotated[System, field(description="The system.")]
    circuit: Annotated[model.CircuitState, field(description="Whether it answers.")]
    since: Annotated[datetime, field(description="Since when that has been so.")]


@strawberry.type(description="Whether something can be done now.")
class CapabilityStatus:
    capability: Annotated[model.Capability, field(description="What.")]
    state: Annotated[model.CapabilityState, field(description="Whether it works.")]
    system: Annotated[System | None, field(description="The system that decides it. Null: Kanava itself.")]


@strawberry.type(description="What works and what does not, before the click. Asks no system.")
class ChannelStatus:
    mode: Annotated[model.ChannelMode, field(description="The whole.")]
    systems: Annotated[list[SystemStatus], field(description="The systems behind it.")]
    capabilities: Annotated[list[CapabilityStatus], field(description="What can be done.")]
