"""What a unit does about backups, what it says of them, and what pgBackRest's words mean."""

from __future__ import annotations

import json
import string
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pgcharm.actions.backups import list_backups as backups_table
from pgcharm.adapters.pgbackrest import error_of
from pgcharm.adapters.segments import left
from pgcharm.adapters.web import Credentials
from pgcharm.backing.workplace import Workplace
from pgcharm.backup.facts import FULL, Archiver, Backup, Looked, Run, RunNotes, StanzaInfo
from pgcharm.backup.info import parse_info, stanza_in
from pgcharm.backup.names import stanza_name
from pgcharm.backup.notes import looked_text, read_looked, read_runs, runs_text
from pgcharm.backup.repository import Given, Lacking, Repository, repository_of
from pgcharm.backup.schedule import BadCalendar, read_calendar
from pgcharm.observation import Observation
from pgcharm.options import Options, read_options
from pgcharm.plan import plan
from pgcharm.plan.backup import looked
from pgcharm.plan.backup_files import pgbackrest_conf
from pgcharm.plan.backup_steps import FillArchive, MakeStanza, NotePassphrase, StartBackup
from pgcharm.plan.repository import KEEPER, backup_unit, keeper, repository, stanza, where
from pgcharm.plan.situation import situation
from pgcharm.plan.steps import StartService, StopService
from pgcharm.plan.types import Refusal
from pgcharm.states import CLONING
from pgcharm.view import Unknown, View, known
from tests.unit.pgcharm import made
from tests.unit.pgcharm.host import carry_out, remember, settle, with_service
from tests.unit.pgcharm.test_life import living
from tests.unit.pgcharm.test_requests import asked

NAME = "postgresql-11111111"
SYSTEM = "7712741495199107538"
S3 = {
    "backup-repository": "s3", "backup-s3-bucket": "b", "backup-s3-endpoint": "s3.test:9000",
    "backup-s3-credentials": "secret:abc", "backup-path": "here",
}  # fmt: skip
KEYS = Given({"backup_s3_credentials": View({"access-key": "the-key", "secret-key": "the-secret"})})


def of_cluster(o: Observation, system: str = SYSTEM) -> Observation:
    """The same unit, whose cluster's system identifier is known."""
    etcd = known(o.etcd)
    assert etcd is not None
    return replace(o, etcd=View(replace(etcd, system=system)))


def seeing(o: Observation, code: int = 0, *backups: Backup, **more: Any) -> Observation:
    """The same unit, whose observer service has seen the repository so."""
    facts = {"message": "ok", "systems": (SYSTEM,) if code in (0, 2) else (), **more}
    file = o.machine.files.get("/etc/postgresql-charm/pgbackrest.conf")
    digest, found = file.digest if file else "", repository(situation(o))
    place = where(situation(o), found) if isinstance(found, Repository) else ""
    return replace(o, repository=View(Looked(o.now, StanzaInfo(NAME, code, backups=backups, **facts), digest, place)))


def backup(number: int, o: Observation, age: float = 0, kind: str = FULL) -> Backup:
    return Backup(f"{number}", kind, o.now - age - 5, o.now - age, 100, 100, 10)


def at_rest(number: int = 0, *ages: float, **more: Any) -> Observation:
    """A unit with a well repository and backups of those ages."""
    o = of_cluster(living(number, **more))
    o = seeing(o, 0 if ages else 2, *(backup(n, o, age) for n, age in enumerate(ages, 1)))
    return settle(o)


def on_s3(number: int = 0, given: Given = KEYS, **more: str) -> Observation:
    o = made.with_juju(of_cluster(living(number)), config={**made.DEFAULTS, **S3, **more})
    return settle(replace(o, given=given), rounds=6)


def test_the_server_for_other_units_runs_while_there_are_any() -> None:
    """With nobody to admit, pgBackRest's server refuses its own configuration."""
    service = "postgresql-pgbackrest.service"
    alone = of_cluster(living(units=1))
    assert not alone.machine.services[service].active
    o = made.with_juju(alone, goal={"postgresql/0": "active", "postgresql/1": "active"})
    assert settle(o).machine.services[service].active
    left = made.with_juju(of_cluster(living()), goal={"postgresql/0": "active"}, peers=alone.juju.peers)
    assert f"stop {service}: there is no other unit" in plan(left).text()
    assert not settle(left).machine.services[service].active


