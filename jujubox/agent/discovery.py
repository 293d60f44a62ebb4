"""Which file a hook or an action is: `dispatch`, or a file of its own, or none.

Knows: the charm's directory. Must not know: how the file is run.

Source: internal/worker/uniter/runner/runner.go (discoverHookHandler) of Juju.
"""

from __future__ import annotations

import os
from pathlib import Path


class CharmMissing(Exception):
    """There is no charm where the charm should be."""


def handler(charm: Path, dispatch_path: str) -> Path | None:
    """The executable for `hooks/<name>` or `actions/<name>`, or None. Raises CharmMissing."""
    if not (charm / "metadata.yaml").exists():
        raise CharmMissing("charm missing from disk")
    for candidate in (charm / "dispatch", charm / dispatch_path):
        if candidate.is_file() and os.access(candidate, os.X_OK):
            return candidate
    return None
