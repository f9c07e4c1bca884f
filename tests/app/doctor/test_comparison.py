"""What each knows that another does not."""

from hypothesis import given
from hypothesis import strategies as st

from app.doctor.comparison import Comparison, Gap, Knower

KEYS = st.frozensets(st.sampled_from("abcdef"))


def test_gaps() -> None:
    """Each lists what it lacks, and who of the others knows how many of these; who names only some lacks nothing."""
    pim, erp = Knower("PIM", frozenset("ab")), Knower("ERP", frozenset("bc"))
    offers = Knower("offers", frozenset("cd"), whole=False)

    assert [Gap("PIM", ["c", "d"], {"ERP": 1, "offers": 2}), Gap("ERP", ["a", "d"], {"PIM": 1, "offers": 1})] == (
        Comparison("SKUs", [pim, erp, offers]).gaps()
    )


@given(st.lists(KEYS, max_size=4))
def test_what_is_lacking_is_known_to_another(sets: list[frozenset[str]]) -> None:
    """What a knower has and what it lacks are together all there is, without overlap."""
    comparison = Comparison("SKUs", [Knower(str(place), keys) for place, keys in enumerate(sets)])
    every = frozenset[str]().union(*sets)
    lacking = {gap.knower: set(gap.keys) for gap in comparison.gaps()}

    assert [every - keys for keys in sets] == [lacking.get(str(place), set()) for place in range(len(sets))]
    assert all(sum(gap.known_to.values()) >= len(gap.keys) > 0 for gap in comparison.gaps())
