"""What operators see of captured orders, and do about them, from the command line."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import TypeVar

import pytest

from app.captures import Problem, Wish, done, events, listed, migrate
from app.settings import Settings, read_settings
from datasources.journal.database import open_journal
from datasources.journal.journal import Journal, Outcome
from datasources.model.captures import Capture, CaptureState, Difference
from datasources.model.orders import Objection
from tests.conftest import Sandbox, kept_in, open_api
from tests.connectors.orders import draft as sandbox_draft
from tests.connectors.orders import draft_of, line
from tests.datasources.journal.orders import ACCOUNT, captured, draft, draft_line, later
from tests.ports import free_base_port
from tests.postgres import Postgres
from tests.scenarios.processes import kanava, until

T = TypeVar("T")


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return read_settings(kept_in(tmp_path))


def with_journal(settings: Settings, work: Callable[[Journal], Awaitable[T]]) -> T:
    """Do something with the journal; receipts count up."""
    numbers = count(1)

    async def run() -> T:
        url = settings.database_url.get_secret_value()
        async with open_journal(url, receipts=lambda at: f"K-{at:%Y%m%d}-{next(numbers):06}") as journal:
            return await work(journal)

    return asyncio.run(run())


async def ended(journal: Journal, capture: Capture, outcome: Outcome) -> None:
    """Have the ERP say this to an order, half a minute later."""
    claim = await journal.claim_one(capture.id, "host 7", later(30), lease_s=10)
    assert claim is not None
    assert await journal.finish(claim, outcome, later(31))


async def four_orders(journal: Journal) -> list[Capture]:
    """Capture an order that is accepted, one that is refused, one that waits, and one that was not tried yet."""
    accepted = await captured(journal)
    differs = [Difference("1", "unitPrice", "10.10 EUR", "10.20 EUR"), Difference(None, "net", "25.25 EUR", "")]
    await ended(journal, accepted, Outcome(CaptureState.ACCEPTED, order_number="SO-7", differences=differs))
    refused = await captured(journal, "C-1003", at_s=1)
    objections = [Objection("CREDIT_HOLD", "On hold.", None), Objection("NOT_SOLD", "Not for \x1byou.", "1")]
    await ended(journal, refused, Outcome(CaptureState.REJECTED, objections=objections))
    waiting = await captured(journal, "C-1004", at_s=2, draft=draft(draft_line(), draft_line("2", unit_price=None)))
    claim = await journal.claim_one(waiting.id, "host 7", later(40), lease_s=10)
    assert claim is not None
    await journal.release(
        claim, later(41), error="ERP: no\nconnection", sent=False, fault=False, next_attempt_at=later(50)
    )
    return [accepted, refused, waiting, await captured(journal, at_s=3, draft=draft(po_number=None))]


def lines(text: str) -> list[str]:
    return text.splitlines()


def test_the_list(settings: Settings) -> None:
    """The newest stand first, each with its state, and why it waits; states and accounts can be chosen."""
    with_journal(settings, four_orders)
    whole = lines(listed(settings, states=(), account=None, most=100))
    states = (CaptureState.ACCEPTED, CaptureState.JOURNALED)
    some = lines(listed(settings, states=states, account=ACCOUNT, most=100))

    assert [
        "Receipt            State      Account  Captured              Lines  Order  Attempts  Last error",
        "K-20261122-000004  JOURNALED  C-1002   2026-11-22 08:30:03Z  1      -      0         -",
        "K-20261122-000003  JOURNALED  C-1004   2026-11-22 08:30:02Z  2      -      1         ERP: no\ufffdconnection",
        "K-20261122-000002  REJECTED   C-1003   2026-11-22 08:30:01Z  1      -      1         -",
        "K-20261122-000001  ACCEPTED   C-1002   2026-11-22 08:30:00Z  1      SO-7   1         -",
    ] == whole
    assert ["K-20261122-000004", "K-20261122-000001"] == [row.split()[0] for row in some[1:]]
    assert whole[:3] == lines(listed(settings, states=(), account=None, most=2))
    assert "There are none." == listed(settings, states=(), account="C-9", most=100)


def test_one_that_was_accepted(settings: Settings) -> None:
    """Of one order all is told, by its receipt in any letters: what the ERP makes other than was captured, and what happened."""
    accepted, *_ = with_journal(settings, four_orders)

    assert [
        "receipt     K-20261122-000001",
        f"id          {accepted.id}",
        "state       ACCEPTED",
        "account     C-1002, in the ERP 1002; ordered by anna",
        "captured    2026-11-22 08:30:00Z",
        "forwarded   2026-11-22 08:30:31Z",
        "order       SO-7",
        "PO number   PO-7",
        "attempts    1",
        "last error  -",
        "line 1      2.50 BOX of KV-000001 at 10.10 EUR",
        "differs     line 1, unitPrice 10.10 EUR -> 10.20 EUR",
        "differs     net 25.25 EUR -> -",
        "",
        "1  2026-11-22 08:30:00Z  captured    captured as K-20261122-000001",
        "2  2026-11-22 08:30:30Z  forwarding  taken up by host 7",
        "3  2026-11-22 08:30:31Z  accepted    accepted as SO-7, 2 differences",
    ] == lines(done(settings, Wish.SHOW, "k-20261122-oooooi"))


def test_one_that_waits_and_one_that_was_refused(settings: Settings) -> None:
    """When it is tried next is told while it is; why it was refused, line by line; nothing can steer the terminal."""
    _, refused, waiting, _ = with_journal(settings, four_orders)
    waits, refusal = (done(settings, Wish.SHOW, capture.id[:8]) for capture in (waiting, refused))

    assert [
        "state       JOURNALED",
        "attempts    1, next after 2026-11-22 08:30:50Z",
        "last error  ERP: no\ufffdconnection",
        "line 1      2.50 BOX of KV-000001 at 10.10 EUR",
        "line 2      2.50 BOX of KV-000001 at any price",
    ] == [line for line in lines(waits) if line.startswith(("state", "attempts", "last", "line"))]
    assert [
        "attempts    1",
        "refused     CREDIT_HOLD: On hold.",
        "refused     line 1, NOT_SOLD: Not for \ufffdyou.",
        "6  2026-11-22 08:30:31Z  rejected    On hold.; Not for \ufffdyou.",
    ] == [line for line in lines(refusal) if line.startswith(("attempts", "refused", "6"))]


def test_cancelling(settings: Settings) -> None:
    """One that waits is cancelled, and says by whom; what is in the ERP, or is cancelled already, is not."""
    accepted, _, waiting, _ = with_journal(settings, four_orders)
    cancelled = lines(done(settings, Wish.CANCEL, waiting.receipt_number))

    assert "state       CANCELLED" == cancelled[2]
    assert "  cancelled   by an operator" == cancelled[-1][-28:]
    for capture, state in ((waiting, "CANCELLED"), (accepted, "ACCEPTED")):
        with pytest.raises(Problem, match=f"^{capture.receipt_number} is {state}: it cannot be cancelled$"):
            done(settings, Wish.CANCEL, capture.receipt_number)


def test_trying_again(settings: Settings) -> None:
    """One that was refused is journaled anew, one that waits is due at once; what is in the ERP is left alone."""
    accepted, refused, waiting, _ = with_journal(settings, four_orders)
    anew, at_once = (lines(done(settings, Wish.RETRY, one.receipt_number)) for one in (refused, waiting))

    assert ["state       JOURNALED", "retried     journaled anew"] == [anew[2], anew[-1][-26:]]
    assert [] == [line for line in anew if line.startswith("refused")]
    assert "retried     to be tried at once" == at_once[-1][-31:]
    with pytest.raises(Problem, match=r"^K-20261122-000001 is ACCEPTED: it cannot be tried again$"):
        done(settings, Wish.RETRY, accepted.id)


def test_what_happened(settings: Settings) -> None:
    """Events come in order, each with the start of its order's id; one goes on after the last that one has seen."""
    accepted, *_, last = with_journal(settings, four_orders)
    whole = lines(events(settings, after=0, most=1000))

    assert [
        "Event  At                    What        Capture   Account  Message",
        f"1      2026-11-22 08:30:00Z  captured    {accepted.id[:8]}  C-1002   captured as K-20261122-000001",
        f"2      2026-11-22 08:30:30Z  forwarding  {accepted.id[:8]}  C-1002   taken up by host 7",
    ] == whole[:3]
    assert 1 + 10 == len(whole)
    assert [
        "Event  At                    What      Capture   Account  Message",
        f"10     2026-11-22 08:30:03Z  captured  {last.id[:8]}  C-1002   captured as K-20261122-000004",
    ] == lines(events(settings, after=9, most=1000))
    assert 1 + 2 == len(lines(events(settings, after=0, most=2)))
    assert "There are none." == events(settings, after=10, most=1000)


