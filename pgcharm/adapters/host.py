"""The machine: packages, files, users, services.

Knows: how they are read and changed. Must not know: what they are for.
Every `ensure_*` looks, acts only when needed, and says whether it changed something.
"""

from __future__ import annotations

import grp
import hashlib
import os
import pwd
import shutil
import signal
import subprocess
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path

from charmlibs import systemd

from pgcharm.observation import File, Service

APT = (
    "apt-get", "--yes", "--quiet", "--no-install-recommends",
    "-o", "Dpkg::Options::=--force-confold", "-o", "Dpkg::Options::=--force-confdef",
    "-o", "DPkg::Lock::Timeout=300",
)  # fmt: skip


class HostError(RuntimeError):
    """The machine refused. The text says what was tried and what was seen."""


def run(*command: str, timeout: float = 600, env: Mapping[str, str] | None = None) -> str:
    """The output of a program. Raises HostError with the end of what it said."""
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=timeout, check=False, env={**os.environ, **(env or {})}
        )
    except subprocess.TimeoutExpired:
        raise HostError(f"cannot finish {command[0]}: still running after {timeout:.0f} s") from None
    if done.returncode:
        said = (done.stderr.strip() or done.stdout.strip())[-800:]
        raise HostError(f"cannot run {command[0]}: exit code {done.returncode}, {said!r} (expected 0)")
    return done.stdout


def installed(names: Iterable[str]) -> dict[str, str]:
    """Those of the packages that are installed, with their versions."""
    form = "-f=${db:Status-Status} ${binary:Package} ${Version}\n"
    done = subprocess.run(["dpkg-query", "-W", form, *names], capture_output=True, text=True, check=False)
    rows = [line.split() for line in done.stdout.splitlines()]
    return {row[1].split(":")[0]: row[2] for row in rows if len(row) == 3 and row[0] == "installed"}


def ensure_packages(names: Iterable[str]) -> bool:
    """The packages are installed, in one call; the lists are fetched where there are none or they are out of date."""
    missing = sorted(set(names) - set(installed(names)))
    if not missing:
        return False
    lists = Path("/var/lib/apt/lists")
    fetched = not any(lists.glob("*_Packages*"))
    if fetched:
        fetch_lists()
    try:
        run(*APT, "install", *missing, timeout=1800, env={"DEBIAN_FRONTEND": "noninteractive"})
    except HostError:
        if fetched:
            raise
        fetch_lists()
        run(*APT, "install", *missing, timeout=1800, env={"DEBIAN_FRONTEND": "noninteractive"})
    return True


def ensure_newest(names: Iterable[str]) -> bool:
    """Those of the packages that are installed are the newest of their archives."""
    before = installed(names)
    fetch_lists()
    run(*APT, "install", "--only-upgrade", *before, timeout=1800, env={"DEBIAN_FRONTEND": "noninteractive"})
    return installed(before) != before


def fetch_lists() -> None:
    """apt knows what its archives hold now."""
    run("apt-get", "--quiet", "--error-on=any", "update")


def distribution() -> tuple[str, str, str]:
    """`debian`, `12` and `bookworm`, from os-release."""
    text = Path("/etc/os-release").read_text()
    found = dict(line.split("=", 1) for line in text.splitlines() if "=" in line)
    identifier, version, codename = (found.get(key, "").strip('"') for key in ("ID", "VERSION_ID", "VERSION_CODENAME"))
    return identifier, version, codename


def memory() -> int:
    """Bytes that programs may use: the machine's, or the smallest limit of a control group above us."""
    total = next(int(line.split()[1]) for line in Path("/proc/meminfo").read_text().splitlines() if "MemTotal" in line)
    limits = [total * 1024]
    for path in ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"):
        text = Path(path).read_text().strip() if Path(path).exists() else ""
        if text.isdigit():
            limits.append(int(text))
    return min(limits)


def cores() -> int:
    return len(os.sched_getaffinity(0))


def digest(content: str | bytes) -> str:
    return hashlib.sha256(content.encode() if isinstance(content, str) else content).hexdigest()


def read_file(path: str) -> File | None:
    """What is known of a file or directory, or None where there is none. A directory's digest is empty."""
    place = Path(path)
    try:
        facts = place.stat()
        content = None if place.is_dir() else place.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return None
    return File(
        "" if content is None else digest(content),
        _user_name(facts.st_uid),
        _group_name(facts.st_gid),
        facts.st_mode & 0o7777,
    )


