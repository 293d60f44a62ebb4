"""What the backup program works with, from backup.json.

Knows: its keys. Must not know: what is done.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pgcharm.adapters import host
from pgcharm.adapters.pgbackrest import PgBackRest
from pgcharm.adapters.web import Credentials
from pgcharm.backup.facts import Looked, StanzaInfo
from pgcharm.backup.notes import looked_text


@dataclass(frozen=True)
class Workplace:
    """Paths, names and credentials."""

    unit: str
    stanza: str
    config: str
    patroni: str
    credentials: Credentials
    data: str
    sockets: str
    host: Mapping[str, str]
    """How another unit's pgBackRest is reached, without its address."""
    annotates: bool
    notes: str
    seen: str
    again: str

    @classmethod
    def read(cls, path: str) -> Workplace:
        found = json.loads(Path(path).read_text())
        credentials = Credentials(found.pop("ca"), found.pop("certificate"), found.pop("key"))
        return cls(credentials=credentials, **found)

    @property
    def backrest(self) -> PgBackRest:
        return PgBackRest(self.config, self.stanza)

    def note_seen(self, seen: StanzaInfo) -> None:
        """As the observer service would write it down, so that nobody waits for its next look."""
        file = host.read_file(self.config)
        text = looked_text(Looked(time.time(), seen, file.digest if file else ""))
        host.ensure_file(self.seen, text, "root", "root", 0o600)