@pytest.mark.parametrize("name", ["K-20261122-ZZZZZZ", "", "00000000", "%"])
def test_one_that_is_not_there(settings: Settings, name: str) -> None:
    """Nothing is done for a receipt or id that is nobody's."""
    with_journal(settings, four_orders)
    for wish in Wish:
        with pytest.raises(Problem, match=f"^there is no captured order '{name}'$"):
            done(settings, wish, name)


def test_where_no_orders_were_taken(settings: Settings, tmp_path: Path) -> None:
    """In a folder without a journal none is made: an empty one would say that there are no orders."""
    for ask in (
        lambda: listed(settings, states=(), account=None, most=1),
        lambda: events(settings, after=0, most=1),
        lambda: done(settings, Wish.SHOW, "K-1"),
    ):
        with pytest.raises(Problem, match=re.escape(f"no orders were taken here: there is no {tmp_path}/kanava.db")):
            ask()

    assert [] == list(tmp_path.iterdir())


@pytest.fixture
def over_server(postgres: Postgres) -> Settings:
    return read_settings({"KANAVA_DATABASE_URL": postgres.url(postgres.new_database())})


def test_a_server(over_server: Settings) -> None:
    """A server's database says that it must be migrated first; then all is as with a file."""
    with pytest.raises(Problem, match=r"^the journal's database is to be migrated first: run `kanava migrate`$"):
        listed(over_server, states=(), account=None, most=1)
    said = [migrate(over_server), migrate(over_server)]

    assert ["Brought to version 0001.", "There is nothing to migrate."] == said
    assert "There are none." == listed(over_server, states=(), account=None, most=1)
    with_journal(over_server, four_orders)
    assert "K-20261122-000004" == lines(listed(over_server, states=(), account=None, most=1))[1].split()[0]


