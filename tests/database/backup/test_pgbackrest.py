"""pgBackRest itself, as the charm runs it: in order, each test on what the last has left."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from pgcharm.adapters.pgbackrest import PgBackRestError
from pgcharm.adapters.segments import archived, create_stanza, fill, left, places
from pgcharm.backing.tell import Progress
from pgcharm.backing.verification import verify
from pgcharm.backup.facts import StanzaInfo
from pgcharm.observe.restore import forks
from tests.database.backup.conftest import Archiving


def back_up(one: Archiving, kind: str) -> StanzaInfo:
    progress = Progress()
    for line in one.backrest.lines("backup", f"--type={kind}", "--log-level-console=detail"):
        progress.hears(line)
    found = one.backrest.info()
    assert found.newest is not None
    assert (progress.id, progress.percent) == (found.newest.id, 100.0)
    return found


def await_archived(one: Archiving, segment: str) -> None:
    until(lambda: segment in archived(one.backrest, places(one.backrest, version(one)), {segment[:16]}))


def until(pleases: Callable[[], bool], seconds: float = 90) -> None:
    end = time.monotonic() + seconds
    while not pleases():
        assert time.monotonic() < end
        time.sleep(0.3)


def version(one: Archiving) -> str:
    return (one.server.home / "data" / "PG_VERSION").read_text().strip()


def test_a_stanza_that_is_missing_reads_so_and_one_that_is_made_reads_so(ours: Archiving) -> None:
    assert not ours.backrest.info().exists
    ours.backrest.run("stanza-create")
    found = ours.backrest.info()
    assert (found.exists, found.code, found.backups) == (True, 2, ())
    assert len(found.systems) == 1


def test_what_a_push_has_left_before_there_was_a_stanza_is_in_nobodys_way(ours: Archiving) -> None:
    ours.sql("SELECT pg_switch_wal()")
    archive = ours.server.home.parent / "repository" / "archive" / "main"
    until(lambda: any(archive.rglob("0*-*.zst")))
    for information in archive.glob("archive.info*"):
        information.unlink()
    shutil.rmtree(archive.parent.parent / "backup")
    left_there = {str(path.relative_to(archive)) for path in archive.rglob("*.zst")}
    with pytest.raises(PgBackRestError, match="archive directory not empty"):
        ours.backrest.run("stanza-create")
    assert left_there <= set(create_stanza(ours.backrest))
    assert not left_there & {str(path.relative_to(archive)) for path in archive.rglob("*.zst")}
    assert create_stanza(ours.backrest) == ()
    assert ours.backrest.info().exists


def test_backups_read_as_they_were_made(ours: Archiving) -> None:
    ours.sql("CREATE TABLE filled AS SELECT generate_series(1, 1000)")
    first = back_up(ours, "full").newest
    both = back_up(ours, "incr")
    assert first is not None
    assert [(each.kind, each.prior) for each in both.backups] == [("full", ""), ("incr", first.id)]
    assert both.backups[0].size > both.backups[1].delta > 0
    assert both.backups[0].wal_first >= both.wal_first


def test_another_cluster_sees_whose_the_stanza_is_and_can_neither_make_nor_archive(
    ours: Archiving, another: Archiving
) -> None:
    assert another.backrest.info().systems == ours.backrest.info().systems
    with pytest.raises(PgBackRestError, match="do not match the database"):
        another.backrest.run("stanza-create")
    another.sql("SELECT pg_switch_wal()")
    error = another.server.home / "error"
    until(error.exists)
    assert "ERROR" in error.read_text()
    assert not (another.server.home / "dropped").exists()


def test_segments_that_the_primary_before_has_left_are_archived(ours: Archiving) -> None:
    (segment,) = ours.sql("SELECT pg_walfile_name(pg_current_wal_lsn())")[0]
    assert isinstance(segment, str)
    ours.sql("CREATE TABLE more AS SELECT 1; SELECT pg_switch_wal()")
    wal = ours.server.home / "data" / "pg_wal"
    await_archived(ours, segment)
    until(lambda: (wal / "archive_status" / f"{segment}.done").exists())
    repository = ours.server.home.parent / "repository"
    (kept,) = repository.rglob(f"{segment}-*")
    kept.unlink()
    for told in (ours.server.home.parent / "spool" / "archive" / "main" / "out").iterdir():
        told.unlink()  # another machine would not know that it was archived once
    ended = f"{int(segment[8:16], 16):X}/{(int(segment[16:], 16) + 1) << 24:X}"
    history = wal / "00000002.history"
    history.write_text(f"1\t{ended}\tno recovery target specified\n")
    assert left(wal, timeline=2)[-1] == segment
    assert fill(ours.backrest, str(ours.server.home / "data"), version(ours), timeline=2) == (history.name, segment)
    ours.sql("SELECT pg_switch_wal()")
    await_archived(ours, segment)
    until(lambda: any(repository.rglob(history.name)))
    assert [fork.timeline for fork in forks(ours.backrest, "main", 2)] == [1]
    assert forks(ours.backrest, "main", 3) == ()
    assert fill(ours.backrest, str(ours.server.home / "data"), version(ours), timeline=2) == ()
    history.unlink()


def test_a_file_that_has_changed_in_the_repository_is_found(ours: Archiving) -> None:
    ids = [each.id for each in ours.backrest.info().backups]
    assert verify(ours.backrest, ids).backups == dict.fromkeys(ids, "")
    bundle = max((ours.server.home.parent / "repository" / "backup" / "main" / ids[0]).rglob("bundle/*"), key=size)
    content = bytearray(bundle.read_bytes())
    content[len(content) // 2] ^= 0xFF
    bundle.write_bytes(content)
    found = verify(ours.backrest, ids)
    assert "checksum invalid" in found.backups[ids[0]]
    assert found.errors


def size(place: Path) -> int:
    return place.stat().st_size
