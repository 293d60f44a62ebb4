"""When backups are made: systemd's OnCalendar, as far as it makes sense for backups, read strictly.

Knows: the form (systemd.time(7), "calendar events") and how long it may be at most from one time to the next.
Must not know: who makes a backup.

    >>> read_calendar("Sun 02:00").longest == 7 * DAY
    True
    >>> read_calendar("Mon..Sat 2:00").longest == 2 * DAY, read_calendar("*:0/15").longest
    (True, 3600.0)
"""

from __future__ import annotations

import re
from dataclasses import dataclass

HOUR = 3600.0
DAY = 86400.0
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_NAMES = {**{name: name for name in DAYS}, "monday": "mon", "tuesday": "tue", "wednesday": "wed", "thursday": "thu",
          "friday": "fri", "saturday": "sat", "sunday": "sun"}  # fmt: skip
_SHORT = {
    "hourly": "*-*-* *:00:00",
    "daily": "*-*-* 00:00:00",
    "weekly": "Mon *-*-* 00:00:00",
    "monthly": "*-*-01 00:00:00",
}
_PART = re.compile(r"(?:(\*)|(\d{1,4})(?:\.\.(\d{1,4}))?)(?:/(\d{1,3}))?")


class BadCalendar(ValueError):
    """A text that names no times, and why."""


@dataclass(frozen=True)
class Calendar:
    """Times that a text names."""

    text: str
    longest: float
    """Seconds between two of them at most, on the safe side."""


def read_calendar(text: str) -> Calendar:
    """The times of a text. Raises BadCalendar."""
    words = _SHORT.get(text.lower(), text).split()
    if words and words[-1].upper() == "UTC":
        words = words[:-1]
    days = _days(words.pop(0)) if words and words[0][0].isalpha() else frozenset(range(7))
    date = words.pop(0) if words and "-" in words[0] else "*-*-*"
    if len(words) != 1 or ":" not in words[0]:
        raise BadCalendar(f"{text[:40]!r} has no time of day such as 02:00")
    years, months, month_days = _parts(date.split("-"), ((1970, 2999), (1, 12), (1, 31)), "a date such as *-*-01")
    clock = words[0].split(":")
    hours, *_ = _parts([*clock, "00"][:3], ((0, 23), (0, 59), (0, 59)), "a time of day such as 02:00")
    if len(clock) > 3 or years != "*":
        raise BadCalendar(f"{text[:40]!r} has a year, or too many parts")
    return Calendar(text, _longest(days, months, month_days, hours))


def _longest(days: frozenset[int], months: str, month_days: str, hours: str) -> float:
    if months != "*":
        return 366 * DAY
    if month_days != "*":
        return 31 * DAY if len(days) == 7 else 366 * DAY
    if len(days) < 7:
        ordered = sorted(days)
        return DAY * max(
            (after - before) % 7 or 7 for before, after in zip(ordered, [*ordered[1:], ordered[0]], strict=True)
        )
    return HOUR if hours == "*" else DAY


def _days(word: str) -> frozenset[int]:
    found: set[int] = set()
    for part in word.lower().strip(",").split(","):
        first, _, last = part.partition("..")
        if first not in _NAMES or (last and last not in _NAMES):
            raise BadCalendar(f"{part[:20]!r} is no day of the week")
        begin, end = DAYS.index(_NAMES[first]), DAYS.index(_NAMES[last or first])
        if end < begin:
            raise BadCalendar(f"{part!r} ends before it begins")
        found |= set(range(begin, end + 1))
    return frozenset(found)


def _parts(texts: list[str], bounds: tuple[tuple[int, int], ...], form: str) -> list[str]:
    if len(texts) != len(bounds):
        raise BadCalendar(f"{'-'.join(texts)[:40]!r} is not {form}")
    for text, (low, high) in zip(texts, bounds, strict=True):
        for part in text.split(","):
            _check(part, low, high, form)
    return texts


def _check(part: str, low: int, high: int, form: str) -> None:
    match = _PART.fullmatch(part)
    if match is None:
        raise BadCalendar(f"{part[:20]!r} is no part of {form}")
    numbers = [int(text) for text in (match[2], match[3]) if text]
    if any(not low <= number <= high for number in numbers) or numbers != sorted(numbers) or match[4] == "0":
        raise BadCalendar(f"{part!r} is beyond {low} to {high}")
