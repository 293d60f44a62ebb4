"""The databases of our own server, for an operator who asks.

Knows: where to look. Must not know: how it is told.
"""

from __future__ import annotations

from functools import partial

from pgcharm.adapters import postgres
from pgcharm.clients.databases import Database, read_databases
from pgcharm.view import Unknown, View


def observe_databases(port: int) -> View[tuple[Database, ...]] | Unknown:
    """What is there, or why nobody says so."""
    try:
        return View(read_databases(partial(postgres.local, port)))
    except (postgres.PostgresError, OSError) as error:
        return Unknown(f"PostgreSQL does not answer: {str(error).strip()[:160]}")
