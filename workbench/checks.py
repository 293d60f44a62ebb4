"""Whether this machine can carry the project at all: looked at before anything on it is changed.

Knows: the distribution, the package archive, the Python index, and whom to ask about the kernel; a sentence for each.
Must not know: how what is missing gets installed (`prepare`).

A check returns nothing, or raises `Missing`. Whatever it tries out, it tries in a namespace or a directory of its own.
"""

from __future__ import annotations

import asyncio
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from jujubox.box import Box
from jujubox.machines import preflight
from workbench.says import Missing


def succeeds(*command: str, timeout: float = 60) -> bool:
    """Whether a command ends well; one that is absent or hangs does not."""
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=timeout, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


def python() -> None:
    """The language that everything here is written in."""
    if sys.version_info < (3, 10):  # noqa: UP036 (older ones get here too)
        seen = ".".join(str(part) for part in sys.version_info[:2])
        raise Missing(f"Python 3.10 or newer is missing: {sys.executable} is {seen}.")


def distribution() -> None:
    """Debian and Ubuntu are known; what counts is apt."""
    if not shutil.which("apt-get"):
        raise Missing("apt-get is missing: this runs on Debian 12 or newer and on Ubuntu 22.04 or newer.")


def host() -> None:
    """Root, namespaces, control groups, overlays, loop devices, disk."""
    if said := asyncio.run(preflight.host_problems(Box.from_environment())):
        raise Missing("\n".join(said))


def archive(scratch: Path) -> None:
    """The package archive, asked with lists of its own in `scratch`, so that the machine's stay as they are."""
    if not succeeds("apt-get", *_apart(scratch), "--error-on=any", "update", timeout=120) and not succeeds(
        "apt-get", *_apart(scratch), "install", "--simulate", "mmdebstrap", timeout=60
    ):
        raise Missing("The package archive is missing: `apt-get update` fails; look at the network and at /etc/apt.")


def _apart(scratch: Path) -> list[str]:
    for name in ("lists/partial", "cache/archives/partial"):
        (scratch / name).mkdir(parents=True, exist_ok=True)
    settings = (f"Dir::State::Lists={scratch}/lists", f"Dir::Cache={scratch}/cache", "APT::Sandbox::User=root")
    return [word for setting in settings for word in ("-o", setting)]


def python_index(scratch: Path, locked: Path) -> None:
    """The Python index, asked as it will be asked: by pip, with pip's own settings, for a small package of the lock."""
    first = next(line for line in locked.read_text(encoding="utf-8").splitlines() if line.startswith("iniconfig=="))
    name = first.split(" ")[0]
    pip = _pip(scratch)
    options = ["--quiet", "--disable-pip-version-check", "--no-deps", "--no-cache-dir", "--retries", "1"]
    if not succeeds(sys.executable, *pip, "download", *options, "--dest", str(scratch / "wheel"), name, timeout=120):
        raise Missing(
            f"The Python index is missing: `pip download {name}` fails; look at the network and pip's settings."
        )


def _pip(scratch: Path) -> list[str]:
    """pip as installed here; or as ensurepip has it; or out of the distribution's package, which is not installed."""
    if succeeds(sys.executable, "-m", "pip", "--version"):
        return ["-m", "pip"]
    if beside := sorted(Path("/usr/share/python-wheels").glob("pip-*.whl")):
        return [f"{beside[-1]}/pip"]
    download = ["apt-get", *_apart(scratch), "--quiet", "download", "python3-pip-whl"]
    subprocess.run(download, cwd=scratch, capture_output=True, check=False)
    for package in scratch.glob("python3-pip-whl*.deb"):
        subprocess.run(["dpkg-deb", "--extract", str(package), str(scratch / "pip")], check=False)
    wheels = sorted((scratch / "pip").rglob("pip-*.whl"))
    return [f"{wheels[-1]}/pip"] if wheels else ["-m", "pip"]


def network(locked: Path, archive_too: bool) -> None:
    """What takes the network, asked only where something has to come from there."""
    with tempfile.TemporaryDirectory() as scratch:
        if archive_too:
            archive(Path(scratch))
        python_index(Path(scratch), locked)
