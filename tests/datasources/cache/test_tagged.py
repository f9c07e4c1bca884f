"""Which entries a change is about."""

from hypothesis import given
from hypothesis import strategies as st

from datasources.cache.tagged import Tagged

TAGS = st.sampled_from("ab")
SCOPES = st.sampled_from([None, "C-1", "C-2"])
KEYS = st.integers(0, 3)


@given(st.lists(st.tuples(st.booleans(), TAGS, SCOPES, KEYS), max_size=60))
def test_it_finds_what_is_there(steps: list[tuple[bool, str, str | None, int]]) -> None:
    """Whatever is added and forgotten in whatever order, what is left is found: by tag and scope, and by tag alone."""
    tagged: Tagged[int] = Tagged()
    there: set[tuple[str, str | None, int]] = set()
    for adds, tag, scope, key in steps:
        if adds:
            tagged.add(tag, scope, key)
            there.add((tag, scope, key))
        elif (tag, scope, key) in there:
            tagged.discard(tag, scope, key)
            there.remove((tag, scope, key))

    for tag in "ab":
        assert sorted(key for t, _, key in there if t == tag) == sorted(tagged.find(tag, None))
        for scope in ("C-1", "C-2"):
            assert {key for t, s, key in there if (t, s) == (tag, scope)} == set(tagged.find(tag, scope))


def test_one_scope_looks_at_no_other() -> None:
    """What one customer's change is about is found without a look at the others."""
    tagged: Tagged[str] = Tagged()
    for number in range(1000):
        tagged.add("KV-1", f"C-{number}", f"price of {number}")

    assert ["price of 7"] == list(tagged.find("KV-1", "C-7"))
    assert [] == list(tagged.find("KV-1", "C-1000"))
