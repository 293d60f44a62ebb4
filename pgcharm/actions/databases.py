"""The answer of action list-databases: a table for people, and the same as JSON. Pure.

Knows: how the databases read. Must not know: how anything is seen.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from pgcharm.actions.cluster_status import table
from pgcharm.clients.databases import Database
from pgcharm.clients.relation import ClientRelation
from pgcharm.plan.requests.clients import wanted_by
from pgcharm.plan.status import size

_HEADINGS = ("database", "sysname", "owner", "size", "clients", "connected", "extensions")


def list_databases(databases: Sequence[Database], relations: Sequence[ClientRelation]) -> dict[str, str]:
    """The results: every database, whose it is, how large, who asks for it, who is connected, what it has."""
    found = {database.name: _facts(database, relations) for database in databases}
    rows = [_HEADINGS, *(_row(name, facts) for name, facts in found.items())]
    systems = sorted(facts["sysname"] for facts in found.values() if facts["sysname"])
    return {"table": table(rows), "sysnames": ", ".join(systems) or "none", "json": json.dumps(found)}


def _facts(database: Database, relations: Sequence[ClientRelation]) -> dict[str, Any]:
    return {
        "sysname": database.sysname,
        "owner": database.owner,
        "bytes": database.size,
        "clients": wanted_by(relations, database.name),
        "connected": list(database.sessions),
        "extensions": list(database.extensions),
    }


def _row(name: str, facts: dict[str, Any]) -> tuple[str, ...]:
    lists = (", ".join(facts[key]) or "-" for key in ("clients", "connected", "extensions"))
    return (name, facts["sysname"] or "-", facts["owner"], size(facts["bytes"]), *lists)
