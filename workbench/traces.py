"""What a box leaves on the host: processes, mounts, the bridge, rules, its home.

Knows: where the kernel shows them, and how a box marks what is its own (its home, and a tag in names).
Must not know: how any of it came to be.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

from jujubox.box import Box
from jujubox.machines import packages


def traces(box: Box) -> list[str]:
    """Whatever there is of a box, a line each; nothing after it has been taken down."""
    return [*_processes(box), *_mounts(box), *_links(box), *_rules(box), *_package_cache(box), *_home(box)]


def _processes(box: Box) -> Iterator[str]:
    ours_above = set(_ancestors(os.getpid()))
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) in ours_above:
            continue
        try:
            words = (entry / "cmdline").read_bytes().split(b"\0")
            home = (entry / "environ").read_bytes().split(b"\0")
        except OSError:
            continue
        ours = any(str(box.home).encode() in word for word in words)
        if ours or (b"jujubox.controller" in words and f"JUJUBOX_HOME={box.home}".encode() in home):
            yield f"process {entry.name}: {b' '.join(words).decode(errors='replace')[:100]}"


def _ancestors(pid: int) -> Iterator[int]:
    """A process and those that started it: whoever typed our command may have named the home in it."""
    while pid > 0:
        yield pid
        pid = int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


def _mounts(box: Box) -> Iterator[str]:
    for line in Path("/proc/self/mounts").read_text().splitlines():
        point = line.split()[1]
        if Path(point).is_relative_to(box.home):
            yield f"mount {point}"


def _links(box: Box) -> Iterator[str]:
    for name in sorted(os.listdir("/sys/class/net")):
        if box.tag in name:
            yield f"network interface {name}"


def _rules(box: Box) -> Iterator[str]:
    listed = subprocess.run(["nft", "--json", "list", "tables"], capture_output=True, text=True, check=False)
    for item in json.loads(listed.stdout or "{}").get("nftables", ()):
        if box.tag in str(item.get("table", {}).get("name", "")):
            yield f"nftables table {item['table']['name']}"


def _package_cache(box: Box) -> Iterator[str]:
    """Its process may stay as long as another box uses it."""
    if packages.lives(box) and not packages.users(box):
        yield f"process of the package cache on {box.package_proxy_address}"


def _home(box: Box) -> Iterator[str]:
    if box.home.exists():
        yield f"directory {box.home}"
