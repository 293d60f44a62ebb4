"""Real machines: what they are like, and that they come, go and come back."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from driving.hosts import BOOTED, Host, eventually, host, traces

from jujubox.box import CACHE, Box
from jujubox.machines import File, Link, MachinesError, NotRunning, packages
from jujubox.machines.instances import STOP_SECONDS

pytestmark = pytest.mark.jujubox_only
SHARED = Path(os.environ.get("JUJUBOX_CACHE") or CACHE)
APT = 120.0
"""Seconds for a package through a cache that may have nothing yet."""
STUBBORN = b"""\
[Service]
ExecStart=/bin/sh -c 'trap "" TERM; setsid -f sleep 1000; exec sleep 1000'
TimeoutStopSec=1
[Install]
WantedBy=multi-user.target
"""


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Host]:
    """A box with one machine, m0, whose files ask for a service."""
    with host(tmp_path_factory.mktemp("box") / "home", SHARED) as found:
        files = {
            "/etc/systemd/system/stubborn.service": File(0o644, STUBBORN),
            "/etc/systemd/system/multi-user.target.wants/stubborn.service": Link(
                "/etc/systemd/system/stubborn.service"
            ),
            "/usr/bin/greet": File(0o755, b"#!/bin/sh\necho hello from $(uname -n)\n"),
        }
        found.boot("m0", 10, files=files)
        yield found


@pytest.mark.parametrize(("base", "version"), [("debian@12", "12"), ("debian@13", "13")])
def test_a_machine_of_either_base_boots_and_stops_cleanly(here: Host, base: str, version: str) -> None:
    here.boot("m1", 11, base)
    assert here.sh("m1", ". /etc/os-release; echo $VERSION_ID") == version
    here.do(here.machines.stop("m1"))
    assert here.machines.state("m1") == "stopped"
    here.do(here.machines.destroy("m1"))
    assert here.machines.state("m1") == "absent"


def test_a_machine_has_the_files_that_it_was_made_with(here: Host) -> None:
    assert here.sh("m0", "greet") == "hello from juju-abcdef-10"
    assert here.sh("m0", "systemctl is-active stubborn") == "active"


def test_a_machine_knows_its_own_name_and_address(here: Host) -> None:
    assert here.sh("m0", "getent hosts $(hostname)").split() == [here.address(10), "juju-abcdef-10"]


def test_the_ubuntu_user_becomes_root_without_a_password(here: Host) -> None:
    assert here.sh("m0", "setpriv --reuid=ubuntu --regid=ubuntu --init-groups sudo -n id -u") == "0"


def test_a_command_gets_input_and_its_exit_code_comes_back(here: Host) -> None:
    done = here.do(here.machines.run("m0", ["sh", "-c", "cat; echo oops >&2; exit 7"], stdin=b"question"))
    assert (done.code, done.stdout, done.stderr) == (7, b"question", b"oops\n")


def test_a_command_that_takes_too_long_is_ended(here: Host) -> None:
    with pytest.raises(TimeoutError):
        here.do(here.machines.run("m0", ["sleep", "1234"], timeout=0.3))
    assert eventually(lambda: here.code("m0", "pgrep -fx 'sleep 1234'") == 1)


def test_a_command_ends_with_the_machine_that_goes_down_under_it(here: Host) -> None:
    async def both() -> int:
        running = asyncio.ensure_future(here.machines.run("m0", ["sleep", "1000"], timeout=60))
        await here.machines.run("m0", ["sh", "-c", "until pgrep -fx 'sleep 1000'; do sleep 0.05; done"], timeout=10)
        await here.machines.restart("m0")
        return (await running).code

    assert here.do(both()) in (128 + signal.SIGTERM, 128 + signal.SIGKILL)
    assert here.sh("m0", BOOTED) == "running"


def test_systemd_lists_and_kills_a_service_with_all_its_processes(here: Host) -> None:
    shown = here.sh("m0", "systemctl status stubborn; systemctl status")
    assert shown.count("sleep 1000") >= 4
    here.sh("m0", "systemctl stop stubborn")
    assert here.code("m0", "pgrep -fx 'sleep 1000'") == 1


def test_a_service_can_be_frozen_by_systemd(here: Host) -> None:
    here.sh("m0", "systemctl start stubborn && systemctl freeze stubborn && systemctl thaw stubborn")


def test_a_machine_that_reboots_comes_back_by_itself(here: Host) -> None:
    before = here.sh(
        "m0", "systemctl is-system-running --wait; cat /proc/sys/kernel/random/boot_id; stat -c %Z /proc/1"
    )
    leader = here.machines.leader("m0")
    here.code("m0", "systemctl reboot")
    assert eventually(lambda: here.machines.leader("m0") not in (leader, None), STOP_SECONDS)
    assert here.sh("m0", BOOTED) == "running"
    assert here.sh("m0", "stat -c %Z /proc/1") != before.splitlines()[-1]
    assert here.machines.state("m0") == "running"


def test_a_machine_that_powers_itself_off_stays_stopped_until_it_is_started(here: Host) -> None:
    here.code("m0", "systemctl poweroff")
    assert eventually(lambda: here.machines.state("m0") == "stopped", STOP_SECONDS)
    with pytest.raises(NotRunning):
        here.do(here.machines.run("m0", ["true"]))
    here.do(here.machines.start("m0"))
    assert here.sh("m0", BOOTED) == "running"


def test_a_machine_runs_on_without_whoever_started_it(here: Host) -> None:
    script = (
        "import asyncio; from jujubox.box import Box; from jujubox.machines import Machines;"
        f"m = Machines(Box.at({str(here.box.home)!r}, {str(here.box.cache)!r}));"
        "asyncio.run(m.restart('m0')); import os, signal; os.killpg(0, signal.SIGKILL)"
    )
    done = subprocess.run([sys.executable, "-c", script], start_new_session=True, check=False)
    assert done.returncode == -signal.SIGKILL
    assert here.sh("m0", BOOTED) == "running"


def test_a_machine_whose_making_was_interrupted_is_made_again(here: Host) -> None:
    home = here.box.machine_home("m2")
    (home / "disk").mkdir(parents=True)
    (home / "disk.img").write_bytes(b"half")
    assert here.machines.state("m2") == "absent"
    here.do(here.machines.create("m2", "debian@12", "again", here.address(12)))
    assert here.machines.state("m2") == "stopped"
    here.do(here.machines.destroy("m2"))


def test_a_base_without_an_image_is_refused_by_name(here: Host) -> None:
    with pytest.raises(MachinesError, match=r"base ubuntu@22.04: no image \(expected debian@12 or debian@13\)"):
        here.do(here.machines.create("m3", "ubuntu@22.04", "other", here.address(13)))


def test_packages_install_through_the_cache_and_nothing_else_is_reachable(here: Host) -> None:
    here.sh("m0", "apt-get -qq update && apt-get -qq install -y --no-install-recommends hello >/dev/null && hello", APT)
    proxy = f"{here.box.package_proxy_address}/{here.box.package_proxy_port}"
    assert here.code("m0", f"timeout 2 bash -c 'exec 3<>/dev/tcp/{proxy}'") == 0
    assert here.code("m0", "timeout 1 bash -c 'exec 3<>/dev/tcp/192.0.2.77/80'") != 0


def test_packages_seen_once_install_while_the_archive_is_unreachable(here: Host, tmp_path: Path) -> None:
    (tmp_path / "cache").mkdir()
    (tmp_path / "cache" / "images").symlink_to(SHARED / "images")
    install = "apt-get -qq update; apt-get -qq install -y --no-install-recommends hello >/dev/null"
    with host(tmp_path / "home", tmp_path / "cache") as other:
        other.boot("m0", 10)
        other.sh("m0", f"{install}; apt-get -qq purge -y hello >/dev/null", APT)
        _lose_archive(other.box)
        other.sh("m0", f"rm -f /var/cache/apt/archives/*.deb; {install}; hello", APT)
    assert not traces(other.box)
    assert not packages.lives(other.box)


def _lose_archive(box: Box) -> None:
    """Have the proxy of `box` ask a place where nobody listens."""
    settings = box.cache / "packages" / "conf" / "acng.conf"
    process = packages.lives(box)
    settings.write_text(settings.read_text() + "Proxy: http://127.0.0.1:9\n")
    os.kill(process, signal.SIGTERM)
    assert eventually(lambda: not packages.lives(box))
    again = subprocess.Popen(packages.command(box), start_new_session=True, stderr=subprocess.DEVNULL)
    (box.cache / "packages" / "process").write_text(f"{again.pid} {packages.started(again.pid)}\n")


def test_two_boxes_run_side_by_side_and_taking_one_down_leaves_nothing_of_it_alone(here: Host, tmp_path: Path) -> None:
    with host(tmp_path / "home", SHARED) as other:
        assert other.box.subnet != here.box.subnet
        other.boot("m0", 10)
        assert other.sh("m0", "uname -n") == "juju-abcdef-10"
        assert traces(other.box)
    assert not traces(other.box)
    assert packages.lives(here.box)
    assert here.sh("m0", "uname -n") == "juju-abcdef-10"
