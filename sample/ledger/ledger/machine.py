"""What the charm puts on the machine: packages, the user, the program, the units, the connection file.

Knows: the machine. Must not know: Juju. Each `ensure_*` looks first and says whether it changed something.
"""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import time
from pathlib import Path

from ledger.conninfo import Conninfo, Files, Settings

USER = "ledger"
PROGRAM = Path("/usr/lib/ledger/ledger")
UNITS = Path("/etc/systemd/system")
SERVICE = "ledger-writer.service"
WAKER = "ledger-status.path"


def ensure_packages() -> bool:
    """The driver, from the distribution."""
    if subprocess.run(["dpkg", "-s", "python3-psycopg2"], capture_output=True, check=False).returncode == 0:
        return False
    for attempt in (1, 2, 3):
        try:
            subprocess.run(["apt-get", "update", "-q"], check=True)
            packages = ["python3-psycopg2", "python3-yaml"]
            subprocess.run(["apt-get", "install", "-qy", "--no-install-recommends", *packages], check=True)
            break
        except subprocess.CalledProcessError:
            if attempt == 3:
                raise
            time.sleep(5 * attempt)
    return True


def ensure_user() -> bool:
    """The system user that the service runs as."""
    try:
        pwd.getpwnam(USER)
    except KeyError:
        command = ["useradd", "--system", "--user-group", "--home-dir", "/var/lib/ledger", "--no-create-home"]
        subprocess.run([*command, "--shell", "/usr/sbin/nologin", USER], check=True)
        return True
    return False


def ensure_program(charm: Path, unit: str) -> bool:
    """The package and the systemd units, as this charm has them."""
    sources = {path: PROGRAM / path.name for path in (charm / "ledger").glob("*.py")}
    sources |= {path: UNITS / path.name for path in (charm / "files").iterdir()}
    changed = [_ensure_file(to, path.read_text().replace("@UNIT@", unit)) for path, to in sorted(sources.items())]
    if any(changed):
        systemctl("daemon-reload")
    return any(changed)


def ensure_directories(files: Files) -> None:
    """Where the service writes, and where the hooks do."""
    files.etc.mkdir(mode=0o755, parents=True, exist_ok=True)
    files.var.mkdir(mode=0o755, parents=True, exist_ok=True)
    shutil.chown(files.var, USER, USER)


def ensure_settings(files: Files, settings: Settings) -> bool:
    """Rate, unit and members, for the running service to pick up."""
    return _ensure_file(files.settings, settings.text())


def ensure_connection(files: Files, conninfo: Conninfo) -> bool:
    """The connection file, which only the service may read."""
    return _ensure_file(files.dsn, conninfo.string() + "\n", 0o600, USER)


def remove_connection(files: Files) -> None:
    """There is no database any more."""
    files.dsn.unlink(missing_ok=True)


def forget(files: Files) -> None:
    """Everything that was noted; the service must not run."""
    for path in files.var.iterdir():
        path.unlink()


def systemctl(*arguments: str) -> None:
    """Raises CalledProcessError."""
    subprocess.run(["systemctl", *arguments], check=True)


def _ensure_file(path: Path, text: str, mode: int = 0o644, owner: str = "root") -> bool:
    if path.exists() and path.read_text() == text and path.stat().st_mode & 0o777 == mode:
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(path.name + ".new")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    with os.fdopen(descriptor, "w") as file:
        os.fchmod(descriptor, mode)
        file.write(text)
    shutil.chown(fresh, owner, owner)
    fresh.replace(path)
    return True
