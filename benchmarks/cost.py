"""What the cluster costs: memory and hook run time on an idle unit, and pgbench through a synchronous commit.

pgbench runs on this host against the primary of three units, and against vanilla Patroni's on machines of the same box
with the same PostgreSQL: once quorum synchronous, once asynchronous. `--seconds N`, `--charm FILE`.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
from pathlib import Path

from driving.members import Members, Unit
from driving.proof import Proof

from benchmarks.failover import OURS, both, newest_charm
from benchmarks.figures import Row, Value, timed
from benchmarks.vanilla import PROFILES

CLIENTS, SCALE, ROUNDS = 8, 10, 3
PROCESSES = {"the charm's own service": "[p]gcharm.watch", "Patroni": "[-]m patroni", "etcd": "[/]usr/bin/etcd"}


def arguments(parser: argparse.ArgumentParser) -> None:
    """What can be said on the command line."""
    parser.add_argument("--seconds", type=int, default=15, help="of each round of pgbench")
    parser.add_argument("--charm", type=Path, help="a packed charm; else the newest in build/")


def run(options: argparse.Namespace) -> list[Row]:
    """All rows."""
    with both(newest_charm(options)) as (ours, vanilla):
        rows = [*memory(ours), hook(ours)]
        found: dict[str, list[float]] = {OURS: [], **{name: [] for name in PROFILES}}
        filled: set[str] = set()
        for _ in range(ROUNDS):
            found[OURS].append(pgbench(ours, options.seconds, filled))
            for name in PROFILES:
                vanilla.profile(name)
                found[name].append(pgbench(vanilla, options.seconds, filled))
    mine = Value.of(found.pop(OURS))
    peers = {name: Value.of(values) for name, values in found.items()}
    return [
        *rows,
        Row(f"pgbench, {CLIENTS} clients, scale {SCALE}, quorum synchronous", "transactions/s", mine, None, peers),
    ]


def memory(ours: Proof) -> list[Row]:
    """Resident megabytes beside PostgreSQL, of every unit."""
    found = {name: [resident(ours, unit, seen) for unit in ours.units.values()] for name, seen in PROCESSES.items()}
    parts = {name: Value.of(sizes) for name, sizes in found.items()}
    whole = Value.of(map(sum, zip(*found.values(), strict=True)))
    return [Row("memory beside PostgreSQL on an idle unit, resident", "MB", whole, 150, parts)]


def resident(ours: Members, unit: Unit, seen: str) -> float:
    """Resident megabytes of a unit's processes whose command line holds `seen`."""
    script = (
        f"for p in $(pgrep -f -- '{seen}'); do grep VmRSS /proc/$p/status; done | awk '{{s += $2}} END {{print s + 0}}'"
    )
    return int(ours.run(unit, "sh", "-c", script)) * 1024 / 1e6


def hook(ours: Proof) -> Row:
    """A whole update-status with nothing to do, from being asked for to its end."""
    units = list(ours.units)
    taken = [timed(lambda: ours.cluster.juju.exec("hooks/update-status", unit=units[0])) for _ in range(5)]
    floor = Value.of(timed(lambda: ours.cluster.juju.exec("true", unit=units[0])) for _ in range(5))
    return Row("update-status on an idle unit, through juju exec", "s", Value.of(taken), None, {"true": floor})


def pgbench(members: Members, seconds: int, filled: set[str]) -> float:
    """Transactions a second on the primary."""
    primary = members.primary()
    assert primary is not None
    argv = ["pgbench", "-h", primary.address, "-U", members.target.user, members.target.database]
    environment = {**os.environ, "PGPASSWORD": members.password, "PGSSLMODE": "prefer"}
    if members.scheme not in filled:
        subprocess.run([*argv, "-i", "-q", "-s", str(SCALE)], env=environment, check=True, capture_output=True)
        filled.add(members.scheme)
    work = [*argv, "-n", "-c", str(CLIENTS), "-j", "2", "-T", str(seconds)]
    said = subprocess.run(work, env=environment, check=True, capture_output=True, text=True).stdout
    (rate,) = re.findall(r"^tps = ([\d.]+)", said, re.MULTILINE)
    return float(rate)
