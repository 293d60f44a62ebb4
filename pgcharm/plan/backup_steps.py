"""The steps about backups. Each says in English what it makes true.

Knows: what there is to do. Must not know: when, or how.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from pgcharm.plan.types import Step


@dataclass(frozen=True)
class ReloadService(Step):
    """A service has read its files. `loads` are the digests of what it reads."""

    service: str
    loads: Mapping[str, str] = field(repr=False)

    def says(self) -> str:
        return f"reload {self.service}"


@dataclass(frozen=True)
class MakeStanza(Step):
    """The repository has a place for this cluster, and it belongs to this cluster."""

    stanza: str
    place: str
    primary: Mapping[str, str] = field(repr=False)
    """How pgBackRest reaches the primary where it is another unit; empty where it is this one."""
    system: str = ""

    def says(self) -> str:
        return f"make the stanza {self.stanza} in {self.place}"


@dataclass(frozen=True)
class NotePassphrase(Step):
    """The unit remembers which passphrase the stanza was made with."""

    passphrase: str = field(repr=False)
    proved: str = ""

    def says(self) -> str:
        return "note down that the repository can be read" + (" with its passphrase" if self.passphrase else "")


@dataclass(frozen=True)
class StartBackup(Step):
    """The backup program is at work. It needs nobody to go on."""

    service: str
    kind: str

    def says(self) -> str:
        return f"begin a backup ({self.kind})"


@dataclass(frozen=True)
class FillArchive(Step):
    """What led to this timeline and was not archived, or elsewhere, is archived by the primary of now."""

    stanza: str
    data: str
    timeline: int
    place: str

    def says(self) -> str:
        return f"archive what led to timeline {self.timeline} and is not in {self.place}"

    def word(self) -> str:
        """What is noted down once it is done."""
        return f"{self.timeline} in {self.place}"
