"""Which quantities of an article can be ordered."""

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from datasources.model.catalog import QuantityRule
from resolvers.orders.quantities import least, steps_of, suggested
from tests.resolvers.orders.carts import BOX, METRE, product

amounts = st.decimals(min_value="0.25", max_value=500, places=2)
TEN = replace(BOX, contains=replace(BOX.contains, value=Decimal(10)))


def rule(minimum: str, maximum: str | None, increment: str) -> QuantityRule:
    return QuantityRule(Decimal(minimum), None if maximum is None else Decimal(maximum), Decimal(increment))


@pytest.mark.parametrize(
    ("of", "unit", "quantity", "expected"),
    [
        (rule("60", None, "20"), None, "1", ("60", "PCE")),
        (rule("60", None, "20"), None, "61", ("80", "PCE")),
        (rule("60", None, "20"), "BOX", "1", ("6", "BOX")),
        (rule("60", None, "25"), "BOX", "6", ("10", "BOX")),
        (rule("1", "100", "30"), None, "500", ("90", "PCE")),
        (rule("1", "5", "1"), "BOX", "1", ("5", "PCE")),
        (rule("30", "40", "50"), None, "1", ("30", "PCE")),
        (None, None, "1.5", ("2", "PCE")),
    ],
)
def test_the_nearest_that_can_be_ordered(
    of: QuantityRule | None, unit: str | None, quantity: str, expected: tuple[str, str]
) -> None:
    """Upwards to the next step, down to the most; of the same unit, else of the sales unit."""
    nearest = suggested(product(quantity_rule=of, packagings=[TEN]), unit, Decimal(quantity))

    assert expected == (f"{nearest.value:f}", nearest.unit.code)


def test_metres_have_decimals() -> None:
    """A unit that is cut can be ordered as finely as it is measured."""
    steps = steps_of(product(unit=METRE), None)

    assert steps is not None
    assert [True, False] == [steps.allow(Decimal("2.5")), steps.allow(Decimal("2.55"))]
    assert Decimal("0.1") == least(product(unit=METRE), None)


@given(minimum=amounts, increment=amounts, span=st.none() | amounts, quantity=amounts, holds=st.integers(1, 24))
def test_what_is_suggested_can_be_ordered(
    minimum: Decimal, increment: Decimal, span: Decimal | None, quantity: Decimal, holds: int
) -> None:
    """The quantity that is suggested is allowed, and no lesser one from the wanted quantity on is."""
    of = QuantityRule(minimum, None if span is None else minimum + span, increment)
    packed = replace(BOX, contains=replace(BOX.contains, value=Decimal(holds)))
    steps = steps_of(product(quantity_rule=of, packagings=[packed]), "BOX")
    assert steps is not None
    nearest = steps.nearest(quantity)
    assume(nearest is not None and nearest == round(nearest, 5))

    assert nearest is not None
    assert steps.allow(nearest)
    if nearest >= quantity:
        assert Fraction(nearest) - steps.step < max(Fraction(quantity), steps.least)
    else:
        assert steps.most is not None
        assert Fraction(nearest) + steps.step > steps.most
