"""When the server does not answer: a clear error without secrets, and all well again when it is back."""

import asyncio
import logging
from collections.abc import Iterator
from contextlib import contextmanager

import asyncpg
import pytest

from datasources.journal.database import migrate, open_journal
from datasources.journal.journal import JournalUnavailable
from datasources.model.captures import CaptureState
from tests.datasources.journal.orders import NOW, captured, cart, order
from tests.postgres import Postgres

SILENT = "the journal cannot be used: the database does not answer"
SLOW = "the journal cannot be used: the database takes too long"


@contextmanager
def refused(message: str) -> Iterator[None]:
    """Expect that the journal is unavailable, for that reason, and that nothing tells the password."""
    with pytest.raises(JournalUnavailable) as refusal:
        yield

    assert refusal.value.message == message
    assert "a-secret" not in f"{refusal.value}{refusal.value.__cause__}"


async def test_killed_and_started_again(postgres: Postgres, postgres_url: str) -> None:
    """While the server is down orders are refused; then the connections come back by themselves, and nothing is lost."""
    async with open_journal(postgres_url) as journal:
        first = await captured(journal)
        of = await journal.cart_of(first.account)
        assert of is not None

        postgres.kill()
        with refused(SILENT):
            await journal.capture(order(of), NOW)
        with refused(SILENT):
            await journal.check()
        postgres.start()

        second = await journal.capture(order(of), NOW)
        assert list(await journal.captures([first.id, second.id])) == [first.id, second.id]


async def test_killed_while_orders_come(postgres: Postgres, postgres_url: str) -> None:
    """What was acknowledged before the kill is there after it, and the rest can be sent again."""
    async with open_journal(postgres_url) as journal:
        carts = [await journal.save_cart(cart(f"A-{number}")) for number in range(30)]
        orders = [asyncio.create_task(journal.capture(order(of), NOW)) for of in carts]
        await asyncio.wait(orders, return_when=asyncio.FIRST_COMPLETED)
        postgres.kill()
        results = await asyncio.gather(*orders, return_exceptions=True)
        postgres.start()

        again = await asyncio.gather(*[journal.capture(order(of), NOW) for of in carts])

        failures = [result for result in results if isinstance(result, BaseException)]
        assert {type(failure) for failure in failures} <= {JournalUnavailable}
        assert len(failures) < 30
        for result, capture in zip(results, again, strict=True):
            assert result == capture or result in failures
        assert await journal.pending() == 30


async def test_frozen(postgres: Postgres, postgres_url: str) -> None:
    """A server that stands still is not waited for for long."""
    async with open_journal(postgres_url) as journal:
        capture = await captured(journal)
        postgres.freeze()
        try:
            with refused(SLOW):
                await journal.check()
        finally:
            postgres.thaw()

        assert await journal.captures([capture.id]) == {capture.id: capture}


async def test_down_at_the_start(postgres: Postgres, postgres_url: str, caplog: pytest.LogCaptureFixture) -> None:
    """Kanava starts without its journal, says so, and takes orders once the server is there."""
    postgres.kill()
    with caplog.at_level(logging.WARNING):
        async with open_journal(postgres_url) as journal:
            with refused(SILENT):
                await journal.pending()
            postgres.start()

            await captured(journal)

    assert caplog.messages == [f"orders are not taken: {SILENT}"]
    assert "a-secret" not in caplog.text


async def test_read_only(postgres: Postgres, postgres_url: str) -> None:
    """A server that takes no writes is read from all the same."""
    database = postgres_url.rpartition("/")[2]
    postgres.ask(f"ALTER DATABASE {database} SET default_transaction_read_only = on")

    async with open_journal(postgres_url) as journal:
        with refused("the journal cannot be used: cannot execute INSERT in a read-only transaction"):
            await journal.check()
        assert await journal.pending() == 0


async def test_no_such_database(postgres: Postgres) -> None:
    """The server's word is passed on."""
    with refused('the journal cannot be used: database "nothing" does not exist'):
        await migrate(postgres.url("nothing"))


async def test_locked(postgres_url: str) -> None:
    """What others lock for too long is not waited for."""
    async with open_journal(postgres_url) as journal:
        of = await journal.save_cart(cart())
        other = await asyncpg.connect(postgres_url)
        async with other.transaction():
            await other.execute("LOCK captures")
            with refused("the journal cannot be used: canceling statement due to statement timeout"):
                await journal.capture(order(of), NOW)
        await other.close()

        assert (await journal.capture(order(of), NOW)).state is CaptureState.JOURNALED
