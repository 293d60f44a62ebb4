"""A logical dump: each database by pg_dump, the roles without their passwords, straight into the repository.

Knows: pg_dump, pg_dumpall, and what of a database is not in its dump. Must not know: where the repository is.
"""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Iterable
from contextlib import closing, suppress
from typing import IO, Any

import psycopg2

from pgcharm.adapters import postgres
from pgcharm.adapters.pgbackrest import PgBackRestError
from pgcharm.restoring.bring_back import GivenUp
from pgcharm.restoring.store import ABOUT, ROLES, Store
from pgcharm.restoring.works import Say, Told

_DATABASES = """
    SELECT datname, pg_get_userbyid(datdba), pg_encoding_to_char(encoding), datcollate, datctype,
           coalesce(shobj_description(oid, 'pg_database'), ''), pg_database_size(oid)
      FROM pg_database WHERE datallowconn AND NOT datistemplate AND (%(name)s = '' OR datname = %(name)s) ORDER BY 1"""
FACTS = ("name", "owner", "encoding", "collate", "ctype", "comment", "bytes")


def dump(told: Told, say: Say) -> dict[str, str]:
    """All of it; what is half made is removed."""
    store = Store.of(told["pgbackrest"], told["stanza"])
    found = databases(told)
    begun = time.time()
    try:
        put(store, told["id"], ROLES, server(told, "pg_dumpall", "--roles-only", "--no-role-passwords"))
        for facts in found:
            say(f"dumping {facts['name']}, {facts['bytes']} bytes")
            program = server(told, "pg_dump", "--format=custom", f"--dbname={quoted(facts['name'])}")
            put(store, told["id"], store.file_of(facts["name"]), program)
        about = {"id": told["id"], "at": begun, "unit": told["unit"], "databases": {f["name"]: f for f in found}}
        with store.writing(told["id"], ABOUT) as stream:
            stream.write(json.dumps(about, indent=1).encode())
    except GivenUp:
        with suppress(PgBackRestError):
            store.remove(told["id"])
        raise
    return {"dump": told["id"], "databases": ", ".join(f["name"] for f in found)}


def databases(told: Told) -> list[dict[str, Any]]:
    """The databases that are asked for. Raises GivenUp."""
    try:
        with closing(postgres.local(told["port"])) as link:
            rows = postgres.rows(link, _DATABASES, {"name": told["database"]})  # type: ignore[arg-type]
    except psycopg2.Error as error:
        raise GivenUp(f"PostgreSQL does not answer: {str(error).strip()}") from error
    if not rows:
        raise GivenUp(f"there is no database {told['database']} (expected one of list-databases)")
    return [dict(zip(FACTS, row, strict=True)) for row in rows]


def quoted(name: str) -> str:
    """A database's name where a connection string may stand."""
    return "dbname='" + name.replace("\\", "\\\\").replace("'", "\\'") + "'"


def server(told: Told, program: str, *words: str) -> tuple[str, ...]:
    """A program of PostgreSQL's, for our own server."""
    where = (f"--host={told['sockets']}", f"--port={told['port']}", "--username=postgres")
    return ("runuser", "-u", "postgres", "--", f"{told['binaries']}/{program}", *where, *words)


def put(store: Store, name: str, file: str, program: Iterable[str]) -> None:
    """What a program prints, in the repository. Raises GivenUp."""
    with store.writing(name, file) as stream:
        poured(program, stream)


def poured(program: Iterable[str], stream: IO[bytes]) -> None:
    """Have a program print into a stream. Raises GivenUp."""
    done = subprocess.run(list(program), stdout=stream, stderr=subprocess.PIPE, cwd="/", check=False)
    if done.returncode:
        raise GivenUp(
            f"{list(program)[4].rpartition('/')[2]} failed: {done.stderr.decode(errors='replace').strip()[-400:]}"
        )