def message(o: Observation) -> str:
    status = plan(o).publication.status
    return f"{status.level}: {status.message}"


def test_a_cluster_with_a_fresh_backup_has_nothing_to_do_on_any_unit() -> None:
    assert [plan(at_rest(number, 60)).text() for number in range(3)] == ["nothing to do"] * 3
    assert message(at_rest(0, 60)) == "active: primary"


def test_what_was_seen_in_the_repository_before_is_not_said_of_the_one_in_use() -> None:
    o = at_rest(0, 60)
    assert isinstance(backups_table(situation(o)), dict)
    moved = replace(made.with_juju(o, config={**made.DEFAULTS, **S3}), given=KEYS)
    said = backups_table(situation(moved))
    assert isinstance(said, Refusal)
    assert said.text == (
        "cannot list the backups: nobody has looked at it yet "
        "(expected s3 bucket b at s3.test:9000/here to answer; see juju status)"
    )
    lacking = made.with_juju(o, config={**made.DEFAULTS, "backup-repository": "s3"})
    assert looked(situation(lacking)) == looked(situation(o)), "the archive goes on where it was"
    there = looked(situation(seeing(moved, 0, backup(2, o, 5))))
    assert there is not None
    assert [each.id for each in there.stanza.backups] == ["2"]
    other = made.with_juju(
        seeing(moved, 0, backup(2, o, 5)), config={**moved.juju.config, "backup-s3-endpoint": "s3.test:9001"}
    )
    assert looked(situation(other)) is None, "a bucket of the same name behind another port is another"


def test_the_stanza_is_made_once_by_the_unit_that_has_the_repository() -> None:
    for number in range(3):
        o = seeing(of_cluster(living(number)), 1)
        found = [step for step in plan(o).steps if isinstance(step, MakeStanza)]
        assert [step.says() for step in found] == (
            [f"make the stanza {NAME} in /var/lib/postgresql-backups"] if number == 0 else []
        )


def test_where_every_unit_reaches_the_repository_the_primary_makes_the_stanza() -> None:
    assert any(isinstance(step, MakeStanza) for step in plan(seeing(on_s3(0), 1)).steps)
    assert not any(isinstance(step, MakeStanza) for step in plan(seeing(on_s3(1), 1)).steps)


def test_a_stanza_that_could_not_be_made_is_said_and_tried_again_later() -> None:
    o = seeing(of_cluster(living()), 1)
    memories = replace(o.machine.memories, backup={"failed": "disk full", "at": str(o.machine.uptime)})
    o = replace(o, machine=replace(o.machine, memories=memories))
    assert "wait for the repository: disk full" in plan(o).text()
    assert message(o) == "blocked: primary; no backups: disk full"
    later = replace(o, machine=replace(o.machine, uptime=o.machine.uptime + 21))
    assert any(isinstance(step, MakeStanza) for step in plan(later).steps)


def test_the_stanza_of_another_cluster_is_never_touched_and_both_identifiers_are_named() -> None:
    o = seeing(of_cluster(living(), "42"), 0)
    assert plan(o).steps == ()
    assert message(o) == (
        f"blocked: primary; no backups: the stanza {NAME} in /var/lib/postgresql-backups is another cluster's: "
        f"system identifier {SYSTEM}, ours is 42 (expected a place without it)"
    )
    assert "another cluster's" in asked(o, "backup")


def test_the_first_backup_is_made_by_itself_when_no_unit_is_being_cloned() -> None:
    o = seeing(of_cluster(living()), 2)
    seen = known(o.patroni)
    assert seen is not None
    members = tuple(replace(m, state=CLONING) if m.name == "postgresql-2" else m for m in seen.members)
    cloning = replace(o, patroni=View(replace(seen, members=members)))
    assert not any(isinstance(step, StartBackup) for step in plan(settle_but_backup(cloning)).steps)
    (begun,) = [step for step in plan(settle_but_backup(o)).steps if isinstance(step, StartBackup)]
    assert (begun.kind, begun.reason) == ("full", "there is none yet")


def settle_but_backup(o: Observation) -> Observation:
    """All done but the backup."""
    while steps := [step for step in plan(o).steps if not isinstance(step, StartBackup)]:
        for step in steps:
            o = carry_out(step, o)
    return o


