"""The warehouse's working days and clock."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

HELSINKI = ZoneInfo("Europe/Helsinki")
CUT_OFF = time(15, 0)
_SATURDAY = 5


def working_day_after(day: date, days: int) -> date:
    """Return the working day so many working days after a day; 0 is that day, or the next one that is worked."""
    while day.weekday() >= _SATURDAY:
        day += timedelta(days=1)
    for _ in range(days):
        day += timedelta(days=1)
        while day.weekday() >= _SATURDAY:
            day += timedelta(days=1)
    return day


def next_cut_off(now: datetime) -> datetime:
    """Return the next 15:00 in Helsinki on a working day."""
    local = now.astimezone(HELSINKI)
    passed = local.weekday() < _SATURDAY and local.time() >= CUT_OFF
    day = working_day_after(local.date(), 1 if passed else 0)
    return datetime.combine(day, CUT_OFF, HELSINKI)
