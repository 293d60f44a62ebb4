"""A file as it should be. Knows: what a file has. Must not know: whose it is, or what it says."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Wanted:
    """A file as it should be."""

    path: str
    content: str = field(repr=False)
    owner: str = "root"
    group: str = "root"
    mode: int = 0o644
    reader: str = ""

    @property
    def digest(self) -> str:
        """As a file's that is there has one."""
        return hashlib.sha256(self.content.encode()).hexdigest()
