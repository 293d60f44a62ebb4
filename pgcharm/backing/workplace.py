"""What the backup program works with, from backup.json.

Knows: its keys. Must not know: what is done.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from pgcharm.adapters import host
from pgcharm.adapters.looks import note_look, sight
from pgcharm.adapters.pgbackrest import PgBackRest
from pgcharm.adapters.web import Credentials
from pgcharm.backup.facts import StanzaInfo


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

    @contextmanager
    def unchanged(self) -> Iterator[Workplace]:
        """The same with the configuration as it is now, whatever is written into it until the end.

        pgBackRest's processes read it each for itself: one that was begun for the repository before would go on in the
        new one, and leave files there that no stanza can be made over.
        """
        kept = f"{self.notes}.conf"
        host.ensure_file(kept, host.read_text(self.config) or "", "root", "postgres", 0o640)
        try:
            yield replace(self, config=kept)
        finally:
            host.ensure_absent(kept)

    @property
    def backrest(self) -> PgBackRest:
        return PgBackRest(self.config, self.stanza)

    def note_seen(self, seen: StanzaInfo) -> None:
        """As the observer service would write it down, so that nobody waits for its next look."""
        note_look(self.seen, seen, sight(self.config))
