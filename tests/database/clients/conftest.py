"""A PostgreSQL server of our own, started for the tests and gone after them."""

from __future__ import annotations

import os
import pwd
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from psycopg2 import extensions

from pgcharm.clients import ClientRelation, Decision, decide
from pgcharm.clients.effects import apply_change
from pgcharm.clients.reading import Connect
from tests.database.clients.server import Server, free_port
from tests.database.clients.serving import Serve, observed


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """One server for all tests of this directory."""
    installed = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if not installed:
        pytest.fail("no PostgreSQL server is installed here (`make test` installs one)")
    home = Path(tempfile.mkdtemp(prefix="pgcharm-test-", dir="/tmp"))
    server = Server(installed[-1].parent, home, free_port())
    if os.geteuid() == 0:
        owner = pwd.getpwnam("postgres")
        os.chown(home, owner.pw_uid, owner.pw_gid)
    data = str(home / "data")
    server.run("initdb", "-D", data, "-U", "postgres", "-E", "UTF8", "--no-locale", "-N", "--auth=trust")
    with server.settings_file.open("a") as settings:
        settings.write("recovery_target_timeline = 'latest'\n")  # as on a standby that was promoted
    options = f"-p {server.port} -k {home} -c listen_addresses=127.0.0.1 -c fsync=off -c max_connections=30"
    server.run("pg_ctl", "start", "-w", "-s", "-D", data, "-l", str(home / "log"), "-o", options)
    try:
        yield server
    finally:
        server.run("pg_ctl", "stop", "-s", "-m", "immediate", "-D", data)
        shutil.rmtree(home)


@pytest.fixture
def connect(server: Server) -> Iterator[Connect]:
    """Connections as superuser; what a test made is gone when it ends."""
    yield server.connect
    _clean(server.connect)
    server.hba_file.write_text("local all postgres trust\n")
    server.reload()


@pytest.fixture
def serve(server: Server, connect: Connect) -> Serve:
    """Observe, decide, apply, and decide again, as the charm does."""

    def served(*relations: ClientRelation) -> Decision:
        clients = list(relations)
        decision = decide(clients, observed(connect, clients))
        rules = "".join(f"{rule}\n" for rule in decision.access)
        server.hba_file.write_text("local all postgres trust\n" + rules)
        server.reload()
        for change in decision.changes:
            assert apply_change(change, connect), f"nothing to do for: {change}"
        for change in decision.changes:
            assert not apply_change(change, connect), f"done twice: {change}"
        return decide(clients, observed(connect, clients))

    return served


def _clean(connect: Callable[[str], extensions.connection]) -> None:
    connection = connect("postgres")
    with connection.cursor() as cursor:
        cursor.execute("SELECT format('%I', datname) FROM pg_database WHERE datname !~ '^(postgres|template[01])$'")
        for (name,) in cursor.fetchall():
            cursor.execute(f"DROP DATABASE {name} WITH (FORCE)")
        cursor.execute("SELECT format('%I', rolname) FROM pg_roles WHERE rolname !~ '^(pg_.*|postgres)$'")
        for (name,) in cursor.fetchall():
            cursor.execute(f"DROP OWNED BY {name}")
            cursor.execute(f"DROP ROLE {name}")
    connection.close()
