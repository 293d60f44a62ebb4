"""Backups on real machines while the ledger writes: three units, in order, each test on what the last has left."""

from __future__ import annotations

import ipaddress
import json
import re
import secrets
import shlex
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import jubilant
import pytest
from driving.box import Box
from driving.postgresql import ROOT, SERVER, Cluster, deployed, packed
from driving.prepared import prepared
from driving.s3 import NAME, S3, serving
from driving.waiting import until

MODEL_CONFIG = {"lease-seconds": 15, **prepared()}
BESIDE = "beside"
pytestmark = pytest.mark.jujubox_only


@pytest.fixture(scope="module")
def cluster(juju: jubilant.Juju, scratch: Path) -> Cluster:
    """Three units and the ledger on Debian 12, and another cluster of one unit beside them."""
    juju.deploy(packed(ROOT, SERVER, scratch / BESIDE), BESIDE, base="debian@12")
    return deployed(juju, scratch, 3)


@pytest.fixture(scope="module")
def s3(cluster: Cluster, box: Box, scratch: Path) -> Iterator[S3]:
    """An S3 server that every unit reaches by its name, with a bucket in it."""
    subnet = ipaddress.ip_network(json.loads((box.home / "box.json").read_text())["subnet"])
    with serving(scratch / "s3", str(subnet[1])) as server:
        server.bucket("backups")
        for unit in cluster.words():
            on(cluster, unit, f"echo {subnet[1]} {NAME} >> /etc/hosts")
        yield server


def on(cluster: Cluster, unit: str, script: str) -> str:
    return cluster.juju.exec(f"sh -c {shlex.quote(script)}", unit=unit).stdout.strip()


def listed(cluster: Cluster, unit: str = "") -> dict[str, Any]:
    """What list-backups says, as data."""
    results = cluster.juju.run(unit or cluster.primary, "list-backups").results
    return {**json.loads(results["json"]), "said": results["repository"]}


def backups(cluster: Cluster, unit: str = "") -> list[dict[str, Any]]:
    try:
        return list(listed(cluster, unit)["backups"])
    except jubilant.TaskError:
        return []


def statuses(cluster: Cluster, application: str = SERVER) -> dict[str, tuple[str, str]]:
    units = cluster.juju.status().apps[application].units
    return {name: (unit.workload_status.current, unit.workload_status.message) for name, unit in units.items()}


def all_say(cluster: Cluster, level: str, words: str, timeout: float = 120, application: str = SERVER) -> None:
    """Wait until every unit's status is of this level and has these words in it."""
    until(
        lambda: statuses(cluster, application),
        lambda seen: all(found == level and words in text for found, text in seen.values()),
        timeout=timeout,
        delay=1,
    )


def refused(cluster: Cluster, unit: str, action: str, **parameters: Any) -> str:
    with pytest.raises(jubilant.TaskError) as refusal:
        cluster.juju.run(unit, action, parameters, wait=300)
    return refusal.value.task.message


KILL_PUSHES = "pkill -KILL -f '[p]gbackrest-push'; pkill -KILL -f '[a]rchive-push'"
"""What PostgreSQL's archiver runs, and what that has left behind to work on."""


def kill_pushes(cluster: Cluster, unit: str) -> None:
    """Kill them at many moments while segment after segment is handed over."""
    row = "CREATE TABLE IF NOT EXISTS pushed AS SELECT 1 AS n; INSERT INTO pushed VALUES (1); SELECT pg_switch_wal()"
    psql = f"runuser -u postgres -- psql -qc {shlex.quote(row)} >/dev/null 2>&1"
    on(cluster, unit, f"for i in $(seq 10 29); do {psql}; sleep 0.$i; {KILL_PUSHES}; done; true")


def segments(s3: S3, stanza: str) -> list[int]:
    """Numbers of the log's segments in a bucket, whatever their timeline."""
    names = (unquote(place.name) for place in (s3.folder / "backups").iterdir())
    found = re.compile(rf"clusters/archive/{stanza}/.*/[0-9A-F]{{8}}([0-9A-F]{{8}})([0-9A-F]{{8}})-")
    return sorted({int(match[1], 16) * 256 + int(match[2], 16) for name in names if (match := found.match(name))})


