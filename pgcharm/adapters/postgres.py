"""Connections to PostgreSQL, as superuser through this machine's socket or as a member's user to another machine.

Knows: how to connect and to ask. Must not know: what the answers mean.
Root is admitted to the socket as `postgres` by pg_ident.conf; no password is needed or kept for it.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg2
from psycopg2.extensions import connection

from pgcharm.layout import SOCKETS

PostgresError = psycopg2.Error


def running_port(port: int) -> int:
    """The port of the server that runs: `port`, or the only other one that has a socket."""
    sockets = [path.name.rsplit(".", 1)[1] for path in Path(SOCKETS).glob(".s.PGSQL.*") if path.suffix != ".lock"]
    return int(sockets[0]) if len(sockets) == 1 else port


def local(port: int, database: str = "postgres") -> connection:
    """A connection to our own server as superuser, autocommit on. Raises psycopg2.Error."""
    options = "-c statement_timeout=60000 -c log_statement=none"
    link = psycopg2.connect(
        host=SOCKETS, port=port, dbname=database, user="postgres", connect_timeout=5, options=options,
        application_name="charm",
    )  # fmt: skip
    link.autocommit = True
    return link


@dataclass(frozen=True)
class Papers:
    """The files that prove to another member who we are, and to us who it is."""

    ca: str
    certificate: str
    key: str


def remote(host: str, port: int, user: str, password: str, papers: Papers) -> connection:
    """A connection to another member's server. Raises psycopg2.Error."""
    link = psycopg2.connect(
        host=host, port=port, dbname="postgres", user=user, password=password, connect_timeout=3,
        sslmode="verify-ca", sslrootcert=papers.ca, sslcert=papers.certificate, sslkey=papers.key,
        application_name="charm",
    )  # fmt: skip
    link.autocommit = True
    return link


def rows(link: connection, query: str, values: Sequence[object] = ()) -> list[tuple[Any, ...]]:
    """All rows of a query."""
    with closing(link.cursor()) as cursor:
        cursor.execute(query, values or None)
        return list(cursor.fetchall()) if cursor.description else []
