"""What each word of `pgstore` does: call, print.

Knows: how results look on a terminal. Must not know: options' spelling, SQL.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Coroutine
from typing import Any

from pgstore.databases import Databases
from pgstore.settings import Settings
from pgstore.system import System

_LANGUAGE = "qexp_v1.0"


async def show(options: argparse.Namespace, settings: Settings) -> int:
    """`list`."""
    if options.sysname:
        async with System(options.sysname, settings) as system:
            rows = [
                {"store": one.name, "profile": one.profile.value, "srid": one.srid} for one in await system.describe()
            ]
    else:
        databases = Databases(settings)
        rows = [{"database": name} for name in await databases.list_systems()]
    if options.json:
        print(json.dumps(rows))
        return 0
    for row in rows:
        print("  ".join(f"{value!s:<24}" for value in row.values()).rstrip())
    return 0


async def create(options: argparse.Namespace, settings: Settings) -> int:
    """`create`."""
    async with System(options.sysname, settings) as system:
        await system.create()
        if options.store:
            store = await system.create_datastore(options.store, options.profile)
            print(f"{store.name} is there, {store.profile.value}")
        else:
            print(f"{system.database} is there and up to date")
    return 0


async def drop(options: argparse.Namespace, settings: Settings) -> int:
    """`drop`."""
    async with System(options.sysname, settings) as system:
        what = f"store {options.store} of {system.database}" if options.store else f"database {system.database}"
        if not options.yes and not _agreed(f"Drop {what} with everything in it?"):
            print("Nothing was dropped.")
            return 1
        if options.store:
            await system.delete_datastore(options.store)
        else:
            await system.drop(force=options.force)
        print(f"{what} is gone")
    return 0


async def dump(options: argparse.Namespace, settings: Settings) -> int:
    """`dump`."""
    async with System(options.sysname, settings) as system:
        count = await system.dump(options.directory, options.store, _tell)
    print(f"{count} documents written to {options.directory}")
    return 0


async def load(options: argparse.Namespace, settings: Settings) -> int:
    """`load`."""
    async with System(options.sysname, settings) as system:
        await system.create()
        count = await system.load(options.directory, options.store, _tell)
    print(f"{count} documents read from {options.directory}")
    return 0


async def check(options: argparse.Namespace, settings: Settings) -> int:
    """`check`."""
    async with System(options.sysname, settings) as system:
        report = await system.check()
    print(report)
    return 0 if report.is_well else 1


async def vacuum(options: argparse.Namespace, settings: Settings) -> int:
    """`vacuum`."""
    async with System(options.sysname, settings) as system:
        for table in await system.vacuum(options.store):
            print(table)
    return 0


async def explain(options: argparse.Namespace, settings: Settings) -> int:
    """`explain`."""
    given = options.query
    query = given if isinstance(given, dict) else {"QUERYEXP": _LANGUAGE, "where": given}
    async with System(options.sysname, settings) as system:
        print(await (await system.find_datastore(options.store)).explain(query))
    return 0


VERBS: dict[str, Callable[[argparse.Namespace, Settings], Coroutine[Any, Any, int]]] = {
    "list": show,
    "create": create,
    "drop": drop,
    "dump": dump,
    "load": load,
    "check": check,
    "vacuum": vacuum,
    "explain": explain,
}


def _tell(store: str, count: int) -> None:
    """One line that moves, on a terminal only."""
    if sys.stderr.isatty():
        print(f"\r{store}: {count} ", end="", file=sys.stderr, flush=True)


def _agreed(question: str) -> bool:
    return sys.stdin.isatty() and input(f"{question} [y/N] ").strip().lower() in ("y", "yes")
