"""Files that a machine gets before it boots.

Knows: how a set of files is written below a root directory.
Must not know: what the files are for.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath


@dataclass(frozen=True)
class File:
    """A regular file, owned by root."""

    mode: int
    content: bytes


@dataclass(frozen=True)
class Link:
    """A symbolic link."""

    target: str


def write_files(root: Path, files: Mapping[str, File | Link]) -> None:
    """Write `files` (by absolute path in the machine) below `root`, replacing what is there."""
    for name, entry in files.items():
        _write(inside(root, name), entry)


def inside(root: Path, name: str) -> Path:
    """`name` of the machine as a path on the host, with links among its directories followed as the machine would."""
    path = PurePosixPath(name)
    return _walk(root, root, path.parent) / path.name


def _walk(root: Path, here: Path, way: PurePosixPath) -> Path:
    for part in way.parts:
        if part == "/":
            here = root
        elif part == "..":
            here = here if here == root else here.parent
        elif (here / part).is_symlink():
            here = _walk(root, here, PurePosixPath(os.readlink(here / part)))
        else:
            here = here / part
    return here


def _write(path: Path, entry: File | Link) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    if isinstance(entry, Link):
        path.symlink_to(entry.target)
        return
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as stream:
        stream.write(entry.content)
        os.fchmod(stream.fileno(), entry.mode)