def all_is_archived(cluster: Cluster, unit: str) -> None:
    """Wait until no segment waits."""
    waiting = "SELECT count(*) FROM pg_ls_archive_statusdir() WHERE name LIKE '%.ready'"
    until(lambda: cluster.sql(unit, waiting), lambda said: said == "0", timeout=150, delay=1)


def test_a_cluster_has_a_backup_without_any_configuration_and_says_what_that_is_worth(cluster: Cluster) -> None:
    first = until(lambda: backups(cluster), bool, timeout=120, delay=2)[0]
    assert first["kind"] == "full"
    until(lambda: [backups(cluster, unit) for unit in cluster.words()], all, delay=2)
    found = [listed(cluster, unit) for unit in cluster.words()]
    assert len({each["stanza"] for each in found}) == 1
    assert "it dies with that machine" in found[0]["said"]
    assert all(each["backups"][0]["id"] == first["id"] for each in found)


def test_a_backup_under_load_is_made_of_a_standby_and_verified(cluster: Cluster) -> None:
    keeper = listed(cluster)["made-by"]
    made = cluster.juju.run(keeper, "backup", {"type": "incr"}, wait=300).results
    assert made["state"] == "done"
    assert made["from"] != cluster.primary
    assert cluster.juju.run(keeper, "verify-backup", wait=300).results["state"] == "done"
    checked = until(lambda: backups(cluster), lambda found: all(each["verified"] for each in found), delay=2)
    assert all(each["verified"].startswith("ok ") for each in checked)
    other = next(unit for unit in cluster.words() if unit != keeper)
    assert f"the repository is on {keeper}'s disk" in refused(cluster, other, "backup")
    cluster.nothing_lost_and_still_writing()


def test_a_backup_killed_in_the_middle_is_in_nobodys_way(cluster: Cluster) -> None:
    cluster.sql(cluster.primary, "CREATE TABLE ballast AS SELECT md5(n::text) FROM generate_series(1, 800000) n")
    keeper = listed(cluster)["made-by"]
    before = len(backups(cluster))
    on(cluster, keeper, "systemctl start --no-block postgresql-backup@full.service")
    on(
        cluster,
        keeper,
        "for i in $(seq 300); do pgrep -f 'pgbackrest.*backup --type=full' >/dev/null && break; sleep 0.05; done; "
        "sleep 0.5; systemctl kill --signal=KILL postgresql-backup@full.service",
    )
    assert len(backups(cluster)) == before
    made = cluster.juju.run(keeper, "backup", wait=300).results
    assert made["state"] == "done"
    cluster.sql(cluster.primary, "DROP TABLE ballast")
    cluster.settled(3)


def test_a_bucket_with_wrong_credentials_blocks_with_the_reason_and_right_ones_clear_it(
    cluster: Cluster, s3: S3
) -> None:
    juju = cluster.juju
    secret = juju.add_secret("bucket", {"access-key": s3.access_key, "secret-key": "nonsense"})
    juju.config(
        SERVER,
        {
            "backup-repository": "s3", "backup-s3-bucket": "backups", "backup-s3-endpoint": s3.endpoint,
            "backup-s3-uri-style": "path", "backup-s3-ca": s3.authority, "backup-s3-credentials": str(secret),
            "backup-path": "clusters",
        },
    )  # fmt: skip
    all_say(cluster, "blocked", "backup-s3-credentials cannot be read: permission denied (expected it granted")
    juju.grant_secret("bucket", SERVER)
    all_say(cluster, "blocked", "HTTP request failed with 403 (Forbidden): SignatureDoesNotMatch")
    juju.update_secret("bucket", {"access-key": s3.access_key, "secret-key": s3.secret_key})
    cluster.settled(3)
    first = until(lambda: backups(cluster), bool, timeout=120, delay=2)[0]
    assert first["kind"] == "full"
    found = listed(cluster)
    assert found["made-by"] != cluster.primary
    assert (s3.folder / "backups").is_dir()
    secrets = " ".join(on(cluster, unit, "ps axww -o args; cat /var/log/juju/*.log") for unit in cluster.words())
    assert s3.secret_key not in secrets


