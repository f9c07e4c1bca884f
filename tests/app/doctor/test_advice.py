"""What to do about each kind of problem."""

import pytest

from app.doctor.advice import WITHOUT, advice
from datasources.errors import InvalidResponse, NeverSent, PerhapsSent, RequestRefused, SourceError, SourceUnavailable
from datasources.model.common import StaleReason, System

ERP, IAM = System.ERP, System.IAM


@pytest.mark.parametrize(
    ("expected", "problem"),
    [
        ("Does it run, and is KANAVA_ERP_URL right?", NeverSent(ERP, "")),
        ("Does it run, and is KANAVA_OIDC_ISSUER right?", NeverSent(IAM, "")),
        ("Is KANAVA_ERP_TOKEN right?", RequestRefused(ERP, "", status=401, code=None)),
        ("Does it have this operation, and is KANAVA_ERP_URL right?", RequestRefused(ERP, "", status=404, code=None)),
        ("It is too slow for KANAVA_ERP_TIMEOUT_S.", PerhapsSent(ERP, "", reason=StaleReason.TIMEOUT)),
        ("It is too slow.", PerhapsSent(IAM, "", reason=StaleReason.TIMEOUT)),
        (
            "Does KANAVA_ERP_URL lead to the system itself, not to a page for people?",
            InvalidResponse(ERP, ""),
        ),
        ("Is KANAVA_ERP_MAX_CONCURRENT more than it allows?", SourceUnavailable(ERP, "", reason=StaleReason.RATE_LIMITED)),
        ("Is KANAVA_OIDC_ISSUER just what the provider calls itself?", SourceUnavailable(IAM, "")),
        ("The fault is on its side: see its log.", SourceUnavailable(ERP, "")),
        ("The fault is on its side: see its log.", PerhapsSent(ERP, "")),
        ("The fault is on its side: see its log.", RequestRefused(ERP, "", status=400, code=None)),
    ],
)  # fmt: skip
def test_each_problem_says_where_to_look(expected: str, problem: SourceError) -> None:
    """The advice names the setting that is most likely wrong, or says whose fault it is."""
    assert expected == advice(problem)


def test_every_system_can_be_done_without() -> None:
    """For each system it is told what Kanava does without it."""
    assert set(System) - {System.CHANNEL} == set(WITHOUT)
