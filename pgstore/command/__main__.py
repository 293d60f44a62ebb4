"""`pgstore`: look after the databases of systems.

    export PGSTORE_URL=postgresql://ion:...@10.1.0.10,10.1.0.11 PGSTORE_ADMIN_URL=postgresql://ion_admin:...@...
    pgstore create demo
    pgstore list demo

Passwords come from the environment, a configuration file or ~/.pgpass, never from the command line, where every
process could read them.

Knows: words and options. Must not know: how anything is done.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import yaml

from pgstore.command.verbs import VERBS
from pgstore.errors import BadRequest, StoreError
from pgstore.settings import Settings, from_configuration, from_url


def main(argv: Sequence[str] | None = None) -> int:
    """0 if all is well, 1 if something is not, 2 for a mistake in the command."""
    options = _parser().parse_args(argv)
    try:
        settings = _settings(options)
        return asyncio.run(VERBS[options.verb](options, settings))
    except StoreError as error:
        print(f"pgstore: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def _settings(options: argparse.Namespace) -> Settings:
    """From `--config`, or from the environment."""
    if options.config:
        found = from_configuration(yaml.safe_load(Path(options.config).read_text(encoding="utf-8")) or {})
    else:
        url = os.environ.get("PGSTORE_URL")
        if not url:
            raise BadRequest(
                "cannot find a database: PGSTORE_URL is not set\nhint: set PGSTORE_URL (and PGSTORE_ADMIN_URL), "
                "or name a file with --config"
            )
        found = from_url(url, admin=os.environ.get("PGSTORE_ADMIN_URL"))
    return replace(found, options=replace(found.options, patience=options.wait))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="pgstore", description="Look after the databases of systems.")
    parser.add_argument("--config", metavar="FILE", help="YAML with server.postgresql, instead of PGSTORE_URL")
    parser.add_argument("--wait", type=float, default=15, metavar="SECONDS", help="for a database to be there (15)")
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
    verb = verbs.add_parser("list", help="systems, or the stores of one")
    verb.add_argument("sysname", nargs="?")
    verb.add_argument("--json", action="store_true")
    verb = verbs.add_parser("create", help="make a system's database and bring it up to date; or make a store")
    verb.add_argument("sysname")
    verb.add_argument("store", nargs="?")
    verb.add_argument("--profile", help="of the store; its name says it otherwise")
    verb = verbs.add_parser("drop", help="drop a system's database, or a store")
    verb.add_argument("sysname")
    verb.add_argument("store", nargs="?")
    verb.add_argument("--force", action="store_true", help="end the sessions of whoever is connected")
    verb.add_argument("--yes", action="store_true", help="do not ask")
    for name, text in (("dump", "write a system to a directory; go on where it ended"), ("load", "read one back")):
        verb = verbs.add_parser(name, help=text)
        verb.add_argument("sysname")
        verb.add_argument("directory", type=Path)
        verb.add_argument("--store")
    verb = verbs.add_parser("check", help="both users, versions, rights, migrations, prepared transactions")
    verb.add_argument("sysname")
    verb = verbs.add_parser("vacuum", help="VACUUM (ANALYZE) of a system, or of a store")
    verb.add_argument("sysname")
    verb.add_argument("store", nargs="?")
    verb = verbs.add_parser("explain", help="how a query is done, as a tree")
    verb.add_argument("sysname")
    verb.add_argument("store")
    verb.add_argument("query", type=json.loads, help="the dict form, as JSON, or its expression alone")
    return parser


if __name__ == "__main__":
    sys.exit(main())
