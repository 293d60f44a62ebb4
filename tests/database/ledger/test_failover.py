"""The ledger through a failover, on real servers: it goes on by itself and counts honestly."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from ledger.conninfo import Conninfo, Files, Settings
from ledger.report import report
from ledger.service import Service
from ledger.state import State, read_state

from tests.database.ledger.conftest import CONTINUE, FREEZE, Pair

RATE = 20


@pytest.fixture
def files(tmp_path: Path, pair: Pair) -> Files:
    files = Files(tmp_path / "etc", tmp_path / "var")
    files.etc.mkdir()
    files.var.mkdir()
    addresses = tuple(("127.0.0.1", str(server.port)) for server in (pair.primary, pair.standby))
    files.dsn.write_text(Conninfo("ledger", "writer", "x", addresses).string() + "\n")
    files.settings.write_text(Settings("ledger/0", RATE, {"pg/0": addresses[0], "pg/1": addresses[1]}).text())
    return files


@pytest.fixture
def service(files: Files) -> Iterator[Service]:
    service = Service(files)
    thread = threading.Thread(target=service.run)
    thread.start()
    yield service
    service.stop.set()
    thread.join()


def until(files: Files, holds: Callable[[State], bool], seconds: float = 20) -> State:
    """The first state for which it holds."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        state = read_state(files.var)
        if holds(state):
            return state
        time.sleep(0.1)
    raise AssertionError(f"not within {seconds} s; last: {read_state(files.var)}")


def writes_again(state: State) -> bool:
    return state.phase == "writing" and state.longest_gap > 1 and state.silence < 1


def test_it_writes_at_its_rate_and_reads_from_the_standby(files: Files, service: Service, pair: Pair) -> None:
    state = until(files, lambda state: state.rate > RATE * 0.8 and state.standby_reads > 2)
    assert state.reader.endswith(str(pair.standby.port))
    account = report(files)
    assert account["lost"] == "0"
    assert account["members.pg-0"].startswith("primary")
    assert account["members.pg-1"].startswith("standby, ")


def test_it_finds_the_new_primary_and_every_acknowledged_row(files: Files, service: Service, pair: Pair) -> None:
    until(files, lambda state: state.rate > 10)
    pair.crash_primary()
    time.sleep(1.5)
    pair.promote()
    until(files, writes_again)
    account = report(files)
    assert account["lost"] == "0"
    assert int(account["found"]) >= int(account["acknowledged"]) > 0
    assert account["members.pg-0"].startswith("not reached")
    assert account["members.pg-1"].startswith("primary")
    strict = service.journal.acknowledged()["strict"]
    assert strict.runs == ((1, strict.highest),), "the strict stream has no hole"


def test_it_leaves_a_primary_that_hangs(files: Files, service: Service, pair: Pair) -> None:
    until(files, lambda state: state.rate > 10)
    pair.signal_primary(FREEZE)
    try:
        pair.promote()
        state = until(files, writes_again, 30)
        assert state.primary.endswith(str(pair.standby.port))
        assert report(files)["lost"] == "0"
    finally:
        pair.signal_primary(CONTINUE)


def test_a_row_that_vanishes_is_noticed(files: Files, service: Service, pair: Pair) -> None:
    until(files, lambda state: state.rate > 10)
    with closing(pair.primary.connect("ledger")) as connection, connection.cursor() as cursor:
        cursor.execute("DELETE FROM ledger_rows WHERE stream = 'loose' AND number IN (3, 4)")
    account = report(files)
    assert (account["lost"], account["lost-rows"]) == ("2", "loose 3, 4")
    state = until(files, lambda state: state.lost == 2)
    assert {stream: tuple(rows) for stream, rows in state.lost_rows.items()} == {"loose": (3, 4)}


def test_another_process_goes_on_where_the_last_one_was_killed(files: Files, pair: Pair) -> None:
    first = Service(files)
    writing = threading.Thread(target=first.writers[0].run)
    writing.start()
    time.sleep(2)
    first.stop.set()
    writing.join()
    first.guard.close()
    again = Service(files)
    assert again.journal.run == first.journal.run
    assert again.journal.highest("strict") == first.journal.highest("strict") > 0
    again.guard.close()
    again.journal.close()
