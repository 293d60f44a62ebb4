"""What clients of `db` cost a cluster of three units on machines: one application more and one less.

Measured are whole hooks as jujubox's agents log them, the longest on any of the three units, and by the clock what an
operator waits for: from `juju integrate` until all three units list the client in `allowed-units`, and from `juju
remove-relation` until it is gone. The clients are charms without a hook, all on one machine: they ask for nothing and
get a database of their name. What `relations` measures is the part of a hook that depends on the number of clients.
"""

from __future__ import annotations

import argparse
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.figures import Row, Value, timed
from benchmarks.own_box import ROOT, all_active, juju, own_box, status, until

APPLICATION, UNITS, TIMES = "postgresql", 3, 3
SECONDS = 10.0
"""The most that a hook may take."""
_LINE = re.compile(r"^unit-(postgresql-\d+): (\d+):(\d+):(\d+\.\d+) \S+ \S+ (.*)$")
_BEGUN = re.compile(r"next: RunHook (\S+)")
_ENDED = re.compile(r'ran "\S+" hook')


def arguments(parser: argparse.ArgumentParser) -> None:
    """What can be said on the command line."""
    parser.add_argument("--numbers", default="1,10,100", help="of clients that are related already, least first")


def run(options: argparse.Namespace) -> list[Row]:
    """All rows. The charm must have been packed before (`make pack`), images and packages be cached."""
    charms = sorted((ROOT / "build").glob("postgresql_*.charm"))
    if not charms:
        raise SystemExit("cannot find build/postgresql_*.charm: nothing has been packed\nhint: run make pack")
    with own_box() as home:
        return list(_rows(charms[-1], _client(home), [int(number) for number in options.numbers.split(",")]))


def _client(home: Path) -> Path:
    charm = home / "client"
    charm.mkdir()
    (charm / "metadata.yaml").write_text(
        "name: client\nsummary: Asks for nothing.\nrequires: {db: {interface: pgsql}}\n"
    )
    return charm


def _rows(server: Path, client: Path, numbers: list[int]) -> Iterator[Row]:
    juju("deploy", str(server), APPLICATION, "-n", str(UNITS))
    juju("add-machine")
    until(lambda: all_active(APPLICATION, UNITS), timeout=900, delay=0.25)
    machine = max(status()["machines"], key=int)
    related = 0
    for number in numbers:
        added = [f"client{each}" for each in range(related + 1, number + 1)]
        for name in added:
            _deploy(client, name, machine)
            juju("integrate", f"{name}:db", f"{APPLICATION}:db")
        for name in added:
            _await_served(name)
        _await_rest()
        related = number
        yield from _one_more_and_one_less(client, machine, number)


def _deploy(client: Path, name: str, machine: str) -> None:
    juju("deploy", str(client), name, "--to", machine)


def _one_more_and_one_less(client: Path, machine: str, number: int) -> Iterator[Row]:
    ready, gone, joining, leaving, told = [], [], [], [], []
    for trial in range(TIMES):
        name = f"extra{number}x{trial}y"
        _deploy(client, name, machine)
        until(lambda name=name: name in status()["applications"] and _idle(name), delay=0.25)  # type: ignore[misc]
        mark = len(_log())
        ready.append(timed(lambda name=name: _join(name)))  # type: ignore[misc]
        _await_rest()
        joining.append(max(_hooks(_log()[mark:])))
        told.append(sum(len(key) + len(text) for bag in _bags(name).values() for key, text in bag.items()) / UNITS)
        mark = len(_log())
        gone.append(timed(lambda name=name: _part(name)))  # type: ignore[misc]
        _await_rest()
        leaving.append(max(_hooks(_log()[mark:])))
        juju("remove-application", "--no-prompt", name)
    yield Row(f"the longest hook of one that joins, {number} related", "s", Value.of(joining), SECONDS)
    yield Row(f"the longest hook of one that leaves, {number} related", "s", Value.of(leaving), SECONDS)
    yield Row(f"from integrate until all units list it, {number} related", "s", Value.of(ready))
    yield Row(f"from remove-relation until it is gone, {number} related", "s", Value.of(gone))
    yield Row(f"what a unit tells a client, {number} related", "bytes", Value.of(told))


def _join(name: str) -> None:
    juju("integrate", f"{name}:db", f"{APPLICATION}:db")
    _await_served(name)


def _part(name: str) -> None:
    juju("remove-relation", f"{name}:db", f"{APPLICATION}:db")
    until(lambda: "db" not in (status()["applications"][name].get("relations") or {}))


def _await_served(name: str) -> None:
    def served() -> bool:
        bags = _bags(name)
        return len(bags) == UNITS and all(bag.get("allowed-units") == f"{name}/0" for bag in bags.values())

    until(served, timeout=3600)


def _await_rest() -> None:
    until(lambda: all_active(APPLICATION, UNITS), timeout=3600, delay=0.25)


def _idle(name: str) -> bool:
    units = (status()["applications"][name].get("units") or {}).values()
    return bool(units) and all(unit["juju-status"].get("current") == "idle" for unit in units)


def _bags(name: str) -> dict[str, dict[str, str]]:
    """What each unit of the server tells a client."""
    shown: dict[str, Any] = json.loads(juju("show-unit", f"{name}/0", "--format", "json"))[f"{name}/0"]
    infos = [each for each in shown.get("relation-info") or [] if each["endpoint"] == "db"]
    return {unit: info["data"] for each in infos for unit, info in each.get("related-units", {}).items()}


def _log() -> list[str]:
    return juju("debug-log", "--replay", "--no-tail", "--ms", "--level", "DEBUG").splitlines()


def _hooks(lines: list[str]) -> list[float]:
    """Seconds that each relation hook of the server's units took."""
    begun: dict[str, float] = {}
    found = []
    for line in lines:
        said = _LINE.match(line)
        if said is None:
            continue
        unit, hours, minutes, seconds, text = said.groups()
        moment = int(hours) * 3600 + int(minutes) * 60 + float(seconds)
        hook = _BEGUN.search(text)
        if hook is not None and hook[1].startswith("relation-"):
            begun[unit] = moment
        elif _ENDED.search(text) and unit in begun:
            found.append((moment - begun.pop(unit)) % 86400)
    return found
