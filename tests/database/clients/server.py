"""A PostgreSQL server of the tests' own."""

from __future__ import annotations

import os
import socket
import subprocess
import time
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import psycopg2
from psycopg2 import extensions


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


_ELSEWHERE = """\
root=$1
shift
for place in /dev /proc /tmp; do mount --rbind $place $root$place; done
for file in /etc/passwd /etc/group; do mount --bind $file $root$file; done
exec chroot $root "$@"
"""
"""Run a program of another Debian: it sees its own libraries, and of this machine what a server needs."""


@dataclass(frozen=True)
class Server:
    """A running server; `binaries` is where its programs are, below `root` if they are another Debian's."""

    binaries: Path
    home: Path
    port: int
    root: Path | None = None

    @property
    def hba_file(self) -> Path:
        return self.home / "data" / "pg_hba.conf"

    @property
    def settings_file(self) -> Path:
        return self.home / "data" / "postgresql.conf"

    def run(self, program: str, *arguments: str) -> None:
        """Run one of PostgreSQL's programs as a user other than root."""
        command = [str(self.binaries / program), *arguments]
        if os.geteuid() == 0:
            command = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", *command]
        if self.root:
            command = ["unshare", "--mount", "sh", "-ec", _ELSEWHERE, "sh", str(self.root), *command]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd="/")

    def connect(self, database: str) -> extensions.connection:
        connection = psycopg2.connect(host=str(self.home), port=self.port, user="postgres", dbname=database)
        connection.autocommit = True
        return connection

    def connect_as(self, user: str, password: str, database: str) -> extensions.connection:
        """Over TCP, with a password, as a client would."""
        connection = psycopg2.connect(host="127.0.0.1", port=self.port, user=user, password=password, dbname=database)
        connection.autocommit = True
        return connection

    def reload(self) -> None:
        """Let the server read its files again, which have no mistake in them, and wait until it has."""
        before, deadline = self._loaded(), time.monotonic() + 60
        self.run("pg_ctl", "reload", "-s", "-D", str(self.home / "data"))
        while self._loaded() == before:
            assert time.monotonic() < deadline, "the server does not read its files"

    def _loaded(self) -> object:
        """When the server read its files, as the newest session has it."""
        with closing(self.connect("postgres")) as connection, connection.cursor() as cursor:
            cursor.execute("SELECT pg_conf_load_time()")
            return cursor.fetchone()