def test_a_backup_is_not_begun_twice() -> None:
    o = settle_but_backup(seeing(of_cluster(living()), 2))
    working = with_service(
        o, "postgresql-backup@incr.service", replace(o.machine.services["etcd.service"], active=True)
    )
    assert plan(working).steps == ()
    just_ended = replace(o, runs=RunNotes({"full": Run("full", o.now - 9, o.now + 1, True)}))
    assert plan(just_ended).steps == ()
    just_failed = replace(o, runs=RunNotes({"full": Run("full", o.now - 20, o.now - 9, False, error="no room")}))
    assert plan(just_failed).steps == ()
    assert "the last backup (full) failed: no room" in message(just_failed)
    much_later = replace(just_failed, now=o.now + 130)
    assert any(isinstance(step, StartBackup) for step in plan(much_later).steps)


def test_a_backup_that_was_missed_is_made_up_for_and_said_when_it_does_not_come() -> None:
    o = at_rest(0, 60)
    later = replace(o, now=o.now + 2 * 86400 + 7200)
    assert "begin a backup (incr): the last one is older than the schedule says" in plan(later).text()
    assert message(later).startswith("active")
    assert "older than the schedule says" in message(replace(o, now=o.now + 4 * 86400))


def test_without_a_schedule_nobody_backs_up_and_nobody_complains() -> None:
    o = at_rest(0, 60)
    config = {**made.DEFAULTS, "backup-full-schedule": "", "backup-incremental-schedule": ""}
    o = settle(made.with_juju(o, config=config))
    assert not o.machine.services["postgresql-backup-full.timer"].active
    assert plan(replace(o, now=o.now + 90 * 86400)).publication.status.message == "primary"


def test_one_unit_has_the_timers_and_it_is_a_standby_where_there_is_one() -> None:
    active = {number: on_s3(number).machine.services["postgresql-backup-full.timer"].active for number in range(3)}
    assert active == {0: False, 1: True, 2: False}
    alone = made.with_juju(on_s3(0), goal={"postgresql/0": "active"})
    seen = known(alone.patroni)
    assert seen is not None
    alone = replace(alone, patroni=View(replace(seen, members=seen.members[:1])))
    assert backup_unit(situation(alone)) == "postgresql/0"
    assert [step.service for step in plan(alone).steps if isinstance(step, StartService)] == [
        "postgresql-backup-full.timer", "postgresql-backup-incr.timer",
    ]  # fmt: skip


def test_timers_go_where_another_unit_makes_the_backups() -> None:
    o = on_s3(1)
    seen = known(o.patroni)
    assert seen is not None
    members = tuple(replace(m, state="stopped") if m.name == "postgresql-1" else m for m in seen.members)
    reasons = [
        s.reason
        for s in plan(replace(o, patroni=View(replace(seen, members=members)))).steps
        if isinstance(s, StopService)
    ]
    assert reasons == ["postgresql/2 makes the backups"] * 2


def test_a_local_repository_stays_until_its_unit_leaves_for_good() -> None:
    o = at_rest(1, 60, leader=True)
    assert keeper(situation(o)) == "postgresql/0"
    assert "repository" not in plan(o).publication.relations[0].application
    gone = made.with_juju(o, goal={"postgresql/1": "active", "postgresql/2": "active"})
    seen = known(gone.patroni)
    assert seen is not None
    members = tuple(
        replace(m, role="primary", state="running") if m.name == "postgresql-1" else m for m in seen.members[1:]
    )
    gone = replace(gone, patroni=View(replace(seen, members=members)))
    assert plan(gone).publication.relations[0].application["repository"] == "postgresql/2"


def test_a_repository_on_another_unit_is_reached_through_its_server_and_no_secret_is_told() -> None:
    s = situation(at_rest(1, 60))
    found = repository(s)
    assert isinstance(found, Repository)
    text = pgbackrest_conf(s, found).content
    assert "repo1-host=10.0.0.10\nrepo1-host-type=tls\n" in text
    assert "tls-server-auth=postgresql-0=postgresql-11111111\n" in text
    assert "retention" not in text


