"""Issues of credit: what the ERP keeps of it, and what it says of this very order."""

from collections.abc import Iterator

from datasources.errors import SourceError
from datasources.model.orders import Objection, Simulation
from datasources.model.pricing import Credit, CreditStatus
from resolvers.orders.issues.facts import Facts
from resolvers.orders.issues.kinds import CartIssue, CreditIssue, Severity
from resolvers.orders.totals import as_known

HOLD, LIMIT = "CREDIT_HOLD", "CREDIT_LIMIT"
"""The codes of objections of the ERP that are about credit."""
MESSAGES = {
    HOLD: "The account is on credit hold: it cannot order.",
    LIMIT: "The order is above what is left of the account's credit.",
}


def credit_issues(facts: Facts) -> Iterator[CartIssue]:
    """Yield what stands in the way: a hold, a limit; or that credit is not known."""
    credit = facts.credit if isinstance(facts.credit, Credit) else None
    shown = credit if facts.cart.money else None
    objected = _objections(facts)
    if HOLD in objected or (credit is not None and credit.status is CreditStatus.ON_HOLD):
        yield CreditIssue(Severity.BLOCKING, HOLD, MESSAGES[HOLD], None, shown)
    elif LIMIT in objected or (credit is not None and _is_above(credit, facts)):
        yield CreditIssue(Severity.BLOCKING, LIMIT, MESSAGES[LIMIT], None, shown)
    elif isinstance(facts.credit, SourceError):
        message = f"The {facts.credit.system.value} does not answer: credit is not checked."
        yield CreditIssue(Severity.WARNING, "CREDIT_UNKNOWN", message, None, None)


def _objections(facts: Facts) -> dict[str, Objection]:
    said = facts.simulation.objections if isinstance(facts.simulation, Simulation) else ()
    return {objection.code: objection for objection in said}


def _is_above(credit: Credit, facts: Facts) -> bool:
    """Return whether more is ordered than is left, as far as is known while the ERP does not say."""
    if credit.status is CreditStatus.EXCEEDED:
        return True
    if credit.available is None or isinstance(facts.simulation, Simulation):
        return False
    totals = as_known(facts.cart, facts.answers)
    if totals is None or totals.net.currency != credit.available.currency:
        return False
    return totals.net.amount + facts.awaiting > credit.available.amount
