"""Speed and size of jujubox: booting a machine, calling a hook tool, `juju status`, an idle controller."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
import time
from pathlib import Path

from benchmarks.figures import Row, Value, timed
from benchmarks.own_box import ROOT, all_active, juju, own_box, status, until

BOOTS = 5
CALLS = 100
STATUSES = 20
IDLE_SECONDS = 30

_CALLS = """
import json, subprocess, sys, time
taken = {}
for name, argv in json.loads(sys.argv[1]).items():
    taken[name] = []
    for _ in range(int(sys.argv[2])):
        begin = time.perf_counter()
        subprocess.run(argv, stdout=subprocess.DEVNULL, check=True)
        taken[name].append((time.perf_counter() - begin) * 1000)
print(json.dumps(taken))
"""


def run() -> list[Row]:
    """All rows."""
    with own_box() as home:
        boots = [timed(_boot) for _ in range(BOOTS)]
        _ten_units()
        return [
            Row("machine boot, from add-machine to started", "s", Value.of(boots), 3),
            _hook_tool(),
            _status(),
            *_idle(home),
        ]


def _boot() -> None:
    before = set(status()["machines"])
    juju("add-machine")
    (machine,) = set(status()["machines"]) - before
    until(lambda: status()["machines"][machine]["juju-status"]["current"] == "started")


def _ten_units() -> None:
    machines = ",".join(str(number % BOOTS) for number in range(10))
    juju("deploy", str(ROOT / "tests" / "charms" / "recorder"), "ten", "-n", "10", "--to", machines)
    until(lambda: all_active("ten", 10))


def _hook_tool() -> Row:
    argvs = {
        "ours": ["is-leader"],
        "config-get": ["config-get", "--format=json"],
        "python3 -c pass": ["python3", "-c", "pass"],
        "/bin/true": ["/bin/true"],
    }
    command = shlex.join(["python3", "-c", _CALLS, json.dumps(argvs), str(CALLS)])
    done = json.loads(juju("exec", "--unit", "ten/0", "--format", "json", command))
    taken = {name: Value.of(samples) for name, samples in json.loads(done["ten/0"]["results"]["stdout"]).items()}
    return Row("hook tool call, is-leader", "ms", taken.pop("ours"), 30, taken)


def _status() -> Row:
    ours = Value.of(timed(lambda: juju("status", "--format", "json")) for _ in range(STATUSES))
    table = Value.of(timed(lambda: juju("status")) for _ in range(STATUSES))
    python = Value.of(
        timed(lambda: subprocess.run([sys.executable, "-c", "pass"], check=True)) for _ in range(STATUSES)
    )
    return Row("juju status with 10 units, JSON", "s", ours, 0.3, {"as a table": table, "python3 -c pass": python})


def _idle(home: Path) -> list[Row]:
    process = Path("/proc") / (home / "controller.pid").read_text().strip()
    until(lambda: all_active("ten", 10))
    shares, sizes = [], []
    for _ in range(3):
        before = _cpu_seconds(process)
        time.sleep(IDLE_SECONDS / 3)
        shares.append((_cpu_seconds(process) - before) / (IDLE_SECONDS / 3) * 100)
        sizes.append(_resident_megabytes(process))
    return [
        Row("idle controller with 10 units: CPU", "% of a core", Value.of(shares), 1),
        Row("idle controller with 10 units: resident", "MB", Value.of(sizes), 80),
    ]


def _cpu_seconds(process: Path) -> float:
    fields = (process / "stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _resident_megabytes(process: Path) -> float:
    pages = int((process / "statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6
