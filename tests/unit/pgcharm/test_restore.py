"""Bringing the data back, as a protocol: whatever the order of hooks, and whatever is lost, it comes to an end."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pgcharm.adapters.pgbackrest import PgBackRest, PgBackRestError
from pgcharm.adapters.wake import due
from pgcharm.backup.facts import Backup, StanzaInfo
from pgcharm.backup.intent import INTENT, Intent, Word, read_intent, read_word
from pgcharm.backup.target import IMMEDIATE, TIME, Archive, Fork, Target, Unreachable, choose
from pgcharm.observation import Observation, Restorable
from pgcharm.observe.restore import look
from pgcharm.plan import plan
from pgcharm.restoring.bring_back import fetch
from pgcharm.restoring.notes import DONE, WORKING, Notes, Task
from pgcharm.view import Unknown, View
from tests.unit.pgcharm import made
from tests.unit.pgcharm.company import SERVICE, Company
from tests.unit.pgcharm.test_life import living
from tests.unit.pgcharm.test_requests import asked

ASKED = Intent(
    1, "postgresql/0", "postgresql-11111111", False, "20270101-000000F", TIME, "2027-01-15 07:00:00+00", size=1 << 30
)
AGAIN = replace(ASKED, number=2)


def rounds(company: Company, number: int = 12, ends: str = "done", owner: int = 0) -> None:
    """Hooks of all units and the end of the program, until nothing changes any more."""
    before = None
    for _ in range(number):
        for unit in company.units:
            if unit not in company.gone:
                company.hook(unit)
        company.program_ends(owner, ends)
        if (now := (dict(company.units), str(company.bags), company.etcd)) == before:
            return
        before = now


def test_all_stop_then_one_restores_then_the_others_clone() -> None:
    company = Company(ASKED)
    assert company.hook(0).waits[0].reason == ("postgresql/1, postgresql/2 has not stopped yet; the primary stops last")
    company.hook(1)
    company.hook(2)
    assert company.words()[1:] == ["1 stopped", "1 stopped"]
    company.hook(0)
    assert not any(o.machine.services[SERVICE].active for o in company.units.values())
    assert company.etcd.system == "old", "nothing is touched before the data is back"
    company.program_ends(0)
    company.hook(0)
    assert company.etcd.restored == 1
    rounds(company)
    assert company.words() == ["1 done"] * 3
    assert company.kinds() == {"restored"}
    assert company.primary == 0


def test_a_target_that_cannot_be_reached_leaves_all_as_it_was_and_another_restore_works() -> None:
    company = Company(ASKED)
    rounds(company, ends="failed")
    assert company.kinds() == {"old"}
    assert len([o for o in company.units.values() if o.machine.services[SERVICE].active]) == 3
    status = plan(company.seen_by(0)).publication.application_status
    assert status is not None
    assert "restore 1 failed, the data is as before: the archive ends before" in status.message
    company.application[INTENT] = str(AGAIN)
    company.units[0] = replace(company.units[0], restoration=replace(company.units[0].restoration, state="", number=0))
    rounds(company)
    assert company.words() == ["2 done"] * 3
    assert company.kinds() == {"restored"}


def test_a_restore_that_failed_stays_so_when_its_owner_is_removed_and_others_come() -> None:
    company = Company(ASKED)
    rounds(company, ends="failed")
    company.gone.add(0)
    company.etcd = replace(company.etcd, primary="postgresql-1")
    company.units[1] = made.with_juju(company.units[1], leader=True)
    fresh = living(2)
    company.units[2] = replace(fresh, juju=company.units[2].juju)
    company.bags[2] = {"address": made.address(2)}
    rounds(company)
    assert read_intent(company.application[INTENT]) == ASKED
    assert company.kinds() == {"old"}


def test_without_room_for_both_a_failure_says_that_the_data_is_gone_and_another_restore_works() -> None:
    company = Company(ASKED, room=1 << 20)
    rounds(company, ends="failed")
    assert company.kinds() == set()
    said = plan(company.seen_by(1)).publication.status
    assert said.level == "blocked"
    assert said.message.startswith("restore 1 failed: the archive ends before; the data before it is gone")
    company.application[INTENT] = str(AGAIN)
    company.units[0] = replace(company.units[0], restoration=replace(company.units[0].restoration, state="", number=0))
    rounds(company)
    assert company.words() == ["2 done"] * 3
    assert company.kinds() == {"restored"}


def test_or_it_is_given_up_and_the_others_go_on_with_what_they_have() -> None:
    company = Company(ASKED, room=1 << 20)
    rounds(company, ends="failed")
    company.application[INTENT] = str(replace(ASKED, abandoned=True))
    for _ in range(4):
        for unit in (1, 2, 0):
            company.hook(unit)
    assert company.kinds() == {"old"}
    assert company.primary != 0


@pytest.mark.parametrize("before", [0, 1, 2, 3])
def test_an_owner_that_is_removed_before_it_is_through_is_replaced(before: int) -> None:
    company = Company(replace(ASKED, owner="postgresql/2"))
    for _ in range(before):
        for unit in (1, 2, 0):
            company.hook(unit)
    company.gone.add(2)
    if company.etcd.primary == "postgresql-2":
        company.etcd = replace(company.etcd, primary="")
    rounds(company)
    assert read_intent(company.application[INTENT]).owner == "postgresql/0"
    assert company.words() == ["2 done"] * 2
    assert company.kinds() == {"restored"}


def test_a_unit_that_is_away_holds_it_up_and_the_primary_serves_on() -> None:
    company = Company(ASKED)
    for _ in range(3):
        company.hook(1)
        company.hook(0)
    assert company.kinds() == {"old"}
    assert company.primary == 0
    said = plan(company.seen_by(0)).publication
    assert said.status.message == (
        "primary; waiting for the restore: postgresql/2 has not stopped yet; the primary stops last"
    )
    assert said.application_status is not None
    assert said.application_status.level == "maintenance"


def test_a_unit_that_comes_later_clones() -> None:
    company = Company(ASKED)
    rounds(company)
    fresh = living(2)
    company.units[2] = replace(fresh, juju=company.units[2].juju)
    company.bags[2] = {"address": made.address(2)}
    company.hook(2)
    rounds(company, 3)
    assert company.words() == ["1 done"] * 3


moves = st.one_of(
    st.tuples(st.just("hook"), st.integers(0, 2), st.none() | st.integers(0, 4)),
    st.tuples(st.sampled_from(["done", "failed"]), st.integers(0, 2), st.none()),
)


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 2), st.lists(moves, max_size=14))
def test_whatever_the_order_it_comes_to_an_end_and_one_kind_of_data_is_served(owner: int, played: list) -> None:  # type: ignore[type-arg]
    company = Company(replace(ASKED, owner=f"postgresql/{owner}"))
    for what, unit, crash in played:
        if what == "hook":
            company.hook(unit, crash)
        else:
            company.program_ends(unit, what)
        assert len(company.kinds()) <= 1
    rounds(company, owner=owner)
    served = company.kinds()
    ends = {word.partition(":")[0] for word in company.words() if word}
    assert (served == {"restored"} and ends == {"1 done"}) or (served == {"old"} and "1 failed" in ends), (served, ends)
    assert all(o.machine.services[SERVICE].active for o in company.units.values())
    assert not any(o.restoration.beside for o in company.units.values())


FULL = Backup("20270114-000000F", "full", 1_799_000_000, 1_799_000_100, 1 << 30, wal_last="0" * 7 + "1" + "0" * 16)
LATER = replace(FULL, id="20270115-000000F", start=1_799_900_000, stop=1_799_900_100, lsn_stop="0/5000000")
STANZA = StanzaInfo("postgresql-11111111", 0, "ok", ("7",), (FULL, LATER), wal_last="0" * 7 + "1" + "0" * 16)


def test_a_time_takes_the_last_backup_that_ended_before_it() -> None:
    at = Target(TIME, "2027-01-10 00:00:00+00")
    assert choose(STANZA, Archive(), at, "", 1_800_000_000).id == FULL.id
    assert choose(STANZA, Archive(), Target(), "", 1_800_000_000).id == LATER.id
    assert choose(STANZA, Archive(), Target(IMMEDIATE), FULL.id, 0).id == FULL.id


def test_a_backup_of_a_history_that_was_left_is_not_taken() -> None:
    followed = Archive(2, (Fork(1, 0x4000000),))
    early = replace(FULL, lsn_stop="0/3000000")
    assert choose(replace(STANZA, backups=(early, LATER)), followed, Target(), "", 1.8e9).id == FULL.id
    with pytest.raises(Unreachable, match="no backup is of timeline 2"):
        choose(replace(STANZA, backups=(LATER,)), followed, Target(), "", 1.8e9)


def restorable(o: Observation) -> Observation:
    return replace(o, restorable=View(Restorable(STANZA, Archive(), ("postgresql-11111111",), "7")))


REACHABLE = "expected 2027-01-03 18:15:00+00 to 2027-01-15 08:00:00+00"


@pytest.mark.parametrize(
    ("given_", "said"),
    [
        ({"time": "2026-12-31 00:00:00"}, f"2026-12-31 00:00:00+00 is before the first backup ({REACHABLE})"),
        ({"time": "2027-01-16"}, f"2027-01-16 00:00:00+00 is later than anything that is archived ({REACHABLE})"),
        (
            {"time": "yesterday"},
            "time is 'yesterday' (expected a date and a time, in UTC or with a zone: 2027-01-15 08:00:00+00)",
        ),
        ({"backup": "nix"}, "there is no backup nix (expected one of: 20270114-000000F, 20270115-000000F)"),
        ({"time": "2027-01-10", "backup": FULL.id}, "both time and backup are given"),
        ({"time": "2027-01-10"}, "confirm is ''"),
    ],
)
def test_what_cannot_be_reached_is_refused_with_what_can(given_: dict[str, str], said: str) -> None:
    assert asked(restorable(living(leader=True)), "restore", **given_).startswith(f"refused: cannot restore: {said}")


def test_what_is_confirmed_is_noted_down_for_all() -> None:
    o = restorable(living(leader=True))
    said = asked(o, "restore", time="2027-01-10", confirm="postgresql")
    assert said == (
        "1. have postgresql/0 bring the data back to 2027-01-10 00:00:00+00, from backup 20270114-000000F: "
        "the operator asks for it"
    )
    assert asked(o, "restore", time="2027-01-10", dry_run=True) == "nothing to do"


def test_another_clusters_backups_are_taken_only_when_they_are_named() -> None:
    o = living(leader=True)
    foreign = Restorable(
        replace(STANZA, name="other-22222222", systems=("9",)), Archive(written=1_799_950_000), (), "9"
    )
    o = replace(o, restorable=View(foreign))
    assert "add source=other-22222222" in asked(o, "restore", confirm="postgresql")
    said = asked(o, "restore", source="other-22222222", confirm="postgresql")
    assert "bring the data back to the newest that is archived of other-22222222" in said


def test_it_is_refused_where_it_is_not_the_time_for_it() -> None:
    assert "is not the leader" in asked(restorable(living()), "restore")
    o = restorable(living(leader=True))
    assert "etcd has no quorum" in asked(replace(o, etcd=Unknown("nobody")), "restore")
    assert o.juju.peers is not None
    bag = {**o.juju.peers.application, INTENT: str(ASKED)}
    busy = made.with_juju(o, peers=replace(o.juju.peers, application=bag))
    assert "restore 1 to 2027-01-15 07:00:00+00, from backup 20270101-000000F is under way on postgresql/0" in asked(
        busy, "restore"
    )
    assert "1. give restore 1 up" in asked(busy, "restore", abandon=True, confirm="postgresql")
    assert "there is none under way" in asked(o, "restore", abandon=True, confirm="postgresql")


@given(st.text())
def test_no_text_is_too_odd_to_be_read(text: str) -> None:
    assert isinstance(read_intent(text), Intent)
    assert isinstance(read_word(text), Word)
    assert read_intent(str(ASKED)) == ASKED


def test_the_charm_is_woken_at_once_when_the_program_has_ended(tmp_path: Path) -> None:
    notes = Notes(str(tmp_path / "notes"), str(tmp_path / "again"), 1)
    notes.say(WORKING, "it begins")
    assert not due(notes.again)
    notes.say(DONE, "it is through")
    assert due(notes.again)


def test_what_keeps_a_restore_waiting_is_told_once_and_tried_again_ever_less_often(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = ["cannot open: [13] Permission denied"] * 7 + ["cannot connect"] * 2
    pauses: list[float] = []
    notes = Notes(str(tmp_path / "notes"), str(tmp_path / "again"), 1)
    told: list[str] = []

    def tried(*_: object, **__: object) -> str:
        if answers:
            raise PgBackRestError("restore", 41, answers.pop(0))
        return ""

    def paused(seconds: float) -> None:
        pauses.append(seconds)
        if due(notes.again):
            told.append(json.loads(Path(notes.path).read_text())["said"])
            Path(notes.again).unlink()

    monkeypatch.setattr(PgBackRest, "run", tried)
    monkeypatch.setattr("pgcharm.restoring.bring_back.time", SimpleNamespace(sleep=paused))
    monkeypatch.setattr("pgcharm.restoring.bring_back.host", _Nothing())
    fetch(Task(1, "conf", "stanza", "id", "latest", str(tmp_path / "data"), "", notes.path), notes)
    assert told == [
        "waiting for the repository: cannot open: [13] Permission denied", "waiting for the repository: cannot connect"
    ]  # fmt: skip
    assert pauses == [2, 4, 8, 16, 32, 60, 60, 60, 60]
    assert notes.stage == "fetched"


class _Nothing:
    """A host on which nothing is done."""

    def __getattr__(self, _: str) -> Callable[..., int]:
        return lambda *_, **__: 0


def test_a_repository_that_does_not_answer_is_not_said_to_be_empty(monkeypatch: pytest.MonkeyPatch) -> None:
    def answers(code: int, message: str) -> None:
        said = json.dumps([{"name": "a", "status": {"code": code, "message": message}}])
        monkeypatch.setattr(PgBackRest, "run", lambda *_, **__: said)

    answers(99, "[HostConnectError] timeout connecting to 's3.test:443'")
    with pytest.raises(PgBackRestError, match="timeout connecting"):
        look(PgBackRest("conf", "a"), "a", "")
    answers(1, "missing stanza path")
    with pytest.raises(ValueError, match="there is no stanza a"):
        look(PgBackRest("conf", "a"), "a", "")
