"""Packing test charms into `.charm` files, as charmcraft would.

Knows: that a charm is a zip that keeps modes and symlinks, and how to put Python packages beside a charm.
Must not know: what a charm does.
"""

from __future__ import annotations

import re
import shutil
import stat
import subprocess
import sys
import zipfile
from collections.abc import Mapping
from pathlib import Path

import yaml

from driving import box as boxes

ROOT = Path(__file__).resolve().parents[3]
CHARMS = Path(__file__).resolve().parents[2] / "charms"
"""Where the test charms lie."""


def pack(source: Path, target: Path, extra: Mapping[str, str] | None = None) -> Path:
    """Zip the charm directory `source` as `target`; `extra` files (name to text) come on top and replace others."""
    added = {**_split(source), **(extra or {})}
    target.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for path in sorted(source.rglob("*")):
            name = path.relative_to(source).as_posix()
            if "__pycache__" not in path.parts and name not in added:
                _put(archive, path, name)
        for name, text in added.items():
            archive.writestr(_entry(name, stat.S_IFREG | 0o644), text)
    return target


def _split(source: Path) -> dict[str, str]:
    """What charmcraft makes of a unified charmcraft.yaml: metadata.yaml, config.yaml and actions.yaml."""
    if (source / "metadata.yaml").exists():
        return {}
    project = yaml.safe_load((source / "charmcraft.yaml").read_text())
    config, actions = project.pop("config", {}), project.pop("actions", {})
    metadata = {key: value for key, value in project.items() if key not in ("type", "parts", "bases", "platforms")}
    metadata["display-name"] = metadata.pop("title", metadata["name"])
    documents = {"metadata.yaml": metadata, "config.yaml": config, "actions.yaml": actions}
    return {name: yaml.safe_dump(document) for name, document in documents.items()}


def pack_with_packages(source: Path, target: Path, *requirements: str) -> Path:
    """Pack `source` with Python packages below `lib/`, fetched now; `requirements` are words for pip install."""
    staged = target.with_suffix(".staged")
    shutil.copytree(source, staged, symlinks=True)
    done = subprocess.run(
        [sys.executable, "-m", "pip", "install", "--quiet", "--no-compile", "--disable-pip-version-check",
         "--target", str(staged / "lib"), *requirements],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return pack(staged, target)


def pack_with_pgstore(source: Path, scratch: Path, *locked: str) -> Path:
    """Pack `source` as the author of a charm that uses pgstore does: its wheel in `wheels/`, the rest in a lock."""
    staged = scratch / source.name
    shutil.copytree(source, staged, symlinks=True)
    project = scratch / "project"
    for name in ("jujubox", "pgcharm", "pgclient", "pgstore"):
        shutil.copytree(ROOT / name, project / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, project / name)
    build = ["wheel", "--quiet", "--no-deps", "--no-build-isolation", "--disable-pip-version-check"]
    command = [sys.executable, "-m", "pip", *build, "--wheel-dir", str(staged / "wheels"), str(project)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    pins = re.split(r"\n(?=\S)", (ROOT / "requirements" / "dev.txt").read_text())
    kept = [pin for pin in pins if re.split(r"[=\[]", pin)[0].lower().replace("_", "-") in locked]
    (staged / "requirements.txt").write_text("\n".join(kept) + "\n")
    return Path(boxes.Box(scratch).jujubox("pack", str(staged), "--output", str(scratch)).split()[-1])


def _entry(name: str, mode: int) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, date_time=(2020, 1, 1, 0, 0, 0))
    entry.external_attr = mode << 16
    entry.compress_type = zipfile.ZIP_DEFLATED
    return entry


def _put(archive: zipfile.ZipFile, path: Path, name: str) -> None:
    mode = path.lstat().st_mode
    if path.is_symlink():
        archive.writestr(_entry(name, mode), str(path.readlink()))
    elif path.is_dir():
        archive.writestr(_entry(name + "/", mode), b"")
    else:
        archive.writestr(_entry(name, mode), path.read_bytes())
