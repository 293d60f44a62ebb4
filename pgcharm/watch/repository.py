"""The backups' repository, looked at every few seconds in a thread of its own, because it may take long to answer.

Knows: how it is asked, and where hooks read what was seen. Must not know: what ought to be in it.
An answer that is another than the last counts when it has been given twice: a unit whose disk the repository is on may
just be restarting its server.
"""

from __future__ import annotations

import os
import threading
import time
import traceback
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pgcharm.adapters.looks import Sight, note_look, sight
from pgcharm.adapters.pgbackrest import PgBackRest, PgBackRestError
from pgcharm.backup.facts import StanzaInfo

EVERY_SECONDS, AGAIN_SECONDS, TICK_SECONDS = 20.0, 8.0, 1.0
"""Between two looks; the same while it does not answer or has no backup; between two looks at the configuration."""
PATIENCE = 45.0
LATE = 100.0
"""Seconds after which a segment of the log that waits is news."""


@dataclass
class RepositoryWatch:
    """Who looks, where, and what was seen."""

    backrest: PgBackRest
    seen: str
    status: Path
    dropped: Path
    place: str = ""
    word: str = ""
    waits: str = ""
    pending: str = field(default="")

    @classmethod
    def of(cls, found: Mapping[str, Any]) -> RepositoryWatch:
        """From watch.json."""
        status = Path(found["data"], "pg_wal", "archive_status")
        return cls(
            PgBackRest(found["pgbackrest"], found["stanza"]), found["repository_seen"], status, Path(found["dropped"])
        )

    def start(self) -> None:
        """Look from now on. Should that ever fail, the whole service ends, and systemd starts it anew."""
        threading.Thread(target=self._look_on, name="repository", daemon=True).start()

    def words(self) -> tuple[str, str]:
        """What was seen of the repository, and in which place; and of segments that wait."""
        return (f"{self.place}: {self.word}" if self.word else ""), self.waits

    def _look_on(self) -> None:
        try:
            while True:
                by = sight(self.backrest.config)
                pause = self.once(by)
                end = time.monotonic() + pause
                while time.monotonic() < end and sight(self.backrest.config) == by:
                    self.waits = self._waiting()
                    time.sleep(TICK_SECONDS)
        except BaseException:
            traceback.print_exc()
            os._exit(1)

    def once(self, by: Sight) -> float:
        """One look; how long the next one may wait."""
        if not by.digest:
            return AGAIN_SECONDS
        found = self._ask()
        word = said(found)
        if word != self.word and word != self.pending and found.code not in (0, 1, 2, 3):
            self.pending = word
            return TICK_SECONDS * 3
        self.pending = ""
        note_look(self.seen, found, by)
        self.place, self.word = by.place, word
        return EVERY_SECONDS if found.code == 0 else AGAIN_SECONDS

    def _ask(self) -> StanzaInfo:
        try:
            return self.backrest.info(PATIENCE)
        except PgBackRestError as error:
            hint = f" ({error.hint})" if error.hint else ""
            return StanzaInfo(self.backrest.stanza, error.code or 99, f"{error.said}{hint}")

    def _waiting(self) -> str:
        """Whether segments have waited too long, or were given up: without numbers, which change all the time."""
        dropped = f"given up at {self.dropped.stat().st_mtime:.0f}" if self.dropped.exists() else ""
        for place in self.status.glob("*.ready"):
            try:
                if time.time() - place.stat().st_mtime > LATE:
                    return ", ".join(filter(None, ("segments wait", dropped)))
            except FileNotFoundError:
                continue
        return dropped


def said(found: StanzaInfo) -> str:
    """What matters of an answer: whether it is well, and which is the newest backup.

    >>> said(StanzaInfo("a", 1, "missing stanza path"))
    'missing stanza path'
    """
    newest = f", newest backup {found.newest.id}" if found.newest else ""
    return f"{found.message}{newest}, {len(found.backups)} backups" if found.backups else found.message
