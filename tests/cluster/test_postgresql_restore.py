"""Bringing data back on real machines: three units and the ledger, backups on a real S3 protocol over TLS. In order.

Each test leaves a cluster that is whole to the next; the last loses every machine of it.
"""

from __future__ import annotations

import json
import shlex
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import jubilant
import pytest
from driving import box as boxes
from driving.postgresql import SERVER, Cluster, deployed
from driving.prepared import prepared
from driving.s3 import S3, serving
from driving.store import backed_up, followed, in_bucket, listed, words_of
from driving.waiting import until

pytestmark = pytest.mark.jujubox_only
MODEL_CONFIG = {"lease-seconds": 15, **prepared()}
DATA = "/var/lib/postgresql/15/postgresql"
NOTES = "/var/lib/postgresql-charm/restore-notes.json"
AFTER = "after"
"""The application that begins with the data of the one that was lost."""


@pytest.fixture(scope="module")
def s3(box: boxes.Box, scratch: Path) -> Iterator[S3]:
    """A bucket on the bridge's address."""
    gateway = json.loads((box.home / "box.json").read_text())["subnet"].replace(".0/24", ".1")
    folder = scratch / "restore-s3"
    folder.mkdir()
    with serving(folder, gateway) as server:
        server.bucket("backups")
        yield server


@pytest.fixture(scope="module")
def cluster(juju: jubilant.Juju, box: boxes.Box, scratch: Path, s3: S3) -> Cluster:
    """Three units and the ledger, with a first full backup in the bucket."""
    found = deployed(juju, scratch, 3)
    in_bucket(found, box, s3)
    found.settled(3)
    return found


def on(cluster: Cluster, unit: str, script: str) -> str:
    return cluster.juju.exec(f"sh -c {shlex.quote(script)}", unit=unit).stdout


@dataclass(frozen=True)
class Machine:
    """A unit's machine past Juju, whose controller may be gone."""

    box: boxes.Box
    instance: str

    @classmethod
    def of(cls, cluster: Cluster, box: boxes.Box, unit: str) -> Machine:
        return cls(box, cluster.juju.status().machines[cluster.machine(unit)].instance_id)

    def run(self, script: str) -> str:
        return self.box.in_machine(self.instance, "sh", "-c", script).strip()

    def fault(self, kind: str) -> None:
        self.box.jujubox("fault", kind, self.instance)


def restore(cluster: Cluster, **given: object) -> dict[str, str]:
    """Ask for it, confirmed; what the action says."""
    params = {key.replace("_", "-"): value for key, value in given.items()}
    return dict(cluster.juju.run(cluster.leader, "restore", {"confirm": SERVER, **params}, wait=300).results)


def refused(cluster: Cluster, **given: object) -> str:
    """Why it is not done."""
    with pytest.raises(jubilant.TaskError) as raised:
        restore(cluster, **given)
    return raised.value.task.message


def through(cluster: Cluster, number: int, timeout: float = 600) -> None:
    """Wait until every unit has done its part of a restore, the ledger has begun anew, and the cluster is whole.

    The ledger rightly misses the rows that were acknowledged after the moment.
    """

    def ends() -> list[str]:
        return [said.partition(":")[0] for said in followed(cluster)]

    until(ends, lambda said: bool(said) and set(said) == {f"{number} done"}, timeout=timeout, delay=2)
    until(cluster.words, lambda said: sum(each.startswith("primary") for each in said.values()) == 1, timeout=60)
    cluster.juju.run("ledger/0", "reset")
    cluster.settled(len(cluster.words()))


def test_what_cannot_be_reached_is_refused_with_what_can_and_a_dry_run_changes_nothing(cluster: Cluster) -> None:
    said = refused(cluster, time="2020-01-01 00:00:00")
    assert "is before the first backup (expected " in said
    assert "is later than anything that is archived" in refused(cluster, time="2100-01-01 00:00:00")
    assert "there is no backup 20200101-000000F (expected one of: 2" in refused(cluster, backup="20200101-000000F")
    assert "confirm is ''" in refused(cluster, confirm="")
    found = restore(cluster, dry_run=True)
    assert found["would"].startswith("postgresql/0 and postgresql/1 and postgresql/2 stop")
    assert found["old-data"].startswith("set aside")
    cluster.nothing_lost_and_still_writing()


