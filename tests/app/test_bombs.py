"""
What is made to be dear: each is refused with work that grows as it does, and no faster.

Work is counted, not timed: how many functions are called on account of a request.
"""

import gzip
import json
import tracemalloc
import zlib
from collections.abc import Awaitable, Callable
from cProfile import Profile
from dataclasses import dataclass, replace
from functools import partial
from typing import TypeVar

import brotli
import httpx
import pytest
from graphql import parse

from app.limits.check import Limits, check, check_overlaps, check_text
from app.limits.measure import outlines
from resolvers.errors import BadInput, LimitExceeded
from tests.app.bombs import BODIES, DOCUMENTS, LONG, ONE, variables
from tests.app.conftest import PRODUCTION, Api, OpenApi
from tests.app.limits.documents import SCHEMA, doublings, nodes_in

T = TypeVar("T")

GRAPHQL = "application/graphql-response+json"
GROWTH = 1.15
"""How much more work for its size the double may be: what finds no even measure."""
CALLS_A_REQUEST, CALLS_A_BYTE, CALLS_AN_OVERLAP = 5_000, 120, 60


async def counted(work: Awaitable[T]) -> tuple[int, T]:
    """Return how many functions were called meanwhile, in Python and below, and what came of it."""
    with Profile() as profile:
        result = await work
    return sum(function.callcount for function in profile.getstats()), result


@pytest.mark.parametrize("name", DOCUMENTS)
async def test_a_document(open_api: OpenApi, name: str) -> None:
    """It is refused as the client's mistake; twice as much of it is twice the work, or less."""
    build, size = DOCUMENTS[name]
    texts = [build(size), build(2 * size)]
    async with open_api(**PRODUCTION) as api:
        await api.post(build(1))
        once, twice = [await counted(api.post(text, {"accept": GRAPHQL})) for text in texts]
    print(  # noqa: T201 - for who asks with -s
        f"{name}: {len(texts[0])} and {len(texts[1])} bytes, {once[0]} and {twice[0]} calls"
    )

    for (calls, answer), text in zip((once, twice), texts, strict=True):
        check_refused(answer)
        assert calls <= CALLS_A_REQUEST + CALLS_A_BYTE * len(text) + CALLS_AN_OVERLAP * Limits().overlaps
        assert len(answer.content) < 50_000
    assert twice[0] <= GROWTH * once[0] * len(texts[1]) / len(texts[0])


def check_refused(answer: httpx.Response) -> None:
    """Check that an answer says, of one mistake of the client's or several, what they are, and has nothing else."""
    assert answer.status_code in (400, 413, 415)
    assert {"errors"} == answer.json().keys()
    assert {error["extensions"]["code"] for error in answer.json()["errors"]} <= {"BAD_USER_INPUT", "LIMIT_EXCEEDED"}


@pytest.mark.parametrize("name", LONG)
async def test_a_long_string(open_api: OpenApi, name: str) -> None:
    """A string as long as a document may be is read once; what it is given to says that it is too long."""
    build, size = LONG[name]
    texts = [f'{{ product(sku: "{build(times * size)}") {{ sku }} }}' for times in (1, 2)]
    async with open_api(**PRODUCTION) as api:
        await api.post(texts[0])
        once, twice = [await counted(api.post(text + " ")) for text in texts]

    assert [["LIMIT_EXCEEDED"]] * 2 == [codes(answer) for _, answer in (once, twice)]
    assert twice[0] <= GROWTH * once[0] * 2


def codes(answer: httpx.Response) -> list[str]:
    return [error["extensions"]["code"] for error in answer.json()["errors"]]


@pytest.mark.parametrize("name", BODIES)
async def test_a_body(open_api: OpenApi, name: str) -> None:
    """However a body is made, it is read once, and refused."""
    build, size = BODIES[name]
    async with open_api(**PRODUCTION) as api:
        await send(api, build(1).encode())
        once, twice = [await counted(send(api, build(times * size).encode())) for times in (1, 2)]

    for calls, answer in (once, twice):
        if answer.status_code == 200:
            assert {"BAD_USER_INPUT"} == set(codes(answer))  # of the variables' types, when it is executed
        else:
            check_refused(answer)
        assert len(answer.content) < 50_000
        assert calls <= CALLS_A_REQUEST + CALLS_A_BYTE * len(build(size))
    assert twice[0] <= GROWTH * once[0] * 2


