"""What a client may say of a whole operation."""

from enum import Enum
from typing import Annotated

import strawberry
from strawberry.directive import DirectiveLocation, DirectiveValue

from schema.views import describe_enum


class StalePolicy(Enum):
    """What a client wants when a value cannot be had as young as it asks."""

    SERVE_STALE = "SERVE_STALE"
    NULL_WITH_ERROR = "NULL_WITH_ERROR"


describe_enum(
    StalePolicy,
    "What to do with a value that should be fetched and cannot be.",
    {
        "SERVE_STALE": "Show the last known one, as far as the server serves it, marked `STALE`.",
        "NULL_WITH_ERROR": "Show none: null, with an error `SOURCE_UNAVAILABLE` at that place.",
    },
)


@strawberry.directive(
    locations=[DirectiveLocation.QUERY],
    name="freshness",
    description="How old the values of this operation may be. It asks for younger values than the server would "
    "serve, never for older ones.",
)
def freshness(
    value: DirectiveValue[object],
    max_age_seconds: Annotated[
        int | None,
        strawberry.argument(
            description="Values older than this, 0 or more, are fetched. Null: as the server does for each kind."
        ),
    ] = strawberry.UNSET,
    on_unavailable: Annotated[
        StalePolicy | None, strawberry.argument(description="What to do with what cannot be fetched; null: serve it.")
    ] = StalePolicy.SERVE_STALE,
) -> object:
    """Return the value: what stands on an operation is read by the endpoint, before anything is executed."""
    return value
