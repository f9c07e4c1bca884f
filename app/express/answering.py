"""
Answering at once: a query that is known, from somebody whose token is, over values that are fresh in memory.

It passes everything that it would pass on the ordinary way, in the same order, by the same code; only that nothing is
waited for. Whatever would have to wait, or is not plain, goes the ordinary way from its beginning, but for execution:
that is begun here, and taken on there.
"""

import logging
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from app.answers import Whole, caching_again, caching_of, content_of, sized
from app.door import Door, Prepared, tightened
from app.execution.executor import Answer, Execution
from app.express.heads import Head
from app.express.known import Known, KnownRequests
from app.express.stepping import Waiting, stepped
from app.express.visitors import KnownVisitors
from app.responses.responses import Asked, Found
from app.telemetry.access import AccessLog
from app.telemetry.logs import REQUEST_ID_HEADER, in_request, new_request_id
from resolvers.access import check_account
from resolvers.context import RequestContext

log = logging.getLogger("kanava.express")

BEGUN: Final = "kanava.begun"
"""By this name the scope of a request has what was begun of it (`Begun`)."""


class Reply(NamedTuple):
    """An answer: its headers but for those that every answer has, as they are sent, and its content."""

    headers: bytes
    content: bytes


@dataclass(frozen=True, slots=True)
class Begun:
    """
    An execution that waits for something: `awaited` by `execution`, which goes on when it is there.

    One that was not begun yet awaits None. The rest is what its answer is made with, and when the request `began`, on
    the clock's monotonic scale.
    """

    prepared: Prepared
    asked: Asked | None
    execution: Coroutine[Any, Any, Answer]
    awaited: Any
    request_id: str
    head: Head
    began: float


class Express:
    """Answers at once what can be."""

    def __init__(self, door: Door) -> None:
        self.known = KnownRequests(door)
        self._door = door
        self._services = door.services
        self._executor = door.executor
        self._visitors = KnownVisitors(door.services)
        self._log = AccessLog()

    def answer(self, head: Head, body: bytes) -> Reply | Begun | None:
        """Return the answer to a POST, or what was begun of it; None when it must go the ordinary way."""
        known = self.known.get(body)
        if known is None or not self._log.is_plain:
            return None
        began = self._services.clock.monotonic()
        context = self._let_in(known, head)
        if context is None:
            return None
        request_id = head.request_id or new_request_id()
        execution = known.execution(context)
        codes: Sequence[str] = ()
        found = self._door.lookup(execution)
        if isinstance(found, Found):
            reply = self._again(found, head, request_id)
        else:
            executed = self._executed(known, execution, request_id)
            if isinstance(executed, Waiting):
                waits = executed.coroutine, executed.awaited
                return Begun(known.prepared(context), found, *waits, request_id, head, began)
            reply, codes = self._reply(context, executed, found, head, request_id), _codes(executed)
        took_s = self._services.clock.monotonic() - began
        self._log.note_plain(known.fixed, codes, took_s, len(reply.content), head.address, request_id)
        return reply

    def _executed(self, known: Known, execution: Execution, request_id: str) -> Answer | Waiting:
        """Return the answer, or where it waits. It was counted already: what breaks here is begun again there."""
        with in_request(request_id):
            try:
                executed = stepped(self._executor.execute_bound(known.binding, execution))
                if isinstance(executed, Waiting) or executed.data is not None:
                    return executed
            except Exception:
                log.exception("an execution broke on the express way: it begins again on the ordinary one")
        return Waiting(self._executor.execute_bound(known.binding, execution), None)

    def _let_in(self, known: Known, head: Head) -> RequestContext | None:
        """Return the query's context, checked and counted as the door does; None where that takes more than memory."""
        visitor = self._visitors.get(head)
        if visitor is None:
            return None
        context = self._door.context(visitor, tightened(self._door.ask(visitor), known.wish))
        if not self._may_act(context) or not self._door.may_begin(visitor, known.measured):
            return None
        return context

    @staticmethod
    def _may_act(context: RequestContext) -> bool:
        """Return whether the account is the caller's, as far as memory tells."""
        if context.caller is None or context.caller.account_number is None:
            return True
        try:
            checked = stepped(check_account(context))
        except Exception:
            return False  # the ordinary way says why
        if isinstance(checked, Waiting):
            checked.coroutine.close()
            return False
        return True

    def _again(self, found: Found, head: Head, request_id: str) -> Reply:
        """Return an answer that is remembered."""
        answer, caching = found.answer, caching_again(found, self._services.clock.timestamp())
        return _framed(sized(answer.body, head.media_type, caching, head.accept_encoding, answer.packed), request_id)

    def _reply(
        self, context: RequestContext, answer: Answer, asked: Asked | None, head: Head, request_id: str
    ) -> Reply:
        """Return an answer that was executed."""
        content, ask = content_of(answer, None, 0), context.ask
        self._door.keep(asked, context, answer, content)
        caching = caching_of(answer, ask, self._services.clock.timestamp(), private=context.caller is not None)
        return _framed(sized(content, head.media_type, caching, head.accept_encoding), request_id)


def _framed(whole: Whole, request_id: str) -> Reply:
    lines = "".join([f"{name}: {value}\r\n" for name, value in whole.headers.items()])
    ends = f"{REQUEST_ID_HEADER}: {request_id}\r\ncontent-length: {len(whole.content)}\r\n"
    return Reply((lines + ends).encode("latin-1"), whole.content)


def _codes(answer: Answer) -> Sequence[str]:
    return list(dict.fromkeys(error["extensions"]["code"] for error in answer.errors)) if answer.errors else ()


Answering = Callable[[Head, bytes], Reply | Begun | None]
