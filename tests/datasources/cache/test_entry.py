"""What an entry is good for, at a time and for a use."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datasources.cache.entry import CLOCKS_APART_S, Entry, Policy, Use, Verdict, jitter_of

POLICY = Policy(fresh_for_s=60, refresh_ahead_s=120, stale_for_s=3600)
AS_OF = 1_764_000_000.0


def entry(value: str | None = "v", policy: Policy = POLICY, received_at: float = AS_OF) -> Entry[str]:
    return Entry(value, as_of=AS_OF, received_at=received_at, policy=policy)


def at(share: float) -> float:
    """Return a moment of arrival whose jitter is near this."""
    moments = (AS_OF + n / 1_000_000 for n in range(10_000))
    return min(moments, key=lambda moment: abs(jitter_of(moment) - share))


@pytest.mark.parametrize(
    ("jitter", "age_s", "verdict"),
    [
        (0.0, 0, Verdict.FRESH),
        (0.0, 59.8, Verdict.FRESH),
        (0.0, 60.1, Verdict.AHEAD),
        (1.0, 53.8, Verdict.FRESH),
        (1.0, 54.2, Verdict.AHEAD),
        (0.0, 119.8, Verdict.AHEAD),
        (0.0, 120.1, Verdict.STALE),
        (1.0, 108.2, Verdict.STALE),
        (0.0, 3599.9, Verdict.STALE),
        (1.0, 3599.9, Verdict.STALE),
        (0.0, 3600.1, Verdict.EXPIRED),
    ],
)
def test_ages(jitter: float, age_s: float, verdict: Verdict) -> None:
    """Fresh, refreshed ahead, stale, expired; the first two end up to a tenth earlier, the ceiling does not move."""
    assert verdict is entry(received_at=at(jitter)).verdict(AS_OF + age_s)


@pytest.mark.parametrize(
    ("use", "age_s", "verdict"),
    [
        (Use.ORDER, 100, Verdict.AHEAD),
        (Use.ORDER, 121, Verdict.EXPIRED),
        (Use.CREDIT, 899, Verdict.STALE),
        (Use.CREDIT, 901, Verdict.EXPIRED),
        (Use.BROWSE, 901, Verdict.STALE),
    ],
)
def test_uses(use: Use, age_s: float, verdict: Verdict) -> None:
    """Each use has a ceiling of its own."""
    assert verdict is entry().verdict(AS_OF + age_s, use)


def test_without_refresh_ahead() -> None:
    """A time for refreshing that is not above that of freshness means that nothing is refreshed ahead."""
    policy = Policy(fresh_for_s=60, refresh_ahead_s=0, stale_for_s=900)

    assert [Verdict.FRESH, Verdict.STALE] == [entry(policy=policy).verdict(AS_OF + age) for age in (50, 61)]


@pytest.mark.parametrize(
    ("fresh_for_s", "age_s", "verdict"),
    [(60, 8.9, Verdict.FRESH), (60, 10.1, Verdict.EXPIRED), (4, 3.5, Verdict.FRESH), (4, 4.1, Verdict.EXPIRED)],
)
def test_an_absence_is_brief(fresh_for_s: float, age_s: float, verdict: Verdict) -> None:
    """That a system does not know a key holds for 10 s at most, and is never served later."""
    assert verdict is entry(None, Policy(fresh_for_s, 120, 3600)).verdict(AS_OF + age_s)


def test_a_value_of_the_future_is_not_trusted() -> None:
    """From further ahead than clocks may be apart, a value has to be fetched; its age is never below nought."""
    future = entry()

    assert [Verdict.FRESH, Verdict.STALE] == [
        future.verdict(AS_OF - before) for before in (CLOCKS_APART_S, CLOCKS_APART_S + 0.1)
    ]
    assert 0.0 == future.age_s(AS_OF - 100)


AGES = st.floats(0, 100_000)


@given(fresh=st.floats(0.1, 10_000), ahead=AGES, stale=AGES, first=AGES, later=AGES, use=st.sampled_from(Use))
def test_age_only_makes_worse(fresh: float, ahead: float, stale: float, first: float, later: float, use: Use) -> None:
    """Whatever the policy: an older value is never good for more than a younger one, nor fresh past its time."""
    order = [Verdict.FRESH, Verdict.AHEAD, Verdict.STALE, Verdict.EXPIRED]
    policy = Policy(fresh, ahead, max(stale, fresh))
    young, old = sorted((first, later))
    verdicts = [entry(policy=policy).verdict(AS_OF + age, use) for age in (young, old)]

    assert order.index(verdicts[0]) <= order.index(verdicts[1])
    assert verdicts[1] is not Verdict.FRESH or old <= fresh
    assert verdicts[1] is Verdict.EXPIRED or old <= max(policy.ceiling_s(use), fresh) + 1e-6


@given(st.floats(0, 4_000_000_000))
def test_jitter_is_a_share(moment: float) -> None:
    """Jitter is from 0 to below 1, and the same for the same moment."""
    assert 0 <= jitter_of(moment) < 1
    assert jitter_of(moment) == jitter_of(moment)