def test_secrets_are_in_the_file_and_nowhere_else() -> None:
    o = on_s3(0)
    (file,) = [
        pgbackrest_conf(situation(o), found) for found in [repository(situation(o))] if isinstance(found, Repository)
    ]
    assert "repo1-s3-key=the-key\nrepo1-s3-key-secret=the-secret\n" in file.content
    assert "repo1-storage-port=9000\n" in file.content
    assert (file.group, file.mode) == ("postgres", 0o640)
    shown = repr(o) + repr(plan(o)) + repr(situation(o)) + repr(found_of(o))
    assert "the-secret" not in shown
    assert "the-key" not in shown


def found_of(o: Observation) -> Repository | Lacking:
    return repository(situation(o))


@pytest.mark.parametrize(
    ("config", "given", "said"),
    [
        ({"backup-s3-bucket": ""}, KEYS, "no backups: backup-s3-bucket is empty (expected the name of a bucket, or"),
        ({}, Given(), "no backups: backup-s3-credentials is empty (expected a secret with access-key and secret-key)"),
        (
            {},
            Given({"backup_s3_credentials": Unknown("permission denied (expected it granted)")}),
            "no backups: backup-s3-credentials cannot be read: permission denied (expected it granted)",
        ),
        (
            {},
            Given({"backup_s3_credentials": View({"access-key": "a"})}),
            "no backups: the secret of backup-s3-credentials has no secret-key (expected access-key, secret-key)",
        ),
        (
            {"backup-repository": "sftp"},
            KEYS,
            "no backups: backup-repository is sftp, and this base's pgBackRest is 2.45 (expected 2.46 or newer",
        ),
        ({"backup-repository": "path", "backup-path": ""}, KEYS, "no backups: backup-path is empty (expected the"),
    ],
)
def test_what_is_lacking_blocks_by_name(config: dict[str, str], given: Given, said: str) -> None:
    o = made.with_juju(living(), config={**made.DEFAULTS, **S3, **config})
    assert message(replace(o, given=given)).startswith(f"blocked: primary; {said}")


def test_what_is_lacking_leaves_the_configuration_as_it_was() -> None:
    o = on_s3(0)
    bad = replace(o, given=Given({"backup_s3_credentials": Unknown("permission denied")}))
    assert [step for step in plan(bad).steps if "pgbackrest.conf" in step.says()] == []


def test_the_relation_comes_before_the_options() -> None:
    said = {
        "bucket": "theirs", "access-key": "a", "secret-key": "s", "endpoint": "https://minio.test:9443/", "path": "/p/",
        "s3-uri-style": "path",
        "tls-ca-chain": '["-----BEGIN CERTIFICATE-----\\nTUlJQg==\\n-----END CERTIFICATE-----"]',
    }  # fmt: skip
    found = repository_of(Options(), Given(related=View(said)))
    assert isinstance(found, Repository)
    assert found.settings == {
        "type": "s3", "path": "/p", "s3-bucket": "theirs", "s3-endpoint": "minio.test", "s3-region": "us-east-1",
        "s3-uri-style": "path", "storage-port": "9443",
    }  # fmt: skip
    assert found.authorities == "-----BEGIN CERTIFICATE-----\nTUlJQg==\n-----END CERTIFICATE-----\n"
    plain = repository_of(Options(), Given(related=View({**said, "endpoint": "http://minio.test"})))
    assert isinstance(plain, Lacking)
    assert "expected https" in plain.what


def test_a_path_that_is_another_directory_on_this_unit_is_refused_and_no_second_stanza_is_made_there() -> None:
    config = {**made.DEFAULTS, "backup-repository": "path", "backup-path": "/mnt/backups"}
    o = settle(made.with_juju(of_cluster(living()), config=config), rounds=6)
    assert any(isinstance(step, MakeStanza) for step in plan(seeing(o, 1)).steps)
    assert o.juju.peers is not None
    others = {unit: {**bag, "repository-seen": f"{NAME} in /mnt/backups"} for unit, bag in o.juju.peers.others.items()}
    o = seeing(made.with_juju(o, peers=replace(o.juju.peers, others=others)), 1)
    assert plan(o).steps == ()
    assert message(o).startswith(
        "blocked: primary; no backups: backup-path /mnt/backups is not what postgresql/1 has at that place"
    )


