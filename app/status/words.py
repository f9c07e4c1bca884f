"""Times, amounts and reasons as people read them."""

from datetime import datetime
from math import ceil, floor, inf

from datasources.model.common import StaleReason, System
from datasources.sources.tally import AGES_S

REASONS = {
    StaleReason.TIMEOUT: "it took too long",
    StaleReason.CONNECTION_FAILED: "the connection failed",
    StaleReason.UPSTREAM_ERROR: "it reported an error of its own",
    StaleReason.INVALID_RESPONSE: "its answer was not what was agreed",
    StaleReason.RATE_LIMITED: "it asked Kanava to slow down",
    StaleReason.CIRCUIT_OPEN: "it failed lately and was left alone",
    StaleReason.OVERLOADED: "too many calls were waiting for it",
}
SUPPLIES = {
    System.ERP: "prices, credit, orders",
    System.CRM: "customers",
    System.PIM: "content, search",
    System.WMS: "stock",
    System.IAM: "signing in",
}
NONE = "–"
MEGABYTE = 1024 * 1024


def duration(seconds: float) -> str:
    """Return a length of time in the one or two units that matter."""
    whole = max(0, int(seconds))
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min"
    if whole < 86_400:
        return _two(whole // 3600, "h", whole % 3600 // 60, "min")
    return _two(whole // 86_400, "d", whole % 86_400 // 3600, "h")


def _two(large: int, large_unit: str, small: int, small_unit: str) -> str:
    return f"{large} {large_unit} {small} {small_unit}" if small else f"{large} {large_unit}"


def at_most(seconds: float) -> str:
    """Return an age as the bound it kept to: infinite is above the last bound that ages are counted by."""
    return f"over {duration(AGES_S[-1])}" if seconds == inf else f"at most {duration(seconds)}"


def latency(seconds: float | None) -> str:
    """Return how long a call took."""
    if seconds is None:
        return NONE
    if seconds >= 0.9995:
        return f"{seconds:.2f} s"
    return f"{seconds * 1000:.1f} ms" if seconds < 0.00995 else f"{seconds * 1000:.0f} ms"


def share(part: float | None) -> str:
    """Return a share in percent, rounded down: all but one is not 100 %."""
    return NONE if part is None else f"{floor(part * 100 + 1e-9)} %"


def average(value: float | None) -> str:
    """Return an average, with a decimal where there is one."""
    return NONE if value is None else f"{value:,.1f}".removesuffix(".0")


def amount(value: int) -> str:
    """Return a whole number."""
    return f"{value:,}"


def megabytes(size_bytes: int) -> str:
    """Return an amount of memory."""
    return f"{size_bytes / MEGABYTE:,.1f} MB"


def moment(at: datetime, now: datetime) -> str:
    """Return a time of day, with its date unless that is today's."""
    return f"{at:%H:%M:%S} UTC" if at.date() == now.date() else f"{at.day} {at:%b %H:%M:%S} UTC"


def since(at: datetime, now: datetime) -> str:
    """Return how long ago something was."""
    return duration((now - at).total_seconds())


def until(at: datetime, now: datetime) -> str:
    """Return how long it is until something, rounded up to the second: what is still to come is not over."""
    return duration(ceil((at - now).total_seconds()))


def reason(why: StaleReason) -> str:
    """Return why a system gave no usable answer, in words that quote nobody."""
    return REASONS[why]


def supplies(system: System) -> str:
    """Return what a system is there for."""
    return SUPPLIES[system]


def phrase(name: str) -> str:
    """Return the name of an enum's member as a phrase: `LIVE_PRICES` is "Live prices"."""
    return name.replace("_", " ").capitalize()
