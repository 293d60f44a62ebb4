"""Print notifications, and the gaps in which some may have been missed.

Knows: how a notification is printed. Must not know: how it is followed.
"""

from __future__ import annotations

import argparse
from datetime import datetime, timezone

from pgclient.cluster import Cluster
from pgclient.command.printing import Printer
from pgclient.notes import Gap


def arguments(parser: argparse.ArgumentParser) -> None:
    """Its options."""
    parser.add_argument("channels", nargs="+", metavar="CHANNEL")
    parser.add_argument("--count", type=int, default=0, metavar="N", help="end after N (default: never)")


async def run(options: argparse.Namespace, printer: Printer) -> int:
    """Until it is interrupted, or so many have come."""
    async with Cluster(options.dsn) as cluster, cluster.listen(*options.channels) as notes:
        heard = 0
        async for note in notes:
            if isinstance(note, Gap):
                since = datetime.fromtimestamp(note.since, timezone.utc).isoformat(timespec="seconds")
                text = f"{note.channel}: some may be missing since {since} ({note.why})"
                printer.say(printer.paint(text, "odd"), channel=note.channel, gap_since=since, why=note.why)
                continue
            text = f"{printer.paint(note.channel, 'strong')}  {note.payload}"
            printer.say(text, channel=note.channel, payload=note.payload, pid=note.pid)
            heard += 1
            if heard == options.count:
                break
    return 0
