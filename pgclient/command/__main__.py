"""`pgclient topology | ping | listen | copy | bench`: parse, run, say what went wrong.

Knows: arguments. Must not know: what a subcommand does.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
from collections.abc import Sequence

import psycopg

from pgclient.command import bench, copy, listen, ping, topology
from pgclient.command.printing import Printer
from pgclient.errors import ClusterError

_DSN = "connection string with all hosts: postgresql://user@host1,host2/database (default: $PGCLIENT_DSN)"
_COMMANDS = {"topology": topology, "ping": ping, "listen": listen, "copy": copy, "bench": bench}


def parser() -> argparse.ArgumentParser:
    """All subcommands and their options."""
    made = argparse.ArgumentParser(prog="pgclient", description="A PostgreSQL cluster as an application sees it.")
    commands = made.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, module in _COMMANDS.items():
        text = (module.__doc__ or "").splitlines()[0]
        one = commands.add_parser(name, help=text, description=text)
        one.add_argument("--dsn", default=os.environ.get("PGCLIENT_DSN", ""), help=_DSN)
        one.add_argument("--json", action="store_true", help="one JSON object a line")
        one.add_argument("--colour", choices=("auto", "always", "never"), default="auto")
        module.arguments(one)
    return made


def main(argv: Sequence[str] | None = None) -> int:
    """Run one subcommand; 0 if all went well, 1 if something of the cluster did not, 2 for a wrong argument."""
    options = parser().parse_args(argv)
    printer = Printer(options.json, options.colour)
    try:
        return int(asyncio.run(_COMMANDS[options.command].run(options, printer)))
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except (ClusterError, psycopg.Error, OSError) as error:
        print(f"pgclient: {str(error).strip()}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
