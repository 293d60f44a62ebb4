"""One charm, packed: `pack(directory, build)` is the way from the one to the other.

Knows: the order of the work.
Must not know: zip, pip, or the rules of content; see the modules beside it.
"""

from __future__ import annotations

import platform
from pathlib import Path

from jujubox.charm import read_charm
from jujubox.packing import archive, content, wheelhouse
from jujubox.packing.lock import read_lock

ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}


def pack(charm: Path, build: Path, cache: Path) -> Path:
    """Pack directory `charm` into `build/<name>_<architecture>.charm` and return that path.

    Raises CharmError, LockError or WheelError.
    """
    name = read_charm(charm).name
    architecture = ARCHITECTURES.get(platform.machine(), platform.machine())
    entries: list[tuple[str, Path | str]] = [(path, charm / path) for path in content.chosen(charm)]
    entries.append(("manifest.yaml", content.manifest(charm, architecture)))
    requirements = charm / "requirements.txt"
    if requirements.is_file():
        lock = read_lock(requirements.read_text(encoding="utf-8"), str(requirements))
        wheels = wheelhouse.gather(lock, cache)
        entries.append(("requirements.txt", wheelhouse.rewritten_lock(lock, wheels)))
        entries += [(f"wheelhouse/{wheel.name}", wheel) for wheel in wheels.glob("*.whl")]
    build.mkdir(parents=True, exist_ok=True)
    target = build / f"{name}_{architecture}.charm"
    archive.write(target, entries)
    return target
