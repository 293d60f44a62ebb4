"""How far pgBackRest is, from what it says.

Knows: its lines. Must not know: who is told.

    >>> progress = Progress()
    >>> progress.hears("2026-11-27 06:56:18.1 P01 DETAIL: backup file /data/base/1/1 (8KB, 12.50%) checksum 1")
    True
    >>> progress.percent
    12.5
    >>> _ = progress.hears("2026-11-27 06:56:18.1 P00   INFO: new backup label = 20261127-065618F"); progress.id
    '20261127-065618F'
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_PERCENT = re.compile(r"backup file .* \([^()]*?(?:, )?(\d+(?:\.\d+)?)%\)")
_LABEL = re.compile(r"new backup label = (\S+)")


@dataclass
class Progress:
    """What has been heard so far."""

    percent: float = 0.0
    id: str = ""

    def hears(self, line: str) -> bool:
        """Whether a line tells something new."""
        if match := _PERCENT.search(line):
            self.percent = max(self.percent, float(match[1]))
            return True
        if match := _LABEL.search(line):
            self.id = match[1]
            return True
        return False
