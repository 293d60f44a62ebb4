"""What hooks have read of the clients' relations, kept between hooks, because reading 100 of them anew takes long.

Knows: where it is kept. Must not know: what is in it, or for how long it is believed.
It is a file below /run that only root may read: it is never on a disk, and gone after a reboot.

Juju answers for a member of another relation than the hook's own with what that member's last hook has seen, so that
nothing is known any later for being remembered. What a hook writes itself is forgotten before it is written: the next
hook reads what the controller has.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from pgcharm.adapters import host

Entries = dict[str, dict[str, Any]]


def place(application: str) -> str:
    return f"/run/{application}-charm-clients"


def recall(path: str) -> Entries:
    """What was read, by relation; nothing where nothing is kept."""
    try:
        return dict(json.loads(Path(path).read_text()))
    except (OSError, ValueError, TypeError):
        return {}


def remember(path: str, entries: Mapping[str, Mapping[str, Any]]) -> None:
    """Keep this, and nothing else."""
    host.ensure_file(path, json.dumps(dict(entries)), "root", "root", 0o600)


def forget(path: str, relations: Iterable[str]) -> None:
    """Read these anew in the next hook."""
    gone = set(relations)
    found = recall(path)
    if gone & found.keys():
        remember(path, {name: entry for name, entry in found.items() if name not in gone})