def test_a_directory_that_has_lost_its_stanza_is_a_mount_that_is_missing_and_nothing_is_written_there() -> None:
    config = {**made.DEFAULTS, "backup-repository": "path", "backup-path": "/mnt/backups"}
    o = settle(made.with_juju(of_cluster(living()), config=config), rounds=6)
    o = settle(seeing(o, 0, backup(1, o, 60)))
    lost = seeing(o, 1)
    assert plan(lost).steps == ()
    assert message(lost).startswith(
        "blocked: primary; no backups: backup-path /mnt/backups has lost what was in it (expected the same file system"
    )
    assert message(seeing(lost, 0, backup(1, o, 60))) == "active: primary"


def test_what_was_seen_of_the_repository_before_is_not_taken_for_the_next_one() -> None:
    """In the hook in which the option changes, the last look was at the other place."""
    config = {**made.DEFAULTS, "backup-repository": "path", "backup-path": "/mnt/backups"}
    changed = made.with_juju(at_rest(0, 60), config=config)
    assert not [step for step in plan(changed).steps if isinstance(step, NotePassphrase | MakeStanza)]
    assert "/mnt/backups" not in repr(plan(changed).publication.relations)
    o = settle(changed, rounds=6)
    assert not [wait for wait in plan(o).waits if wait.what == "the repository"]
    empty = seeing(o, 1)
    assert any(isinstance(step, MakeStanza) for step in plan(empty).steps)
    look = known(empty.repository) if empty.repository else None
    assert look is not None
    written = replace(o, repository=View(replace(look, config="of another configuration")))
    assert [wait.what for wait in plan(written).waits] == ["the repository"]
    assert plan(written).steps == ()


def test_the_leader_asks_the_relation_for_a_bucket_once() -> None:
    o = replace(at_rest(0, 60, leader=True), given=Given(related=View({}), relation=7))
    (told,) = [each for each in plan(o).publication.relations if each.endpoint == "s3-parameters"]
    assert told.application["bucket"] == "relation-7"
    again = replace(o, given=replace(o.given, asked=dict(told.application)))
    assert not [each for each in plan(again).publication.relations if each.endpoint == "s3-parameters"]
    assert "the relation s3-parameters says no bucket, no access-key, no secret-key" in message(o)


def test_another_passphrase_is_refused_by_name_and_the_first_stays_in_force() -> None:
    secrets = {**KEYS.secrets, "backup_encryption": View({"passphrase": "open-sesame"})}
    o = on_s3(0, Given(secrets), **{"backup-encryption": "secret:def"})
    o = seeing(o, 2, cipher="aes-256-cbc")
    assert any(isinstance(step, NotePassphrase) for step in plan(o).steps)
    o = settle(o)
    other = replace(o, given=Given({**secrets, "backup_encryption": View({"passphrase": "second"})}))
    assert plan(other).steps == plan(o).steps == ()
    assert "backup-encryption is another than the repository was made with" in message(other)
    without = made.with_juju(o, config={**made.DEFAULTS, **S3})
    assert [type(step).__name__ for step in plan(without).steps] == ["NoteConfig"]
    assert "open-sesame" not in repr(o) + plan(o).text()


@pytest.mark.parametrize("code", [39, 49, 57, 95, 99])
def test_a_repository_out_of_reach_blocks_with_the_reason_and_clears_itself(code: int) -> None:
    o = on_s3(0)
    assert message(seeing(o, code, message="HTTP request failed with 403 (Forbidden)")).startswith(
        "blocked: primary; no"
    )
    assert message(settle(seeing(o, 0, backup(1, o)))) == "active: primary"


def test_a_repository_on_a_unit_that_is_away_is_said_and_blocks_nobody() -> None:
    o = seeing(at_rest(1, 60), 49, message="unable to connect to '10.0.0.10:8432'")
    status = message(o)
    assert status.startswith("active: standby, 0 B behind; the archive on postgresql/0 cannot be reached: unable to")


def test_a_log_that_is_not_archived_is_said_with_the_reason() -> None:
    o = at_rest(0, 60)
    late = replace(o, archiver=Archiver(7, 130.0, "P00  ERROR: [104]: no room\nmore"))
    assert message(late) == "waiting: primary; the log is not archived, 7 segments wait: [104]: no room"
    assert message(replace(o, archiver=Archiver(7, 20.0, "ERROR: [104]"))) == "active: primary"


