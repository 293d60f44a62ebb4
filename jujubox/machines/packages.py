"""The package cache: one apt-cacher-ng for all boxes of a cache directory, alive while a box uses it.

Knows: how apt-cacher-ng is configured, started, found and stopped; who uses it.
Must not know: what is installed through it.

It listens on an address of its own on the loopback interface, which machines reach over the bridge of their box. A
lock orders comings and goings; `users/` names the homes that need it; the last one to leave stops it.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import pwd
import shutil
import signal
import subprocess
from pathlib import Path

from jujubox.box import Box
from jujubox.machines import archive, host, locks
from jujubox.machines.errors import MachinesError

OWNER = "apt-cacher-ng"


async def ensure(box: Box) -> None:
    """Have the package proxy running, with this box as one of its users."""
    async with locks.held(_directory(box) / "lock"):
        users = _directory(box) / "users"
        users.mkdir(exist_ok=True)
        (users / box.tag).write_text(f"{box.home}\n")
        if not await _answers(box):
            await _start(box)


async def release(box: Box) -> None:
    """Leave the package proxy; stop it if no other box uses it."""
    if not _directory(box).exists():
        return
    async with locks.held(_directory(box) / "lock"):
        (_directory(box) / "users" / box.tag).unlink(missing_ok=True)
        if not users(box):
            await _stop(box)


def _directory(box: Box) -> Path:
    return box.cache / "packages"


def users(box: Box) -> list[Path]:
    """The homes that use the proxy; a home that is gone is forgotten."""
    homes = []
    for user in (_directory(box) / "users").glob("*"):
        home = Path(user.read_text().strip())
        if (home / "box.json").exists():
            homes.append(home)
        else:
            user.unlink()
    return homes


async def _answers(box: Box) -> bool:
    """Whether our process lives and accepts connections (connecting alone proves nothing: some networks answer all)."""
    if not lives(box):
        return False
    try:
        _, writer = await asyncio.wait_for(
            asyncio.open_connection(box.package_proxy_address, box.package_proxy_port), timeout=2
        )
    except (OSError, asyncio.TimeoutError):
        return False
    writer.close()
    return True


def configuration(box: Box, proxy: str | None) -> str:
    """The text of acng.conf.

    `FreshIndexMaxAge` lets machines that are made together ask the archive once. `ForeGround` keeps the process ours.
    """
    directory = _directory(box)
    options = {
        "CacheDir": directory / "store",
        "LogDir": directory / "log",
        "SupportDir": "/usr/lib/apt-cacher-ng",
        "BindAddress": box.package_proxy_address,
        "Port": box.package_proxy_port,
        "PidFile": directory / "pid",
        "ForeGround": 1,
        "ExThreshold": 30,
        "FreshIndexMaxAge": 120,
        "AllowUserPorts": 0,
        "VerboseLog": 0,
        "ReportPage": "report.html",
        **({"Proxy": proxy} if proxy else {}),
    }
    return "".join(f"{key}: {value}\n" for key, value in options.items())


async def _start(box: Box) -> None:
    await _stop(box)
    directory = _directory(box)
    owner = pwd.getpwnam(OWNER)
    for name in ("store", "log", "conf"):
        (directory / name).mkdir(exist_ok=True)
        os.chown(directory / name, owner.pw_uid, owner.pw_gid)
    found = await archive.find_archive()
    (directory / "conf" / "acng.conf").write_text(configuration(box, found.proxy))
    await host.attempt(["ip", "address", "replace", f"{box.package_proxy_address}/32", "dev", "lo"])
    with open(directory / "log" / "console", "ab") as console:
        process = subprocess.Popen(
            command(box), stdin=subprocess.DEVNULL, stdout=console, stderr=console, start_new_session=True, cwd="/"
        )
    (directory / "process").write_text(f"{process.pid} {started(process.pid)}\n")
    for _ in range(100):
        if process.poll() is not None:
            break
        if await _answers(box):
            return
        await asyncio.sleep(0.05)
    said = (directory / "log" / "console").read_text(errors="replace").strip().splitlines()[-1:]
    raise MachinesError(f"cannot start the package cache: {''.join(said) or 'no answer'}", f"see {directory}/log")


def command(box: Box) -> list[str]:
    """The command line of the proxy: under its own user where that one may reach the cache, else as root."""
    directory = _directory(box)
    reachable = all(path.stat().st_mode & 0o001 for path in (directory, *directory.parents))
    become = ["setpriv", f"--reuid={OWNER}", f"--regid={OWNER}", "--init-groups"] if reachable else []
    return [*become, shutil.which(OWNER) or f"/usr/sbin/{OWNER}", "-c", str(directory / "conf")]


def started(pid: int) -> str:
    """When a living process started, in the kernel's ticks: with the pid it names one process for ever."""
    with contextlib.suppress(OSError):
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return "" if fields[0] == "Z" else fields[19]
    return ""


def lives(box: Box) -> int:
    """The pid of the proxy that we started; 0 if it is gone."""
    with contextlib.suppress(OSError, ValueError):
        pid, since = (_directory(box) / "process").read_text().split()
        if started(int(pid)) == since:
            return int(pid)
    return 0


async def _stop(box: Box) -> None:
    for number in (signal.SIGTERM, signal.SIGKILL):
        for _ in range(100):
            pid = lives(box)
            if not pid:
                break
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)
            await asyncio.sleep(0.05)
    (_directory(box) / "process").unlink(missing_ok=True)
    await host.attempt(["ip", "address", "delete", f"{box.package_proxy_address}/32", "dev", "lo"])
