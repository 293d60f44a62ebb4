"""What was seen of the repository, written down for hooks to read.

Knows: that a look counts for the configuration it was made with, and for the place that one names. Must not know: what
ought to be there. Nothing secret of the configuration is kept.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

from pgcharm.adapters import host
from pgcharm.backup.facts import Looked, StanzaInfo
from pgcharm.backup.notes import looked_text, place_in


@dataclass(frozen=True)
class Sight:
    """Which configuration a look is made with, and the place that it names; both empty where there is none."""

    digest: str
    place: str


def sight(config: str) -> Sight:
    """Taken before a look: a configuration that changes meanwhile is looked through again."""
    text = host.read_text(config)
    return Sight(host.digest(text), place_in(text)) if text is not None else Sight("", "")


def note_look(path: str, seen: StanzaInfo, by: Sight) -> None:
    """Write down what was seen."""
    host.ensure_file(path, looked_text(Looked(time.time(), seen, by.digest, by.place)), "root", "root", 0o600)
