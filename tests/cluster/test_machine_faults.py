"""Faults of real machines: what breaks, what does not, and that healing brings it back."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from driving.hosts import BOOTED, Host, eventually, host, traces

from jujubox.box import CACHE
from jujubox.machines import Faults, Machines, MachinesError, NoSuchMachine
from jujubox.machines.instances import STOP_SECONDS

pytestmark = pytest.mark.jujubox_only
SHARED = Path(os.environ.get("JUJUBOX_CACHE") or CACHE)

ECHO = """
import socket, threading
def serve(peer):
    while data := peer.recv(65536): peer.sendall(data)
listener = socket.create_server(("", 7000))
while True: threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()
"""
TALK = """
import socket, sys
peer = socket.create_connection((sys.argv[1], 7000)); peer.settimeout(1)
print("ready", flush=True)
for line in sys.stdin:
    try:
        peer.sendall(line.encode()); print(peer.recv(1000).decode().strip() or "closed", flush=True)
    except TimeoutError: print("silence", flush=True)
    except OSError as error: print("error", error.errno, flush=True)
"""
FETCH = """
import socket, sys, time
peer = socket.create_connection((sys.argv[1], 7000), timeout=20); size = int(sys.argv[2]); begun = time.monotonic()
peer.sendall(b"x" * size)
while size: size -= len(peer.recv(65536))
print(time.monotonic() - begun)
"""


class Talk:
    """A connection from one machine to the echo of another, kept open."""

    def __init__(self, here: Host, instance: str, address: str) -> None:
        self._process = here.spawn(instance, "python3", "-c", TALK, address)
        assert self._line() == "ready"

    def _line(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline().strip()

    def say(self, word: str) -> str:
        """What comes back, or `silence` after a second, `closed`, `error N`."""
        assert self._process.stdin is not None
        self._process.stdin.write(word + "\n")
        return self._line()

    def end(self) -> None:
        """Close it."""
        self._process.kill()
        self._process.communicate()


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Host]:
    """A box with machines m0, m1 and m2."""
    with host(tmp_path_factory.mktemp("box") / "home", SHARED) as found:
        for number in range(3):
            found.boot(f"m{number}", 10 + number)
        yield found


@pytest.fixture(autouse=True)
def healthy(here: Host) -> Iterator[None]:
    """Every machine up and answering before each test, no fault after it."""
    for number in range(3):
        here.do(here.machines.start(f"m{number}"))
        if here.code(f"m{number}", "ss -tln | grep -q :7000") != 0:
            here.sh(f"m{number}", f"setsid -f python3 -c '{ECHO}' </dev/null >/dev/null 2>&1")
        here.sh(f"m{number}", "until ss -tln | grep -q :7000; do sleep 0.05; done")
    yield
    here.do(here.faults.heal())
    assert here.faults.list() == []


@pytest.fixture
def talk(here: Host) -> Iterator[Talk]:
    """A connection from m0 to m1."""
    found = Talk(here, "m0", here.address(11))
    yield found
    found.end()


def connects(here: Host, instance: str, address: str, port: int) -> bool:
    """Whether a machine gets a connection within a second."""
    return here.code(instance, f"timeout 1 bash -c 'exec 3<>/dev/tcp/{address}/{port}' 2>/dev/null") == 0


def test_a_crashed_machine_is_silent_to_its_peers_and_keeps_its_disk(here: Host, talk: Talk) -> None:
    here.sh("m1", "echo kept >/root/written; setsid -f sleep 1001 >/dev/null 2>&1")
    assert talk.say("one") == "one"
    here.do(here.faults.apply("crash", ["m1"]))
    assert here.machines.state("m1") == "stopped"
    assert talk.say("two") == "silence"
    assert [fault["kind"] for fault in here.faults.list()] == ["crash"]
    assert here.do(here.faults.heal(["m1"])) == ["m1"]
    assert here.sh("m1", f"{BOOTED}cat /root/written; pgrep -fx 'sleep 1001' || echo gone").split() == [
        "running",
        "kept",
        "gone",
    ]


def test_a_frozen_machine_does_nothing_and_goes_on_where_it_was(here: Host, talk: Talk) -> None:
    here.do(here.faults.apply("freeze", ["m1"]))
    assert here.machines.state("m1") == "running"
    assert talk.say("one") == "silence"
    with pytest.raises(TimeoutError):
        here.sh("m1", "true", timeout=0.5)
    here.do(here.faults.heal(["m1"]))
    assert here.sh("m1", "echo awake") == "awake"
    assert eventually(lambda: talk.say("two") != "silence")


def test_a_frozen_machine_can_crash_and_be_started(here: Host) -> None:
    here.do(here.faults.apply("freeze", ["m2"]))
    here.do(here.faults.apply("crash", ["m2"]))
    here.do(here.machines.start("m2"))
    assert here.faults.list() == []
    assert here.sh("m2", BOOTED) == "running"


def test_a_cut_between_two_machines_silences_open_connections_and_no_other(here: Host, talk: Talk) -> None:
    here.do(here.faults.apply("cut", ["m0"], {"peers": ["m1"]}))
    assert talk.say("one") == "silence"
    assert not connects(here, "m1", here.address(10), 7000)
    assert connects(here, "m0", here.address(12), 7000)
    assert connects(here, "m2", here.address(11), 7000)
    here.do(here.faults.heal(["m0"]))
    assert eventually(lambda: talk.say("two") != "silence")


def test_a_cut_may_lose_one_direction_only(here: Host) -> None:
    here.sh("m1", "setsid -f python3 -c 'import socket; s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM);"
            " s.bind((\"\", 7001)); open(\"/run/heard\", \"wb\").write(s.recv(10))' >/dev/null 2>&1")  # fmt: skip
    here.sh("m1", "until ss -uln | grep -q 7001; do sleep 0.05; done")
    here.do(here.faults.apply("cut", ["m0"], {"peers": ["m1"], "only": "in"}))
    assert not connects(here, "m0", here.address(11), 7000)
    here.sh("m0", f"bash -c 'echo hi >/dev/udp/{here.address(11)}/7001'")
    assert eventually(lambda: here.code("m1", "grep -q hi /run/heard") == 0)


def test_a_machine_can_be_cut_from_the_controller_alone(here: Host) -> None:
    listener = subprocess.Popen(["python3", "-c", ECHO.replace('""', f'"{here.box.gateway}"')])
    try:
        assert eventually(lambda: connects(here, "m0", here.box.gateway, 7000))
        here.do(here.faults.apply("cut", ["m0"], {"peers": ["controller"]}))
        assert not connects(here, "m0", here.box.gateway, 7000)
        assert connects(here, "m0", here.address(11), 7000)
        assert connects(here, "m1", here.box.gateway, 7000)
    finally:
        listener.kill()
        listener.wait()


def test_a_machine_cut_from_everything_stays_cut_through_a_restart_of_it_and_of_the_controller(here: Host) -> None:
    here.do(here.faults.apply("cut", ["m0"]))
    again = Machines(here.box)
    here.do(again.ensure_network())
    here.do(again.restart("m0"))
    assert not connects(here, "m0", here.address(11), 7000)
    assert not connects(here, "m0", here.box.package_proxy_address, here.box.package_proxy_port)
    assert [fault["peer"] for fault in Faults(again).list()] == ["everything"]
    here.do(Faults(again).heal())
    assert connects(here, "m0", here.address(11), 7000)


def seconds(here: Host, size: int) -> float:
    """How long it takes m0 to send so many bytes to m1 and have them back."""
    return float(here.sh("m0", f"python3 -c '{FETCH}' {here.address(11)} {size}"))


def is_quick(here: Host, size: int, within: float) -> bool:
    """Whether it takes less than so many seconds, once of a few times: the host may be busy with something else."""
    return any(seconds(here, size) < within for _ in range(3))


def test_a_slow_machine_takes_its_time_in_both_directions_until_healed(here: Host) -> None:
    assert is_quick(here, 200_000, 0.5)
    here.do(here.faults.apply("slow", ["m0"], {"rate_kbit": 800}))
    assert 1 < seconds(here, 200_000) < 8
    here.do(here.machines.restart("m0"))
    assert seconds(here, 200_000) > 1
    here.do(here.faults.heal())
    assert is_quick(here, 200_000, 0.5)


def test_a_delay_concerns_whatever_passes_each_way_until_healed(here: Host) -> None:
    here.do(here.faults.apply("slow", ["m0"], {"delay_ms": 50}))
    assert 0.1 < seconds(here, 1000) < 1
    assert 0.1 < seconds(here, 2_000_000) < 10
    here.do(here.machines.restart("m0"))
    assert seconds(here, 1000) > 0.1
    here.do(here.faults.apply("slow", ["m0"], {"delay_ms": 5, "rate_kbit": 800}))
    assert seconds(here, 1000) > 0.01
    assert is_quick(here, 1000, 0.1)
    assert seconds(here, 200_000) > 1
    here.do(here.faults.heal())
    assert is_quick(here, 1000, 0.1)
    assert not [name for name in os.listdir("/sys/class/net") if name.startswith(f"{here.box.bridge}d")]
    assert eventually(lambda: not relays(here))


def test_a_machine_that_is_delayed_can_lose_its_power(here: Host) -> None:
    here.do(here.faults.apply("slow", ["m0"], {"delay_ms": 20}))
    here.do(here.faults.apply("crash", ["m0"]))
    assert eventually(lambda: not relays(here))
    here.do(here.faults.heal())
    assert is_quick(here, 1000, 0.1)


def test_a_machine_whose_delaying_process_is_gone_is_back_once_healed(here: Host) -> None:
    here.do(here.faults.apply("slow", ["m0"], {"delay_ms": 20}))
    for line in relays(here):
        os.kill(int(line.split()[0]), signal.SIGKILL)
    here.do(here.faults.heal())
    assert is_quick(here, 1000, 0.1)


def relays(here: Host) -> list[str]:
    """Processes that delay what passes at the ports of this box."""
    asked = ["pgrep", "--full", "--list-full", f"relay.py {here.box.bridge}p"]
    found = subprocess.run(asked, capture_output=True, text=True, check=False)
    return found.stdout.splitlines()


def test_a_full_disk_is_full_for_that_machine_alone(here: Host) -> None:
    here.sh("m0", "echo before >/root/before")
    free = os.statvfs(here.box.home).f_bavail
    here.do(here.faults.apply("fill-disk", ["m0"]))
    written = here.do(
        here.machines.run("m0", ["dd", "if=/dev/zero", "of=/root/more", "bs=64k", "count=64", "conv=fsync"])
    )
    assert b"No space left on device" in written.stderr
    assert here.sh("m0", "cat /root/before") == "before"
    here.sh("m1", "dd if=/dev/zero of=/root/more bs=64k count=64 conv=fsync 2>/dev/null")
    assert abs(free - os.statvfs(here.box.home).f_bavail) * 4096 < 512 << 20
    here.do(here.faults.heal(["m0"]))
    here.sh("m0", "dd if=/dev/zero of=/root/more bs=64k count=64 conv=fsync 2>/dev/null")


def test_faults_of_machines_that_are_not_there_are_refused(here: Host) -> None:
    with pytest.raises(NoSuchMachine):
        here.do(here.faults.apply("crash", ["m9"]))
    with pytest.raises(MachinesError, match="unknown kind melt"):
        here.do(here.faults.apply("melt", ["m0"]))


def test_a_destroyed_machine_leaves_nothing_and_takes_its_faults_with_it(here: Host) -> None:
    here.boot("m3", 13)
    here.do(here.faults.apply("cut", ["m0"], {"peers": ["m3"]}))
    here.do(here.faults.apply("freeze", ["m3"]))
    begun = time.monotonic()
    here.do(here.machines.destroy("m3"))
    assert time.monotonic() - begun < STOP_SECONDS, "it waits for what is frozen"
    assert here.faults.list() == []
    assert not [trace for trace in traces(here.box) if "/m3" in trace or trace.endswith("p13")]
