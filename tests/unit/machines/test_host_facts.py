"""What is read off the host: control groups, package sources; and what is asked of it: images, the package cache."""

from __future__ import annotations

import asyncio
import os
import threading
import time
from pathlib import Path

import pytest

from jujubox.box import Box
from jujubox.machines import MachinesError, archive, cgroups, firewall, host, images, locks, packages, recipes

HYBRID = """\
tmpfs /sys/fs/cgroup tmpfs rw 0 0
cgroup /sys/fs/cgroup/memory cgroup rw,memory 0 0
cgroup /sys/fs/cgroup/systemd cgroup rw,relatime,name=systemd 0 0
cgroup2 /sys/fs/cgroup/unified cgroup2 rw 0 0
"""
TARGETS = """\
http://mirror/debian/ bookworm
http://mirror/debian/ bookworm-updates
https://mirror/security/ bookworm-security
file:/srv/local bookworm
"""


def test_a_hybrid_host_has_a_second_book_of_groups_and_a_unified_one_has_none() -> None:
    hybrid = cgroups.find_hierarchies(HYBRID)
    assert hybrid == cgroups.Hierarchies(Path("/sys/fs/cgroup/unified"), Path("/sys/fs/cgroup/systemd"))
    unified = cgroups.find_hierarchies("cgroup2 /sys/fs/cgroup cgroup2 rw,nsdelegate 0 0\n")
    assert unified is not None
    assert unified.all == (Path("/sys/fs/cgroup"),)
    assert cgroups.find_hierarchies("cgroup /sys/fs/cgroup/memory cgroup rw,memory 0 0\n") is None


def test_an_init_that_moves_to_its_own_group_while_it_is_looked_for_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cgroups, "hierarchies", lambda: cgroups.Hierarchies(tmp_path, None))
    monkeypatch.setattr(cgroups, "_is_init", lambda pid: pid == "7")
    group = cgroups.Group("tag", "m0")
    group.inside.mkdir(parents=True)
    (group.inside / "cgroup.procs").touch()
    first = group.inside.parent / "cgroup.procs"
    os.mkfifo(first)

    def move() -> None:
        with first.open("w"):  # from when on somebody reads it
            (group.inside / "cgroup.procs").write_text("7\n")

    mover = threading.Thread(target=move)
    mover.start()
    assert group.leader() == 7
    mover.join()


def test_the_hosts_mirror_is_used_for_any_release() -> None:
    found = archive.read_targets(TARGETS, "bookworm", "http://proxy:3128")
    assert found.proxy == "http://proxy:3128"
    assert found.sources("trixie") == [
        "deb http://mirror/debian trixie main",
        "deb http://mirror/debian trixie-updates main",
        "deb http://HTTPS///mirror/security trixie-security main",
    ]


def test_without_a_mirror_of_the_host_the_default_is_left_to_mmdebstrap() -> None:
    found = archive.read_targets("", "bookworm", "")
    assert (found.sources("bookworm"), found.proxy) == ([], None)
    argv = images.mmdebstrap(recipes.recipe("debian@12"), Path("/t"), "http://p:1", with_sources=False)
    assert argv[-2:] == ["bookworm", "/t"]
    argv = images.mmdebstrap(recipes.recipe("debian@13"), Path("/t"), "http://p:1", with_sources=True)
    assert argv[-3:] == ["trixie", "/t", "-"]


def test_images_of_different_recipes_lie_side_by_side(monkeypatch: pytest.MonkeyPatch) -> None:
    box = Box.at("/h", "/c")
    one, other = images.place(box, "debian@12"), images.place(box, "debian@13")
    assert one.name.startswith("debian-12-")
    assert other.name.startswith("debian-13-")
    monkeypatch.setitem(recipes.SETTINGS, "/etc/motd", recipes.File(0o644, b"changed"))
    assert images.place(box, "debian@12") not in (one, other)


def test_an_unknown_base_is_refused_with_those_there_are() -> None:
    with pytest.raises(MachinesError, match=r"expected debian@12 or debian@13"):
        images.place(Box.at("/h", "/c"), "ubuntu@24.04")


def test_the_package_cache_listens_for_machines_only_and_asks_through_the_hosts_proxy() -> None:
    box = Box.at("/h", "/c")
    text = packages.configuration(box, "http://proxy:3128")
    assert f"BindAddress: {box.package_proxy_address}\n" in text
    assert "Proxy: http://proxy:3128\n" in text
    assert "\nProxy:" not in packages.configuration(box, None)


def test_a_failing_command_says_what_it_said() -> None:
    with pytest.raises(MachinesError, match=r"cannot run `sh -c echo no >&2; false`: no"):
        asyncio.run(host.run("sh", "-c", "echo no >&2; false"))


def test_a_command_ended_by_a_signal_has_a_shells_code() -> None:
    assert asyncio.run(host.attempt(["sh", "-c", "kill -9 $$"])).code == 137


def test_a_command_that_runs_out_of_time_ends_with_its_children() -> None:
    begun = time.monotonic()
    with pytest.raises(asyncio.TimeoutError):
        asyncio.run(host.attempt(["sh", "-c", "sleep 30; true"], timeout=0.1))
    assert time.monotonic() - begun < 3


def test_a_lock_is_waited_for_without_holding_up_other_tasks(tmp_path: Path) -> None:
    order: list[str] = []

    async def take(name: str, seconds: float) -> None:
        async with locks.held(tmp_path / "lock"):
            order.append(f"{name} in")
            await asyncio.sleep(seconds)
            order.append(f"{name} out")

    async def both() -> None:
        await asyncio.wait_for(asyncio.gather(take("a", 0.1), take("b", 0)), 5)

    asyncio.run(both())
    assert order == ["a in", "a out", "b in", "b out"]


def test_a_firewall_that_drops_by_default_is_an_obstacle_until_it_names_our_bridges() -> None:
    assert firewall.obstacle("-P INPUT ACCEPT\n", "-P FORWARD DROP\n", bridged=False) == ""
    assert "iptables -I INPUT -i jb+" in firewall.obstacle("-P INPUT DROP\n", "", bridged=False)
    assert firewall.obstacle("-P INPUT DROP\n-A INPUT -i jb+ -j ACCEPT\n", "", bridged=False) == ""
    assert "send one another" in firewall.obstacle("", "-P FORWARD DROP\n", bridged=True)
    assert firewall.obstacle("", "-P FORWARD DROP\n-A FORWARD -i jb+ -o jb+ -j ACCEPT\n", bridged=True) == ""
