"""`kanava plan`: what it says of operations, and of what is none."""

import re
from pathlib import Path

import pytest

from app.limits.check import Limits
from app.plan import Misused, Planning
from resolvers.errors import LimitExceeded
from schema.schema import build_schema
from tests.scenarios.processes import kanava

PAGE = (Path(__file__).resolve().parents[2] / "docs/execution.md").read_text("utf-8")
SEVERAL = """
query Prices($details: Boolean!, $count: Int!) {
  products(first: $count) { nodes { sku @include(if: $details) price { net } } }
}
mutation Empty { orderCaptureConfirm(input: {captureId: "x", accept: true, idempotencyKey: "k"}) { userErrors { message } } }
subscription Status { channelStatusChanged { mode } }
query Types { __schema { queryType { name } } }
"""
PRICES = """\
query Prices: by a plan, from its second use on
cost 60 of 12000, values 150 of 75000, depth 4 of 20

level  field                 keys  asks
1      products              30    CRM PIM  one call
2      products.nodes.price  30    CRM ERP  one call for all

kept as bytes
  Price  net
"""


@pytest.fixture(scope="module")
def planning() -> Planning:
    return Planning(build_schema(), Limits(), introspection=True)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "shop.graphql"
    path.write_text(SEVERAL, "utf-8")
    return path


def written(folder: Path, text: str) -> Path:
    path = folder / "other.graphql"
    path.write_text(text, "utf-8")
    return path


def test_a_plan_is_printed(file: Path) -> None:
    """The operation that is named, with these variables; exit 0."""
    options = ("--operation", "Prices", "--variables", '{"details": false, "count": 30}')

    assert (0, PRICES, "") == kanava(file.parent, "plan", "shop.graphql", *options)


def test_bad_use_is_one_line(file: Path) -> None:
    """No such file, or several operations and none named: one line on stderr, exit 2."""
    assert (2, "", "kanava: Invalid value for 'file': file 'none' does not exist.\n") == kanava(
        file.parent, "plan", "none"
    )
    assert (
        2,
        "",
        "kanava: Invalid value: shop.graphql has several operations: --operation says which: Prices, Empty, Status, "
        "Types\n",
    ) == kanava(file.parent, "plan", "shop.graphql")


def test_what_asks_too_much_is_a_failure(file: Path) -> None:
    """The plan is printed all the same; the limit is one line on stderr, exit 1."""
    options = ("--operation", "Prices", "--variables", '{"details": true, "count": 30}')
    status, out, err = kanava(file.parent, "plan", "shop.graphql", *options, LIMIT_COST="59")

    assert (1, "cost 60 of 59, values 150 of 75000, depth 4 of 20") == (status, out.splitlines()[1])
    assert (
        "kanava: shop.graphql: An operation may cost at most 59; it costs 60. Ask for smaller pages, or for fewer "
        "fields.\n"
    ) == err


@pytest.mark.parametrize(
    ("operation", "kind", "reason"),
    [
        ("Empty", "mutation", "a mutation's fields are executed one after the other, and never twice"),
        ("Status", "subscription", "a subscription has many answers, each at its time"),
        ("Types", "query", "it looks into the schema"),
    ],
)
def test_what_has_no_plan_says_why(planning: Planning, file: Path, operation: str, kind: str, reason: str) -> None:
    """Mutations, subscriptions and introspection are executed by the reference executor."""
    lines = planning.planned(file, operation, None).lines

    assert f"{kind} {operation}: by the reference executor" == lines[0]
    assert ["", f"no plan: {reason}"] == lines[2:]


@pytest.mark.parametrize(
    ("text", "variables", "problem"),
    [
        ("{ products", None, "Syntax Error: Expected Name, found <EOF>. (line 1, column 11)"),
        (
            "{\n  product { nome }\n}",
            None,
            "Cannot query field 'nome' on type 'Product'. Did you mean 'name'? (line 2, column 13)",
        ),
        ("fragment F on Product { sku }", None, "Fragment 'F' is never used."),
        ("query { viewer { user { id } } }", "[]", "--variables is no JSON object"),
        ("query { viewer { user { id } } }", "{", "--variables is not JSON: "),
        ("query ($x: Boolean!) { __typename @skip(if: $x) }", None, "--variables: Variable '$x' "),
        ("query ($n: Int) { products(first: $n) { totalCount } }", '{"n": "1"}', "--variables: Variable '$n' "),
    ],
)
def test_what_cannot_be_planned_says_why(
    planning: Planning, tmp_path: Path, text: str, variables: str | None, problem: str
) -> None:
    """What is wrong with document or variables is told in one line, with its place where it has one."""
    with pytest.raises(Misused, match=re.escape(problem)) as failure:
        planning.planned(written(tmp_path, text), None, variables)

    assert 1 == len(str(failure.value).splitlines())


def test_a_document_over_the_limits_is_not_read(planning: Planning, tmp_path: Path) -> None:
    """What the door does not even validate has no plan."""
    with pytest.raises(LimitExceeded, match="at most 50000 characters"):
        planning.planned(written(tmp_path, "#" * 50_001), None, None)


def test_the_page_shows_what_is_printed(planning: Planning, tmp_path: Path) -> None:
    """`docs/execution.md` has a query, and below it what the command prints for it."""
    query = re.search(r"```graphql\n(.*?)```", PAGE, re.DOTALL)
    printed = re.search(r"```console\n\$ kanava plan listing.graphql\n(.*?)\n```", PAGE, re.DOTALL)
    assert query
    assert printed

    assert printed[1] == "\n".join(planning.planned(written(tmp_path, query[1]), None, None).lines)
