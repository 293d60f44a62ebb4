"""A standby whose data cannot be used any more: what is waited for, what is replaced, and what is never touched."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pgcharm.observation import Clone, DataDirectory, Etcd, Observation, Patroni
from pgcharm.observe.data import last_complaint
from pgcharm.plan import plan, steps
from pgcharm.plan.rejoin import MARGIN, PATIENCE, SILENT_PATIENCE
from pgcharm.plan.steps import NoteTrouble, RemoveData, SetAside
from pgcharm.states import CLONING
from pgcharm.view import Unknown, View, known
from tests.unit.pgcharm import made
from tests.unit.pgcharm.host import carry_out, on_machine, settle
from tests.unit.pgcharm.test_life import living

NO_CHECKPOINT = "could not locate a valid checkpoint record"
GONE = "requested WAL segment 000000010000000000000002 has already been removed"
DATA = "/var/lib/postgresql/15/postgresql"
ROOM = DataDirectory(True, "7", {}, NO_CHECKPOINT, size=1 << 30, room=(1 << 30) + MARGIN)


def patroni(o: Observation) -> Patroni:
    seen = known(o.patroni)
    assert isinstance(seen, Patroni)
    return seen


def broken(data: DataDirectory = ROOM, state: str = "start failed", **config: object) -> Observation:
    """Unit 1, a standby whose PostgreSQL does not run, while unit 0 is the primary."""
    o = living(1, config=config)
    etcd = known(o.etcd)
    assert isinstance(etcd, Etcd)
    members = tuple(replace(m, state=state) if m.name == "postgresql-1" else m for m in patroni(o).members)
    seen = replace(patroni(o), state=state, role="", members=members)
    o = on_machine(o, uptime=1000.0, data_version="15")
    etcd = replace(etcd, system="7", primary="postgresql-0")
    return replace(o, patroni=View(seen), postgres=Unknown(state), data=data, etcd=View(etcd))


def following(complaint: str) -> Observation:
    """Unit 1, a standby that runs and does not stream."""
    o = broken(replace(ROOM, complaint=complaint, programs={"postgres": 500.0}), "running")
    return replace(o, postgres=View(made.postgres(in_recovery=True)))


def later(o: Observation, seconds: float = PATIENCE) -> Observation:
    """The same trouble, noted down, so many seconds later."""
    for step in plan(o).steps:
        assert isinstance(step, NoteTrouble), step
        o = carry_out(step, o)
    return on_machine(o, uptime=o.machine.uptime + seconds)


def kinds(o: Observation) -> list[str]:
    return [type(step).__name__ for step in plan(o).steps]


def touches(o: Observation) -> bool:
    return any(isinstance(step, (SetAside, RemoveData)) for step in plan(o).steps)


def test_it_is_given_time_to_come_back_by_itself() -> None:
    assert kinds(broken()) == ["NoteTrouble"]
    waiting = later(broken(), PATIENCE - 1)
    assert kinds(waiting) == []
    assert plan(waiting).publication.status.message.startswith("PostgreSQL is start failed")


def test_then_its_data_is_set_aside_and_it_clones() -> None:
    o = later(broken())
    assert plan(o).text() == REPLACED
    after = settle(o)
    assert after.machine.services["postgresql-patroni.service"].active
    assert plan(after).steps == ()


REPLACED = f"""\
1. stop postgresql-patroni.service: {NO_CHECKPOINT}
2. set {DATA} aside: postgresql/0 is cloned in its place
3. note down the trouble: a copy takes its place"""


def test_where_the_disk_has_no_room_for_both_it_is_removed() -> None:
    o = later(broken(replace(ROOM, room=ROOM.room - 1)))
    (step,) = [step for step in plan(o).steps if isinstance(step, RemoveData)]
    assert step.reason == "postgresql/0 is cloned in its place, and the disk has no room for both"


def test_with_reclone_it_is_removed_and_with_block_a_human_is_asked() -> None:
    assert any(isinstance(step, RemoveData) for step in plan(later(broken(**{"diverged-standby": "reclone"}))).steps)
    blocked = plan(later(broken(**{"diverged-standby": "block"})))
    assert (blocked.steps, blocked.publication.status.level) == ((), "blocked")
    assert NO_CHECKPOINT in blocked.publication.status.message
    assert blocked.blocks[0].hint == "run the action reinitialize on this unit"


def test_where_nothing_was_said_it_is_given_more_time() -> None:
    silent = broken(replace(ROOM, complaint=""), "stopped")
    assert not touches(later(silent))
    assert touches(later(silent, SILENT_PATIENCE))


def test_a_missing_control_file_is_told_by_name() -> None:
    o = later(broken(replace(ROOM, system="", complaint="")))
    assert touches(o)
    assert "its data has no control file" in plan(o).text()


def test_a_standby_that_runs_but_can_never_follow_is_replaced_too() -> None:
    o = later(following(GONE))
    assert touches(o)
    assert f"it cannot follow postgresql/0: {GONE}" in plan(o).text()


def test_so_is_one_that_starts_for_ever() -> None:
    behind = "highest timeline 2 of the primary is behind recovery timeline 3"
    assert touches(later(broken(replace(ROOM, complaint=behind, programs={"postgres": 400.0}), "starting")))


def test_a_standby_that_runs_and_may_still_follow_is_left_alone() -> None:
    for complaint in ("", "could not connect to the primary server: no route to host"):
        assert not touches(later(following(complaint)))


@pytest.mark.parametrize(
    "complaint",
    [
        "could not write to file: No space left on device",
        "could not bind IPv4 address: Address already in use",
        "could not map anonymous shared memory: Cannot allocate memory",
        'could not load server certificate file "/x": No such file or directory',
        'configuration file "/etc/x" contains errors',
    ],
)
def test_what_a_new_copy_would_not_cure_is_waited_for_and_said(complaint: str) -> None:
    o = broken(replace(ROOM, complaint=complaint))
    assert kinds(o) == []
    assert not touches(on_machine(o, uptime=9999.0))
    assert complaint in plan(o).waits[0].reason


def test_a_new_copy_that_cannot_be_used_either_is_left_for_a_human() -> None:
    o = later(broken())
    o = on_machine(o, memories=replace(o.machine.memories, trouble={**o.machine.memories.trouble, "replaced": "yes"}))
    planned = plan(o)
    assert planned.steps == ()
    assert planned.publication.status.message == (
        f"a new copy cannot be used either: {NO_CHECKPOINT} (run the action reinitialize on this unit)"
    )


def test_when_it_streams_again_the_trouble_is_forgotten() -> None:
    o = living(1)
    o = on_machine(o, memories=replace(o.machine.memories, trouble={"what": "x", "since": "1", "replaced": "yes"}))
    assert kinds(o) == ["NoteTrouble"]
    assert settle(o).machine.memories.trouble == {}


def test_a_rewind_or_a_recovery_at_work_is_never_disturbed() -> None:
    for program in ("pg_rewind", "postgres", "pg_basebackup"):
        o = broken(replace(ROOM, programs={program: 40.0}))
        assert not touches(on_machine(later(o), uptime=99999.0)), program


def test_a_short_lived_attempt_does_not_count_as_work() -> None:
    assert touches(later(broken(replace(ROOM, programs={"postgres": 0.4}))))
    assert not touches(later(broken(replace(ROOM, programs={"pg_rewind": 0.4}))))


def test_a_clone_under_way_is_never_disturbed() -> None:
    o = broken(state=CLONING)
    assert not touches(on_machine(replace(o, clone=Clone(1, 2)), uptime=99999.0))


def test_without_a_primary_that_serves_nothing_is_touched() -> None:
    o = later(broken())
    none = replace(o, patroni=View(replace(patroni(o), members=patroni(o).members[1:])))
    assert not touches(none)
    etcd = known(o.etcd)
    assert isinstance(etcd, Etcd)
    for primary in ("", "postgresql-1", "postgresql-2"):
        assert not touches(replace(o, etcd=View(replace(etcd, primary=primary)))), primary
    assert not touches(replace(o, etcd=Unknown("no quorum")))


def test_a_primary_is_never_touched() -> None:
    o = living(0)
    o = on_machine(o, memories=replace(o.machine.memories, trouble={"what": "x", "since": "1"}), uptime=9999.0)
    assert not touches(replace(o, data=ROOM))


def test_while_failover_is_paused_nothing_is_touched() -> None:
    o = later(broken())
    assert not touches(replace(o, patroni=View(replace(patroni(o), paused=True))))


def test_another_clusters_data_is_never_touched_whatever_the_option_says() -> None:
    for policy in ("set-aside", "reclone", "block"):
        o = later(broken(**{"diverged-standby": policy}))
        o = replace(o, patroni=Unknown("Patroni does not answer"), data=replace(ROOM, system="8"))
        planned = plan(o)
        assert (planned.steps, planned.publication.status.level) == ((), "blocked")
        assert planned.publication.status.message == (
            f"{DATA} is another cluster's: system identifier 8, expected 7 "
            "(attach the right storage, or move the directory away)"
        )


def test_a_unit_without_data_and_without_a_primary_says_so_and_makes_nothing_anew() -> None:
    o = broken(DataDirectory(), "stopped")
    etcd = known(o.etcd)
    assert isinstance(etcd, Etcd)
    members = tuple(m for m in patroni(o).members if m.role != "primary")
    o = replace(o, etcd=View(replace(etcd, primary="")), patroni=View(replace(patroni(o), members=members)))
    assert plan(o).steps == ()
    assert plan(o).publication.status.message == (
        "PostgreSQL is stopped: its data directory is empty, and no unit serves that has the data"
    )


def test_after_a_reboot_it_is_given_time_again() -> None:
    o = on_machine(later(broken()), uptime=3.0)
    assert kinds(o) == ["NoteTrouble"]


@given(st.floats(0, 1e6), st.floats(0, 1e6))
def test_data_is_touched_only_after_its_time(since: float, uptime: float) -> None:
    o = on_machine(BROKEN, uptime=uptime)
    noted = replace(o.machine.memories, trouble={"what": "x", "since": str(since)})
    assert touches(on_machine(o, memories=noted)) == (uptime - since >= PATIENCE)


BROKEN = broken()
LOG = "2026-11-21 04:00:00.123 UTC [77] "


def test_the_last_complaint_is_what_counts() -> None:
    lines = [
        f"{LOG}LOG:  started streaming WAL from primary at 0/3000000 on timeline 1",
        f"{LOG}FATAL:  could not receive data from WAL stream: ERROR:  {GONE}",
        f"{LOG}FATAL:  the database system is starting up",
        "2026-11-21 04:00:00.123 UTC [77] app@db FATAL:  permission denied for database",
    ]
    assert last_complaint(lines) == GONE
    assert last_complaint([*lines, lines[0]]) == ""
    assert last_complaint([*lines, "2026-11-21 04:13:21,068 INFO: no action. I am (a-2), a secondary"]) == ""


def test_a_diverged_timeline_is_a_complaint_though_it_is_only_logged() -> None:
    line = f"{LOG}LOG:  new timeline 3 forked off current database system timeline 2 before current recovery point 0/5"
    assert last_complaint([line]).startswith("new timeline 3 forked off")


def test_a_complaint_that_comes_again_and_again_counts_though_it_begins_to_follow_each_time() -> None:
    said = "unexpected timeline ID 2 in log segment 00000002000000000000000C, offset 2506752"
    follows = f"{LOG}LOG:  started streaming WAL from primary at 0/B000000 on timeline 2"
    assert last_complaint([f"{LOG}LOG:  {said}", follows] * 3) == said
    assert last_complaint([f"{LOG}LOG:  {said}", follows]) == ""


def test_a_tools_complaint_is_one() -> None:
    said = 'could not open file "/x/global/pg_control" for reading: No such file or directory'
    assert last_complaint([f"pg_controldata: error: {said}"]) == said
    assert last_complaint([f"2026-11-21 04:07:30,666 INFO:  stderr=pg_rewind: error: {said}"]) == said
    assert last_complaint(["postgres: could not find the database system"]) == "could not find the database system"


def test_there_are_functions_for_both_steps() -> None:
    from pgcharm.apply import data

    assert set(data.PERFORM) == {steps.SetAside, steps.RemoveData}
