"""Times and empty values as results carry them. Pure."""

from __future__ import annotations

import datetime
from typing import Any


def iso(seconds: float) -> str:
    """Seconds since the epoch as UTC text."""
    moment = datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc)
    return moment.isoformat(timespec="microseconds").replace("+00:00", "Z")


def trimmed(value: dict[str, Any]) -> dict[str, Any]:
    """Without the keys that are None."""
    return {key: item for key, item in value.items() if item is not None}
