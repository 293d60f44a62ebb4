"""One charm, packed: `pack(directory, build)` is the way from the one to the other.

Knows: the order of the work.
Must not know: zip, pip, or the rules of content; see the modules beside it.
"""

from __future__ import annotations

import platform
from pathlib import Path

import yaml

from jujubox.charm import charm_of, read_documents
from jujubox.packing import archive, content, wheelhouse
from jujubox.packing.lock import read_lock

OWN_WHEELS = "wheels"
"""Where a charm has wheels that are on no index: they are packed with those of its lock."""
ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}


def pack(charm: Path, build: Path, cache: Path) -> Path:
    """Pack directory `charm` into `build/<name>_<architecture>.charm` and return that path.

    Raises CharmError, LockError or WheelError.
    """
    documents = read_documents(charm)
    name = charm_of(documents).name
    architecture = ARCHITECTURES.get(platform.machine(), platform.machine())
    entries: list[tuple[str, Path | str]] = [(path, charm / path) for path in content.chosen(charm)]
    entries.append(("manifest.yaml", content.manifest(charm, architecture)))
    entries += [
        (f"{each}.yaml", yaml.safe_dump(documents[each], sort_keys=False))
        for each in ("metadata", "config", "actions")
        if each in documents and not (charm / f"{each}.yaml").exists()  # charmcraft.yaml holds it: Juju reads it apart
    ]
    requirements = charm / "requirements.txt"
    if requirements.is_file():
        lock = read_lock(requirements.read_text(encoding="utf-8"), str(requirements))
        wheels = [*wheelhouse.gather(lock, cache).glob("*.whl"), *(charm / OWN_WHEELS).glob("*.whl")]
        entries.append(("requirements.txt", wheelhouse.rewritten_lock(lock, wheels)))
        entries += [(f"wheelhouse/{wheel.name}", wheel) for wheel in wheels]
    build.mkdir(parents=True, exist_ok=True)
    target = build / f"{name}_{architecture}.charm"
    archive.write(target, entries)
    return target
