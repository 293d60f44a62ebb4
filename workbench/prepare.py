"""Make this machine ready: Debian packages that are missing, `.venv` with the locked requirements, the project in it.

Knows: how packages get onto the machine quietly, and what makes an environment stale.
Must not know: what the packages are for.

Runs with the system's python3 and its standard library, and looks first: where nothing is missing, nothing is changed
and next to no time passes. `python3 -m workbench.prepare environment` makes `.venv` alone, `... machine` what the demo
needs as well, `... tests` what the tests need on top of that.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from jujubox.machines import preflight
from workbench import checks
from workbench.says import Missing, step

TOP = Path(__file__).resolve().parent.parent
ENVIRONMENT = TOP / ".venv"
LOCK = TOP / "requirements" / "dev.txt"

KEYRINGS = {"/usr/share/keyrings/debian-archive-keyring.gpg": "debian-archive-keyring"}
SERVER = {
    "lib/postgresql/*/bin/initdb": "postgresql",
    "share/postgresql/*/extension/postgis.control": "postgresql-postgis",
    "bin/pgbackrest": "pgbackrest",
    "sbin/pgbouncer": "pgbouncer",
}
"""Some tests start a PostgreSQL server or a PgBouncer of their own; their packages would make and start others."""
NO_CLUSTER = Path("/etc/postgresql-common/createcluster.d/none.conf")
BUILDING = ("packaging", "setuptools", "wheel")
"""What builds the few packages that come as sources; installed before the rest."""


def missing_packages(purpose: str) -> list[str]:
    """Debian packages to install."""
    wanted = [] if importlib.util.find_spec("ensurepip") else ["python3-venv"]
    if purpose != "environment":
        wanted += preflight.missing_packages()
        wanted += [package for file, package in KEYRINGS.items() if not Path(file).exists()]
    if purpose == "tests":
        wanted += [package for file, package in SERVER.items() if not any(Path("/usr").glob(file))]
    return sorted(wanted)


def state() -> str:
    """What the environment depends on: its place, the Python, the lock, the project's own declaration."""
    project = (TOP / "pyproject.toml").read_bytes().split(b"[tool.")[0]
    parts = [str(ENVIRONMENT).encode(), sys.version.encode(), LOCK.read_bytes(), project]
    return hashlib.sha256(b"\0".join(parts)).hexdigest()


def environment_is_ready() -> bool:
    """Whether `.venv` holds what the lock and pyproject.toml say."""
    ready = ENVIRONMENT / "ready"
    return ready.is_file() and ready.read_text() == state()


def install_packages(packages: Sequence[str]) -> None:
    """Install Debian packages. No service of theirs is started, now or at the next boot."""
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive", "PATH": os.environ["PATH"] + ":/usr/sbin:/sbin"}
    install = ["apt-get", "install", "--yes", "--no-install-recommends", "-o", "DPkg::Lock::Timeout=300"]
    policy = Path("/usr/sbin/policy-rc.d")
    ours = not policy.exists()
    if ours:
        policy.write_text("#!/bin/sh\nexit 101\n")
        policy.chmod(0o755)
    try:
        run(["apt-get", "update"], env=environment)
        if not set(SERVER.values()).isdisjoint(packages):
            run([*install, "postgresql-common"], env=environment)
            NO_CLUSTER.parent.mkdir(parents=True, exist_ok=True)
            NO_CLUSTER.write_text("create_main_cluster = false\n")
        run([*install, *packages], env=environment)
    finally:
        NO_CLUSTER.unlink(missing_ok=True)
        if ours:
            policy.unlink()
    for package in sorted({"apt-cacher-ng", "pgbouncer"}.intersection(packages)):
        checks.succeeds("systemctl", "disable", f"{package}.service")


def make_environment() -> None:
    """`.venv`, from the lock and nothing else, and the project in it."""
    (ENVIRONMENT / "ready").unlink(missing_ok=True)
    python = str(ENVIRONMENT / "bin" / "python")
    if not checks.succeeds(python, "-c", f"import sys; sys.exit(sys.version != {sys.version!r})"):
        shutil.rmtree(ENVIRONMENT, ignore_errors=True)
    run([sys.executable, "-m", "venv", str(ENVIRONMENT)])
    pip = [python, "-m", "pip", "--disable-pip-version-check", "--quiet", "install"]
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as building:
        building.write(part_of_lock(LOCK.read_text(encoding="utf-8"), BUILDING))
        building.flush()
        run([*pip, "--require-hashes", "--requirement", building.name])
    run([*pip, "--no-compile", "--no-build-isolation", "--require-hashes", "--requirement", str(LOCK)])
    plain_path = ["--config-settings", "editable_mode=compat"]
    run([*pip, "--no-build-isolation", "--no-deps", *plain_path, "--editable", str(TOP)])
    (ENVIRONMENT / "ready").write_text(state())


@contextmanager
def base_image_under_way() -> Iterator[None]:
    """Meanwhile, have the base image made, which takes as long. If that fails, `jujubox up` will say why."""
    command = [sys.executable, "-m", "jujubox.command", "image", "build"]
    building = subprocess.Popen(command, cwd=TOP, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield
    finally:
        building.wait()


def part_of_lock(text: str, names: Sequence[str]) -> str:
    """The entries of some packages, with their hashes.

    >>> part_of_lock("a==1 --hash=x\\nwheel==2 \\\\\\n    --hash=y\\n", ["wheel"])
    'wheel==2 \\\\\\n    --hash=y\\n'
    """
    return "".join(entry for name, entry in entries_of_lock(text) if name in names)


def entries_of_lock(text: str) -> list[tuple[str, str]]:
    """The names of a lock's packages, and their entries."""
    entries = re.findall(r"^[A-Za-z0-9].*(?:\n[ \t].*)*\n?", text, re.MULTILINE)
    return [(entry.split("==")[0], entry) for entry in entries]


def run(command: Sequence[str], env: dict[str, str] | None = None) -> None:
    """Run a command whose output matters only when it fails."""
    done = subprocess.run(command, env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    if done.returncode:
        tail = "\n".join((done.stdout + done.stderr).strip().splitlines()[-15:])
        raise Missing(f"`{' '.join(command[:6])} ...` failed:\n{tail}")


def prepare(purpose: str) -> None:
    """Look, and put right what is not."""
    packages, ready = missing_packages(purpose), environment_is_ready()
    if packages or not ready:
        with step("Looking at this machine"):
            checks.distribution()
            if packages or purpose != "environment":
                checks.host()
            checks.network(LOCK, archive_too=bool(packages))
    if packages:
        with step(f"Installing {', '.join(packages)}"):
            install_packages(packages)
    if not ready and purpose == "environment":
        with step("Making .venv from the lock"):
            make_environment()
    elif not ready:
        with step("Making .venv from the lock, and the machines' base image"), base_image_under_way():
            make_environment()


def main() -> int:
    """Prepare; 1 and one sentence where that cannot be."""
    try:
        checks.python()
        prepare(sys.argv[1])
    except Missing as missing:
        print(missing, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
