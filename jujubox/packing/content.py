"""What of a directory belongs into its charm.

Knows: the layout of a charm, and the `prime` lists of charmcraft.yaml, which name what is packed.
Must not know: how it is packed.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import yaml

LEFT_OUT = (
    "__pycache__",
    "*.pyc",
    ".*",
    "*.charm",
    "build",
    "wheels",
    "wheelhouse",
    "requirements.txt",
    "manifest.yaml",
)
"""Never taken from the directory as they are; the last three are made when packing, with what is in `wheels`."""

BASES = (("ubuntu", "22.04"), ("ubuntu", "24.04"))


def charmcraft(charm: Path) -> dict[str, Any]:
    """charmcraft.yaml, or nothing."""
    path = charm / "charmcraft.yaml"
    return yaml.safe_load(path.read_text(encoding="utf-8")) or {} if path.is_file() else {}


def chosen(charm: Path) -> list[str]:
    """Paths below `charm` that are packed, sorted: what a `prime` list names, or else all that is not left out."""
    parts = charmcraft(charm).get("parts") or {}
    prime = [entry for part in parts.values() for entry in (part or {}).get("prime", ())]
    return sorted(path for path in _walk(charm) if not prime or any(_within(path, entry) for entry in prime))


def _within(path: str, entry: str) -> bool:
    return path == entry or path.startswith(entry.rstrip("/") + "/") or fnmatch(path, entry)


def _walk(top: Path) -> Iterator[str]:
    for folder, folders, files in os.walk(top):
        at_top = folder == str(top)
        folders[:] = sorted(name for name in folders if not _left_out(name, at_top))
        links = [name for name in folders if Path(folder, name).is_symlink()]
        for name in [*links, *files]:
            if not _left_out(name, at_top):
                yield Path(folder, name).relative_to(top).as_posix()


def _left_out(name: str, at_top: bool) -> bool:
    return any(fnmatch(name, pattern) for pattern in (LEFT_OUT if at_top else LEFT_OUT[:3]))


def manifest(charm: Path, architecture: str) -> str:
    """manifest.yaml, without which Juju does not know the bases.

    Juju takes no base but Ubuntu (core/base, `ParseBase` and the charm's manifest), so that others are not named:
    jujubox deploys a charm on any base that it has.
    """
    stated = [
        (str(base["name"]), str(base["channel"]))
        for entry in charmcraft(charm).get("bases") or ()
        for base in entry.get("run-on") or ([entry] if "name" in entry else [])
    ]
    bases = [base for base in stated if base[0] == "ubuntu"] or list(BASES)
    document = {
        "charmcraft-version": "jujubox",
        "bases": [{"name": name, "channel": channel, "architectures": [architecture]} for name, channel in bases],
    }
    return yaml.safe_dump(document, sort_keys=False)