def read_text(path: str) -> str | None:
    """A file's content, or None where there is none."""
    try:
        return Path(path).read_text()
    except (FileNotFoundError, NotADirectoryError):
        return None


def ensure_file(path: str, content: str, owner: str, group: str, mode: int) -> bool:
    """A file has this content, owner and mode. It is never there half written, nor readable by the wrong user."""
    seen = read_file(path)
    wanted = File(digest(content), owner, group, mode)
    if seen == wanted:
        return False
    place = Path(path)
    place.parent.mkdir(parents=True, exist_ok=True)
    partial = place.with_name(f".{place.name}.partial")
    partial.unlink(missing_ok=True)
    with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(content)
        os.fchown(file.fileno(), pwd.getpwnam(owner).pw_uid, grp.getgrnam(group).gr_gid)
        os.fchmod(file.fileno(), mode)
        file.flush()
        os.fsync(file.fileno())
    partial.replace(place)
    return True


def ensure_directory(path: str, owner: str, group: str, mode: int) -> bool:
    """A directory exists with this owner and mode; those above it may be entered by anybody."""
    place = Path(path)
    place.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
    changed = not place.is_dir()
    place.mkdir(mode=0o700, exist_ok=True)
    facts = place.stat()
    ids = pwd.getpwnam(owner).pw_uid, grp.getgrnam(group).gr_gid
    if (facts.st_uid, facts.st_gid) != ids:
        os.chown(place, *ids)
        changed = True
    if facts.st_mode & 0o7777 != mode:
        place.chmod(mode)
        changed = True
    return changed


def ensure_absent(path: str) -> bool:
    """A file or directory is not there."""
    place = Path(path)
    if place.is_dir() and not place.is_symlink():
        shutil.rmtree(place)
        return True
    if place.is_symlink() or place.exists():
        place.unlink()
        return True
    return False


def is_empty(path: str) -> bool:
    """Whether a directory is missing or has nothing in it."""
    place = Path(path)
    return not place.is_dir() or not any(place.iterdir())


def size(path: str) -> int:
    """Bytes in a directory's files."""
    total = 0
    for folder, _, files in os.walk(path):
        for name in files:
            try:
                total += os.lstat(os.path.join(folder, name)).st_blocks * 512
            except FileNotFoundError:
                continue
    return total


def room(path: str) -> int:
    """Bytes that are free on the disk that a path is on, or will be on."""
    place = Path(path)
    while not place.exists():
        place = place.parent
    return shutil.disk_usage(place).free


def is_shutting_down() -> bool:
    """Whether the machine is on its way down, to stay there or to come up again."""
    done = subprocess.run(["systemctl", "is-system-running"], capture_output=True, text=True, check=False)
    return done.stdout.strip() == "stopping"


