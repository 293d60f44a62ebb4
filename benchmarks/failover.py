"""The longest time without a write when something dies, beside vanilla Patroni on machines of the same box.

Three writers (`tests/cluster/driving/writers.py`) insert a row every 20 ms each; a gap is the longest time between two
acknowledgements of any of them. What was acknowledged is looked for on every member after each trial, and a trial that
lost a row, or saw two primaries, ends the run. `--trials N`, `--events host,postmaster,...`, `--charm FILE`, `--alone`
without the peers. A trial takes about a minute for each subject, for two units two minutes.

Two units are broken in a model of their own, with Juju's own lease of a minute for its leader: it is part of what is
measured.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import jubilant
from driving.box import Box, command
from driving.history import Gap, per_interval
from driving.members import Event
from driving.postgresql import SERVER, Cluster
from driving.prepared import prepared
from driving.proof import Proof
from driving.waiting import until

from benchmarks import plot
from benchmarks.figures import Row, Value
from benchmarks.own_box import ROOT, own_box
from benchmarks.vanilla import PROFILES, Vanilla

EVENTS = {
    "host": ("the primary's host lost", 25.0),
    "postmaster": ("the primary's postmaster killed", 6.0),
    "switchover": ("planned switchover", 3.0),
    "remove-unit": ("the primary's unit removed", 5.0),
    "two-primary": ("of two units, the primary's host lost", 75.0),
    "two-standby": ("of two units, the standby's host lost", 75.0),
}
OF_TWO = ("two-primary", "two-standby")
WITHOUT_PEERS = ("remove-unit", *OF_TWO)
OURS = "ours"
Subject = Proof | Vanilla
Found = defaultdict[str, defaultdict[str, list[float]]]
"""Gaps, by event and subject."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """What can be said on the command line."""
    parser.add_argument("--trials", type=int, default=5)
    parser.add_argument("--events", type=chosen, default=list(EVENTS), help="separated by commas: " + ", ".join(EVENTS))
    parser.add_argument("--alone", action="store_true", help="without vanilla Patroni beside it")
    parser.add_argument("--charm", type=Path, help="a packed charm; else the newest in build/")
    parser.add_argument("--plots", type=Path, help="a directory for a plot of each event, as SVG")


def chosen(text: str) -> list[str]:
    """The events of the command line."""
    events = text.split(",")
    if unknown := set(events) - EVENTS.keys():
        raise argparse.ArgumentTypeError(f"{', '.join(sorted(unknown))} (expected some of {', '.join(EVENTS)})")
    return events


def run(options: argparse.Namespace) -> list[Row]:
    """All rows."""
    charm = newest_charm(options)
    found: Found = defaultdict(lambda: defaultdict(list))
    if events := [event for event in options.events if event not in OF_TWO]:
        peers = not options.alone and any(event not in WITHOUT_PEERS for event in events)
        with both(charm) if peers else alone(charm) as (ours, vanilla):
            try_all(options, events, ours, vanilla, found)
    if events := [event for event in options.events if event in OF_TWO]:
        with ours_alone(charm, units=2, lease=60) as two:
            try_all(options, events, two, None, found)
    return [row(event, found[event]) for event in options.events]


def try_all(
    options: argparse.Namespace, events: Sequence[str], ours: Proof, vanilla: Vanilla | None, found: Found
) -> None:
    """Every trial of every event, the subjects in turns."""
    for trial in range(options.trials):
        for event in events:
            for name, subject in subjects(ours, vanilla, event):
                what = f"{name}, {EVENTS[event][0]}"
                if PROFILES.get(name, {}).get("synchronous_mode", True):
                    subject.commits_wait_for_whom_there_is()
                found[event][name].append(tried(subject, event, what, trial, options.plots))


def row(event: str, found: Mapping[str, list[float]]) -> Row:
    """One event's row."""
    what, held_to = EVENTS[event]
    peers = {name: Value.of(gaps) for name, gaps in found.items() if name != OURS}
    return Row(f"{what}: longest time without a write", "s", Value.of(found[OURS]), held_to, peers)


def subjects(ours: Proof, vanilla: Vanilla | None, event: str) -> Iterator[tuple[str, Subject]]:
    """Who is put to it, one after the other."""
    yield OURS, ours
    if vanilla is not None and event not in WITHOUT_PEERS:
        for name in PROFILES:
            vanilla.profile(name)
            yield name, vanilla


