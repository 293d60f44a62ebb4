"""Ask again and again, and say how long it took: an outage as an application feels it.

Knows: pacing and sums. Must not know: which host answers.
"""

from __future__ import annotations

import argparse
import asyncio
from time import perf_counter

import psycopg

from pgclient.cluster import Cluster
from pgclient.command.printing import Printer
from pgclient.errors import ClusterError
from pgclient.transactions import Transaction

_WHO = "SELECT coalesce(host(inet_server_addr()), 'socket') || ':' || inet_server_port()::text"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Its options."""
    parser.add_argument("--to", default="primary", help="primary, standby, prefer-standby or any")
    parser.add_argument("--count", type=int, default=0, metavar="N", help="end after N (default: never)")
    parser.add_argument("--interval", type=float, default=1.0, metavar="SECONDS")
    parser.add_argument("--timeout", type=float, default=60.0, metavar="SECONDS", help="for one")
    parser.add_argument("--write", action="store_true", help="a transaction that takes an id, instead of a read")


async def run(options: argparse.Namespace, printer: Printer) -> int:
    """1 if any of them failed."""
    failed = number = 0
    async with Cluster(options.dsn) as cluster:
        while not options.count or number < options.count:
            number += 1
            began = perf_counter()
            try:
                who = await _ask(cluster, options)
                ms = (perf_counter() - began) * 1000
                text = f"{who}  {number}  " + printer.paint(f"{ms:.1f} ms", "good" if ms < 1000 else "odd")
                printer.say(text, number=number, host=who, ms=round(ms, 3))
            except (ClusterError, psycopg.Error) as error:
                failed += 1
                why = str(error).splitlines()[0]
                printer.say(printer.paint(f"{number}  {why}", "bad"), number=number, error=why)
            if number != options.count:
                await asyncio.sleep(options.interval)
    return 1 if failed else 0


async def _ask(cluster: Cluster, options: argparse.Namespace) -> str:
    if not options.write:
        return str(await cluster.fetch_value(_WHO, to=options.to, timeout=options.timeout, repeatable=True))

    async def work(tx: Transaction) -> str:
        await tx.execute("SELECT pg_current_xact_id()")
        return str(await tx.fetch_value(_WHO))

    return await cluster.run(work, timeout=options.timeout)
