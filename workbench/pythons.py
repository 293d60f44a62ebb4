"""The client's and the datastore's tests on every Python that they promise, each from the archive that has it.

Knows: which release of which distribution has which Python and which PostgreSQL, and how one is unpacked and entered.
Must not know: what the tests look at.

`python -m workbench.pythons [3.14 ...]`, as root. A release's packages are unpacked into a directory of the cache; a
copy of this tree gets an environment of its own in there, from the same lock as here; the tests run in it, and with
them the PostgreSQL of that release. What is unpacked stays for the next time.
"""

from __future__ import annotations

import ast
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from jujubox.box import Box
from workbench.prepare import LOCK, TOP, entries_of_lock
from workbench.says import Missing, step

DEBIAN, UBUNTU = "http://deb.debian.org/debian", "http://archive.ubuntu.com/ubuntu"
PLACE = "project"
TESTS = ("tests/unit/pgclient", "tests/unit/pgstore", "tests/database/pgclient")
"""Of the datastore the pure ones: its others need PostGIS, and `make test` runs them on PostgreSQL 15 and 17."""

CHARM = ("charmhelpers",)
"""What only the charm needs, on the Pythons of its bases: it cannot be built on 3.14."""
MINUTES = 20
"""When one that hangs is ended."""


@dataclass(frozen=True)
class Release:
    """A release whose archive has a Python, and the major version of its PostgreSQL."""

    python: str
    codename: str
    mirror: str
    server: int

    @property
    def packages(self) -> tuple[str, ...]:
        """What has to be there for the tests; Debian 13 has the keys of Ubuntu besides."""
        keys = ("ubuntu-archive-keyring",) if self == KEYS else ()
        server, python = f"postgresql-{self.server}", f"python{self.python}-venv"
        return ("apt", "ca-certificates", "pgbouncer", "procps", server, python, *keys)


KEYS = Release("3.13", "trixie", DEBIAN, 17)
RELEASES = (
    KEYS,
    Release("3.10", "jammy", UBUNTU, 14),
    Release("3.11", "bookworm", DEBIAN, 15),
    Release("3.12", "noble", UBUNTU, 16),
    Release("3.14", "forky", DEBIAN, 18),
)


def run(command: list[str], log: Path) -> list[str]:
    """Run a command; the lines of its log. Raises Missing with the end of what it said when it fails."""
    with log.open("a") as said:
        try:
            code = subprocess.run(
                command, stdin=subprocess.DEVNULL, stdout=said, stderr=said, timeout=MINUTES * 60, check=False
            ).returncode
        except subprocess.TimeoutExpired:
            raise Missing(f"{command[0]} took longer than {MINUTES} minutes; all it said is in {log}") from None
    lines = log.read_text(errors="replace").splitlines()
    if code:
        raise Missing(
            "\n".join([*lines[-30:], f"{command[0]} ended with {code} (expected 0); all it said is in {log}"])
        )
    return lines


def unpacked(release: Release, into: Path, log: Path) -> Path:
    """The directory of a release, made if it is not there; whole or not at all."""
    root = into / release.codename
    if root.exists():
        return root
    aside = root.with_suffix(".aside")
    shutil.rmtree(aside, ignore_errors=True)
    command = [
        "mmdebstrap", "--mode=root", "--variant=minbase", "--format=directory", "--dpkgopt=force-unsafe-io",
        f"--include={','.join(release.packages)}", *(f"--aptopt={line}" for line in settings_of_apt()),
    ]  # fmt: skip
    if release.mirror == UBUNTU:
        keys = unpacked(KEYS, into, log) / "usr/share/keyrings/ubuntu-archive-keyring.gpg"
        command += [f"--keyring={keys}", "--components=main,universe"]
    run([*command, release.codename, str(aside), release.mirror], log)
    return aside.replace(root)


def settings_of_apt() -> list[str]:
    """How apt reaches its archives here, as lines of its configuration."""
    told = subprocess.run(["apt-config", "dump", "Acquire"], capture_output=True, text=True, check=True).stdout
    return [line for line in told.splitlines() if line.startswith(("Acquire::http", "Acquire::Check-Valid-Until"))]


def settings_of_pip() -> dict[str, str]:
    """How pip reaches its index here, as the environment that says the same anywhere."""
    asked = [sys.executable, "-m", "pip", "config", "list"]
    lines = subprocess.run(asked, capture_output=True, text=True, check=True).stdout.splitlines()
    words = {
        key.rpartition(".")[2]: ast.literal_eval(value) for key, _, value in (line.partition("=") for line in lines)
    }
    return {f"PIP_{name.upper().replace('-', '_')}": value for name, value in words.items()}


def inside(root: Path, *command: str) -> list[str]:
    """A command in the tree's copy, with this host's network, its settings of pip, and the directories they name."""
    settings = settings_of_pip()
    named = {Path(word.removeprefix("file://")) for value in settings.values() for word in value.split()}
    beside = {str(path.parent) for path in named if path.is_absolute() and path.exists()}
    return [
        "systemd-nspawn", "--quiet", "--register=no", "--keep-unit", "--pipe", f"--directory={root}",
        *(f"--bind-ro={place}" for place in sorted(beside)),
        *(f"--setenv={name}={value}" for name, value in settings.items()),
        f"--chdir=/{PLACE}", *command,
    ]  # fmt: skip


def copied(root: Path) -> None:
    """This tree as it is, without what git ignores; an environment that is there stays."""
    known = ["git", "-C", str(TOP), "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(known, capture_output=True, text=True, check=True).stdout.split("\0")
    place = root / PLACE
    for old in place.glob("*"):
        shutil.rmtree(old) if old.is_dir() else old.unlink()
    for name in filter(None, names):
        if (TOP / name).is_file():
            (place / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(TOP / name, place / name)
    wanted = [entry for package, entry in entries_of_lock(LOCK.read_text(encoding="utf-8")) if package not in CHARM]
    (place / LOCK.relative_to(TOP)).write_text("".join(wanted), encoding="utf-8")


def tried(release: Release, into: Path) -> str:
    """The closing line of the tests on one Python. Raises Missing."""
    log = into / f"{release.python}.log"
    log.unlink(missing_ok=True)
    root = unpacked(release, into, log)
    copied(root)
    run(inside(root, f"python{release.python}", "-m", "workbench.prepare", "environment"), log)
    lines = run(inside(root, ".venv/bin/python", "-m", "pytest", "-q", *TESTS), log)
    return next(line for line in reversed(lines) if " passed" in line)


def main(wanted: list[str]) -> int:
    """0 if everything is well on all of them."""
    into = Box.from_environment().cache / "pythons"
    into.mkdir(parents=True, exist_ok=True)
    failed = 0
    for release in RELEASES:
        if wanted and release.python not in wanted:
            continue
        try:
            with step(f"Python {release.python}, PostgreSQL {release.server} ({release.codename})"):
                said = tried(release, into)
            print(f"    {said}")
        except Missing as missing:
            failed += 1
            print(missing)
    return failed


if __name__ == "__main__":
    if os.geteuid():
        sys.exit("a release is unpacked and entered by root alone (expected to be run as root)")
    sys.exit(main(sys.argv[1:]))