def uptime() -> float:
    """Seconds since the boot, sleep included."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


def programs(path: str) -> dict[int, tuple[str, float]]:
    """Programs that were started with a path among their arguments: process id, name and the seconds they have run."""
    found = {}
    for place in Path("/proc").glob("[0-9]*"):
        try:
            arguments = (place / "cmdline").read_bytes().decode(errors="replace").split("\0")
            begun = float((place / "stat").read_text().rpartition(")")[2].split()[19]) / os.sysconf("SC_CLK_TCK")
        except (FileNotFoundError, ProcessLookupError):
            continue
        if any(argument == path or argument.endswith(f"={path}") for argument in arguments[1:]):
            found[int(place.name)] = (Path(arguments[0]).name, uptime() - begun)
    return found


def ensure_nobody_works_on(path: str, seconds: float) -> bool:
    """Programs that were started on a path have ended: asked to, and killed after some seconds."""
    asked = set()
    end = time.monotonic() + seconds
    while found := programs(path):
        late = time.monotonic() >= end
        for process in found:
            if late or process not in asked:
                asked.add(process)
                with suppress(ProcessLookupError):
                    os.kill(process, signal.SIGKILL if late else signal.SIGINT)
        if late and time.monotonic() >= end + 5:
            raise HostError(f"cannot end {', '.join(sorted(name for name, _ in found.values()))}: still on {path}")
        time.sleep(0.2)
    return bool(asked)


def ensure_set_aside(path: str, stamp: str) -> str:
    """A directory has another name beside its own; that name. Tablespaces go with it."""
    aside = Path(f"{path}.aside-{stamp}")
    Path(path).rename(aside)
    for link in tablespaces(aside):
        target = link.resolve()
        kept = target.with_name(f"{target.name}.aside-{stamp}")
        facts = target.stat()
        target.rename(kept)
        target.mkdir(mode=facts.st_mode & 0o7777)
        os.chown(target, facts.st_uid, facts.st_gid)
        link.unlink()
        link.symlink_to(kept)
    return str(aside)


def ensure_data_absent(path: str) -> bool:
    """A data directory is gone, and its tablespaces are empty."""
    for link in tablespaces(Path(path)):
        for inside in link.resolve().iterdir():
            ensure_absent(str(inside))
    return ensure_absent(path)


def tablespaces(data: Path) -> list[Path]:
    """Links in a data directory to tablespaces that are elsewhere and there."""
    place = data / "pg_tblspc"
    links = place.iterdir() if place.is_dir() else ()
    return [link for link in links if link.is_symlink() and link.resolve().is_dir()]


def is_replaced(process: int) -> bool:
    """Whether the program that a process runs has been replaced on disk since; false where there is no process."""
    try:
        return os.readlink(f"/proc/{process}/exe").endswith(" (deleted)")
    except OSError:
        return False


def main_process(service: str) -> int:
    """The main process of a service; 0 where it does not run."""
    done = subprocess.run(
        ["systemctl", "show", "--property=MainPID", "--value", service], capture_output=True, text=True, check=False
    )
    return int(done.stdout.strip() or 0)


def last_lines(path: str, limit: int = 32768) -> list[str]:
    """The end of a text file; nothing where there is none."""
    try:
        with open(path, "rb") as file:
            file.seek(max(0, os.fstat(file.fileno()).st_size - limit))
            return file.read().decode(errors="replace").splitlines()
    except OSError:
        return []


def journal(service: str, seconds: int) -> list[str]:
    """What a service has said during the last seconds."""
    command = ["journalctl", "--unit", service, "--since", f"-{seconds}s", "--output", "cat", "--no-pager"]
    return subprocess.run(command, capture_output=True, text=True, errors="replace", check=False).stdout.splitlines()


def services(names: Iterable[str]) -> dict[str, Service]:
    """The state of systemd services; those that do not exist are neither active nor enabled."""
    names = tuple(names)
    properties = "--property=Id,ActiveState,UnitFileState,LoadState"
    done = subprocess.run(["systemctl", "show", properties, *names], capture_output=True, text=True, check=False)
    found = {}
    for block in done.stdout.strip().split("\n\n"):
        facts = dict(line.split("=", 1) for line in block.splitlines() if "=" in line)
        found[facts.get("Id", "")] = Service(
            active=facts.get("ActiveState") in ("active", "activating", "reloading"),
            enabled=facts.get("UnitFileState") == "enabled",
            masked=facts.get("LoadState") == "masked",
        )
    return {name: found.get(name, Service(False, False, False)) for name in names}


def ensure_masked(name: str) -> bool:
    """A service cannot be started, also where its package is yet to come."""
    place = Path("/etc/systemd/system") / name
    if place.is_symlink() and os.readlink(place) == "/dev/null":
        return False
    place.unlink(missing_ok=True)
    place.symlink_to("/dev/null")
    systemd.daemon_reload()
    return True


def ensure_service_restarted(name: str) -> bool:
    """A service runs from its files as they are now, and after a reboot."""
    systemd.daemon_reload()
    systemd.service_enable(name)
    systemd.service_restart(name)
    return True


def start_in_background(name: str) -> None:
    """A service that ends by itself is on its way; one that has failed before begins anew."""
    subprocess.run(["systemctl", "reset-failed", name], capture_output=True, check=False)
    run("systemctl", "start", "--no-block", name, timeout=30)


def try_service_restart(name: str) -> str:
    """The same for a service that others do without; why it does not run, or the empty string."""
    try:
        ensure_service_restarted(name)
    except (systemd.SystemdError, OSError) as error:
        return str(error)
    return ""


def ensure_service_stopped(name: str, timeout: float = 120) -> bool:
    """A service does not run, nor after a reboot."""
    state = services([name])[name]
    if not state.active and not state.enabled:
        return False
    run("systemctl", "disable", "--now", name, timeout=timeout)
    return True


def _user_name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def _group_name(gid: int) -> str:
    try:
        return grp.getgrgid(gid).gr_name
    except KeyError:
        return str(gid)


def ensure_locale(name: str) -> bool:
    """libc has a locale."""
    present = run("locale", "-a").lower().replace("-", "").split()
    if name.lower().replace("-", "") in present:
        return False
    charset = name.partition(".")[2].partition("@")[0] or "UTF-8"
    run("localedef", "-i", name.partition(".")[0], "-f", charset, name)
    return True
