"""Times as the controller sends them (`2026-08-21T10:11:12.123456Z`), printed in the ways that Juju prints them.

Knows: Juju's layouts, the local time zone.
Must not know: which value is a time.
"""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def parse(text: str) -> datetime | None:
    """The time, in UTC; None if it is none."""
    try:
        return datetime.fromisoformat(text.replace("Z", "+00:00")).astimezone(timezone.utc)
    except ValueError:
        return None


def for_status(text: str, utc: bool) -> str:
    """`21 Aug 2026 12:11:12+02:00`, or `2026-08-21 10:11:12Z` in UTC."""
    moment = parse(text)
    if moment is None:
        return text
    if utc:
        return f"{moment:%Y-%m-%d %H:%M:%S}Z"
    local = moment.astimezone()
    return f"{local:%d} {_MONTHS[local.month - 1]} {local:%Y %H:%M:%S}{_offset(local)}"


def for_clock(text: str, utc: bool) -> str:
    """`12:11:12+02:00`, or `10:11:12` in UTC."""
    moment = parse(text)
    if moment is None:
        return text
    local = moment.astimezone()
    return f"{moment:%H:%M:%S}" if utc else f"{local:%H:%M:%S}{_offset(local)}"


def as_go(text: str, utc: bool) -> str:
    """`2026-08-21 10:11:12 +0000 UTC`, as Go's Time.String writes whole seconds."""
    moment = parse(text)
    if moment is None:
        return text
    local = moment if utc else moment.astimezone()
    return f"{local:%Y-%m-%d %H:%M:%S %z} {local.tzname()}"


def as_rfc3339(text: str) -> str:
    """`2026-08-21T10:11:12Z`."""
    moment = parse(text)
    return text if moment is None else f"{moment:%Y-%m-%dT%H:%M:%S}Z"


def ago(text: str) -> str:
    """`3 minutes ago`, as a person would say it; the day if it is longer ago than one."""
    moment = parse(text)
    if moment is None:
        return text
    seconds = int((datetime.now(timezone.utc) - moment).total_seconds())
    if seconds >= 86400:
        return f"{moment:%Y-%m-%d}"
    for size, unit in ((3600, "hour"), (60, "minute"), (1, "second")):
        if seconds >= size:
            count = seconds // size
            return f"{count} {unit}{'s' if count > 1 else ''} ago"
    return "just now"


def for_log(text: str, utc: bool, date: bool, milliseconds: bool) -> str:
    """`12:11:12`, with the date before it and milliseconds behind it where wanted."""
    moment = parse(text)
    if moment is None:
        return text
    local = moment if utc else moment.astimezone()
    layout = ("%Y-%m-%d " if date else "") + "%H:%M:%S"
    return local.strftime(layout) + (f".{local.microsecond // 1000:03d}" if milliseconds else "")


def with_status_times(value: Any, utc: bool) -> Any:
    """A copy of a status in which every `since` and the controller's `timestamp` read as Juju prints them."""
    if isinstance(value, list):
        return [with_status_times(item, utc) for item in value]
    if not isinstance(value, dict):
        return value
    return {key: _converted(key, item, utc) for key, item in value.items()}


def _converted(key: str, item: Any, utc: bool) -> Any:
    if isinstance(item, str):
        return for_status(item, utc) if key == "since" else for_clock(item, utc) if key == "timestamp" else item
    return with_status_times(item, utc)


def _offset(moment: datetime) -> str:
    minutes = int((moment.utcoffset() or timezone.utc.utcoffset(None)).total_seconds()) // 60
    return "Z" if minutes == 0 else f"{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02d}:{abs(minutes) % 60:02d}"
