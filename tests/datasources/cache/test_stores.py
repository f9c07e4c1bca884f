"""What every shared store does: the file and Redis alike."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from datasources.cache.redis import RedisStore, open_redis
from datasources.cache.sqlite import SqliteStore
from datasources.cache.store import Drop, Record, SharedStore, StoreError
from tests.datasources.fakes import FakeClock
from tests.valkey import Valkey

KEEP_FOR_S = 1000.0


def price(key: str, *, scope: str | None = "C-1", tags: tuple[str, ...] = (), value: bytes = b"v") -> Record:
    return Record(key, "price", scope, tags, value, KEEP_FOR_S)


@pytest.fixture(params=["sqlite", "redis"])
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[SharedStore]:
    if request.param == "sqlite":
        opened: SharedStore = SqliteStore(tmp_path / "cache.db", clock=FakeClock(), written_after_s=0)
    else:
        opened = RedisStore(open_redis(request.getfixturevalue("valkey").url, timeout_s=10))
    yield opened
    await opened.close()


async def test_what_is_put_is_there(store: SharedStore) -> None:
    """Values come back byte by byte, and only those that were put."""
    await store.put_many([price("a", value=bytes(range(256))), price("b\0ä\n", value=b""), price("", value=b"\0")])

    assert {"a": bytes(range(256)), "b\0ä\n": b"", "": b"\0"} == await store.get_many(["a", "b\0ä\n", "", "c"])
    assert {} == await store.get_many([])


async def test_what_was_closed_is_still_there(valkey: Valkey, tmp_path: Path) -> None:
    """A store that is closed and opened again has what it had, bytes unchanged."""
    records = [price("a", value=bytes(range(256))), price("b\0ä\n", value=b""), price("", value=b"\0")]
    for open_store in (
        lambda: SqliteStore(tmp_path / "cache.db", clock=FakeClock()),
        lambda: RedisStore(open_redis(valkey.url, timeout_s=10)),
    ):
        before, after = open_store(), open_store()
        await before.put_many(records)
        await before.close()
        values = await after.get_many(["a", "b\0ä\n", "", "c"])
        await after.close()

        assert {"a": bytes(range(256)), "b\0ä\n": b"", "": b"\0"} == values


async def test_a_newer_value_replaces(store: SharedStore) -> None:
    """The last value of a key wins, in one call and in another."""
    await store.put_many([price("a", value=b"1"), price("a", value=b"2"), price("b", value=b"1")])
    await store.put_many([price("b", value=b"2")])

    assert {"a": b"2", "b": b"2"} == await store.get_many(["a", "b"])


async def test_many_at_once(store: SharedStore) -> None:
    """More records than fit in one part go in and out whole."""
    await store.put_many([price(f"k{i}", tags=(f"t{i}", "all"), value=b"%d" % i) for i in range(2_500)])
    values = await store.get_many([f"k{i}" for i in range(3_000)])
    await store.drop(Drop("price", frozenset(f"t{i}" for i in range(1_200)), None))
    after_some = await store.get_many([f"k{i}" for i in range(2_500)])
    await store.drop(Drop("price", frozenset({"all"}), None))

    assert {f"k{i}": b"%d" % i for i in range(2_500)} == values
    assert {f"k{i}" for i in range(1_200, 2_500)} == set(after_some)
    assert {} == await store.get_many([f"k{i}" for i in range(2_500)])


RECORDS = [
    price("a1", tags=("A", "B")),
    price("a2", scope="C-2", tags=("A",)),
    price("a0", scope=None, tags=("A",)),
    price("b1", tags=("B",)),
    price("b12", scope="C-12", tags=("B",)),
    price("none", tags=()),
    Record("stock", "stock", None, ("A",), b"v", KEEP_FOR_S),
]


@pytest.mark.parametrize("is_written", [False, True])
@pytest.mark.parametrize(
    ("drop", "gone"),
    [
        (Drop("price", frozenset({"A"}), None), {"a1", "a2", "a0"}),
        (Drop("price", frozenset({"A"}), "C-1"), {"a1"}),
        (Drop("price", frozenset({"A", "B"}), "C-1"), {"a1", "b1"}),
        (Drop("price", frozenset({"A", "B"}), None), {"a1", "a2", "a0", "b1", "b12"}),
        (Drop("price", frozenset({"unknown"}), None), set()),
        (Drop("price", frozenset(), None), set()),
        (Drop("price", None, "C-1"), {"a1", "b1", "none"}),
        (Drop("price", None, None), {"a1", "a2", "a0", "b1", "b12", "none"}),
        (Drop("stock", None, None), {"stock"}),
        (Drop("content", None, None), set()),
    ],
)
async def test_a_drop_takes_what_it_names(store: SharedStore, is_written: bool, drop: Drop, gone: set[str]) -> None:
    """Kind, tags and scope name what goes, waiting or written; everything else stays."""
    await store.put_many(RECORDS)
    if is_written:
        await written(store)
    await store.drop(drop)
    keys = {record.key for record in RECORDS}

    assert keys - gone == set(await store.get_many(sorted(keys)))


async def test_any_text_is_a_scope_or_a_tag(store: SharedStore) -> None:
    """Scopes and tags that look like others, or hold what separates, are told apart."""
    scopes = [None, "", "1", "=1", "1:", "\0", "C\0 1", "ä"]
    await store.put_many([price(f"{scope}/k", scope=scope, tags=("T\0:", f"{scope}")) for scope in scopes])
    await written(store)
    for scope in scopes[1:]:
        await store.drop(Drop("price", frozenset({"T\0:"}), scope))
        scopes_left = scopes[:1] + scopes[scopes.index(scope) + 1 :]

        assert {f"{left}/k" for left in scopes_left} == set(await store.get_many([f"{left}/k" for left in scopes]))


async def test_what_is_put_after_a_drop_stays(store: SharedStore) -> None:
    """A drop is about what was there; new values can be dropped again by their tags."""
    await store.put_many(RECORDS)
    await store.drop(Drop("price", frozenset({"A"}), None))
    await store.put_many([price("a1", tags=("A",), value=b"new")])
    after = await store.get_many(["a1", "a2"])
    await store.drop(Drop("price", frozenset({"A"}), "C-1"))

    assert {"a1": b"new"} == after
    assert {} == await store.get_many(["a1", "a2"])


async def test_a_put_beside_a_drop_keeps_its_tags(store: SharedStore) -> None:
    """Whatever a drop and a put do at the same time, a value that is there can be dropped."""
    for _ in range(50):
        await asyncio.gather(store.put_many(RECORDS), store.drop(Drop("price", frozenset({"A"}), None)))
        await store.drop(Drop("price", frozenset({"A"}), None))

        assert {} == await store.get_many(["a1", "a2", "a0"])


async def test_notes(store: SharedStore) -> None:
    """Notes are found by the start of their names, replaced, and removed."""
    await store.note("circuit/ERP", "open", 100)
    await store.note("circuit/ERP", "closed", 100)
    await store.note("circuit/%_*", "odd", 100)
    await store.note("circuits", "other", 100)
    await store.remove_note("circuits")
    await store.remove_note("never there")

    assert {"circuit/ERP": "closed", "circuit/%_*": "odd"} == await store.notes("circuit/")
    assert {"circuit/%_*": "odd"} == await store.notes("circuit/%")
    assert {} == await store.notes("circuits")


names = st.sampled_from("abc")
scopes = st.none() | st.sampled_from(["C-1", "C-2"])
records = st.builds(
    lambda scope, tags, value: price(f"{scope}/{'+'.join(sorted(tags))}", scope=scope, tags=tuple(tags), value=value),
    scopes,
    st.frozensets(names, max_size=2),
    st.binary(max_size=3),
)
drops = st.builds(Drop, st.sampled_from(["price", "stock"]), st.none() | st.frozensets(names, max_size=2), scopes)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(st.lists(records, max_size=4) | drops | st.just("write"), max_size=12))
def test_both_are_a_dictionary(
    steps: list[list[Record] | Drop | str], valkey: Valkey, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Whatever is put and dropped in whatever order, both stores hold what a dictionary would."""
    valkey.ask("FLUSHALL")
    path = tmp_path_factory.mktemp("store") / "cache.db"
    kept: dict[str, Record] = {}
    for step in steps:
        if isinstance(step, Drop):
            kept = {key: record for key, record in kept.items() if not is_dropped(record, step)}
        elif isinstance(step, list):
            kept |= {record.key: record for record in step}
    expected = {key: record.value for key, record in kept.items()}

    assert [expected, expected] == asyncio.run(played(steps, path, valkey))