def test_the_commands(settings: Settings, tmp_path: Path) -> None:
    """The commands print what is said here; what cannot be done is a line on stderr and exit 1."""
    with_journal(settings, four_orders)
    own = {"DATABASE_URL": settings.database_url.get_secret_value()}

    assert (0, listed(settings, states=[CaptureState.REJECTED], account=None, most=1) + "\n", "") == kanava(
        tmp_path, "captures", "list", "--state", "rejected", "--most", "1", **own
    )
    assert (0, done(settings, Wish.SHOW, "K-20261122-000003") + "\n", "") == kanava(
        tmp_path, "captures", "show", "K-20261122-000003", **own
    )
    assert (0, events(settings, after=7, most=1000) + "\n", "") == kanava(tmp_path, "events", "--after", "7", **own)
    assert (1, "", "kanava: K-20261122-000001 is ACCEPTED: it cannot be cancelled\n") == kanava(
        tmp_path, "captures", "cancel", "K-20261122-000001", **own
    )
    status, out, err = kanava(tmp_path, "captures", "retry", "K-20261122-000002", **own)
    assert (0, "state       JOURNALED", "") == (status, lines(out)[2], err)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["captures", "list", "--state", "LOST"], "'LOST' is not one of "),
        (["captures", "list", "--most", "0"], "greater than or equal to 1"),
        (["captures", "show"], "Missing argument 'receipt'"),
        (["captures", "forget", "K-1"], "No such command 'forget'"),
        (["events", "--after", "-1"], "greater than or equal to 0"),
        (["migrate", "now"], "unexpected extra argument"),
    ],
)
def test_bad_use(tmp_path: Path, words: list[str], said: str) -> None:
    """Bad use is a line on stderr and exit 2."""
    status, out, err = kanava(tmp_path, *words)

    assert (2, "", 1) == (status, out, err.count("\n"))
    assert said in err


@pytest.mark.parametrize("words", [["captures", "list"], ["captures", "retry", "K-1"], ["events"], ["migrate"]])
def test_a_journal_that_does_not_answer(tmp_path: Path, words: list[str]) -> None:
    """That the journal cannot be used is a line on stderr and exit 1, without the password."""
    url = f"postgresql://kanava:s3cret@127.0.0.1:{free_base_port()}/kanava"
    said = "kanava: the journal cannot be used: the database does not answer\n"

    assert (1, "", said) == kanava(tmp_path, *words, DATABASE_URL=url)


async def test_a_running_kanava_takes_it_up(sandbox: Sandbox, settings: Settings, tmp_path: Path) -> None:
    """What an operator has tried again is sent within a second or two by a Kanava that runs over the same file."""
    order = draft_of(sandbox_draft(line("1")))
    order = replace(order, lines=(replace(order.lines[0], unit_price=draft_line().unit_price, per=draft_line().per),))

    async def refused(journal: Journal) -> Capture:
        capture = await captured(journal, draft=order)
        await ended(journal, capture, Outcome(CaptureState.REJECTED, objections=[Objection("OLD", "Not then.", None)]))
        return capture

    capture = await asyncio.to_thread(with_journal, settings, refused)

    async def sent() -> bool:
        return "next after" not in await asyncio.to_thread(done, settings, Wish.SHOW, capture.id)

    async for _ in open_api(sandbox, **kept_in(tmp_path)):
        await asyncio.to_thread(done, settings, Wish.RETRY, capture.receipt_number)
        await until(sent)
    shown = await asyncio.to_thread(done, settings, Wish.SHOW, capture.id)

    assert "state       ACCEPTED" == lines(shown)[2]
    assert 1 == sandbox.calls("erp")["erp"]["place"]
