"""Faults at random for some minutes: `python -m benchmarks chaos --minutes 10 --seed 7`.

Every acknowledged row is looked for on every member after each fault, two primaries are looked for in the history, and
at the end the registers' histories are checked for lost, forked and stale values. The first fault found ends the run;
the seed is printed at the beginning.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

from driving import chaos

from benchmarks.failover import newest_charm, ours_alone
from benchmarks.figures import Row, Value


def arguments(parser: argparse.ArgumentParser) -> None:
    """What can be said on the command line."""
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--charm", type=Path, help="a packed charm; else the newest in build/")


def run(options: argparse.Namespace) -> list[Row]:
    """The gaps of all faults, once nothing was lost."""
    print(f"seed {options.seed}", file=sys.stderr, flush=True)
    with ours_alone(newest_charm(options)) as ours:
        chaos.play(ours, options.seed, options.minutes * 60, lambda text: print(text, file=sys.stderr, flush=True))
        ours.cluster.settled(3)
        ours.comes_to_rest()
        gaps = Value.of(gap.seconds for _, _, gap in ours.events)
        faults = Value.of([len(ours.events)])
    return [
        Row(f"chaos, seed {options.seed}: faults without a lost row", "faults", faults),
        Row(f"chaos, seed {options.seed}: longest time without a write for each fault", "s", gaps),
    ]
