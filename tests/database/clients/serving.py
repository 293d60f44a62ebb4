"""Serving clients on a server of the tests' own: what they ask, what is decided of it, and their logins.

Knows: the way from a databag to a login. Must not know: what a test wants to see.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing

import psycopg2

from pgcharm.clients import ClientRelation, Cluster, Decision, Member, passwords, wanted_databases
from pgcharm.clients.reading import Connect, read_catalogue, read_loaded_access
from tests.database.clients.server import Server

KEY = passwords.ClientKey.from_text("a key for tests")
ADDRESS = {"egress-subnets": "127.0.0.1/32"}
Serve = Callable[..., Decision]


def client(number: int = 1, application: str = "shop", endpoint: str = "db", **wish: str) -> ClientRelation:
    return ClientRelation(number, endpoint, application, units={f"{application}/0": {**ADDRESS, **wish}})


def observed(connect: Connect, relations: list[ClientRelation]) -> Cluster:
    with closing(connect("postgres")) as connection:
        port = connection.info.port
    return Cluster(
        unit="postgresql/0",
        members=(Member("postgresql/0", "127.0.0.1", port),),
        primary="postgresql/0",
        version="15",
        key=KEY,
        catalogue=read_catalogue(connect, wanted_databases(relations)),
        loaded=read_loaded_access(connect),
        leader=True,
        ca="a certificate",
    )


def login(
    server: Server, decision: Decision, relation: int, schema: bool = False, database: str = ""
) -> psycopg2.extensions.connection:
    told = {key: value or "" for key, value in decision.publications[relation].items()}
    prefix = "schema_" if schema else ""
    name = dict(part.split("=", 1) for part in told["master"].split())["dbname"]
    return server.connect_as(told[prefix + "user"], told[prefix + "password"], database or name)


def run(connection: psycopg2.extensions.connection, text: str) -> list[tuple[object, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(text)
        return cursor.fetchall() if cursor.description else []
