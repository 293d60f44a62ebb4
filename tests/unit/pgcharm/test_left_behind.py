"""What a machine that comes back is told by the others, and since when there has been no quorum."""

from __future__ import annotations

from pathlib import Path

import pytest

from pgcharm.adapters import silence as notes
from pgcharm.observation import Sync
from pgcharm.observe.remnant import facts, read_sync
from pgcharm.watch.exile import verdict
from pgcharm.watch.farewell import gives_up


def test_a_unit_that_was_removed_stops_patroni_before_etcd() -> None:
    keys = {"/charm/db/gone/db-1": "removed from the model", "/charm/db/epoch": "1"}
    found = verdict(0, "db/1", "db", keys)
    assert found.services == ("patroni", "etcd")
    assert found.reason == "db/1 was removed from the cluster while it was away"
    assert verdict(1, "db/2", "db", keys).services == ()


def test_a_unit_of_an_older_epoch_stops_etcd_and_lets_patroni_follow() -> None:
    assert verdict(1, "db/0", "db", {"/charm/db/epoch": "2"}).services == ("etcd",)
    assert verdict(2, "db/0", "db", {"/charm/db/epoch": "2"}).services == ()
    assert verdict(2, "db/0", "db", {}).services == ()


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The clock that counts from the boot; its only element is what it shows."""
    now = [100.0]
    monkeypatch.setattr(notes, "uptime", lambda: now[0])
    return now


def test_time_without_a_quorum_counts_from_the_first_look(tmp_path: Path, clock: list[float]) -> None:
    note = str(tmp_path / "note")
    assert notes.silence(note, "7") == 0
    clock[0] += 12
    assert notes.silence(note, "7") == 12
    clock[0] += 3
    assert notes.lasting(note) == 15


def test_whatever_was_agreed_in_between_makes_it_count_anew(tmp_path: Path, clock: list[float]) -> None:
    note = str(tmp_path / "note")
    notes.silence(note, "7")
    clock[0] += 12
    assert notes.silence(note, "8") == 0
    clock[0] += 4
    assert notes.silence(note, "8") == 4


def test_a_quorum_ends_it_and_so_does_a_boot(tmp_path: Path, clock: list[float]) -> None:
    note = str(tmp_path / "note")
    notes.silence(note, "7")
    notes.over(note)
    clock[0] += 50
    assert notes.lasting(note) == 0
    clock[0] = 5.0  # the machine was started anew and its note was kept
    assert notes.silence(note, "7") == 0


def test_a_note_that_is_not_understood_counts_as_none(tmp_path: Path, clock: list[float]) -> None:
    note = tmp_path / "note"
    note.write_text("[]")
    assert notes.silence(str(note), "7") == 0
    note.write_text("{")
    assert notes.lasting(str(note)) == 0


def test_who_may_have_every_commit_is_read_as_patroni_writes_it() -> None:
    assert read_sync('{"leader":"a-0","quorum":1,"sync_standby":"a-1,a-2"}') == Sync("a-0", ("a-1", "a-2"), 1)
    assert read_sync('{"leader":"a-0","sync_standby":null}') == Sync("a-0")
    assert [read_sync(text) for text in ("", "null", "[1]", "{")] == [None] * 4


def test_a_pause_is_part_of_what_is_known() -> None:
    keys = {"/service/a/config": '{"pause": true}', "/service/a/leader": "a-0"}
    found = facts("a", 9, 2, keys, ())
    assert (found["paused"], found["primary"], found["sync"]) == (True, "a-0", "")
    assert facts("a", 9, 2, {}, ())["paused"] is False


def test_only_one_of_two_gives_up_its_vote_when_its_machine_goes_down() -> None:
    assert gives_up(("a-0", "a-1"), "a-1")
    assert not gives_up(("a-1",), "a-1")
    assert not gives_up(("a-0", "a-2"), "a-1")
    assert not gives_up(("a-0", "a-1", "a-2"), "a-1")
