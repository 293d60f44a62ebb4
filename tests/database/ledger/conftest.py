"""A primary and a standby on this machine, for the ledger to write to."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import sys
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.database.clients.server import Server, free_port

sys.path.insert(0, str(Path(__file__).parents[3] / "sample" / "ledger"))


@dataclass(frozen=True)
class Pair:
    """Two servers; the primary waits for the standby at every commit."""

    primary: Server
    standby: Server

    def crash_primary(self) -> None:
        """As if the machine were gone, for its clients."""
        self.primary.run("pg_ctl", "stop", "-s", "-m", "immediate", "-D", str(self.primary.home / "data"))

    def signal_primary(self, number: int) -> None:
        """To the postmaster and all its children."""
        postmaster = int((self.primary.home / "data" / "postmaster.pid").read_text().split()[0])
        children = Path(f"/proc/{postmaster}/task/{postmaster}/children").read_text()
        for process in (postmaster, *map(int, children.split())):
            with suppress(ProcessLookupError):
                os.kill(process, number)

    def promote(self) -> None:
        """The standby takes over, and waits for nobody."""
        self.standby.run("pg_ctl", "promote", "-s", "-w", "-D", str(self.standby.home / "data"))
        connection = self.standby.connect("postgres")
        with connection.cursor() as cursor:
            cursor.execute("ALTER SYSTEM SET synchronous_standby_names = ''")
            cursor.execute("SELECT pg_reload_conf()")
        connection.close()


def _server() -> Server:
    installed = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if not installed:
        pytest.fail("no PostgreSQL server is installed here (`make test` installs one)")
    home = Path(tempfile.mkdtemp(prefix="ledger-test-", dir="/tmp"))
    if os.geteuid() == 0:
        owner = pwd.getpwnam("postgres")
        os.chown(home, owner.pw_uid, owner.pw_gid)
    return Server(installed[-1].parent, home, free_port())


def _start(server: Server) -> None:
    options = f"-p {server.port} -k {server.home} -c listen_addresses=127.0.0.1 -c fsync=off"
    data, log = str(server.home / "data"), str(server.home / "log")
    server.run("pg_ctl", "start", "-w", "-s", "-D", data, "-l", log, "-o", options)


@pytest.fixture
def pair() -> Iterator[Pair]:
    """Both up, with a database `ledger` and a user for it."""
    pair = Pair(_server(), _server())
    primary, standby = pair.primary, pair.standby
    try:
        primary.run("initdb", "-D", str(primary.home / "data"), "-U", "postgres", "-N", "--auth=trust")
        _start(primary)
        connection = primary.connect("postgres")
        with connection.cursor() as cursor:
            cursor.execute("CREATE ROLE writer LOGIN PASSWORD 'x'")
            cursor.execute("CREATE DATABASE ledger OWNER writer")
        source = ["-h", str(primary.home), "-p", str(primary.port), "-U", "postgres"]
        standby.run("pg_basebackup", "-D", str(standby.home / "data"), *source, "-R", "-X", "stream", "-c", "fast")
        _start(standby)
        with connection.cursor() as cursor:
            cursor.execute("ALTER SYSTEM SET synchronous_standby_names = '*'")
            cursor.execute("SELECT pg_reload_conf()")
        connection.close()
        yield pair
    finally:
        for server in (primary, standby):
            if (server.home / "data" / "postmaster.pid").exists():
                server.run("pg_ctl", "stop", "-s", "-m", "immediate", "-D", str(server.home / "data"))
            shutil.rmtree(server.home, ignore_errors=True)


CONTINUE, FREEZE = signal.SIGCONT, signal.SIGSTOP
