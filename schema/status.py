"""Channel types: what works and what does not."""

from datetime import datetime
from typing import Annotated

import strawberry

from datasources.circuit.breaker import State
from datasources.model.common import System
from resolvers import status as model
from schema.costs import entries
from schema.views import describe_enum, field

describe_enum(
    model.ChannelMode,
    "How the channel as a whole works.",
    {
        "NORMAL": "Every system answers.",
        "DEGRADED": "A system other than the ERP is left alone: what was known of it last is shown.",
        "CAPTURE_ONLY": "The ERP is left alone: browsing goes on with what was known last, and orders are kept safe "
        "until it is back.",
        "READ_ONLY": "Orders cannot be kept safe now: browsing goes on, nothing can be ordered.",
    },
)
describe_enum(
    State,
    "Whether a system is being asked.",
    {
        "CLOSED": "It is asked as usual.",
        "OPEN": "It failed, and is left alone until `retryAt`.",
        "HALF_OPEN": "One call is finding out whether it works again.",
    },
    name="CircuitState",
)
describe_enum(
    model.Capability,
    "Something that a storefront can do.",
    {
        "LIVE_PRICES": "Show the account's prices.",
        "LIVE_STOCK": "Show stock.",
        "PLACE_ORDER": "Place orders.",
        "ORDER_HISTORY": "Show orders.",
        "CREDIT_CHECK": "Show credit.",
    },
)
describe_enum(
    model.CapabilityState,
    "Whether something can be done now.",
    {
        "AVAILABLE": "It works.",
        "STALE": "Its system is left alone: the last known values are shown, with their age.",
        "DEFERRED": "It is taken now, with a receipt, and done when its system is back.",
        "UNAVAILABLE": "It cannot be done now.",
    },
)


@strawberry.type(description="How one system is.")
class SystemStatus:
    system: Annotated[System, field(description="The system.")]
    circuit: Annotated[State, field(description="Whether it is asked.")]
    since: Annotated[datetime, field(description="Since when that has been so.")]
    retry_at: Annotated[
        datetime | None,
        field(description="When it may be tried again. Null: it is asked, or an operator decides when."),
    ]


@strawberry.type(description="Whether something can be done now.")
class CapabilityStatus:
    capability: Annotated[model.Capability, field(description="What.")]
    state: Annotated[model.CapabilityState, field(description="Whether it works.")]
    system: Annotated[System | None, field(description="The system that decides it. Null: Kanava itself.")]
    message: Annotated[str | None, field(description="What that means, for people. Null: it works as usual.")]


@strawberry.type(description="What works and what does not, before the click. Asks no system.")
class ChannelStatus:
    mode: Annotated[model.ChannelMode, field(description="The whole.")]
    systems: Annotated[list[SystemStatus], field(directives=[entries(5)], description="The systems behind it.")]
    capabilities: Annotated[list[CapabilityStatus], field(directives=[entries(10)], description="What can be done.")]
    captured_orders_pending: Annotated[
        int, field(description="How many captured orders, of all accounts, are still to be taken by the ERP.")
    ]
