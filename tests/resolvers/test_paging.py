"""Pages, their cursors and their size."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from resolvers.errors import BadInput, ClientError, LimitExceeded
from resolvers.paging import Cursor, Cursors, Edge, Page, PageInfo, bounded_first, page_of

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)
LIST = Cursors("products", None, "pipes")


@given(of=st.lists(TEXT | st.none()), position=TEXT.filter(bool))
@settings(deadline=None)
def test_a_cursor_finds_its_place(of: list[str | None], position: str) -> None:
    """A position comes back from its cursor, from any Cursors of the same list."""
    assert position == Cursors(*of).unwrap(Cursors(*of).wrap(position))


@given(one=st.lists(TEXT, max_size=3), other=st.lists(TEXT, max_size=3), position=TEXT.filter(bool))
@settings(deadline=None)
def test_a_cursor_of_another_list_is_refused(one: list[str], other: list[str], position: str) -> None:
    """A cursor is good for the list it came from alone."""
    cursor = Cursors("a", *one).wrap(position)
    if one == other:
        other = [*other, "more"]

    with pytest.raises(BadInput, match="is not a cursor of this list"):
        Cursors("a", *other).unwrap(cursor)


@given(TEXT)
@settings(deadline=None)
def test_any_text_is_no_cursor(given: str) -> None:
    """What this list did not give is refused as bad input, never anything else."""
    with pytest.raises(BadInput, match="is not a cursor of this list"):
        LIST.unwrap(Cursor(given))


@pytest.mark.parametrize(
    "given", [Cursor(""), LIST.wrap(""), Cursor("\ud800"), Cursor("x" * 1000), LIST.wrap("x" * 400)]
)
def test_what_holds_no_place_is_refused(given: Cursor) -> None:
    """An empty cursor, one without a position, and one that is no text are refused."""
    with pytest.raises(BadInput, match="is not a cursor of this list"):
        LIST.unwrap(given)


def test_no_cursor_is_the_beginning() -> None:
    """Null is no position."""
    assert LIST.unwrap(None) is None


@pytest.mark.parametrize("first", [0, 1, 100])
def test_a_page_size_in_range(first: int) -> None:
    """From none to the limit."""
    assert first == bounded_first(first, 100)


@pytest.mark.parametrize(
    ("first", "error"),
    [
        (-1, BadInput("first must not be negative; it is -1.")),
        (101, LimitExceeded("first may be at most 100 here; it is 101.")),
    ],
)
def test_a_page_size_out_of_range(first: int, error: ClientError) -> None:
    """The message names the limit and the figure."""
    with pytest.raises(ClientError) as raised:
        bounded_first(first, 100)

    assert (type(error), str(error)) == (raised.type, str(raised.value))


@pytest.mark.parametrize("after", [None, Cursor("c0")])
def test_a_page(after: Cursor | None) -> None:
    """A page knows its first and last cursor, and has a previous one when it was asked for after a cursor."""
    nodes, cursors = ["a", "b", "c"], [Cursor("c1"), Cursor("c2"), Cursor("c3")]
    page = page_of(nodes, cursors, total=9, after=after, has_next=True)

    assert Page(nodes, cursors, PageInfo(True, after is not None, Cursor("c1"), Cursor("c3")), 9, ()) == page
    assert [Edge(Cursor("c1"), "a"), Edge(Cursor("c2"), "b"), Edge(Cursor("c3"), "c")] == page.edges


def test_an_empty_page() -> None:
    """Without entries there are no cursors."""
    assert Page([], [], PageInfo(False, False, None, None), 0, ()) == page_of(
        [], [], total=0, after=None, has_next=False
    )
