"""A primary and a standby made in about two seconds, from a template that is made once."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from time import sleep

from tests.database.clients.server import Server, free_port

SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "fsync": "off",
    "wal_keep_size": "64MB",
    "max_connections": "120",
    "max_prepared_transactions": "5",
    "hot_standby_feedback": "on",
    "wal_receiver_status_interval": "1s",
    "wal_retrieve_retry_interval": "200ms",
}
SCHEMA = """
CREATE ROLE app LOGIN PASSWORD 'sesame';
CREATE TABLE numbers (n bigint PRIMARY KEY);
CREATE TABLE accounts (id int PRIMARY KEY, amount int NOT NULL);
INSERT INTO accounts SELECT i, 100 FROM generate_series(1, 10) i;
GRANT ALL ON ALL TABLES IN SCHEMA public TO app;
"""


@dataclass(frozen=True)
class Node:
    """One server, which tests may stop, freeze and promote."""

    server: Server

    @property
    def port(self) -> int:
        return self.server.port

    @property
    def data(self) -> Path:
        return self.server.home / "data"

    def start(self, **more: str) -> None:
        options = f"-p {self.port} -k {self.server.home}"
        options += "".join(f" -c {name}='{value}'" for name, value in {**SETTINGS, **more}.items())
        log = str(self.server.home / "log")
        self.server.run("pg_ctl", "start", "-w", "-s", "-D", str(self.data), "-l", log, "-o", options)

    def stop(self, mode: str = "fast") -> None:
        if (self.data / "postmaster.pid").exists():
            self.server.run("pg_ctl", "stop", "-s", "-m", mode, "-D", str(self.data))

    def promote(self) -> None:
        self.server.run("pg_ctl", "promote", "-s", "-w", "-D", str(self.data))

    def freeze(self) -> None:
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self._signal(signal.SIGCONT)

    def sql(self, statement: str) -> list[tuple[object, ...]]:
        """As superuser, past every proxy."""
        connection = self.server.connect("postgres")
        try:
            with connection.cursor() as cursor:
                cursor.execute(statement)
                return list(cursor.fetchall()) if cursor.description else []
        finally:
            connection.close()

    def _signal(self, number: int) -> None:
        postmaster = int((self.data / "postmaster.pid").read_text().split()[0])
        children = subprocess.run(["pgrep", "-P", str(postmaster)], capture_output=True, text=True, check=False)
        for process in (postmaster, *map(int, children.stdout.split())):
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, number)


@dataclass(frozen=True)
class Pair:
    """A primary `a` and its standby `b`."""

    a: Node
    b: Node

    def start(self, synchronous: bool = False) -> None:
        waits = {"synchronous_standby_names": "b"} if synchronous else {}
        source = f"host=127.0.0.1 port={self.a.port} user=postgres application_name=b"
        with ThreadPoolExecutor() as both:
            starts = (both.submit(self.a.start, **waits), both.submit(self.b.start, primary_conninfo=source))
        for start in starts:
            start.result()
        while not self.a.sql("SELECT 1 FROM pg_stat_replication WHERE state = 'streaming'"):
            sleep(0.05)
        self.a.sql("CHECKPOINT")  # until its checkpointer has run, an older server's commits wait for no standby

    def stop(self) -> None:
        for node in (self.a, self.b):
            if (node.data / "postmaster.pid").exists():
                node.thaw()
            node.stop("immediate")


def make_template(home: Path, binaries: Path, root: Path | None = None) -> Node:
    """A data directory with the schema, stopped."""
    node = Node(Server(binaries, home, free_port(), root))
    node.server.run(
        "initdb", "-D", str(node.data), "-U", "postgres", "-N", "-E", "UTF8", "--no-locale", "--auth=trust",
        "--wal-segsize=1",
    )  # fmt: skip
    try:
        node.start()
        node.sql(SCHEMA)
    finally:
        node.stop()
    return node


def make_pair(template: Node, home: Path) -> Pair:
    """Two copies of the template; the second is a standby."""
    nodes = []
    for name in ("a", "b"):
        server = replace(template.server, home=home / name, port=free_port())
        server.home.mkdir()
        subprocess.run(["cp", "-a", str(template.data), str(server.home / "data")], check=True)
        nodes.append(Node(server))
    (nodes[1].data / "standby.signal").touch()
    shutil.chown(home, "postgres")
    for node in nodes:
        shutil.chown(node.server.home, "postgres")
        shutil.chown(node.data, "postgres")
    shutil.chown(nodes[1].data / "standby.signal", "postgres")
    return Pair(nodes[0], nodes[1])
