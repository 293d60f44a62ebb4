"""Steps inside PostgreSQL."""

from __future__ import annotations

import base64
import secrets
from contextlib import closing
from functools import partial

from psycopg2 import sql

from pgcharm.adapters import juju, postgres
from pgcharm.apply.means import Means, Perform
from pgcharm.apply.patroni import wait_for
from pgcharm.clients.changes import database_of
from pgcharm.clients.databases import drop_database
from pgcharm.clients.effects import apply_change
from pgcharm.cluster import PEER_ENDPOINT
from pgcharm.observe.postgres import look_again
from pgcharm.plan import steps
from pgcharm.plan.requests.steps import CountRotation, DropDatabase
from pgcharm.plan.types import Step
from pgcharm.scram import verifier


def reload_postgres(step: steps.ReloadPostgres, means: Means) -> bool:
    """The postmaster re-reads its files on a signal; it has done so when its load time has moved."""
    with closing(postgres.local(step.port)) as connection:
        ((before,),) = postgres.rows(connection, "SELECT pg_conf_load_time()")
        postgres.rows(connection, "SELECT pg_reload_conf()")

        def seen() -> str | None:
            ((after,),) = postgres.rows(connection, "SELECT pg_conf_load_time()")
            return None if after > before else f"its files were last read at {after}"

        wait_for(5, "PostgreSQL to read its files", seen)
    means.note("loaded", {"postgres": step.inputs})
    return True


def let_monitor(step: steps.LetMonitor, _: Means) -> bool:
    with closing(postgres.local(step.port)) as connection, connection.cursor() as cursor:
        cursor.execute(sql.SQL("GRANT pg_monitor TO {}").format(sql.Identifier(step.role)))
    return True


def set_password(step: steps.SetPassword, _: Means) -> bool:
    """PostgreSQL gets a verifier, never the password."""
    stored = verifier(step.password, base64.b64encode(secrets.token_bytes(16)).decode())
    statement = sql.SQL("ALTER ROLE {} PASSWORD {}").format(sql.Identifier(step.role), sql.Literal(stored))
    with closing(postgres.local(step.port)) as connection, connection.cursor() as cursor:
        cursor.execute(statement)
    return True


def serve_client(step: steps.ServeClient, _: Means) -> bool:
    look_again(database_of(step.change))
    return apply_change(step.change, partial(postgres.local, step.port))


def drop(step: DropDatabase, _: Means) -> bool:
    look_again(step.database)
    return drop_database(partial(postgres.local, step.port), step.database, step.force)


def count_rotation(step: CountRotation, _: Means) -> bool:
    """The controller has it when the action has ended well; then it wakes every unit, this one too."""
    juju.write_bag(PEER_ENDPOINT, step.relation, step.words, application=True)
    return True


PERFORM: dict[type[Step], Perform] = {
    DropDatabase: drop,
    CountRotation: count_rotation,
    steps.ReloadPostgres: reload_postgres,
    steps.SetPassword: set_password,
    steps.LetMonitor: let_monitor,
    steps.ServeClient: serve_client,
}
