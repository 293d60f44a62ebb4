"""Since when etcd has had no quorum: a note that the watching service and the hooks keep together.

Knows: the note, and the clock that nobody sets. Must not know: what is done after how long.
The note is below /run, so that it is gone after a reboot, and time without a quorum then counts from the first look.

A moment with a quorum between two looks is noticed by what was agreed in it: a member that leads anew has something
agreed first, so the numbers differ.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

from pgcharm.adapters.host import uptime


def silence(path: str, agreed: str) -> float:
    """The seconds for which there has been no quorum; `agreed` is how far the member has come."""
    now = uptime()
    try:
        found = json.loads(Path(path).read_text())
        since, before = float(found["since"]), str(found["agreed"])
    except (OSError, ValueError, KeyError, TypeError):
        since, before = now, ""
    if before != agreed or since > now:
        since = now
        _write(path, {"since": since, "agreed": agreed})
    return now - since


def lasting(path: str) -> float:
    """The same while the member is stopped, when nothing can be agreed."""
    try:
        return max(0.0, uptime() - float(json.loads(Path(path).read_text())["since"]))
    except (OSError, ValueError, KeyError, TypeError):
        _write(path, {"since": uptime(), "agreed": ""})
        return 0.0


def is_silent(path: str) -> bool:
    """Whether the last look found no quorum."""
    return Path(path).exists()


def over(path: str) -> None:
    """There is a quorum."""
    Path(path).unlink(missing_ok=True)


def _write(path: str, content: dict[str, object]) -> None:
    partial = Path(f"{path}.{os.getpid()}")  # both may write at once
    partial.write_text(json.dumps(content))
    partial.replace(path)
