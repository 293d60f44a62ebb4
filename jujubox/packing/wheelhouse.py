"""Wheels for every Python that a charm may meet, gathered once and kept.

Knows: pip, the Pythons of the bases, and the cache of wheelhouses (`JUJUBOX_CACHE/wheels/<digest of the lock>`).
Must not know: which charm the wheels are for.

A package without a wheel on the index (`--no-binary` in the lock) is built here, from the source with the locked hash;
only wheels that run on every Python are taken from a build.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from packaging.utils import parse_wheel_filename
from packaging.version import Version

from jujubox.packing.lock import Lock, Pin

PYTHONS = ("3.10", "3.11", "3.12", "3.13")
"""python3 of Ubuntu 22.04, Debian 12, Ubuntu 24.04 and Debian 13."""

GLIBC = 35
"""The oldest C library among the bases is 2.35, Ubuntu 22.04's: wheels for it and for older ones will do."""

BUILT_AT = "1577836800"
"""SOURCE_DATE_EPOCH of builds, 2020-01-01: the same source gives the same wheel."""


class WheelError(Exception):
    """Wheels could not be gathered. The text says why."""


def gather(lock: Lock, cache: Path) -> Path:
    """A directory with the wheels of `lock` for all `PYTHONS`, from `cache` if they are there."""
    recipe = "\n".join([*PYTHONS, platform.machine(), *sorted(lock.built), *(pin.line() for pin in lock.pins)])
    place = cache / "wheels" / hashlib.sha256(recipe.encode()).hexdigest()[:16]
    with _alone(place):
        if not place.is_dir():
            partial = place.with_suffix(".partial")
            shutil.rmtree(partial, ignore_errors=True)
            _gather(lock, partial)
            partial.rename(place)
    return place


def rewritten_lock(lock: Lock, wheels: Sequence[Path]) -> str:
    """The lock as the packed charm holds it: with the hashes of exactly these wheels, in the lock or not."""
    hashes: dict[tuple[str, Version], list[str]] = {}
    for wheel in sorted(wheels):
        name, version, _, _ = parse_wheel_filename(wheel.name)
        hashes.setdefault((name, version), []).append(f"sha256:{hashlib.sha256(wheel.read_bytes()).hexdigest()}")
    lines = ["# Made by `jujubox pack`: the hashes are those of the files in wheelhouse/."]
    for pin in lock.pins:
        found = hashes.get((pin.name, Version(pin.version)))
        if found:
            lines.append(pin.line(tuple(found)))
    locked = {(pin.name, Version(pin.version)) for pin in lock.pins}
    lines += [Pin(own[0], str(own[1])).line(tuple(found)) for own, found in hashes.items() if own not in locked]
    return "\n".join(lines) + "\n"


@contextlib.contextmanager
def _alone(place: Path) -> Iterator[None]:
    place.parent.mkdir(parents=True, exist_ok=True)
    with place.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _gather(lock: Lock, target: Path) -> None:
    target.mkdir()
    with tempfile.TemporaryDirectory() as scratch, ThreadPoolExecutor(4) as pool:
        jobs = [
            pool.submit(_fetch, lock.fetched_for(python), python, target, Path(scratch, python)) for python in PYTHONS
        ]
        jobs.append(pool.submit(_build, lock.sources(), target, Path(scratch, "sources")))
        for job in jobs:
            job.result()


def _fetch(pins: Sequence[Pin], python: str, target: Path, scratch: Path) -> None:
    """Wheels of `pins` for `python`. pip evaluates markers for its own Python: they are dropped, having been heeded."""
    scratch.mkdir()
    machine = platform.machine()
    tags = [f"manylinux_2_{minor}_{machine}" for minor in range(GLIBC, 16, -1)]
    tags += [f"manylinux2014_{machine}", f"manylinux2010_{machine}", f"manylinux1_{machine}"]
    platforms = [option for tag in tags for option in ("--platform", tag)]
    options = ["--no-deps", "--only-binary", ":all:", "--python-version", python, "--implementation", "cp", *platforms]
    _pip(["download", *options], pins, scratch)
    _keep(scratch, target)


def _build(pins: Sequence[Pin], target: Path, scratch: Path) -> None:
    scratch.mkdir()
    _pip(["wheel", "--no-deps", "--no-build-isolation", "--no-cache-dir"], pins, scratch)
    for wheel in scratch.glob("*.whl"):
        if not wheel.name.endswith("-none-any.whl"):
            raise WheelError(f"cannot build {wheel.name}: it fits one Python alone (expected a wheel that fits all)")
    _keep(scratch, target)


def _keep(scratch: Path, target: Path) -> None:
    for wheel in scratch.glob("*.whl"):
        shutil.copyfile(wheel, target / f"{wheel.name}.partial-{scratch.name}")
        (target / f"{wheel.name}.partial-{scratch.name}").rename(target / wheel.name)


def _pip(arguments: Sequence[str], pins: Sequence[Pin], scratch: Path) -> None:
    if not pins:
        return
    wanted = scratch / "wanted.txt"
    plain = (Pin(pin.name, pin.version, "", pin.hashes) for pin in pins)
    wanted.write_text("".join(pin.line() + "\n" for pin in plain), encoding="utf-8")
    command = [sys.executable, "-m", "pip", *arguments, "--quiet", "--disable-pip-version-check"]
    place = ["--dest" if arguments[0] == "download" else "--wheel-dir", str(scratch), "--requirement", str(wanted)]
    environment: Mapping[str, str] = {**os.environ, "SOURCE_DATE_EPOCH": BUILT_AT}
    done = subprocess.run([*command, *place], env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        seen = [line for line in done.stderr.splitlines() if line.startswith("ERROR")] or done.stderr.splitlines()[-3:]
        raise WheelError("cannot gather wheels: " + "\n".join(seen) + "\nhint: Look whether the Python index answers.")
