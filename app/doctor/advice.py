"""What to do about a problem, and what Kanava does meanwhile."""

from datasources.errors import InvalidResponse, NeverSent, PerhapsSent, RequestRefused, SourceError
from datasources.model.common import StaleReason, System

WITHOUT = {
    System.ERP: "no prices, credit, terms or part numbers; orders are kept and sent later; browsing and stock go on",
    System.CRM: "nobody has an account or a price; the public catalogue goes on",
    System.PIM: "no catalogue; people and their accounts go on",
    System.WMS: "no stock; all else goes on",
    System.IAM: "who signs in anew is refused; visitors go on",
}
"""What Kanava does without a system. What is missing is null, with an error that names the system."""


def advice(problem: SourceError) -> str:
    """Return where to look first."""
    start = f"KANAVA_{problem.system.value}"
    url = "KANAVA_OIDC_ISSUER" if problem.system is System.IAM else f"{start}_URL"
    timed_out = problem.reason is StaleReason.TIMEOUT
    match problem:
        case NeverSent():
            return f"Does it run, and is {url} right?"
        case RequestRefused(status=401 | 403):
            return f"Is {start}_TOKEN right?"
        case RequestRefused(status=404 | 405):
            return f"Does it have this operation, and is {url} right?"
        case PerhapsSent() if timed_out:
            return "It is too slow." if problem.system is System.IAM else f"It is too slow for {start}_TIMEOUT_S."
        case InvalidResponse():
            return f"Does {url} lead to the system itself, not to a page for people?"
        case SourceError(reason=StaleReason.RATE_LIMITED):
            return f"Is {start}_MAX_CONCURRENT more than it allows?"
        case _ if problem.system is System.IAM:
            return f"Is {url} just what the provider calls itself?"
        case _:
            return "The fault is on its side: see its log."
