"""Points in time as callers write them: milliseconds since 1970, ISO 8601, datetime.

Knows: the forms. Must not know: what happened then, or what time it is.

>>> instant("1300000000000").isoformat()
'2011-03-13T07:06:40+00:00'
>>> instant("2011-03-13T08:06:40+01:00") == instant(1300000000000)
True
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone
from typing import Any

from pgstore.errors import BadRequest

EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
_NUMBER = re.compile(r"-?\d+(\.\d+)?")


def instant(given: Any, *, unit: str = "ms") -> datetime:
    """The moment. Numbers are milliseconds, or seconds with `unit="s"`; a time without a zone is UTC.

    Raises `BadRequest` for anything else.
    """
    try:
        if isinstance(given, datetime):
            moment = given
        elif isinstance(given, bool):
            raise TypeError(given)
        elif isinstance(given, (int, float)) or (isinstance(given, str) and _NUMBER.fullmatch(given)):
            moment = _since_epoch(float(given), unit)
        elif isinstance(given, str):
            moment = datetime.fromisoformat(given.replace("Z", "+00:00"))
        else:
            raise TypeError(given)
    except (ValueError, TypeError, OverflowError):
        raise BadRequest(
            f"cannot read a time: {given!r:.80} (expected milliseconds since 1970, ISO 8601 or a datetime)"
        ) from None
    return moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)


def milliseconds(moment: datetime) -> int:
    """Since 1970."""
    return (moment - EPOCH) // timedelta(milliseconds=1)


def _since_epoch(number: float, unit: str) -> datetime:
    return EPOCH + (timedelta(seconds=number) if unit == "s" else timedelta(milliseconds=number))