def test_one_database_comes_back_from_a_dump_with_its_places_roles_and_comment(cluster: Cluster) -> None:
    primary = cluster.primary
    cluster.sql(primary, "CREATE ROLE keeper")
    cluster.sql(primary, 'CREATE DATABASE "läden" OWNER keeper')
    cluster.sql(primary, "COMMENT ON DATABASE \"läden\" IS '数据库'")
    for statement in (
        "CREATE EXTENSION postgis",
        "CREATE TABLE place (id int PRIMARY KEY, name text, at geometry(Point, 4326))",
        "ALTER TABLE place OWNER TO keeper",
        "INSERT INTO place SELECT n, 'ort ' || n, ST_SetSRID(ST_Point(n % 180, n % 90), 4326) "
        "FROM generate_series(1, 500) n",
        "COMMENT ON TABLE place IS '地点'",
    ):
        cluster.sql(primary, statement, "läden")
    rows = "md5(string_agg(id || name || ST_AsEWKT(at), ',' ORDER BY id))"
    content = f"SELECT {rows} || obj_description('place'::regclass) FROM place"  # noqa: S608
    before = cluster.sql(primary, content, "läden")
    made = cluster.juju.run(primary, "backup", {"type": "logical", "database": "läden"}, wait=300).results
    cluster.sql(primary, "DELETE FROM place WHERE id > 3; ALTER TABLE place OWNER TO postgres", "läden")
    cluster.sql(primary, 'ALTER DATABASE "läden" OWNER TO postgres; DROP ROLE keeper')
    told = {"dump": made["dump"], "database": "läden"}
    with pytest.raises(jubilant.TaskError, match="there is such a database"):
        cluster.juju.run(primary, "restore", told)
    with pytest.raises(jubilant.TaskError, match="has no database nix"):
        cluster.juju.run(primary, "restore", {"dump": made["dump"], "database": "nix"})
    cluster.juju.run(primary, "restore", {**told, "as": "copy"}, wait=300)
    assert cluster.sql(primary, content, "copy") == before
    cluster.juju.run(primary, "restore", {**told, "overwrite": True}, wait=300)
    assert cluster.sql(primary, content, "läden") == before
    facts = "pg_get_userbyid(datdba) || shobj_description(oid, 'pg_database')"
    owner = f"SELECT {facts} FROM pg_database WHERE datname = 'läden'"  # noqa: S608
    assert cluster.sql(primary, owner) == "keeper数据库"


def test_a_trial_of_the_newest_backup_tells_what_is_in_it_and_leaves_nothing(cluster: Cluster) -> None:
    unit = next(unit for unit, said in cluster.words().items() if said.startswith("standby"))
    found = cluster.juju.run(unit, "restore-check", wait=300).results
    assert json.loads(found["databases"])["ledger"]["rows"] > 0
    assert found["checked"] == "all tables and indexes"
    assert on(cluster, unit, f"ls -d {DATA}.* /run/*trial* 2>/dev/null || true") == ""