def test_a_gap_in_the_archive_is_said_until_the_next_backup_which_is_begun_at_once() -> None:
    o = at_rest(0, 60)
    gap = replace(o, archiver=Archiver(dropped=o.now - 10))
    assert "the archive has a gap since" in message(gap)
    assert "begin a backup (incr): the archive has a gap since the last one" in plan(gap).text()
    assert message(replace(gap, archiver=Archiver(dropped=o.now - 3600))) == "active: primary"


def test_what_the_primary_before_has_left_is_archived_once_after_a_promotion() -> None:
    o = at_rest(0, 60)
    seen = known(o.patroni)
    assert seen is not None
    promoted = replace(o, patroni=View(replace(seen, timeline=2)))
    (step,) = plan(promoted).steps
    assert isinstance(step, FillArchive)
    settled = settle(promoted)
    assert plan(settled).steps == ()
    there = known(settled.repository) if settled.repository else None
    assert there is not None
    noted = remember(settled, "backup", {"filled": f"2 in another place than {there.place}"})
    assert [type(step) for step in plan(noted).steps] == [FillArchive]


def test_only_whole_segments_of_the_timelines_before_are_left(tmp_path: Path) -> None:
    """A segment in which a timeline ended has another content on every server that went over in it."""
    for timeline, first, last in ((1, 8, 10), (2, 9, 14), (3, 12, 15), (4, 14, 15), (5, 12, 12)):
        for number in range(first, last + 1):
            (tmp_path / f"{timeline:08X}00000000{number:08X}").touch()
    (tmp_path / "00000004.history").write_text("1\t0/90000A0\tnone\n\n2\t0/C01F5A8\tnone\n\n3\t0/E000000\tnone\n")
    found = [(int(name[:8]), int(name[8:], 16)) for name in left(tmp_path, timeline=4)]
    assert found == [(1, 8), (2, 9), (2, 10), (2, 11), (3, 12), (3, 13)]
    assert left(tmp_path, timeline=6) == []


def test_an_archive_that_cannot_be_read_is_tried_again_a_minute_later() -> None:
    o = at_rest(0, 60)
    seen = known(o.patroni)
    assert seen is not None
    promoted = replace(o, patroni=View(replace(seen, timeline=2)))
    tried = remember(promoted, "backup", {"tried-to-fill": str(int(o.now))})
    assert plan(tried).steps == ()
    assert [type(step) for step in plan(replace(tried, now=o.now + 61)).steps] == [FillArchive]
    assert [type(step) for step in plan(replace(tried, now=o.now - 3600)).steps] == [FillArchive]


def test_an_archive_that_goes_with_a_unit_that_leaves_is_not_filled() -> None:
    o = at_rest(0, 60)
    seen = known(o.patroni)
    assert seen is not None
    assert o.juju.peers is not None
    elsewhere = replace(o.juju.peers, application={**o.juju.peers.application, KEEPER: "postgresql/1"})
    promoted = made.with_juju(replace(o, patroni=View(replace(seen, timeline=2))), peers=elsewhere)
    promoted = seeing(promoted, 0, backup(1, o, 60))
    leaving = {unit: "dying" if unit == "postgresql/1" else "active" for unit in o.juju.goal or ()}
    assert any(isinstance(step, FillArchive) for step in plan(promoted).steps)
    assert not any(isinstance(step, FillArchive) for step in plan(made.with_juju(promoted, goal=leaving)).steps)


def test_actions_are_refused_where_they_cannot_be_done_with_what_to_do_next() -> None:
    o = at_rest(1, 60)
    assert "the repository is on postgresql/0's disk (expected that unit; run it there)" in asked(o, "backup")
    here = at_rest(0, 3600, 60)
    assert asked(here, "delete-backup", id="7") == (
        "refused: cannot delete the backup 7: there is no such backup (expected one of: 1, 2)"
    )
    assert "it is the newest full backup" in asked(here, "delete-backup", id="2", force=True)
    assert "delete 1" in asked(here, "delete-backup", id="1")
    resting = replace(backup(3, here, 10, "incr"), prior="1", references=("1",))
    older = seeing(here, 0, backup(1, here, 90), backup(2, here, 60), resting)
    assert "3 need it and would go too (expected none that does; add force=true)" in asked(
        older, "delete-backup", id="1"
    )
    assert "delete 1, 3" in asked(older, "delete-backup", id="1", force=True)


