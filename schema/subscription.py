"""What a client may be told of as it happens."""

from collections.abc import AsyncGenerator
from contextlib import aclosing

import strawberry

from resolvers import status as model
from schema.status import ChannelStatus
from schema.views import Info


async def channel_status_changed(info: Info) -> AsyncGenerator[model.ChannelStatus, None]:
    """Tell how the channel is, and whenever that changes."""
    async with aclosing(model.channel_status_changed(info.context)) as statuses:
        async for status in statuses:
            info.context.renew()
            yield status


@strawberry.type(description="What can be told of as it happens, over server-sent events or WebSocket.")
class Subscription:
    channel_status_changed: AsyncGenerator[model.ChannelStatus, None] = strawberry.subscription(
        resolver=channel_status_changed,
        graphql_type=ChannelStatus,
        description="What works and what does not: at once, and each time that changes, whichever replica sees it.",
    )