def test_the_schedule_makes_backups_on_one_unit(cluster: Cluster, s3: S3) -> None:
    maker = listed(cluster)["made-by"]

    def made() -> list[dict[str, Any]]:
        """As the unit knows it that makes them; the others look every twenty seconds."""
        return backups(cluster, maker)

    before = {each["id"] for each in made()}
    cluster.juju.config(SERVER, {"backup-incremental-schedule": "*:*:0/20"})
    until(made, lambda found: len({each["id"] for each in found} - before) >= 2, timeout=120, delay=2)
    cluster.juju.config(SERVER, {"backup-incremental-schedule": "Mon..Sat 02:00"})
    timer = "systemctl show -P TimersCalendar postgresql-backup-incr.timer"
    until(lambda: on(cluster, maker, timer), lambda said: "Mon..Sat" in said)
    until(lambda: on(cluster, maker, "systemctl is-active 'postgresql-backup@*' || true"), lambda said: not said)
    cluster.settled(3)
    assert refused(cluster, cluster.primary, "delete-backup", id="nothing").startswith(
        "cannot delete the backup nothing"
    )
    full, newest = next(each["id"] for each in made() if each["kind"] == "full"), made()[-1]["id"]
    assert "it is the newest full backup" in refused(cluster, maker, "delete-backup", id=full, force=True)
    assert newest in cluster.juju.run(maker, "delete-backup", {"id": newest}, wait=120).results["deleted"]


def test_a_repository_that_is_full_is_said_and_nothing_is_lost_when_it_has_room_again(cluster: Cluster, s3: S3) -> None:
    s3.full = True
    assert "cannot finish (incr)" in refused(cluster, cluster.primary, "backup", type="incr")
    until(lambda: statuses(cluster)[cluster.primary], lambda seen: "the last backup (incr) failed" in seen[1], delay=1)
    s3.full = False
    assert cluster.juju.run(cluster.primary, "backup", {"type": "incr"}, wait=300).results["state"] == "done"
    cluster.settled(3)
    assert cluster.words()[cluster.primary] == "primary"
    cluster.nothing_lost_and_still_writing()


def test_pushes_killed_while_the_bucket_takes_them_leave_no_gap_and_a_trial_reaches_the_end(
    cluster: Cluster, s3: S3
) -> None:
    primary = cluster.primary
    with s3.holding("PUT clusters/archive/") as pushed:
        cluster.sql(primary, "SELECT pg_switch_wal()")
        until(lambda: pushed, bool)
        on(cluster, primary, f"{KILL_PUSHES}; true")
    kill_pushes(cluster, primary)
    moment = cluster.sql(primary, "SELECT to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS')")
    cluster.sql(primary, "DROP TABLE pushed; SELECT pg_switch_wal()")
    all_is_archived(cluster, primary)
    found = segments(s3, listed(cluster)["stanza"])
    assert len(found) > 20
    assert {after - before for before, after in pairwise(found)} == {1}
    assert cluster.juju.run(primary, "backup", {"type": "incr"}, wait=300).results["state"] == "done"
    assert cluster.juju.run(primary, "verify-backup", wait=300).results["state"] == "done"
    standby = next(unit for unit, said in cluster.words().items() if said.startswith("standby"))
    assert cluster.juju.run(standby, "restore-check", wait=300).results["newest-commit"] >= moment
    cluster.settled(3)
    cluster.nothing_lost_and_still_writing()


def test_a_directory_that_is_not_mounted_is_not_written_to(cluster: Cluster) -> None:
    unit, place = f"{BESIDE}/0", "/mnt/backups"
    on(cluster, unit, f"install -d -o postgres /srv/disk {place}; mount --bind /srv/disk {place}")
    cluster.juju.config(BESIDE, {"backup-repository": "path", "backup-path": place})
    until(lambda: theirs(cluster), lambda seen: kept_in(seen, "path"), timeout=120, delay=2)
    theirs_say(cluster, "active", "primary")
    on(cluster, unit, f"until umount {place}; do sleep 0.1; done")  # while somebody reads in it, it is busy
    theirs_say(cluster, "blocked", f"no backups: backup-path {place} has lost what was in it")
    assert on(cluster, unit, f"ls {place}") == ""
    on(cluster, unit, f"mount --bind /srv/disk {place}")
    theirs_say(cluster, "active", "primary")
    cluster.juju.config(BESIDE, reset=["backup-repository", "backup-path"])


