"""`POST /hooks/{system}`: a system says what has changed, and all replicas forget it at once."""

import hmac
import logging
import re
from collections.abc import Mapping, Sequence
from typing import Annotated

import msgspec
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from app.caching import NO_STORE
from app.endpoint import STATUS_OF
from app.errors import shown
from app.protocol.reading import read_body
from app.settings import CONNECTORS, Settings
from app.wiring import Services
from datasources.cache.invalidation import Change, drops_of
from datasources.cache.store import Record
from datasources.model.common import System
from resolvers.errors import BadInput, NotFound, Unauthenticated

log = logging.getLogger("kanava.hooks")

MAX_BODY_BYTES = 1_000_000
MOST_EVENTS = 1000
MOST_KEYS = 1000
MOST_CHARACTERS = 200
TOLERANCE_S = 300
REMEMBERED_FOR_S = 2.0 * TOLERANCE_S
"""For as long as a signature can be good, from the earliest time to the latest, its events are known again."""
TIMESTAMP = re.compile(r"[0-9]{1,12}")

Text = Annotated[str, msgspec.Meta(min_length=1, max_length=MOST_CHARACTERS)]


class Event(msgspec.Struct):
    """A change of a kind of value: about these keys (none: all), of an account by its number there (None: any)."""

    id: Text
    # no enum: msgspec would quote in its message what was sent
    kind: Annotated[str, msgspec.Meta(pattern="^(price|stock|content|customer|order)$")]
    keys: Annotated[list[Text], msgspec.Meta(max_length=MOST_KEYS)]
    account: Text | None = None


class Sent(msgspec.Struct):
    """What a system sends."""

    events: Annotated[list[Event], msgspec.Meta(max_length=MOST_EVENTS)]


_sent = msgspec.json.Decoder(Sent)


class Hooks:
    """Answers `/hooks/{system}`."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._invalidation = services.invalidation

    async def __call__(self, request: Request) -> Response:
        """Answer one request: size, signature and form are checked in this order."""
        try:
            system, secret = signer(self._services.settings, request.path_params["system"])
            body = bytes(await read_body(request, MAX_BODY_BYTES))
            check_signature(secret, request.headers, body, self._services.clock.now().timestamp())
            return JSONResponse(await self._take(system, events_of(body)), headers=NO_STORE)
        except ClientDisconnect:
            return Response(status_code=400)  # to nobody: the system went away before its request was whole
        except Exception as error:
            return _refusal(error)

    async def _take(self, system: System, events: Sequence[Event]) -> Mapping[str, int]:
        """
        Have what changed be forgotten, but for events that were taken before.

        An event is noted as taken once everything is forgotten: when this process ends in between, the system sends it
        again, and forgetting twice does no harm.
        """
        if not events:
            return {"accepted": 0, "repeated": 0}
        store = self._services.store
        names = {event.id: f"hook/{system.value}/{event.id}" for event in events}
        taken = await store.get_many(list(names.values()))
        new = {event.id: event for event in events if names[event.id] not in taken}
        changes = [Change(event.kind, event.keys, event.account) for event in new.values()]
        kinds = [source.kind for source in self._services.sources.all() if source.system is system]
        if await self._invalidation.announce(drops_of(changes, kinds)):
            await store.put_many([_mark(names[event_id]) for event_id in new])
        log.info("%s says of %d changes, and again of %d", system.value, len(new), len(events) - len(new))
        return {"accepted": len(new), "repeated": len(events) - len(new)}


def signer(settings: Settings, name: str) -> tuple[System, bytes]:
    """
    Return the system and what it signs with.

    Raises:
        NotFound: there is no such system, or it has no hooks.
    """
    system = System.__members__.get(name.upper())
    secret = settings.of(system).hook_secret if system is not None and system in CONNECTORS else None
    if system is None or not secret:
        raise NotFound("There are no hooks for such a system.")
    return system, secret.get_secret_value().encode()


def check_signature(secret: bytes, headers: Mapping[str, str], body: bytes, now: float) -> None:
    """
    Refuse what the system has not signed, or not of late.

    Raises:
        Unauthenticated: the signature does not fit, or its time (seconds since 1970) is too far from now.
    """
    timestamp, signature = headers.get("kanava-timestamp", ""), headers.get("kanava-signature", "")
    expected = "sha256=" + hmac.new(secret, timestamp.encode("latin-1") + b"." + body, "sha256").hexdigest()
    if not hmac.compare_digest(expected.encode(), signature.encode("latin-1")):
        raise Unauthenticated(
            "Kanava-Signature does not fit: expected sha256=<hex HMAC-SHA256 of Kanava-Timestamp + '.' + body>."
        )
    if not TIMESTAMP.fullmatch(timestamp) or abs(now - int(timestamp)) > TOLERANCE_S:
        raise Unauthenticated(f"Kanava-Timestamp is not within {TOLERANCE_S} s of now, in seconds since 1970.")


def events_of(body: bytes) -> Sequence[Event]:
    """
    Return the events that were sent.

    Raises:
        BadInput: it is not what was agreed; the message says where, but quotes nothing.
    """
    try:
        return _sent.decode(body).events
    except UnicodeDecodeError:
        raise BadInput("The body is not UTF-8.") from None
    except (msgspec.MsgspecError, RecursionError) as error:
        raise BadInput(f"The body is not what was agreed: {error}.") from None


def routes() -> list[Route]:
    """Return the address of the hooks. It needs `app.state.hooks`."""

    async def hook(request: Request) -> Response:
        hooks: Hooks = request.app.state.hooks
        return await hooks(request)

    return [Route("/hooks/{system}", hook, methods=["POST"])]


def _mark(name: str) -> Record:
    return Record(name, kind="hook events", scope=None, tags=(), value=b"taken", keep_for_s=REMEMBERED_FOR_S)


def _refusal(error: Exception) -> Response:
    said = shown(error)
    body = {"error": {"code": said["extensions"]["code"], "message": said["message"]}}
    return JSONResponse(body, STATUS_OF.get(type(error), 500), NO_STORE)
