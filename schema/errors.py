"""What a buyer is told when something they want to do is not done."""

from typing import Annotated

import strawberry

from datasources.model.common import System
from resolvers import user_errors as model
from schema.views import describe_enum, field

describe_enum(
    model.ErrorCode,
    "Why something was not done.",
    {
        "INVALID": "What was sent is not what is expected: see `message`.",
        "NOT_FOUND": "There is no such thing for this viewer.",
        "FORBIDDEN": "The viewer may not do this.",
        "NOT_IN_ASSORTMENT": "The account may not buy the product.",
        "QUANTITY_RULE": "The quantity cannot be ordered.",
        "OUT_OF_STOCK": "Not all of it is there.",
        "PRICE_CHANGED": "A price is above what was agreed to.",
        "CREDIT_BLOCKED": "The account's credit does not allow it.",
        "APPROVAL_REQUIRED": "Somebody else has to approve it first.",
        "STALE_REVISION": "Somebody changed it meanwhile: look at it again, and repeat with the new revision.",
        "IDEMPOTENCY_CONFLICT": "The idempotency key was used before, for something else.",
        "SOURCE_UNAVAILABLE": "A system that is needed could not be asked: see `system`.",
        "LIMIT_EXCEEDED": "More than is taken.",
        "OTHER": "For another reason: see `message`.",
    },
)


@strawberry.type(description="Why something was not done. Nothing of it was, unless the field that has it says so.")
class UserError:
    code: Annotated[model.ErrorCode, field(description="Why.")]
    message: Annotated[str, field(description="Why, for people.")]
    path: Annotated[
        list[str] | None,
        field(
            description="Where in the input it lies, from `input` on; indexes as text. Null: in nothing that was sent."
        ),
    ]
    line_key: Annotated[str | None, field(description="The line it is about, by key. Null: about none in particular.")]
    retryable: Annotated[bool, field(description="True: the same, or the same with a new revision, may succeed later.")]
    system: Annotated[System | None, field(description="The system that could not be asked. Null: none.")]
