"""A trial of a backup: restored beside everything, started where nobody reaches it, looked into, removed.

Knows: what is worth looking at. Must not know: how the cluster is; nothing of it is touched.
Whoever starts the program sees to it that its directories are removed, also when it is killed.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import time
from dataclasses import fields
from pathlib import Path

from psycopg2 import sql

from pgcharm.adapters import host
from pgcharm.adapters.pgbackrest import PgBackRest, PgBackRestError
from pgcharm.restoring.bring_back import OWNER, GivenUp, settings, why, words
from pgcharm.restoring.notes import Task
from pgcharm.restoring.server import PrivateServer, ServerFailed
from pgcharm.restoring.works import Say, Told

COUNTED = 1 << 28
"""Databases up to so many bytes are counted row by row; of larger ones PostgreSQL's own estimate is told."""
CHECKED = 4 << 30
"""Up to so many bytes every table and index is checked; beyond that the system catalogues."""
_TABLES = """
    SELECT n.nspname, c.relname, greatest(c.reltuples, 0)::bigint
      FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
     WHERE relkind IN ('r', 'm') AND NOT starts_with(nspname, 'pg_') AND nspname <> 'information_schema'"""


def check(told: Told, say: Say) -> dict[str, str]:
    """All of it. Raises GivenUp."""
    task = Task(**{
        **{field.name: told[field.name] for field in fields(Task) if field.name in told and field.name != "settings"},
        "kind": told["type"], "settings": tuple(map(tuple, told["settings"])),
    })  # fmt: skip
    scratch = Path(f"/run/{Path(task.data).name.split('.')[0]}-trial")
    try:
        begun = time.monotonic()
        fetched = fetch(task, say)
        shutil.rmtree(scratch, ignore_errors=True)
        host.ensure_directory(str(scratch), *OWNER)
        server = PrivateServer(task.binaries, task.data, str(scratch), settings(task))
        try:
            server.start(say)
            replayed = time.monotonic() - begun - fetched
            newest = server.last_commit() or "none after the backup"
            found = look(server, say)
        except ServerFailed as error:
            raise GivenUp(why(task, server, str(error))) from error
        finally:
            server.stop("immediate")
    finally:
        host.ensure_absent(task.data)
        shutil.rmtree(scratch, ignore_errors=True)
    return {
        "backup": task.backup, "size": str(task.size), "seconds": f"{time.monotonic() - begun:.1f}",
        "seconds-to-fetch": f"{fetched:.1f}", "seconds-to-replay": f"{replayed:.1f}",
        "newest-commit": newest, **found,
    }  # fmt: skip


def fetch(task: Task, say: Say) -> float:
    """The backup's files; the seconds it took."""
    begun = time.monotonic()
    say(f"fetching backup {task.backup}, {task.size} bytes")
    host.ensure_absent(task.data)
    host.ensure_directory(task.data, *OWNER)
    try:
        PgBackRest(task.pgbackrest, task.stanza).run(*words(task), timeout=14 * 86400)
    except PgBackRestError as error:
        raise GivenUp(f"backup {task.backup} cannot be fetched: {error.said}") from error
    host.ensure_file(f"{task.data}/recovery.signal", "", "postgres", "postgres", 0o600)
    return time.monotonic() - begun


def look(server: PrivateServer, say: Say) -> dict[str, str]:
    """What is in it, and whether it is sound."""
    sizes = dict(
        server.rows("SELECT datname, pg_database_size(oid) FROM pg_database WHERE datallowconn AND NOT datistemplate")
    )
    found = {}
    for name, size in sorted(sizes.items()):
        say(f"looking into {name}")
        tables = server.rows(_TABLES, name)
        rows = sum(count(server, name, schema, table) if size <= COUNTED else guess for schema, table, guess in tables)
        found[name] = {"tables": len(tables), "rows": rows, "counted": size <= COUNTED, "bytes": size}
    say("checking tables and indexes")
    wide = sum(sizes.values()) <= CHECKED
    return {"databases": json.dumps(found), "checked": amcheck(server, wide)}


def count(server: PrivateServer, database: str, schema: str, table: str) -> int:
    query = sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(schema, table))
    return int(server.rows(query, database)[0][0])  # type: ignore[arg-type]


def amcheck(server: PrivateServer, wide: bool) -> str:
    """Check pages of tables and the order of indexes. Raises GivenUp with what is broken."""
    argv = [f"{server.binaries}/pg_amcheck", f"--host={server.scratch}", "--username=postgres", "--all",
            "--install-missing", *([] if wide else ["--schema=pg_catalog"])]  # fmt: skip
    done = subprocess.run(
        ["runuser", "-u", "postgres", "--", *argv], capture_output=True, text=True, check=False, cwd="/"
    )
    if done.returncode:
        said = (done.stdout.strip() or done.stderr.strip())[:400]
        raise GivenUp(f"it is damaged: {said}")
    return "all tables and indexes" if wide else "the system catalogues"
