"""A file as it should be. Knows: what a file has. Must not know: whose it is, or what it says."""

from __future__ import annotations

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
