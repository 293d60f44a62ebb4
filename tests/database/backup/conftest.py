"""PostgreSQL servers of our own that archive with the charm's script into a repository in a directory."""

from __future__ import annotations

import os
import pwd
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from pgcharm.adapters.pgbackrest import PgBackRest
from pgcharm.render.templates import render
from tests.database.clients.server import Server, free_port


@dataclass(frozen=True)
class Archiving:
    """A server, and pgBackRest for it."""

    server: Server
    backrest: PgBackRest

    def sql(self, statement: str) -> list[tuple[object, ...]]:
        with self.server.connect("postgres") as connection, connection.cursor() as cursor:
            cursor.execute(statement)
            return list(cursor.fetchall()) if cursor.description else []


@pytest.fixture(scope="session")
def home() -> Iterator[Path]:
    place = Path(tempfile.mkdtemp(prefix="pgcharm-backup-", dir="/tmp"))
    owner = pwd.getpwnam("postgres")
    for name in ("", "repository", "locks", "spool", "logs"):
        (place / name).mkdir(exist_ok=True)
        os.chown(place / name, owner.pw_uid, owner.pw_gid)
    yield place
    shutil.rmtree(place)


@pytest.fixture(scope="session")
def ours(home: Path) -> Iterator[Archiving]:
    """The cluster that the repository belongs to."""
    yield from archiving(home, "ours")


@pytest.fixture(scope="session")
def another(home: Path) -> Iterator[Archiving]:
    """A cluster that would use the same name in the same repository."""
    yield from archiving(home, "another")


def archiving(home: Path, name: str) -> Iterator[Archiving]:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if not found or not shutil.which("pgbackrest"):
        pytest.fail("no PostgreSQL server or no pgBackRest is installed here (`make test` installs both)")
    place = home / name
    place.mkdir()
    os.chown(place, pwd.getpwnam("postgres").pw_uid, -1)
    server = Server(found[-1].parent, place, free_port())
    config, script = place / "pgbackrest.conf", place / "pgbackrest-push"
    config.write_text(configuration(home, place, server.port))
    words = {"configuration": config, "stanza": "main", "queue": "256MiB"}
    script.write_text(render("pgbackrest-push.j2", **words, dropped=place / "dropped", error=place / "error"))
    script.chmod(0o755)
    data = str(place / "data")
    server.run("initdb", "-D", data, "-U", "postgres", "-N", "--auth=trust")
    options = f"-p {server.port} -k {place} -c listen_addresses= -c fsync=off -c archive_mode=on"
    server.run("pg_ctl", "start", "-w", "-s", "-D", data, "-l", str(place / "log"), "-o",
               f"{options} -c archive_command='{script} %p'")  # fmt: skip
    try:
        yield Archiving(server, PgBackRest(str(config), "main"))
    finally:
        server.run("pg_ctl", "stop", "-s", "-m", "immediate", "-D", data)


def configuration(home: Path, place: Path, port: int) -> str:
    return render(
        "pgbackrest.conf.j2",
        logs=home / "logs", locks=home / "locks", spool=home / "spool", processes=1, compression="zst",
        repository=[("path", home / "repository"), ("retention-full", 2), ("bundle", "y")], server_port=8432, ca="/ca",
        certificate="/crt", key="/key", peers=["postgresql-1"], stanza="main", data=place / "data", port=port,
        sockets=place, heading="# a test",
    )  # fmt: skip
