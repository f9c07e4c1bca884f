"""Automatic persisted queries, as Apollo Client sends them."""

from pathlib import Path
from typing import Any

import pytest

from app.persisted import KEEP_FOR_S, OVERHEAD_BYTES, PersistedDocuments, PersistedQueryNotFound, hash_of
from datasources.cache.guarded import Guarded
from datasources.cache.sqlite import SqliteStore
from datasources.cache.store import Record
from resolvers.errors import BadInput
from tests.datasources.fakes import FakeClock, MemoryStore

TYPENAME = "{__typename}"
TYPENAME_HASH = "ecf4edb46db40b5132295c0291d62fb65d6759a9eedfa4d5d612dd5ec54a6b38"
"""As the documentation of Apollo Server has it."""


def apq(sha256_hash: object = TYPENAME_HASH, **more: object) -> dict[str, Any]:
    return {"persistedQuery": {"version": 1, "sha256Hash": sha256_hash, **more}}


def of(query: str) -> dict[str, Any]:
    return apq(hash_of(query))


@pytest.fixture
def persisted() -> PersistedDocuments:
    return PersistedDocuments(1_000_000)


async def test_a_text_without_a_hash_is_itself(persisted: PersistedDocuments) -> None:
    """Who does not speak of hashes is answered, and nothing is remembered."""
    await persisted.remember(None, TYPENAME)

    assert TYPENAME == await persisted.text_of(None, TYPENAME)
    assert TYPENAME == await persisted.text_of({"persistedQuery": None, "other": {}}, TYPENAME)
    with pytest.raises(PersistedQueryNotFound):
        await persisted.text_of(apq(), None)


async def test_the_three_steps_of_a_client(persisted: PersistedDocuments) -> None:
    """The hash alone is not known; with the text it is taken; then the hash alone is enough."""
    with pytest.raises(PersistedQueryNotFound):
        await persisted.text_of(apq(), None)
    sent = await persisted.text_of(apq(), TYPENAME)
    await persisted.remember(apq(), TYPENAME)

    assert TYPENAME == sent
    assert TYPENAME == await persisted.text_of(apq(), None)


async def test_what_clients_look_for() -> None:
    """Apollo Client looks at the code, older versions and other clients at the message."""
    error = PersistedQueryNotFound()

    assert ("PERSISTED_QUERY_NOT_FOUND", "PersistedQueryNotFound") == (error.code, str(error))


async def test_a_text_that_nobody_validated_is_not_known(persisted: PersistedDocuments) -> None:
    """To look at a text is not to remember it."""
    await persisted.text_of(apq(), TYPENAME)

    with pytest.raises(PersistedQueryNotFound):
        await persisted.text_of(apq(), None)


async def test_a_hash_of_another_text_is_refused(persisted: PersistedDocuments) -> None:
    """Nobody puts a text of theirs in the place of another's."""
    with pytest.raises(BadInput, match=r"^extensions\.persistedQuery\.sha256Hash is not the SHA-256 of the query\.$"):
        await persisted.text_of(apq(), "{ viewer { user { name } } }")


async def test_the_hash_is_of_utf_8(persisted: PersistedDocuments) -> None:
    """Letters beyond ASCII are hashed as they are sent."""
    query = '{ products(query: "lämpö") { totalCount } }'

    assert "6fca1ac2b5d392d286c1f0f3742a3367fe26a9a067ea880679d471fdfb25884f" == hash_of(query)
    assert query == await persisted.text_of(of(query), query)


async def test_neither_hash_nor_text_is_refused(persisted: PersistedDocuments) -> None:
    """There is nothing to run."""
    with pytest.raises(
        BadInput, match=r"^A request needs a query, or the hash of one as extensions\.persistedQuery\.$"
    ):
        await persisted.text_of({}, None)


@pytest.mark.parametrize(
    "extensions",
    [
        apq(version=2),
        apq(version=True),
        apq(version="1"),
        apq(TYPENAME_HASH.upper()),
        apq(TYPENAME_HASH[:-1]),
        apq(f"{TYPENAME_HASH}\n"),
        apq(1),
        apq(None),
        {"persistedQuery": {"version": 1}},
        {"persistedQuery": {"sha256Hash": TYPENAME_HASH}},
        {"persistedQuery": [1, TYPENAME_HASH]},
        {"persistedQuery": TYPENAME_HASH},
        {"persistedQuery": False},
    ],
    ids=str,
)
@pytest.mark.parametrize("query", [None, TYPENAME])
async def test_a_malformed_extension_is_refused(
    persisted: PersistedDocuments, extensions: dict[str, Any], query: str | None
) -> None:
    """Another version, or anything that is not a hash in lower-case hex, is told what was expected."""
    with pytest.raises(
        BadInput, match=r"^extensions\.persistedQuery must have version 1 and sha256Hash, in lower-case hex: .+\.$"
    ):
        await persisted.text_of(extensions, query)


