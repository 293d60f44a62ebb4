"""Whether this host can have machines: each thing that is missing in one sentence, before anything is changed.

Knows: what the other modules of this package need of a host, and how to try it without leaving anything behind.
Must not know: how it is used.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import urllib.error
import urllib.request
from collections.abc import Awaitable, Callable
from pathlib import Path

from jujubox.box import Box
from jujubox.machines import archive, cgroups, firewall, host, images, recipes

PROGRAMS = {
    "systemd-nspawn": "systemd-container",
    "mmdebstrap": "mmdebstrap",
    "apt-cacher-ng": "apt-cacher-ng",
    "nft": "nftables",
    "ip": "iproute2",
    "tc": "iproute2",
    "nsenter": "util-linux",
    "setpriv": "util-linux",
    "mkfs.ext4": "e2fsprogs",
    "fallocate": "util-linux",
}
SPACE = 4 * 1024**3
NAMESPACES = ["unshare", "--mount", "--uts", "--ipc", "--net", "--pid", "--cgroup", "--fork", "true"]
OVERLAY = "mount -t tmpfs t /run && cd /run && mkdir a b c d && mount -t overlay -o lowerdir=a,upperdir=b,workdir=c o d"
LINKS = "ip link add jbtry type bridge && ip link add jbtry0 type veth peer name jbtry1"
RULES = "nft 'add table inet t; add table bridge t; add chain bridge t c { type filter hook forward priority 0; }'"

Check = Callable[[Box], Awaitable[str]]
"""Gives the sentence, or nothing if all is well."""


async def problems(box: Box, base: str = "debian@12") -> list[str]:
    """What keeps this host from having machines of `base`; empty if nothing does."""
    if problems_of_host := await host_problems(box):
        return problems_of_host
    if said := await _programs(box):
        return [said]
    found = await asyncio.gather(_links(box), _filter(box), firewall.look(), _archive(box, base))
    return [sentence for sentence in found if sentence]


async def host_problems(box: Box) -> list[str]:
    """The part that can be seen before any program is installed."""
    if said := await _root(box):
        return [said]
    checks: list[Check] = [_namespaces, _groups, _overlay, _loop, _space]
    found = await asyncio.gather(*(check(box) for check in checks))
    return [sentence for sentence in found if sentence]


def missing_packages() -> set[str]:
    """The Debian packages that bring the programs which are not there."""
    return {PROGRAMS[name] for name in PROGRAMS if shutil.which(name, path=host.PATH) is None}


async def _root(box: Box) -> str:
    return "" if os.geteuid() == 0 else f"jujubox makes containers in {box.home} and must run as root."


async def _programs(box: Box) -> str:  # noqa: ARG001
    names = " ".join(sorted(missing_packages()))
    return f"Programs are missing; `apt-get install --no-install-recommends {names}` brings them." if names else ""


async def _tried(argv: list[str], sentence: str) -> str:
    done = await host.attempt(argv)
    return "" if done.code == 0 else sentence


async def _namespaces(box: Box) -> str:  # noqa: ARG001
    return await _tried(NAMESPACES, "This host does not let us make namespaces (a container without privileges?).")


async def _groups(box: Box) -> str:  # noqa: ARG001
    found = cgroups.find_hierarchies(Path("/proc/self/mounts").read_text())
    if found is None:
        return "No cgroup2 file system is mounted; machines need one at /sys/fs/cgroup."
    trial = found.unified / f"jujubox-try-{os.getpid()}"
    try:
        trial.mkdir()
    except OSError as error:
        return f"Control groups cannot be made in {found.unified}: {error.strerror}."
    try:
        return "" if (trial / "cgroup.kill").exists() else "The kernel is too old: machines need Linux 5.14 or newer."
    finally:
        trial.rmdir()


async def _overlay(box: Box) -> str:  # noqa: ARG001
    return await _tried(["unshare", "--mount", "sh", "-c", OVERLAY], "This kernel cannot mount overlay file systems.")


async def _loop(box: Box) -> str:  # noqa: ARG001
    return await _tried(["losetup", "--find"], "There are no loop devices (/dev/loop-control) for the machines' disks.")


async def _links(box: Box) -> str:  # noqa: ARG001
    return await _tried(["unshare", "--net", "sh", "-c", LINKS], "This kernel cannot make a bridge or a veth pair.")


async def _filter(box: Box) -> str:  # noqa: ARG001
    return await _tried(["unshare", "--net", "sh", "-c", RULES], "This kernel lacks nftables for inet or bridges.")


async def _space(box: Box) -> str:
    for place in (box.home, box.cache):
        existing = next(path for path in (place, *place.parents) if path.exists())
        free = shutil.disk_usage(existing).free
        if free < SPACE:
            return f"Only {free >> 20} MiB are free for {place}; machines need {SPACE >> 20} MiB."
    return ""


async def _archive(box: Box, base: str) -> str:
    """Only needed while the image has to be made; a host that names no archive of its own is not asked."""
    if images.place(box, base).exists():
        return ""
    found = await archive.find_archive()
    if found.main is None:
        return ""
    url = f"{found.main.rstrip('/')}/dists/{recipes.CODENAMES[base]}/Release"
    reason = await asyncio.to_thread(_fetch, url, found.proxy)
    return f"The package archive does not answer: {url}: {reason}." if reason else ""


def _fetch(url: str, proxy: str | None) -> str:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({"http": proxy, "https": proxy} if proxy else {}))
    try:
        with opener.open(urllib.request.Request(url, method="HEAD"), timeout=20):
            return ""
    except (urllib.error.URLError, OSError) as error:
        return str(getattr(error, "reason", error))
