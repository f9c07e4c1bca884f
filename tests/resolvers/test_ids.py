"""Globally unique ids."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from resolvers.errors import BadInput
from resolvers.ids import from_id, key_of, shown, to_id

KINDS = st.sampled_from(["Product", "Category", "Account", "Warehouse", "Contract", "User"])
KEYS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=60)


@given(kind=KINDS, key=KEYS)
@settings(deadline=None)
def test_an_id_finds_its_thing(kind: str, key: str) -> None:
    """Kind and key come back from an id, whatever the key holds; it is safe in a URL."""
    made = to_id(kind, key)

    assert (kind, key) == from_id(made)
    assert key == key_of(made, kind)
    assert re.fullmatch("[A-Za-z0-9_-]+", made)


@given(st.text(st.characters(exclude_categories=["Cs"])))
@settings(deadline=None)
def test_what_is_no_id_is_refused(given: str) -> None:
    """Any text is the one way to write an id, or refused as bad input, never anything else."""
    try:
        again = to_id(*from_id(given))
    except BadInput as error:
        again, message = given, str(error)
    else:
        message = f"{shown(given)} is not an id of this API."

    assert given == again
    assert f"{shown(given)} is not an id of this API." == message


@pytest.mark.parametrize(
    "given",
    [
        "",
        "x",
        "KV-000001",
        to_id("Product", "1") + "=",
        to_id("Product", "1") + "\n",
        to_id("Product", ""),
        to_id("Product", "x" * 400),
        "UHJvZHVjdA",
        "\u00e4\u00e4",
        "/w",
        "____",
        "\x00",
        "\ud800",
    ],
)
def test_foreign_ids_are_refused(given: str) -> None:
    """What this API did not write is refused, another spelling of the same included."""
    with pytest.raises(BadInput):
        from_id(given)


def test_an_id_of_another_kind_is_refused() -> None:
    """An id is of one kind, and the message says of which."""
    made = to_id("Warehouse", "LPR")
    with pytest.raises(BadInput) as raised:
        key_of(made, "Category")

    assert f'"{made}" is the id of a Warehouse, not of a Category.' == str(raised.value)


def test_what_was_sent_is_cut() -> None:
    """Messages repeat at most 60 characters of what a client sent."""
    assert ['"' + "x" * 60 + '"', '"' + "x" * 60 + '…"'] == [shown("x" * 60), shown("x" * 61)]