async def played(steps: list[list[Record] | Drop | str], path: Path, valkey: Valkey) -> list[dict[str, bytes]]:
    stores: list[SharedStore] = [
        SqliteStore(path, clock=FakeClock(), written_after_s=0),
        RedisStore(open_redis(valkey.url, timeout_s=10)),
    ]
    values = []
    for store in stores:
        for step in steps:
            await play(store, step)
        keys = [f"{scope}/{tags}" for scope in (None, "C-1", "C-2") for tags in ("", *"abc", "a+b", "a+c", "b+c")]
        values.append(dict(await store.get_many(keys)))
        await store.close()
    return values


async def play(store: SharedStore, step: list[Record] | Drop | str) -> None:
    if isinstance(step, Drop):
        await store.drop(step)
    elif isinstance(step, list):
        await store.put_many(step)
    else:
        await written(store)


async def written(store: SharedStore) -> None:
    """Wait until nothing waits."""
    if isinstance(store, SqliteStore) and store._writing is not None:
        await asyncio.wait({store._writing})


def is_dropped(record: Record, drop: Drop) -> bool:
    if record.kind != drop.kind or drop.scope not in (None, record.scope):
        return False
    return drop.tags is None or bool(drop.tags & set(record.tags))


async def test_redis_forgets_by_itself(valkey: Valkey) -> None:
    """Values end after keep_for_s; a set lasts as long as its longest member, also when a shorter one comes later."""
    store = RedisStore(open_redis(valkey.url))
    await store.put_many(
        [Record("long", "price", "C-1", ("A",), b"v", 900), Record("a", "price", "C-1", ("A",), b"v", 5)]
    )
    await store.put_many([Record("short", "price", "C-1", ("A",), b"v", 5)])
    await store.note("n", "text", 5)
    await store.note("c", "text", 900)
    await store.close()
    lasting = {name: remaining_s(valkey, f"kanava:{name}") for name in ("v:long", "v:short", "n:n", "n:c")}
    sets = [remaining_s(valkey, f"kanava:{name}") for name in ("t:price:A", "s:price:=C-1", "k:price")]

    assert {"v:long": 900, "v:short": 5, "n:n": 5, "n:c": 900} == lasting
    assert [900, 900, 900] == sets


