"""One database from a logical dump: under a name of its own until it is complete, then under the one that is wanted.

Knows: pg_restore, which roles a dump needs, and that a database of that name stays as it is until the last moment.
Must not know: which clients use it; the charm's usual questions put their rights in order.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Mapping
from contextlib import closing
from typing import Any

import psycopg2
from psycopg2 import sql

from pgcharm.adapters import postgres
from pgcharm.restoring.bring_back import GivenUp
from pgcharm.restoring.dump import quoted, server
from pgcharm.restoring.store import ROLES, Store
from pgcharm.restoring.works import Say, Told

_ROLE = re.compile(r'^(CREATE|ALTER) ROLE ("(?:[^"]|"")+"|[^\s;"]+)')
_MEMBER = re.compile(r'^GRANT ("(?:[^"]|"")+"|[^\s;"]+) TO ("(?:[^"]|"")+"|[^\s;"]+)')
_GRANTOR = re.compile(r' GRANTED BY ("(?:[^"]|"")+"|[^\s;"]+)(?=;$)')
OURS = ("postgres", "replicator", "rewind")


def load(told: Told, say: Say) -> dict[str, str]:
    """All of it."""
    store = Store.of(told["pgbackrest"], told["stanza"])
    there = store.about(told["id"])["databases"]
    if told["database"] not in there:
        raise GivenUp(f"dump {told['id']} has no database {told['database']} (expected one of: {', '.join(there)})")
    facts = there[told["database"]]
    try:
        with closing(postgres.local(told["port"])) as link:
            made = roles(store, told, link)
            aside = f"{told['target'][:40]}_of_{told['id']}"
            say(f"loading {told['database']} as {aside}")
            create(link, aside, facts)
            restore(store, told, aside)
            say(f"giving it the name {told['target']}")
            settle(link, told, aside, facts)
    except psycopg2.Error as error:
        raise GivenUp(f"PostgreSQL refuses: {str(error).strip()}") from error
    return {"database": told["target"], "dump": told["id"], "roles-made": ", ".join(made) or "none"}


def roles(store: Store, told: Told, link: Any) -> list[str]:
    """Roles of the dump that are missing, without passwords, and their memberships. Others stay as they are."""
    with store.reading(told["id"], ROLES) as stream:
        text = stream.read().decode()
    have = {name for (name,) in postgres.rows(link, "SELECT quote_ident(rolname) FROM pg_roles")}
    wanted = list(statements(text))
    fresh = [name for verb, name, _ in wanted if verb == "CREATE" and name not in have and name not in OURS]
    with link.cursor() as cursor:
        for _, name, statement in wanted:
            granted = _MEMBER.match(statement)
            if name in fresh or (granted and granted[1] in fresh and name in have):
                cursor.execute(statement)
    return fresh


def statements(text: str) -> list[tuple[str, str, str]]:
    """What is done for each role: the verb, the role as it is quoted, the statement.

    >>> statements('CREATE ROLE a;\\nALTER ROLE a WITH LOGIN;\\nGRANT b TO a GRANTED BY postgres;')[2]
    ('GRANT', 'a', 'GRANT b TO a;')
    """
    found = []
    for line in text.splitlines():
        if match := _ROLE.match(line):
            found.append((match[1], match[2], line))
        elif match := _MEMBER.match(line):
            found.append(("GRANT", match[2], _GRANTOR.sub("", line)))
    return found


def create(link: Any, name: str, facts: Mapping[str, Any]) -> None:
    """An empty database like the one that was dumped; one that an earlier load has left goes first."""
    made = sql.SQL(
        "CREATE DATABASE {} TEMPLATE template0 OWNER {} ENCODING {} LC_COLLATE {} LC_CTYPE {} ALLOW_CONNECTIONS true"
    ).format(
        sql.Identifier(name), sql.Identifier(facts["owner"]), sql.Literal(facts["encoding"]),
        sql.Literal(facts["collate"]), sql.Literal(facts["ctype"]),
    )  # fmt: skip
    with link.cursor() as cursor:
        cursor.execute("SET statement_timeout = 0")
        cursor.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
        cursor.execute(made)
        cursor.execute(sql.SQL("REVOKE CONNECT ON DATABASE {} FROM PUBLIC").format(sql.Identifier(name)))


def restore(store: Store, told: Told, name: str) -> None:
    """The dump's content. Raises GivenUp, and leaves nothing of it."""
    argv = server(told, "pg_restore", "--exit-on-error", f"--dbname={quoted(name)}")
    with store.reading(told["id"], store.file_of(told["database"])) as stream:
        done = subprocess.run(list(argv), stdin=stream, capture_output=True, cwd="/", check=False)
        while done.returncode and stream.read(1 << 20):
            pass
    if done.returncode:
        with closing(postgres.local(told["port"])) as link, link.cursor() as cursor:
            cursor.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
        raise GivenUp(f"pg_restore failed: {done.stderr.decode(errors='replace').strip()[-400:]}")


def settle(link: Any, told: Told, aside: str, facts: Mapping[str, Any]) -> None:
    """The name that is wanted; what had it is gone then."""
    target = sql.Identifier(told["target"])
    with link.cursor() as cursor:
        if told["overwrite"]:
            cursor.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(target))
        cursor.execute(sql.SQL("ALTER DATABASE {} RENAME TO {}").format(sql.Identifier(aside), target))
        cursor.execute(sql.SQL("GRANT CONNECT ON DATABASE {} TO PUBLIC").format(target))
        if facts["comment"]:
            cursor.execute(sql.SQL("COMMENT ON DATABASE {} IS {}").format(target, sql.Literal(facts["comment"])))
