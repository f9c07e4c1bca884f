"""Issues of what was agreed with the account: whether it may order, its terms, and how its lines should come."""

from collections.abc import Iterator
from datetime import date

from datasources.errors import SourceError
from datasources.model import captures as kept_as
from datasources.model.customers import AccountStatus
from datasources.model.orders import SplitPolicy
from datasources.model.pricing import CommercialTerms
from resolvers.ids import shown
from resolvers.orders.issues.facts import Facts
from resolvers.orders.issues.kinds import CartIssue, OtherIssue, Severity


def account_issues(facts: Facts) -> Iterator[CartIssue]:
    """Yield why the account cannot order at all."""
    account = facts.cart.account
    if account.status is not AccountStatus.ACTIVE:
        message = f"The account is {account.status.value.lower()}: it cannot order."
        yield OtherIssue(Severity.BLOCKING, "ACCOUNT_NOT_ACTIVE", message)
    if account.erp_number is None or (facts.simulation is None and facts.lines):
        yield OtherIssue(Severity.BLOCKING, "UNKNOWN_CUSTOMER", "The ERP does not know the account: it cannot order.")


def terms_issues(facts: Facts) -> Iterator[CartIssue]:
    """Yield what is not as was agreed."""
    terms = facts.terms
    if isinstance(terms, SourceError):
        message = f"The {terms.system.value} does not answer: the account's terms are not checked."
        yield OtherIssue(Severity.INFO, "NO_TERMS_INFO", message)
    elif terms is not None and terms.po_number_required and facts.cart.po_number is None:
        message = "The account orders by purchase order number only: give one."
        yield OtherIssue(Severity.BLOCKING, "PO_NUMBER_REQUIRED", message)
    today = facts.context.clock.now().date()
    known = terms if isinstance(terms, CommercialTerms) else None
    addresses = {address.id for address in facts.cart.account.addresses}
    for delivery in facts.cart.kept.deliveries:
        yield from _delivery_issues(delivery, known, addresses, today)


def _delivery_issues(
    delivery: kept_as.CartDelivery, terms: CommercialTerms | None, addresses: set[str], today: date
) -> Iterator[CartIssue]:
    if delivery.address_id not in addresses:
        message = "A delivery goes to an address that the account does not have any more."
        yield OtherIssue(Severity.BLOCKING, "UNKNOWN_ADDRESS", message)
    if delivery.requested_date is not None and delivery.requested_date < today:
        message = f"A delivery is wanted on {delivery.requested_date}, which is past."
        yield OtherIssue(Severity.BLOCKING, "DATE_PAST", message)
    if terms is None:
        return
    if delivery.method is not None and delivery.method not in {method.code for method in terms.delivery_methods}:
        message = f"{shown(delivery.method)} is no delivery method of the account."
        yield OtherIssue(Severity.BLOCKING, "UNKNOWN_DELIVERY_METHOD", message)
    for code in delivery.services:
        if code not in {service.code for service in terms.services}:
            message = f"{shown(code)} is no delivery service of the account."
            yield OtherIssue(Severity.BLOCKING, "UNKNOWN_SERVICE", message)
    if not terms.allows_split_delivery:
        yield from _whole(delivery.split_policy)


def _whole(policy: SplitPolicy) -> Iterator[CartIssue]:
    """Say that what may come in parts comes whole; what is to come in parts cannot be ordered."""
    if policy is SplitPolicy.SHIP_AVAILABLE_REST_LATER:
        message = "The account's terms do not allow a delivery in parts."
        yield OtherIssue(Severity.BLOCKING, "SPLIT_DELIVERY", message)
    elif policy is SplitPolicy.ALLOW_SPLIT:
        message = "The account's terms do not allow a delivery in parts: it comes when all of it is there."
        yield OtherIssue(Severity.INFO, "SPLIT_DELIVERY", message)
