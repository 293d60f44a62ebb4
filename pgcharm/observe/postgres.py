"""Our own PostgreSQL server, through its socket.

Knows: what to ask. Must not know: what ought to be in it.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from functools import partial

from psycopg2 import extensions

from pgcharm.adapters import postgres
from pgcharm.clients.catalogue import Catalogue, DatabaseFact
from pgcharm.clients.decision import wanted_databases
from pgcharm.clients.reading import Connect, read_catalogue, read_loaded_access
from pgcharm.clients.relation import ClientRelation
from pgcharm.cluster import CLUSTER_ROLES
from pgcharm.observation import Patroni, Postgres
from pgcharm.view import Unknown, View

_SERVER = """
    SELECT pg_is_in_recovery(), split_part(current_setting('server_version'), ' ', 1),
           coalesce((SELECT array_agg(name ORDER BY name) FROM pg_settings
                      WHERE pending_restart AND NOT starts_with(name, 'recovery_target')), '{}')"""
"""Patroni takes the targets of a recovery out of the files after a promotion: to a primary they say nothing."""
_VERIFIERS = "SELECT rolname, coalesce(rolpassword, '') FROM pg_authid WHERE rolname = ANY (%s)"
_MISTAKES = """
    SELECT concat_ws(': ', nullif(concat_ws(' line ', coalesce(name, sourcefile), sourceline), ''), error)
      FROM pg_file_settings
     WHERE error <> 'setting could not be applied'
       AND error NOT LIKE 'parameter "%" cannot be changed without restarting the server'
    UNION ALL
    SELECT format('pg_hba.conf line %s: %s', line_number, error) FROM pg_hba_file_rules WHERE error IS NOT NULL"""
"""What only waits for a restart is no mistake: a setting that was changed in the files, or taken out of them."""


_insides: dict[str, DatabaseFact] = {}
"""What this hook has seen inside databases that it has not changed since: a connection to each is dear."""


def look_again(database: str) -> None:
    """Look into a database anew in the next round of this hook, because something was done in it."""
    _insides.pop(database, None)


def forget_insides() -> None:
    """Look into every database anew, as a new hook does."""
    _insides.clear()


def read_mistakes(connection: extensions.connection) -> tuple[str, ...]:
    """What PostgreSQL cannot make sense of in its files, one text for each place."""
    return tuple(text for (text,) in postgres.rows(connection, _MISTAKES))


def read_clients(connect: Connect, clients: Sequence[ClientRelation]) -> Catalogue:
    """What concerns clients, with what is in their databases."""
    wanted = wanted_databases(clients)
    catalogue = read_catalogue(connect, wanted, _insides)
    _insides.update({name: catalogue.databases[name] for name in wanted if name in catalogue.databases})
    return catalogue


def observe_postgres(
    patroni: View[Patroni] | Unknown, port: int, clients: Sequence[ClientRelation]
) -> View[Postgres] | Unknown:
    """The server's word, or why there is none. It may still listen on another port than the option's."""
    if isinstance(patroni, Unknown):
        return patroni
    if patroni.value.state != "running":
        return Unknown(f"Patroni says that PostgreSQL is in the state {patroni.value.state!r}")
    port = postgres.running_port(port)
    connect = partial(postgres.local, port)
    try:
        with closing(connect()) as connection:
            ((in_recovery, version, pending),) = postgres.rows(connection, _SERVER)
            mistakes = read_mistakes(connection)
            verifiers = postgres.rows(connection, _VERIFIERS, (list(CLUSTER_ROLES.values()),))
        return View(
            Postgres(
                port=port,
                in_recovery=in_recovery,
                version=version,
                pending_restart=tuple(pending),
                catalogue=read_clients(connect, clients),
                access=read_loaded_access(connect),
                mistakes=mistakes,
                verifiers={role: str(stored) for role, stored in verifiers},
            )
        )
    except (postgres.PostgresError, OSError) as error:
        return Unknown(f"PostgreSQL does not answer: {str(error).strip()[:160]}")