async def send(api: Api, body: bytes, **headers: str) -> httpx.Response:
    return await api.client.post(
        "/graphql",
        content=body,
        headers={"content-type": "application/json", "accept": f"{GRAPHQL}, */*;q=0.1", **headers},
    )


BOMB_BYTES = 20_000_000


def raw_deflate(content: bytes) -> bytes:
    packing = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    return packing.compress(content) + packing.flush()


@pytest.mark.parametrize(
    ("coding", "pack", "status"),
    [
        ("gzip", gzip.compress, 413),
        ("x-gzip", gzip.compress, 413),
        ("deflate", zlib.compress, 413),
        ("deflate", raw_deflate, 400),
        ("br", partial(brotli.compress, quality=1), 415),
        ("gzip, gzip", lambda content: gzip.compress(gzip.compress(content)), 415),
        ("zstd", zlib.compress, 415),
    ],
)
async def test_what_is_packed(open_api: OpenApi, coding: str, pack: Callable[[bytes], bytes], status: int) -> None:
    """Of 20 MB packed into a few kilobytes no more is unpacked than a body may have; no other coding is unpacked."""
    bombs = [pack(b'{"query": "' + b" " * (times * BOMB_BYTES) + b'"}') for times in (1, 2)]
    async with open_api(**PRODUCTION) as api:
        await send(api, bombs[0], **{"content-encoding": coding})
        counts = []
        for bomb in bombs:
            tracemalloc.start()
            calls, answer = await counted(send(api, bomb, **{"content-encoding": coding}))
            peak_bytes = tracemalloc.get_traced_memory()[1]
            tracemalloc.stop()
            counts.append(calls)

            assert status == answer.status_code
            check_refused(answer)
            assert peak_bytes < 4_000_000 + 3 * len(bomb)

    assert counts[1] <= 1.1 * counts[0]


@dataclass(frozen=True, slots=True)
class Work:
    """What the limiter did: how many functions it called, and how many steps it says that it took."""

    calls: int
    steps: int


NO_LIMITS = replace(Limits(), characters=10**7, tokens=10**7, brackets=10**7, nesting=10**7, overlaps=10**9)


async def limiter_at(text: str) -> Work:
    """Return the work of all that is checked before validation and after it, as if nothing else were refused."""
    steps = 0

    async def look() -> None:
        nonlocal steps
        check_text(text, NO_LIMITS)
        try:
            check_overlaps(document, NO_LIMITS)
            for _, outline in outlines(document, SCHEMA):
                measured = outline.measure({})
                steps += measured.steps
                check(measured, NO_LIMITS)
        except (BadInput, LimitExceeded):
            return

    document = parse(text)
    calls, _ = await counted(look())
    return Work(calls, steps)


LIMITED = {
    name: DOCUMENTS[name]
    for name in (
        "a circle of fragments",
        "aliases",
        "directives on fields",
        "one field again and again",
        "one field in inline fragments",
        "one field in fragments",
        "operations",
        "operations beside fragments",
        "unknown members",
        "a long list",
    )
} | {"doubled fragments": (doublings, 150)}


@pytest.mark.parametrize("name", LIMITED)
async def test_the_limiter_alone(name: str) -> None:
    """What finds out what is too much is itself linear in the document, whatever limits are set."""
    build, size = LIMITED[name]
    texts = [build(size), build(2 * size)]
    once, twice = [await limiter_at(text) for text in texts]

    for text, work in zip(texts, (once, twice), strict=True):
        assert work.steps <= 3 * nodes_in(parse(text))
    assert twice.calls <= GROWTH * once.calls * len(texts[1]) / len(texts[0])


def test_bombs_are_what_they_say() -> None:
    """A body in JSON is such; documents are no longer than can be sent."""
    assert {"query": ONE, "variables": {"v": [1, 1]}} == json.loads(variables("[1,1]"))
    assert [] == [name for name, (build, size) in DOCUMENTS.items() if len(build(size)) > 1_000_000]