def remaining_s(valkey: Valkey, key: str) -> int:
    """Return how long a key lasts, rounded up to what it must have been: tests take less than four seconds."""
    left_ms = int(valkey.ask("PTTL", key)[1:])
    return next(end for end in (5, 900) if end - 4 < left_ms / 1000 <= end)


async def test_redis_keeps_no_ended_names(valkey: Valkey) -> None:
    """The names of notes that have ended do not pile up, nor are they listed."""
    store = RedisStore(open_redis(valkey.url))
    for i in range(100):
        await store.note(f"event/{i}", "text", 0.001)
    await asyncio.sleep(0.01)  # Redis has a clock of its own
    await store.note("other", "text", 100)
    notes = await store.notes("")
    await store.close()

    assert {"other": "text"} == notes
    assert b":1\r\n" == valkey.ask("ZCARD", "kanava:notes")


async def test_redis_away_is_a_store_error(valkey: Valkey) -> None:
    """Without Redis every method raises StoreError; with Redis back all works again, on the same client."""
    store = RedisStore(open_redis(valkey.url))
    await store.put_many(RECORDS)
    valkey.kill()
    with pytest.raises(StoreError, match="redis"):
        await store.get_many(["a1"])
    with pytest.raises(StoreError, match="redis"):
        await store.note("a1", "text", 10)
    valkey.start()
    after = await store.get_many(["a1"])
    await store.put_many(RECORDS)

    assert {} == after
    assert {"a1": b"v"} == await store.get_many(["a1"])
    await store.close()