# Forms


@pytest.mark.parametrize(
    "text", ["Sun 02:00", "daily", "Mon,Thu *-*-* 3:30:00", "*-*-1..7 4:00", "*:0/15", "Sat..Sun 1:00 UTC"]
)
def test_times_are_read(text: str) -> None:
    assert 0 < read_calendar(text).longest <= 366 * 86400
    assert read_options({"backup-full-schedule": text})[1] == ()


@pytest.mark.parametrize(
    "text", ["2:00 Sun", "Sunday", "25:00", "Sun", "*-13-01 2:00", "now", "Fri..Mon 2:00", "*:60", "a b c"]
)
def test_what_is_no_time_is_refused_by_name(text: str) -> None:
    with pytest.raises(BadCalendar):
        read_calendar(text)
    (mistake,) = read_options({"backup-full-schedule": text})[1]
    assert mistake.option == "backup-full-schedule"


@given(st.text(max_size=30))
def test_a_schedule_is_read_or_refused(text: str) -> None:
    _, mistakes = read_options({"backup-incremental-schedule": text})
    assert all(mistake.option == "backup-incremental-schedule" for mistake in mistakes)


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(
        ["name", "status", "backup", "archive", "label", "code", "message", "timestamp", "start", "info", "repo", "db"]
    ) | st.text(max_size=4), inner, max_size=5),
    max_leaves=25,
)  # fmt: skip


@given(
    st.lists(
        st.dictionaries(st.sampled_from(["name", "status", "backup", "archive", "db", "repo"]), values), max_size=3
    )
)
def test_whatever_pgbackrest_answers_is_read_without_a_crash_and_survives_the_notes(answer: list[Any]) -> None:
    for found in parse_info(json.dumps(answer)):
        noted = Looked(1.0, found, "d", "/here")
        assert read_looked(looked_text(noted)) == noted
    assert stanza_in(json.dumps(answer), "nobody").exists is False


@given(st.text(max_size=200))
def test_an_answer_that_is_none_is_an_error_of_its_own(text: str) -> None:
    assert not stanza_in(text, "main").exists
    assert read_runs(text).runs == {} or "runs" in text


def test_notes_of_runs_survive() -> None:
    notes = RunNotes({"full": Run("full", 1.5, 2.5, True, "id", 7, "", "action", 99.0, "a/1")}, {"id": "ok"})
    assert read_runs(runs_text(notes)) == notes


@given(st.integers(min_value=-15, max_value=120), st.text(alphabet=string.printable, max_size=300))
def test_whatever_pgbackrest_says_becomes_one_line(code: int, text: str) -> None:
    error = error_of("info", code or 1, text)
    assert "\n" not in error.said


def test_two_clusters_of_one_name_in_two_models_have_two_stanzas() -> None:
    assert stanza_name("pg", "aaaaaaaa-1") != stanza_name("pg", "aaaaaaab-1")
    assert stanza(situation(living())) == NAME


def test_a_backup_that_is_under_way_stays_with_the_repository_that_it_was_begun_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def write(path: str, text: str, *_: object) -> bool:
        return bool(Path(path).write_text(text))

    monkeypatch.setattr("pgcharm.backing.workplace.host.ensure_file", write)
    conf = tmp_path / "pgbackrest.conf"
    conf.write_text("repo1-path=/before")
    empty: dict[str, Any] = dict.fromkeys(("unit", "stanza", "patroni", "data", "sockets", "seen", "again"), "")
    work = Workplace(
        config=str(conf), notes=str(tmp_path / "notes"), credentials=Credentials("", "", ""), host={}, annotates=True,
        **empty,
    )  # fmt: skip
    with work.unchanged() as here:
        conf.write_text("repo1-path=/after")
        assert Path(here.backrest.config).read_text() == "repo1-path=/before"
    assert not Path(here.config).exists()


def test_an_answer_with_a_line_break_in_a_message_is_read() -> None:
    (seen,) = parse_info('[{"name": "a", "status": {"code": 99, "message": "HTTP request failed:\n*** Path ***"}}]')
    assert (seen.code, seen.message) == (99, "HTTP request failed:\n*** Path ***")
