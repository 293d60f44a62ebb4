"""How many small statements a second, and how long each takes.

Knows: pacing and percentiles. Must not know: how statements travel.
"""

from __future__ import annotations

import argparse
import asyncio
from dataclasses import asdict
from time import perf_counter

from pgclient.cluster import Cluster
from pgclient.command.printing import Printer
from pgclient.options import Options


def arguments(parser: argparse.ArgumentParser) -> None:
    """Its options."""
    parser.add_argument("--query", default="SELECT 1")
    parser.add_argument("--to", default="primary", help="primary, standby, prefer-standby or any")
    parser.add_argument("--tasks", type=int, default=50)
    parser.add_argument("--connections", type=int, default=10)
    parser.add_argument("--seconds", type=float, default=5.0)


async def run(options: argparse.Namespace, printer: Printer) -> int:
    """Drive, then print one line."""
    async with Cluster(options.dsn, options=Options(pool_size=options.connections)) as cluster:
        await cluster.fetch(options.query, to=options.to)
        began = perf_counter()
        tasks = (_drive(cluster, options, began + options.seconds) for _ in range(options.tasks))
        taken = sorted(ms for one in await asyncio.gather(*tasks) for ms in one)
        seconds = perf_counter() - began
        shared = sum(asdict(host.counts)["in_company"] for host in cluster.statistics())
    rate = len(taken) / seconds
    middle, late = taken[len(taken) // 2], taken[int(len(taken) * 0.99)]
    text = f"{printer.paint(f'{rate:.0f}', 'strong')} statements/s; {middle:.2f} ms median, {late:.2f} ms at the 99th"
    printer.say(
        f"{text} percentile; {100 * shared / len(taken):.0f} % in company",
        statements=len(taken),
        per_second=round(rate, 1),
        median_ms=round(middle, 3),
        p99_ms=round(late, 3),
        in_company=shared,
    )
    return 0


async def _drive(cluster: Cluster, options: argparse.Namespace, until: float) -> list[float]:
    taken: list[float] = []
    while (now := perf_counter()) < until or not taken:
        await cluster.fetch(options.query, to=options.to)
        taken.append((perf_counter() - now) * 1000)
    return taken
