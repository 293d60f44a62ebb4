"""The `.charm` file: a zip with modes and symlinks, the same bytes for the same content.

Knows: zip entries.
Must not know: what belongs into a charm.
"""

from __future__ import annotations

import stat
import zipfile
from collections.abc import Iterable
from pathlib import Path

WRITTEN = (2020, 1, 1, 0, 0, 0)
"""The time of every entry."""

STORED = (".whl", ".zip", ".gz", ".png")
"""Not compressed again."""


def write(target: Path, entries: Iterable[tuple[str, Path | str]]) -> None:
    """A zip with `entries`: a name in the archive, and the file or symlink, or the text, that it holds."""
    partial = target.with_suffix(".partial")
    with zipfile.ZipFile(partial, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, source in sorted(entries, key=lambda entry: entry[0]):
            _put(archive, name, source)
    partial.replace(target)


def _put(archive: zipfile.ZipFile, name: str, source: Path | str) -> None:
    if isinstance(source, str):
        archive.writestr(_entry(name, stat.S_IFREG | 0o644), source)
    elif source.is_symlink():
        archive.writestr(_entry(name, stat.S_IFLNK | 0o777), str(source.readlink()))
    else:
        mode = 0o755 if source.stat().st_mode & stat.S_IXUSR else 0o644
        archive.writestr(_entry(name, stat.S_IFREG | mode), source.read_bytes())


def _entry(name: str, mode: int) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, date_time=WRITTEN)
    entry.create_system = 3
    entry.external_attr = mode << 16
    entry.compress_type = zipfile.ZIP_STORED if name.endswith(STORED) else zipfile.ZIP_DEFLATED
    return entry
