"""What the charm takes for a mistake in PostgreSQL's files, on a real server."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import pytest

from pgcharm.observe.postgres import read_mistakes
from tests.database.clients.server import Server


@pytest.fixture
def settings(server: Server) -> Iterator[str]:
    """What stands in postgresql.conf, and does again afterwards."""
    text = server.settings_file.read_text()
    yield text
    server.settings_file.write_text(text)
    server.reload()


def mistakes(server: Server) -> tuple[str, ...]:
    """What is told of the files as they are now, whether the server runs with them or not."""
    with closing(server.connect("postgres")) as connection:
        return read_mistakes(connection)


def test_what_waits_for_a_restart_is_none(server: Server, settings: str) -> None:
    """Patroni takes the targets of a recovery out of the files of a primary, which cannot forget them while it runs."""
    assert "recovery_target_timeline" in settings
    without = settings.replace("recovery_target_timeline = 'latest'\n", "")
    server.settings_file.write_text(without + "max_wal_senders = 21\n")
    server.reload()
    assert mistakes(server) == ()
    with closing(server.connect("postgres")) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT name FROM pg_settings WHERE pending_restart")
        assert {"max_wal_senders", "recovery_target_timeline"} <= {name for (name,) in cursor.fetchall()}


def test_each_is_told_with_its_place(server: Server, settings: str) -> None:
    line = len(settings.splitlines()) + 1
    server.settings_file.write_text(settings + "nonsense = 1\n")
    assert mistakes(server) == (f"nonsense line {line}: unrecognized configuration parameter",)
    server.settings_file.write_text(settings + "include 'nowhere.conf'\n")
    (told,) = mistakes(server)
    assert "could not open" in told
    assert "nowhere.conf" in told


def test_one_in_the_rules_of_access_too(server: Server) -> None:
    rules = server.hba_file.read_text()
    try:
        server.hba_file.write_text(rules + "local all\n")
        (told,) = mistakes(server)
    finally:
        server.hba_file.write_text(rules)
    assert told.startswith(f"pg_hba.conf line {len(rules.splitlines()) + 1}: end-of-line before ")
