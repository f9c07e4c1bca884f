"""How a client asks for a page of products."""

import pytest
import strawberry

from datasources.model.catalog import AttributeChoice
from resolvers.errors import BadInput, ClientError, LimitExceeded
from resolvers.ids import to_id
from schema.search import MOST_FILTERS, AttributeFilter, Narrowing, ProductFilter, converted, selects
from schema.views import Info

PIPES = strawberry.ID(to_id("Category", "pipes"))


def filter_of(*attributes: tuple[str, list[str]], category: strawberry.ID | None = None) -> ProductFilter:
    return ProductFilter(category_id=category, attributes=[AttributeFilter(code=c, values=v) for c, v in attributes])


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (None, Narrowing(None, ())),
        (ProductFilter(), Narrowing(None, ())),
        (filter_of(), Narrowing(None, ())),
        (filter_of(category=PIPES), Narrowing("pipes", ())),
        (filter_of(("dn", [])), Narrowing(None, (AttributeChoice("dn", ()),))),
        (
            filter_of(("dn", ["22", "15", "22"]), ("a", ["x"]), ("dn", ["15", "22"])),
            Narrowing(None, (AttributeChoice("a", ("x",)), AttributeChoice("dn", ("15", "22")))),
        ),
        (
            filter_of(("dn", ["22"]), ("dn", ["15"])),
            Narrowing(None, (AttributeChoice("dn", ("15",)), AttributeChoice("dn", ("22",)))),
        ),
        (
            filter_of(*[("a", [str(n) for n in range(10, 10 + MOST_FILTERS)])]),
            Narrowing(None, (AttributeChoice("a", tuple(str(n) for n in range(10, 10 + MOST_FILTERS))),)),
        ),
    ],
)
def test_a_filter_becomes_one_of_the_domain(given: ProductFilter | None, expected: Narrowing) -> None:
    """The same filter in another order is the same search; attributes named twice must hold twice."""
    assert expected == converted(given)


@pytest.mark.parametrize(
    ("given", "inside", "error"),
    [
        (filter_of(category=strawberry.ID("pipes")), False, BadInput('"pipes" is not an id of this API.')),
        (
            filter_of(category=strawberry.ID(to_id("Product", "KV-1"))),
            False,
            BadInput(f'"{to_id("Product", "KV-1")}" is the id of a Product, not of a Category.'),
        ),
        (
            filter_of(category=PIPES),
            True,
            BadInput("categoryId is not taken here: the category is given. Use Query.products."),
        ),
        (
            filter_of(*[(str(n), ["x"]) for n in range(51)]),
            False,
            LimitExceeded("A filter takes at most 50 attributes and values each; there are 51."),
        ),
        (
            filter_of(("dn", [str(n) for n in range(60)])),
            False,
            LimitExceeded("A filter takes at most 50 attributes and values each; there are 60."),
        ),
    ],
)
def test_a_filter_out_of_range_is_refused(given: ProductFilter, inside: bool, error: ClientError) -> None:
    """Ids of other things and more than is allowed are refused in words that name what was sent."""
    with pytest.raises(ClientError) as raised:
        converted(given, inside_category=inside)
    assert (type(error), str(error)) == (raised.type, str(raised.value))


def test_inside_a_category_attributes_are_taken() -> None:
    """Where the category is given, the rest of the filter holds."""
    assert Narrowing(None, (AttributeChoice("dn", ("15",)),)) == converted(
        filter_of(("dn", ["15"])), inside_category=True
    )


@strawberry.type
class Below:
    facets: list[str] = strawberry.field(default_factory=list)


@strawberry.type
class Listing:
    asked: bool
    facets: list[str] = strawberry.field(default_factory=list)
    below: Below = strawberry.field(default_factory=Below)


def listing(info: Info) -> Listing:
    return Listing(asked=selects(info, "facets"))


@strawberry.type
class Asked:
    listing: Listing = strawberry.field(resolver=listing)


@pytest.mark.parametrize(
    ("selection", "expected"),
    [
        ("asked", False),
        ("asked facets", True),
        ("asked values: facets", True),
        ("asked facets: asked", False),
        ("asked ... { facets }", True),
        ("asked ... on Listing { ... on Listing { facets } }", True),
        ("asked ...Outer", True),
        ("asked ...Outer ...Outer", True),
        ("asked below { facets }", False),
        ("asked } other: listing { facets", False),
        ("asked } listing { facets", True),
    ],
)
async def test_what_a_client_selects(selection: str, expected: bool) -> None:
    """A field counts when it is asked for itself or by fragments, under any alias, and at this place alone."""
    fragments = "fragment Outer on Listing { ...Inner } fragment Inner on Listing { facets }"
    document = f"{{ listing {{ {selection} }} }} {fragments if '...Outer' in selection else ''}"
    result = await strawberry.Schema(Asked).execute(document)

    assert result.errors is None
    assert result.data is not None
    assert expected == result.data["listing"]["asked"]
