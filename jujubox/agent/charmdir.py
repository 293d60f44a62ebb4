"""Putting a charm's files in place, and replacing them on an upgrade.

Knows: that files of the old charm which the new one lacks go, and that files made by the charm itself stay.
Must not know: where the archive comes from.

Source: internal/worker/uniter/charm/manifest_deployer.go of Juju.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from jujubox.charm import unpack

MANIFEST = "charm-manifest"


def deploy(archive: Path, target: Path, state: Path) -> None:
    """Make `target` hold the charm in `archive`; `state` keeps the list of files that belong to it."""
    staging = target.with_name(target.name + ".new")
    shutil.rmtree(staging, ignore_errors=True)
    staging.mkdir(parents=True)
    unpack(archive, staging)
    new = files_below(staging)
    manifest = state / MANIFEST
    old = set(manifest.read_text().splitlines()) if manifest.exists() else set()
    state.mkdir(parents=True, exist_ok=True)
    manifest.write_text("".join(f"{name}\n" for name in sorted(new | old)))  # an interrupted deployment forgets nothing
    _remove(target, old - new)
    _move(staging, target, new)
    shutil.rmtree(staging)
    manifest.write_text("".join(f"{name}\n" for name in sorted(new)))


def files_below(folder: Path) -> set[str]:
    """Every file, link and directory below `folder`, by relative name."""
    found: set[str] = set()
    for here, folders, files in os.walk(folder):
        found.update(str(Path(here, name).relative_to(folder)) for name in (*folders, *files))
    return found


def _is_directory(path: Path) -> bool:
    return path.is_dir() and not path.is_symlink()


def _remove(target: Path, names: set[str]) -> None:
    for name in sorted(names, reverse=True):
        path = target / name
        if not _is_directory(path):
            path.unlink(missing_ok=True)
        elif not any(path.iterdir()):
            path.rmdir()


def _move(staging: Path, target: Path, names: set[str]) -> None:
    target.mkdir(parents=True, exist_ok=True)
    for name in sorted(names):
        source, place = staging / name, target / name
        if _is_directory(source):
            if place.is_symlink() or (place.exists() and not place.is_dir()):
                place.unlink()
            place.mkdir(exist_ok=True)
            place.chmod(source.stat().st_mode & 0o7777)
            continue
        if _is_directory(place):
            shutil.rmtree(place)
        source.replace(place)