def test_two_clusters_on_one_bucket_one_of_them_encrypted_do_not_see_each_other(cluster: Cluster, s3: S3) -> None:
    juju, row = cluster.juju, secrets.token_hex(16)
    settings = juju.config(SERVER)
    juju.grant_secret("bucket", BESIDE)
    passphrase = juju.add_secret("passphrase", {"passphrase": secrets.token_urlsafe(30)})
    on(cluster, f"{BESIDE}/0", f"echo {s3.address} {NAME} >> /etc/hosts")
    cluster.sql(f"{BESIDE}/0", f"CREATE TABLE known AS SELECT '{row}' AS text")
    juju.config(BESIDE, {name: settings[name] for name in settings if name.startswith("backup-s3-")})
    juju.config(BESIDE, {"backup-path": settings["backup-path"], "backup-encryption": str(passphrase)})
    juju.config(BESIDE, {"backup-repository": "s3"})
    theirs_say(cluster, "blocked", "backup-encryption cannot be read: permission denied (expected it granted")
    juju.grant_secret("passphrase", BESIDE)
    found = until(lambda: theirs(cluster), lambda seen: kept_in(seen, "s3"), timeout=120, delay=2)
    ours = listed(cluster)
    assert found["stanza"] != ours["stanza"]
    assert not {each["id"] for each in found["backups"]} & {each["id"] for each in ours["backups"]}
    assert (found["repository"]["encrypted"], ours["repository"]["encrypted"]) == (True, False)
    cluster.sql(f"{BESIDE}/0", "SELECT pg_switch_wal()")
    all_is_archived(cluster, f"{BESIDE}/0")
    stored = {unquote(place.name): place.read_bytes() for place in (s3.folder / "backups").iterdir()}
    of = {
        name: [text for key, text in stored.items() if f"/{name}/" in key] for name in (found["stanza"], ours["stanza"])
    }
    assert of[found["stanza"]]
    assert all(text.startswith(b"Salted__") and row.encode() not in text for text in of[found["stanza"]])
    assert not any(text.startswith(b"Salted__") for text in of[ours["stanza"]])
    tried = juju.run(f"{BESIDE}/0", "restore-check", wait=300).results
    assert json.loads(tried["databases"])["postgres"]["rows"] == 1


def theirs(cluster: Cluster) -> dict[str, Any]:
    """What the other cluster lists; nothing while its repository cannot be read."""
    try:
        return listed(cluster, f"{BESIDE}/0")
    except jubilant.TaskError:
        return {}


def kept_in(seen: dict[str, Any], kind: str) -> bool:
    """Whether there is a backup in a repository of this kind."""
    return bool(seen.get("backups")) and seen["repository"]["kind"] == kind


def theirs_say(cluster: Cluster, level: str, words: str) -> None:
    all_say(cluster, level, words, application=BESIDE)


def test_another_passphrase_or_none_blocks_and_the_right_one_clears_it(cluster: Cluster) -> None:
    """Backups go on meanwhile: as long as the unit knows which it was, that one stays in force."""
    juju = cluster.juju
    right = juju.config(BESIDE)["backup-encryption"]
    wrong = juju.add_secret("another", {"passphrase": "another"})
    juju.grant_secret("another", BESIDE)
    kept = "backup-encryption is another than the repository was made with, which stays in force"
    juju.config(BESIDE, {"backup-encryption": str(wrong)})
    theirs_say(cluster, "blocked", kept)
    assert cluster.juju.run(f"{BESIDE}/0", "backup", {"type": "incr"}, wait=300).results["state"] == "done"
    juju.config(BESIDE, reset="backup-encryption")
    theirs_say(cluster, "blocked", kept)
    juju.config(BESIDE, {"backup-encryption": right})
    theirs_say(cluster, "active", "primary")
