"""What the units agree on about a restore: the leader's intent, and each unit's word about its part in it. Pure.

Knows: how both are written in the peers' databags. Must not know: who does what next.

    >>> str(read_word("3 failed: the archive ends at 10:00"))
    '3 failed: the archive ends at 10:00'
    >>> read_intent("nonsense").number
    0
"""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass, fields
from typing import Any

from pgcharm.backup.target import IMMEDIATE, LATEST, Target

INTENT = "restore"
"""The key of the application's peer bag with the intent, and of a unit's with its word."""
STOPPED, DONE, FAILED, SPOILT = "stopped", "done", "failed", "spoilt"
"""`failed`: all data is as it was before. `spoilt`: it is not, because there was no room beside it."""
_WORD = re.compile(r"(\d+) (stopped|done|failed|spoilt)(?:: (.*))?", re.DOTALL)


@dataclass(frozen=True)
class Intent:
    """That the cluster's data is to be brought back. Written by the leader; it only ever grows in number."""

    number: int = 0
    owner: str = ""
    """The unit that brings the data back; the others clone it."""
    stanza: str = ""
    """Where the backup is."""
    foreign: bool = False
    """Whether that is another cluster's, which is only ever read."""
    backup: str = ""
    kind: str = LATEST
    time: str = ""
    timeline: str = ""
    size: int = 0
    """Bytes of the database that the backup holds."""
    abandoned: bool = False

    @property
    def target(self) -> Target:
        return Target(self.kind, self.time, self.timeline)

    def __str__(self) -> str:
        return json.dumps({key: value for key, value in asdict(self).items() if value or key == "number"})

    def says(self) -> str:
        """What it is about, in words."""
        whose = f" of {self.stanza}" if self.foreign else ""
        if self.kind == IMMEDIATE:
            return f"to backup {self.backup}{whose}"
        return f"to {self.time or 'the newest that is archived'}{whose}, from backup {self.backup}"


def read_intent(text: str) -> Intent:
    """The intent that a text says; number 0 where it says none."""
    try:
        found = json.loads(text or "{}")
        known = {field.name: type(field.default) for field in fields(Intent)}
        sound: dict[str, Any] = {key: value for key, value in found.items() if type(value) is known.get(key)}
        return Intent(**sound)
    except (ValueError, AttributeError):
        return Intent()


@dataclass(frozen=True)
class Word:
    """What a unit says about its part in a restore."""

    number: int = 0
    state: str = ""
    reason: str = ""

    def __str__(self) -> str:
        return f"{self.number} {self.state}" + (f": {self.reason}" if self.reason else "") if self.number else ""


def read_word(text: str) -> Word:
    """The word that a text says."""
    match = _WORD.fullmatch(text)
    return Word(int(match[1]), match[2], match[3] or "") if match else Word()
