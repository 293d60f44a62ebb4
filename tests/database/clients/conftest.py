"""A PostgreSQL server of our own, started for the tests and gone after them."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg2
import pytest
from psycopg2.extensions import connection as Connection

from pgcharm.clients.reading import Connect


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass(frozen=True)
class Server:
    """A running server; `binaries` is where its programs are."""

    binaries: Path
    home: Path
    port: int

    @property
    def hba_file(self) -> Path:
        return self.home / "data" / "pg_hba.conf"

    def run(self, program: str, *arguments: str) -> None:
        """Run one of PostgreSQL's programs as a user other than root."""
        command = [str(self.binaries / program), *arguments]
        if os.geteuid() == 0:
            command = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", *command]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd="/")

    def connect(self, database: str) -> Connection:
        connection = psycopg2.connect(host=str(self.home), port=self.port, user="postgres", dbname=database)
        connection.autocommit = True
        return connection

    def connect_as(self, user: str, password: str, database: str) -> Connection:
        """Over TCP, with a password, as a client would."""
        connection = psycopg2.connect(host="127.0.0.1", port=self.port, user=user, password=password, dbname=database)
        connection.autocommit = True
        return connection

    def reload(self) -> None:
        self.run("pg_ctl", "reload", "-s", "-D", str(self.home / "data"))


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """One server for all tests of this directory."""
    installed = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if not installed:
        pytest.skip("no PostgreSQL server is installed here")
    home = Path(tempfile.mkdtemp(prefix="pgcharm-test-", dir="/tmp"))
    server = Server(installed[-1].parent, home, _free_port())
    if os.geteuid() == 0:
        owner = pwd.getpwnam("postgres")
        os.chown(home, owner.pw_uid, owner.pw_gid)
    data = str(home / "data")
    server.run("initdb", "-D", data, "-U", "postgres", "-E", "UTF8", "--no-locale", "-N", "--auth=trust")
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


def _clean(connect: Callable[[str], Connection]) -> None:
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