def test_to_just_before_a_table_was_dropped_row_for_row_whatever_is_lost_on_the_way(
    cluster: Cluster, box: boxes.Box, s3: S3
) -> None:
    """The program killed, then its machine lost, then the controller, then the machine again past all return."""
    primary = cluster.primary
    cluster.sql(primary, "CREATE TABLE kept AS SELECT n, md5(n::text) AS text FROM generate_series(1, 10000) n")
    content = "SELECT md5(string_agg(n || text, ',' ORDER BY n)) FROM kept"
    before = cluster.sql(primary, content)
    time.sleep(1.5)
    moment = cluster.sql(primary, "SELECT clock_timestamp()")
    time.sleep(1.5)
    cluster.sql(primary, "DROP TABLE kept")
    known = listed(cluster)
    with s3.holding(f"GET backup/{known['stanza']}/{known['backups'][-1]['id']}/") as fetched:
        said = restore(cluster, time=moment)
        number, owner = said["restore"], said["next"].split(" brings")[0].rpartition(" ")[2]
        machine, aside = Machine.of(cluster, box, owner), f"{DATA}.aside-before-restore-{number}"
        until(lambda: fetched, bool, timeout=300)
        machine.run("pkill -9 -f '[p]gcharm.restoring restore'")
        machine.fault("crash")
        box.heal()
        until(lambda: machine.run("pgrep -f '[p]gcharm.restoring restore' || true"), bool)
        box.kill_controller()
    until(lambda: machine.run(f"cat {NOTES}"), lambda notes: '"state": "done"' in notes, timeout=120, delay=1)
    box.start_controller()
    machine.run(f"timeout 120 sh -c 'until test -e {aside}; do sleep 0.01; done'")
    machine.fault("crash")
    box.heal()
    through(cluster, int(number))
    for name in cluster.words():
        assert cluster.sql(name, content) == before
    assert on(cluster, owner, f"ls -d {DATA}.*").split() == [aside]
    cluster.nothing_lost_and_still_writing()
    made = cluster.juju.run(cluster.primary, "backup", {"type": "incr"}, wait=600).results
    assert made, "the next backup needs nobody's hand"


def test_every_machine_lost_another_application_begins_with_the_newest_of_it(
    cluster: Cluster, box: boxes.Box, s3: S3, scratch: Path
) -> None:
    juju, unit = cluster.juju, f"{AFTER}/0"
    assert juju.model is not None
    cluster.sql(cluster.primary, "CREATE TABLE last_words AS SELECT 'still here' AS said")
    cluster.sql(cluster.primary, "SELECT pg_switch_wal()")
    stanza = restore(cluster, dry_run=True)["from"]
    waiting = "SELECT count(*) FROM pg_ls_archive_statusdir() WHERE name LIKE '%.ready'"
    until(lambda: cluster.sql(cluster.primary, waiting), lambda said: said == "0", timeout=60, delay=1)
    for name in cluster.words():
        box.fault(juju.model, "crash", cluster.machine(name))
    kept = {path.name for path in s3.bucket("backups").iterdir()}
    juju.deploy(max((scratch / SERVER).glob("postgresql_*.charm")), AFTER, base="debian@12")
    until(lambda: said_of(cluster, AFTER), lambda said: said == "primary", timeout=400, delay=2)
    in_bucket(cluster, box, s3, AFTER)
    with pytest.raises(jubilant.TaskError, match=f"no stanza nobody-00000000 in the repository .*{stanza}"):
        juju.run(unit, "restore", {"confirm": AFTER, "source": "nobody-00000000"})
    told = juju.run(unit, "restore", {"confirm": AFTER, "source": stanza}, wait=300).results
    until(lambda: words_of(cluster, AFTER, "restore")(), lambda said: said == ["1 done"], timeout=300, delay=2)
    query = "runuser -u postgres -- psql -XAtqc 'SELECT said FROM last_words'"
    assert juju.exec(query, unit=unit).stdout.strip() == "still here"
    assert told["backups-afterwards"] != stanza
    afterwards = told["backups-afterwards"]
    until(lambda: listed(cluster, AFTER), lambda found: found.get("stanza") == afterwards, timeout=120, delay=3)
    backed_up(cluster, AFTER, "s3")
    assert kept <= {path.name for path in s3.bucket("backups").iterdir()}, "the lost cluster's backups are only read"


def said_of(cluster: Cluster, application: str) -> str:
    """What the first unit of an application says."""
    units = cluster.juju.status().apps[application].units
    return min((unit.workload_status.message for unit in units.values()), default="").partition(";")[0]