async def test_more_in_the_extension_is_no_matter(persisted: PersistedDocuments) -> None:
    """Clients may say more of a text than is read here."""
    assert TYPENAME == await persisted.text_of(apq(miss=True), TYPENAME)


async def test_the_longest_unused_goes_first() -> None:
    """Over the ceiling in bytes a text that was used lately stays."""
    one, two, three = "{one}", "{two}", "{six}"
    persisted = PersistedDocuments(2 * (OVERHEAD_BYTES + 60))
    await persisted.remember(of(one), one)
    await persisted.remember(of(two), two)
    await persisted.text_of(of(one), None)

    await persisted.remember(of(three), three)

    assert [one, three] == [await persisted.text_of(of(text), None) for text in (one, three)]
    with pytest.raises(PersistedQueryNotFound):
        await persisted.text_of(of(two), None)


async def test_a_text_that_alone_is_too_much_is_not_remembered() -> None:
    """It takes nobody's place."""
    persisted = PersistedDocuments(OVERHEAD_BYTES + 100)
    await persisted.remember(apq(), TYPENAME)
    long = "{" + "a " * 100 + "}"

    await persisted.remember(of(long), long)

    assert TYPENAME == await persisted.text_of(apq(), None)
    with pytest.raises(PersistedQueryNotFound):
        await persisted.text_of(of(long), None)


async def test_wide_letters_weigh_what_they_take() -> None:
    """The ceiling counts bytes of memory, four for a letter beyond the first 65,536, and not letters."""
    persisted = PersistedDocuments(OVERHEAD_BYTES + 300)
    wide = "{a} #" + "\N{WRENCH}" * 100

    await persisted.remember(of(wide), wide)

    with pytest.raises(PersistedQueryNotFound):
        await persisted.text_of(of(wide), None)


async def test_another_replica_knows_the_hash() -> None:
    """What one replica was sent, another finds in the store they share, once; then it knows it itself."""
    store: Any = MemoryStore()
    here, there = PersistedDocuments(1_000_000, store), PersistedDocuments(1_000_000, store)
    await here.remember(apq(), TYPENAME)

    found = [await there.text_of(apq(), None) for _ in range(3)]

    assert [TYPENAME] * 3 == found
    assert [1] == store.looked_up
    key = f"documents.{TYPENAME_HASH}"
    assert {key: Record(key, "documents", None, (), TYPENAME.encode(), 86_400.0)} == store.records


async def test_a_text_sent_again_is_stored_again() -> None:
    """A replica that knows a text may be the one that gets it when another did not know it."""
    store: Any = MemoryStore()
    persisted = PersistedDocuments(1_000_000, store)
    await persisted.remember(apq(), TYPENAME)
    store.records.clear()

    await persisted.remember(apq(), TYPENAME)

    assert [f"documents.{TYPENAME_HASH}"] == list(store.records)


async def test_another_text_in_the_store_is_not_run() -> None:
    """What a store has is believed only if it has the hash."""
    store: Any = MemoryStore()
    key = f"documents.{TYPENAME_HASH}"
    await store.put_many([Record(key, "documents", None, (), b"{ viewer { user { name } } }", KEEP_FOR_S)])

    with pytest.raises(PersistedQueryNotFound):
        await PersistedDocuments(1_000_000, store).text_of(apq(), None)


async def test_a_restart_forgets_nothing_for_a_day(tmp_path: Path) -> None:
    """The store is a file: who starts again finds the text there, until the day is over."""
    clock = FakeClock()
    before = Guarded(SqliteStore(tmp_path / "cache.db", clock=clock), clock=clock)
    await PersistedDocuments(1_000_000, before).remember(apq(), TYPENAME)
    await before.close()
    after = Guarded(SqliteStore(tmp_path / "cache.db", clock=clock), clock=clock)

    clock.advance(KEEP_FOR_S - 1)
    found = await PersistedDocuments(1_000_000, after).text_of(apq(), None)
    clock.advance(2)

    assert TYPENAME == found
    with pytest.raises(PersistedQueryNotFound):
        await PersistedDocuments(1_000_000, after).text_of(apq(), None)
    await after.close()
