"""What the doctor prints."""

from app.doctor.checkup import Checkup, Outcome, State
from app.doctor.comparison import Comparison, Knower
from app.doctor.report import comparison_lines, problem_lines, row_lines, table
from datasources.errors import NeverSent, RequestRefused
from datasources.model.common import System

GONE = NeverSent(System.ERP, "no connection")
LACKS = RequestRefused(System.WMS, "refused with status 404: \x1b[31mwhat?\n", status=404, code=None)
CHECKUPS = [
    Checkup(System.ERP, 2, [Outcome("prices", 0.1, GONE), Outcome("credit", 0.1, GONE)]),
    Checkup(System.PIM, 2, [Outcome("search", 0.2, None), Outcome("codes", 1.2, None)]),
    Checkup(System.WMS, 2, [Outcome("stock", 1.0, None), Outcome("warehouses", 1.9, LACKS)]),
]
ASKED = ["rest at http://erp.example", "rest at http://pim.example", "rest at http://wms.example"]


def test_states() -> None:
    """A system fails with any of its operations, and is slow above half of its timeout."""
    assert [State.FAILED, State.SLOW, State.FAILED] == [checkup.state for checkup in CHECKUPS]
    assert State.OK is Checkup(System.PIM, 2, [Outcome("search", 1.0, None)]).state


def test_the_table() -> None:
    """A row says what answered, how fast, what is missing and what goes on without it."""
    assert [
        "System  Answer  Slowest        Missing     Asked                       Without it",
        "ERP     failed  -              all         rest at http://erp.example  no prices, credit, terms or part numbers; orders are kept and sent later; browsing and stock go on",
        "PIM     slow    codes 1200 ms  -           rest at http://pim.example  no catalogue; people and their accounts go on",
        "WMS     failed  stock 1000 ms  warehouses  rest at http://wms.example  no stock; all else goes on",
    ] == table(CHECKUPS, ASKED, 10_000).splitlines()


def test_a_narrow_table_is_folded_and_whole() -> None:
    """On a narrow terminal no line is too long and nothing is cut off."""
    wide, narrow = table(CHECKUPS, ASKED, 10_000), table(CHECKUPS, ASKED, 60)

    assert 60 >= max(len(line) for line in narrow.splitlines())
    assert sorted("".join(wide.split())) == sorted("".join(narrow.split()))


def test_a_problem_is_told_once() -> None:
    """Operations with the same problem share a line; what a system says cannot steer the terminal."""
    assert [
        "ERP: no connection. Does it run, and is KANAVA_ERP_URL right?",
        "WMS: refused with status 404: \ufffd[31mwhat?\ufffd. Does it have this operation, and is KANAVA_WMS_URL right?",
    ] == list(problem_lines(CHECKUPS))


def test_differences_come_with_examples() -> None:
    """Five of each are named, or all; subjects that nobody knows anything of are left out."""
    pim, wms = Knower("PIM", frozenset("abcdefg")), Knower("WMS", frozenset("g"))
    comparisons = [Comparison("SKUs", [pim, wms]), Comparison("Accounts", [Knower("CRM", frozenset())], "none asked")]

    assert ["SKUs: PIM 7, WMS 1", "  WMS lacks 6 (PIM 6): a, b, c, d, e, ..."] == list(comparison_lines(comparisons))
    assert "  WMS lacks 6 (PIM 6): a, b, c, d, e, f" == list(comparison_lines(comparisons, None))[-1]
    assert ["SKUs: WMS 1", "  no difference", "  so it is"] == list(
        comparison_lines([Comparison("SKUs", [wms], "so it is")])
    )


def test_bad_rows_come_with_examples() -> None:
    """The first five rows are named, and that there are more."""
    rows = [f"stock.ndjson:{line}: bad" for line in range(1, 7)]

    assert ["Rows that cannot be read: 6", *(f"  {row}" for row in rows[:5]), "  ..."] == list(row_lines(rows))
    assert [] == list(row_lines([]))
