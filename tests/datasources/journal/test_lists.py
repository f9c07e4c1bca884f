"""Finding captures again: by number, and in lists."""

from collections.abc import Sequence

import pytest

from datasources.journal.journal import CaptureFilter, CapturePosition, Journal, Outcome
from datasources.model.captures import Capture, CaptureState
from tests.datasources.journal.orders import NOW, captured, draft, later


@pytest.fixture
async def made(journal: Journal) -> Sequence[Capture]:
    """Six captures: of A, B, A, B, A, B; the last two of the same moment; the first of A is in the ERP."""
    made = [
        await captured(journal, "A", at_s=0, draft=draft(po_number="PO-1", reference=None), person="anna"),
        await captured(journal, "B", at_s=10, draft=draft(po_number="po-12", reference="100% wool"), person="elena"),
        await captured(journal, "A", at_s=20, draft=draft(po_number=None, reference="Site_4"), person="mikko"),
        await captured(journal, "B", at_s=30, draft=draft(po_number="PO-1", reference=None), person="elena"),
        await captured(journal, "A", at_s=40, draft=draft(po_number=None, reference=None), person="anna"),
        await captured(journal, "B", at_s=40, draft=draft(po_number=None, reference=None), person="elena"),
    ]
    claim = await journal.claim_one(made[0].id, "me", NOW, lease_s=30)
    assert claim is not None
    await journal.finish(claim, Outcome(CaptureState.ACCEPTED, order_number="SO-1"), NOW)
    return made


async def test_the_newest_first(journal: Journal, made: Sequence[Capture]) -> None:
    """Captures come by moment, then id, from the newest to the oldest."""
    expected = [c.id for c in sorted(made, key=lambda c: (c.captured_at, c.id), reverse=True)]

    found = await journal.list_captures(CaptureFilter(), first=10)

    assert [capture.id for capture in found] == expected
    assert await journal.count_captures(CaptureFilter()) == 6


async def test_pages(journal: Journal, made: Sequence[Capture]) -> None:
    """Pages of any size join to the whole list, also between captures of one moment."""
    whole = [c.id for c in await journal.list_captures(CaptureFilter(), first=10)]

    for size in (1, 2, 4):
        ids: list[str] = []
        after = None
        while page := await journal.list_captures(CaptureFilter(), first=size, after=after):
            ids += [c.id for c in page]
            after = CapturePosition(page[-1].captured_at, page[-1].id)

        assert ids == whole


@pytest.mark.parametrize(
    ("which", "expected"),
    [
        (CaptureFilter(accounts=["A"]), [0, 2, 4]),
        (CaptureFilter(accounts=["A", "B"], person="mikko"), [2]),
        (CaptureFilter(accounts=[]), []),
        (CaptureFilter(states=[CaptureState.ACCEPTED]), [0]),
        (CaptureFilter(states=[CaptureState.JOURNALED, CaptureState.FORWARDING], accounts=["A"]), [2, 4]),
        (CaptureFilter(po_number="PO-1"), [0, 3]),
        (CaptureFilter(captured_from=later(10), captured_to=later(40)), [1, 2, 3]),
        (CaptureFilter(search="PO-1"), [0, 1, 3]),
        (CaptureFilter(search="0%"), [1]),
        (CaptureFilter(search="e_4"), [2]),
        (CaptureFilter(search="nothing"), []),
    ],
)
async def test_filters(
    journal: Journal, made: Sequence[Capture], which: CaptureFilter, expected: Sequence[int]
) -> None:
    """Each filter narrows the list, and the count says the same."""
    ids = {made[index].id for index in expected}

    found = await journal.list_captures(which, first=10)

    assert {capture.id for capture in found} == ids
    assert await journal.count_captures(which) == len(ids)


async def test_search_finds_receipts(journal: Journal, made: Sequence[Capture]) -> None:
    """A receipt number is found by a part of it, in small letters, too."""
    found = await journal.list_captures(CaptureFilter(search=made[3].receipt_number[4:].lower()), first=10)

    assert [capture.id for capture in found] == [made[3].id]


async def test_by_receipt(journal: Journal, made: Sequence[Capture]) -> None:
    """A capture is found by its receipt number as people write it, by its id, or by the start of it."""
    number = made[2].receipt_number

    assert await journal.capture_by_receipt(number) == made[2]
    assert await journal.capture_by_receipt(f" {number.lower().replace('0', 'o').replace('1', 'l')} ") == made[2]
    assert await journal.capture_by_receipt(made[2].id) == made[2]
    assert await journal.capture_by_receipt(made[2].id[:12].upper()) == made[2]
    assert await journal.capture_by_receipt(made[2].id[:7]) is None
    assert await journal.capture_by_receipt("K-20261122-ZZZZZZ") is None
    assert await journal.capture_by_receipt("") is None


async def test_by_order_number(journal: Journal, made: Sequence[Capture]) -> None:
    """The ERP's order number leads to the capture."""
    found = await journal.captures_of_orders(["SO-1", "SO-2"])

    assert {number: capture.id for number, capture in found.items()} == {"SO-1": made[0].id}
    assert found["SO-1"].forwarded_at == NOW