def tried(subject: Subject, event: str, name: str, trial: int, plots: Path | None) -> float:
    """One trial's gap, in seconds."""
    load = os.getloadavg()[0]
    if event == "remove-unit" and isinstance(subject, Proof):
        with four_units(subject), subject.under_writers(name, within=120) as seen:
            subject.cluster.juju.remove_unit(seen.primary.name)
            subject.somebody_else_is_primary(seen, timeout=120)
            subject.gone(seen.primary)
    else:
        peer = isinstance(subject, Vanilla)
        with subject.under_writers(name, within=600 if peer else 120, back=240) as seen:
            _BREAK[event](subject, seen)
            try:
                seen.goes_on(120)
            except TimeoutError:
                if not peer:
                    raise
                subject.heal()  # until then it is counted
        if event in OF_TWO and isinstance(subject, Proof):
            subject.settled(2)
            subject.comes_to_rest()  # until it votes in the new etcd, who came back could not take over
    _, seen, gap = subject.events[-1]
    print(f"  trial {trial + 1}, load {load:.1f}: {gap.seconds:.2f} s", file=sys.stderr, flush=True)
    if plots:
        plots.mkdir(parents=True, exist_ok=True)
        place = plots / f"{event}-{name.partition(',')[0].replace(' ', '-').replace('/', '-')}-{trial + 1}.svg"
        place.write_text(drawn(seen, gap, name))
    return gap.seconds


def drawn(event: Event, gap: Gap, name: str) -> str:
    """Writes per 100 ms around an event, as SVG."""
    begun, ended, width = event.begun - 5, gap.ended + 5, 0.1
    counts = per_interval(event.writers.acks, begun, ended, width)
    title = f"{name}: writes per 100 ms; {gap.seconds:.1f} s without one"
    return plot.bars(counts, -5, width, title, (gap.begun - event.begun, gap.ended - event.begun))


_BREAK: dict[str, Callable[[Subject, Event], None]] = {
    "host": lambda subject, event: subject.fault("crash", event.primary),
    "two-primary": lambda subject, event: subject.fault("crash", event.primary),
    "two-standby": lambda subject, event: subject.fault("crash", event.standbys[0]),
    "postmaster": lambda subject, event: subject.kill(event.primary, "KILL", "postmaster"),
    "switchover": lambda subject, event: subject.switch_over(event.primary),
}


@contextlib.contextmanager
def four_units(ours: Proof) -> Iterator[None]:
    """A unit more, so that three are left when one goes."""
    ours.cluster.juju.add_unit(SERVER)
    ours.cluster.settled(4)
    ours.refresh()
    yield
    ours.cluster.settled(3)


def newest_charm(options: argparse.Namespace) -> Path:
    """The packed charm that was named, else the one in build/."""
    charm: Path | None = options.charm or max((ROOT / "build").glob("postgresql_*.charm"), default=None)
    if charm is None:
        raise SystemExit("cannot find build/postgresql_*.charm: nothing has been packed\nhint: run make pack")
    return charm


@contextlib.contextmanager
def ours_alone(charm: Path, units: int = 3, lease: int = 15) -> Iterator[Proof]:
    """Units of the charm in a box of their own. `lease`: seconds for which Juju has a leader."""
    with own_box() as home:
        juju = jubilant.Juju(cli_binary=command("juju"), wait_timeout=600)
        juju.add_model("failover", config={"lease-seconds": lease, **prepared()})
        juju.deploy(charm, SERVER, num_units=units, base="debian@12")
        cluster = Cluster(juju)
        cluster.settled(units)
        ours = Proof(cluster, Box(home))
        ours.prepare()
        yield ours


@contextlib.contextmanager
def alone(charm: Path) -> Iterator[tuple[Proof, None]]:
    """Three units and no peers."""
    with ours_alone(charm) as ours:
        yield ours, None


@contextlib.contextmanager
def both(charm: Path) -> Iterator[tuple[Proof, Vanilla]]:
    """The same, and three vanilla members beside them."""
    with ours_alone(charm) as ours:
        juju = ours.cluster.juju
        vanilla = Vanilla(ours.box, machines(juju, 3), juju.status().apps[SERVER].version.partition(".")[0])
        vanilla.install(charm)
        yield ours, vanilla


def machines(juju: jubilant.Juju, count: int) -> dict[str, str]:
    """Addresses of new machines without a unit, by instance."""
    before = set(juju.status().machines)
    juju.cli("add-machine", "-n", str(count), "--base", "debian@12")

    def started() -> dict[str, str]:
        new = {key: seen for key, seen in juju.status().machines.items() if key not in before}
        return {m.instance_id: m.dns_name for m in new.values() if m.juju_status.current == "started"}

    return until(started, lambda there: len(there) == count, timeout=120)
