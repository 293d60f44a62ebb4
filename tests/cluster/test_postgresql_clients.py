"""Clients on real machines: what each is told, what its users may do, and what is refused, through a life of changes.

Two units of the charm; the ledger on `db`; a client on ops on all three endpoints; one that leaves the interfaces to
their published libraries; one of plain hooks on charmhelpers, which joins late; and in another model an application of
the same name as the one on ops. The tests run in order.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import jubilant
import pytest
from driving import box as boxes
from driving.packing import CHARMS, pack_with_packages
from driving.postgresql import ROOT, SERVER, Cluster, packed
from driving.prepared import prepared
from driving.waiting import until

MODEL_CONFIG = {"lease-seconds": 15, "personality": "3.6", **prepared()}
"""ops-lib-pgsql keeps its own notes with leader-set, which Juju 4.0 has no more."""
CLIENT, LIBRARY, CLASSIC = "dataclient", "libraryclient", "classicclient"
LIBRARIES = ("ops>=3,<4", "psycopg2-binary>=2.9,<3", "ops-lib-pgsql==1.4", "dpcharmlibs-interfaces>=1.2,<2")
HELPERS = ("charmhelpers>=1.2,<2", "psycopg2-binary>=2.9,<3", "PyYAML")
OWNER_ON_PRIMARY = [["jujuowner_pages", "jujudb_dataclient", False]]


@pytest.fixture(scope="module")
def client(scratch: Path) -> Path:
    """The client on ops, packed."""
    return pack_with_packages(CHARMS / CLIENT, scratch / f"{CLIENT}.charm", "ops>=3,<4", "psycopg2-binary>=2.9,<3")


@pytest.fixture(scope="module")
def abroad(box: object, client: Path) -> Iterator[Cluster]:
    """Another model, of Juju 4.0, with an application of the same name and no server."""
    with boxes.fresh_model("abroad", {**MODEL_CONFIG, "personality": "4.0"}) as driver:
        driver.deploy(client, CLIENT, base="debian@12")
        yield Cluster(driver)


@pytest.fixture(scope="module")
def cluster(juju: jubilant.Juju, scratch: Path, client: Path, abroad: Cluster) -> Cluster:
    """Everything, related."""
    assert abroad.juju.model != juju.model
    server = packed(ROOT, SERVER, scratch / "postgresql")
    ledger = packed(ROOT / "sample" / "ledger", "ledger", scratch / "ledger")
    deployed = Cluster(juju)
    deployed.deploy(server, ledger, 2, "debian@12")
    juju.deploy(client, CLIENT, base="debian@12")
    for name, packages in ((LIBRARY, LIBRARIES), (CLASSIC, HELPERS)):
        juju.deploy(pack_with_packages(CHARMS / name, scratch / f"{name}.charm", *packages), name, base="debian@12")
    for endpoint in ("db", "database"):
        juju.integrate(f"{LIBRARY}:{endpoint}", f"{SERVER}:{endpoint}")
    for endpoint, offered in (("database", "database"), ("db", "db"), ("admin", "db-admin")):
        juju.integrate(f"{CLIENT}:{endpoint}", f"{SERVER}:{offered}")
    deployed.settled(2, timeout=900)
    until(lambda: all(told(deployed, endpoint) for endpoint in ("db", "admin")), bool, timeout=120)
    until(lambda: told(deployed), lambda said: "read-only-endpoints" in said, timeout=120)
    return deployed


def unit(cluster: Cluster) -> str:
    """The client's only unit."""
    (name,) = cluster.juju.status().apps[CLIENT].units
    return name


def told(cluster: Cluster, endpoint: str = "database") -> dict[str, Any]:
    said: dict[str, Any] = json.loads(cluster.juju.run(unit(cluster), "told", {"endpoint": endpoint}).results["told"])
    return said


def ask(cluster: Cluster, *questions: dict[str, str]) -> list[Any]:
    """For each question rows, or the text with which the server refused."""
    results = cluster.juju.run(unit(cluster), "query", {"questions": json.dumps(questions)}).results
    answers: list[Any] = json.loads(results["answers"])
    return answers


def query(cluster: Cluster, endpoint: str, sql: str, **more: str) -> Any:
    (answer,) = ask(cluster, {"endpoint": endpoint, "sql": sql, **more})
    return answer


def wish(cluster: Cluster, endpoint: str, key: str, value: str) -> None:
    cluster.juju.run(unit(cluster), "wish", {"endpoint": endpoint, "key": key, "value": value})


def address(cluster: Cluster, server: str) -> str:
    return cluster.juju.status().apps[SERVER].units[server].public_address


def standby(cluster: Cluster) -> str:
    return next(name for name, words in cluster.words().items() if words.startswith("standby"))


def by_library(cluster: Cluster) -> dict[str, Any]:
    """What the published libraries have told their client."""
    said: dict[str, Any] = json.loads(cluster.juju.run(f"{LIBRARY}/0", "told").results["told"])
    return said


def through_library(cluster: Cluster, where: str, sql: str) -> Any:
    return json.loads(cluster.juju.run(f"{LIBRARY}/0", "query", {"where": where, "sql": sql}).results["answer"])


def of_plain_hooks(cluster: Cluster) -> str:
    status = cluster.juju.status().apps[CLASSIC].units[f"{CLASSIC}/0"].workload_status
    return f"{status.current}: {status.message}"


def test_the_database_client_finds_its_credentials_in_secrets(cluster: Cluster) -> None:
    info = cluster.juju.show_unit(unit(cluster))
    (relation,) = [each for each in info.relation_info if each.endpoint == "database"]
    assert relation.app_data["secret-user"].startswith("secret:")
    assert not {"username", "password", "uris"} & set(relation.app_data)
    said = told(cluster)
    assert said["database"] == "pages"
    assert said["endpoints"] == f"{address(cluster, cluster.primary)}:5432"
    assert said["read-only-endpoints"] == f"{address(cluster, standby(cluster))}:5432"
    assert said["tls"] == "True"
    assert "BEGIN CERTIFICATE" in said["tls-ca"]
    assert all(address(cluster, name) in said["uris"] for name in cluster.words())


def test_its_user_owns_its_database_and_reads_from_the_standby(cluster: Cluster) -> None:
    asked = (
        "SELECT current_user, session_user",
        "CREATE TABLE page (title text, tags own.hstore)",
        "INSERT INTO page VALUES ('one', 'a=>1')",
    )
    answers = ask(cluster, *({"endpoint": "database", "sql": sql} for sql in asked))
    assert answers == [[["jujuowner_pages", "jujudb_dataclient"]], [], []]
    host = address(cluster, standby(cluster))
    count = "SELECT count(*) FROM page"
    until(lambda: query(cluster, "database", count, host=host), lambda rows: rows == [[1]], timeout=30)
    assert "read-only transaction" in query(cluster, "database", "DELETE FROM page", host=host)


def test_no_user_reaches_more_than_its_own(cluster: Cluster) -> None:
    pairs = (("database", "polled"), ("db", "pages"), ("db", "ledger"), ("db", "postgres"))
    hosts = [address(cluster, name) for name in cluster.words()]
    foreign = [
        {"endpoint": endpoint, "sql": "SELECT 1", "database": name, "host": host}
        for endpoint, name in pairs
        for host in hosts
    ]
    for question, said in zip(foreign, ask(cluster, *foreign), strict=True):
        assert "no pg_hba.conf entry" in said, question
    powers = ("CREATE ROLE mine", "CREATE DATABASE mine", "SET ROLE postgres", "COPY (SELECT 1) TO '/tmp/x'")
    for sql, said in zip(powers, ask(cluster, *({"endpoint": "database", "sql": sql} for sql in powers)), strict=True):
        assert "permission denied" in said or "must be superuser" in said, (sql, said)
    assert query(cluster, "admin", "SELECT rolsuper FROM pg_roles WHERE rolname = session_user") == [[True]]


def test_one_who_polls_has_its_database_role_and_both_users(cluster: Cluster) -> None:
    said = told(cluster, "db")
    assert (said["database"], said["roles"], said["allowed-units"]) == ("polled", "readers", unit(cluster))
    assert query(cluster, "db", "SELECT pg_has_role(current_user, 'readers', 'member')") == [[True]]
    assert query(cluster, "db", "SELECT current_user", schema="yes") == [["jujuowner_polled"]]


def test_published_libraries_are_told_of_primary_standby_and_secrets(cluster: Cluster) -> None:
    primary, other = address(cluster, cluster.primary), address(cluster, standby(cluster))
    told_of_both = lambda said: bool(said["master"] and said["standbys"] and "uris" in said["modern"])  # noqa: E731
    said = until(lambda: by_library(cluster), told_of_both, timeout=120)
    assert f"host={primary}" in said["master"]
    assert [f"host={other}" in standby for standby in said["standbys"]] == [True]
    assert "dbname=bylibrary" in said["master"]
    assert said["modern"]["endpoints"] == f"{primary}:5432"
    assert {"MasterChangedEvent", "DatabaseAvailableEvent", "ResourceCreatedEvent"} <= set(said["events"])
    for where in ("master", "modern"):
        assert through_library(cluster, where, "CREATE TABLE note (text text)") == []
        assert through_library(cluster, where, "INSERT INTO note VALUES ('one')") == []
        assert "permission denied" in through_library(cluster, where, "CREATE ROLE mine")
    assert through_library(cluster, "master", "SELECT pg_has_role('readers', 'member'), current_database()") == [
        [True, "bylibrary"]
    ]
    assert through_library(cluster, "modern", "SELECT current_user, current_database()") == [
        ["jujuowner_modern", "modern"]
    ]
    assert "read-only" in through_library(cluster, "standby", "INSERT INTO note VALUES ('two')")


def test_a_wish_that_cannot_be_met_is_refused_by_name_and_the_others_are_served_on(cluster: Cluster) -> None:
    wish(cluster, "db", "extensions", "plpython3u")
    refused = f"cannot serve {CLIENT} (db:"
    until(
        cluster.words,
        lambda words: all("plpython3u" in said and refused in said for said in words.values()),
        timeout=90,
    )
    until(lambda: told(cluster, "db"), lambda said: not said, timeout=60)
    assert query(cluster, "database", "SELECT 1") == [[1]]
    cluster.nothing_lost_and_still_writing()
    wish(cluster, "db", "extensions", "pg_trgm(words)")
    until(lambda: told(cluster, "db").get("extensions"), lambda said: said == "pg_trgm(words)", timeout=90)
    cluster.settled(2)
    until(cluster.words, lambda words: not any("cannot serve" in said for said in words.values()))


def test_a_rotated_password_is_told_and_the_old_one_is_refused(cluster: Cluster) -> None:
    before = told(cluster)
    results = cluster.juju.run(cluster.leader, "rotate-client-password", {"application": CLIENT}).results
    assert "jujudb_dataclient" in results["users"]
    after = until(lambda: told(cluster), lambda said: said["password"] != before["password"], timeout=90)
    assert after["secret-user"] == before["secret-user"]
    assert query(cluster, "database", "SELECT count(*) FROM page") == [[1]]
    assert "password authentication failed" in query(cluster, "database", "SELECT 1", password=before["password"])
    until(lambda: query(cluster, "db", "SELECT 1"), lambda rows: rows == [[1]], timeout=60)


def test_the_endpoints_follow_the_primary_and_the_secret_stays(cluster: Cluster) -> None:
    before = told(cluster)
    wanted = standby(cluster)
    cluster.juju.run(cluster.primary, "switchover", {"to": wanted})
    after = until(
        lambda: told(cluster), lambda said: said["endpoints"] == f"{address(cluster, wanted)}:5432", timeout=60
    )
    assert (after["uris"], after["password"]) == (before["uris"], before["password"])
    assert query(cluster, "database", "INSERT INTO page VALUES ('two')") == []


def test_published_libraries_hear_of_the_new_primary_and_plain_hooks_join_then(cluster: Cluster) -> None:
    cluster.juju.integrate(f"{CLASSIC}:db", f"{SERVER}:db")
    primary = address(cluster, cluster.primary)
    heard = lambda said: f"host={primary}" in said["master"] and primary in said["modern"]["endpoints"]  # noqa: E731
    said = until(lambda: by_library(cluster), heard, timeout=90)
    assert "ResourceEndpointsChangedEvent" in said["events"]
    for where in ("master", "modern"):
        assert through_library(cluster, where, "INSERT INTO note VALUES ('three')") == []
    until(lambda: of_plain_hooks(cluster), lambda said: said == "active: writes, reads from 1", timeout=120)


def admitted(cluster: Cluster, user: str) -> set[str]:
    """The networks from which the primary's pg_hba.conf lets a user in."""
    rules = f"SELECT DISTINCT address, netmask FROM pg_hba_file_rules WHERE '{user}' = ANY (user_name)"  # noqa: S608
    rows = (row.split("|") for row in cluster.sql(cluster.primary, rules).splitlines())
    return {str(ip_network(f"{host}/{mask}")) for host, mask in rows}


def test_an_application_of_the_same_name_in_another_model_is_another(cluster: Cluster, abroad: Cluster) -> None:
    cluster.juju.offer(SERVER, endpoint=("db", "database"), name="base")
    host = abroad.juju.status().apps[CLIENT].units[f"{CLIENT}/0"].public_address
    around = str(ip_network(f"{host}/31", strict=False))
    offer = f"admin/{cluster.juju.model}.base"
    abroad.juju.cli("integrate", f"{CLIENT}:db", f"{offer}:db", "--via", f"{around},192.0.2.0/24")
    abroad.juju.model_config({"egress-subnets": f"{host}/32,198.51.100.0/24"})
    abroad.juju.integrate(f"{CLIENT}:database", "base:database")
    polled = until(lambda: told(abroad, "db"), lambda said: "user" in said, timeout=120)
    modern = until(lambda: told(abroad), lambda said: "username" in said, timeout=120)
    related = {each.related_app for each in cluster.juju.status().apps[SERVER].relations["db"]}
    (remote,) = (name for name in related if name.startswith("remote-"))
    model = abroad.juju.show_model(abroad.juju.model).model_uuid.replace("-", "")
    name = f"{remote.replace('-', '_')}__{model[:12]}"
    assert (polled["user"], modern["username"]) == (f"juju_{name}", f"jujudb_{name}")
    assert polled["password"] != told(cluster, "db")["password"]
    assert modern["endpoints"] == f"{address(cluster, cluster.primary)}:5432"
    assert query(abroad, "db", "CREATE TABLE parcel (what text)", schema="yes") == []
    assert query(abroad, "db", "INSERT INTO parcel VALUES ('one')") == []
    assert query(cluster, "db", "SELECT what FROM parcel") == [["one"]]
    assert query(abroad, "database", "INSERT INTO page VALUES ('from abroad')") == []
    assert admitted(cluster, polled["user"]) == {around, "192.0.2.0/24"}
    assert admitted(cluster, modern["username"]) == {f"{host}/32", "198.51.100.0/24"}
    assert f"{host}/32" not in admitted(cluster, told(cluster, "db")["user"])
    assert "no pg_hba.conf entry" in query(abroad, "db", "SELECT 1", database="ledger")
    assert told(cluster)["username"] == "jujudb_dataclient"


def both(cluster: Cluster, sql: str, port: str) -> list[Any]:
    """The answers through every unit's pooler."""
    hosts = [address(cluster, name) for name in sorted(cluster.words())]
    return ask(cluster, *({"endpoint": "database", "sql": sql, "host": host, "port": port} for host in hosts))


def test_where_pgbouncer_cannot_be_had_a_unit_says_so_and_serves_on(cluster: Cluster) -> None:
    other = standby(cluster)
    pin = "Package: pgbouncer\\nPin: release *\\nPin-Priority: -1\\n"
    cluster.juju.exec(f"printf '{pin}' > /etc/apt/preferences.d/none", unit=other)
    cluster.juju.config(SERVER, {"pooler": "transaction"})
    said = until(
        lambda: cluster.words()[other], lambda said: "no pooler, PgBouncer cannot be installed" in said, timeout=120
    )
    assert said.startswith("standby")
    assert query(cluster, "database", "SELECT 1") == [[1]]
    cluster.nothing_lost_and_still_writing()
    cluster.juju.config(SERVER, {"pooler": "off"})
    until(lambda: cluster.words()[other], lambda said: "PgBouncer" not in said, timeout=90)
    cluster.juju.exec("rm /etc/apt/preferences.d/none", unit=other)


def test_the_poolers_are_told_to_who_asks_for_them_and_to_nobody_else(cluster: Cluster) -> None:
    cluster.juju.config(SERVER, {"pooler": "transaction"})
    wish(cluster, "database", "pooler", "yes")
    said = until(lambda: told(cluster), lambda said: said.get("pooler") == "yes", timeout=120)
    assert said["endpoints"] == f"{address(cluster, cluster.primary)}:6432"
    assert said["read-only-endpoints"] == f"{address(cluster, standby(cluster))}:6433"
    assert all(f"{address(cluster, name)}:6432" in said["uris"] for name in cluster.words())
    assert told(cluster, "db")["port"] == "5432"
    who = "SELECT current_user, session_user, pg_is_in_recovery()"
    until(lambda: both(cluster, who, "6432"), lambda found: found == [OWNER_ON_PRIMARY] * 2, timeout=30)
    assert sorted(both(cluster, "SELECT pg_is_in_recovery()", "6433")) == [[[False]], [[True]]]
    cluster.nothing_lost_and_still_writing()


def test_a_pooler_lets_in_whom_the_server_lets_in_and_nobody_else(cluster: Cluster) -> None:
    host = address(cluster, cluster.primary)
    through = {"host": host, "port": "6432", "sql": "SELECT 1"}
    stranger, foreign, wrong, console = ask(
        cluster,
        {"endpoint": "db", **through},
        {"endpoint": "db", "database": "pages", **through},
        {"endpoint": "database", "password": "guessed", **through},
        {"endpoint": "database", "database": "pgbouncer", **through},
    )
    for refused in (stranger, foreign, wrong, console):
        assert isinstance(refused, str), refused
    assert "authentication failed" in wrong, wrong
    users = cluster.juju.exec("stat -c '%a %U' /etc/postgresql-charm/pooler_users.txt", unit=cluster.primary).stdout
    assert users.strip() == "600 postgres"
    kept = cluster.juju.exec("cat /etc/postgresql-charm/pooler_*", unit=cluster.primary).stdout
    assert told(cluster)["password"] not in kept


def test_through_a_pooler_a_planned_switchover_is_a_slow_query_and_no_error(cluster: Cluster) -> None:
    wanted = standby(cluster)
    with ThreadPoolExecutor() as pool:
        work = pool.submit(lambda: cluster.juju.run(unit(cluster), "work", {"seconds": 90}).results)
        rows = "SELECT count(*) FROM page WHERE title = 'work'"
        until(lambda: cluster.sql(cluster.primary, rows, "pages"), lambda count: int(count) > 5, timeout=60)
        cluster.juju.run(cluster.primary, "switchover", {"to": wanted})
        done = work.result()
    assert json.loads(done["refusals"]) == [], done
    assert len(json.loads(done["servers"])) == 2, done
    assert float(done["longest"]) < 20, done
    cluster.settled(2)
    assert cluster.primary == wanted


def test_the_poolers_follow_a_failover_that_nobody_planned(cluster: Cluster) -> None:
    before = cluster.primary
    kill = "kill -9 $(head -1 /var/lib/postgresql/15/postgresql/postmaster.pid)"
    cluster.juju.exec(kill, unit=before)
    until(
        lambda: both(cluster, "SELECT pg_is_in_recovery(), inet_server_addr()::text", "6432"),
        lambda found: all(isinstance(rows, list) and rows[0][0] is False for rows in found) and found[0] == found[1],
        timeout=60,
    )
    cluster.settled(2)
    cluster.nothing_lost_and_still_writing()
    until(lambda: of_plain_hooks(cluster), lambda said: said == "active: writes, reads from 1", timeout=120)
    until(lambda: through_library(cluster, "master", "SELECT count(*) FROM note"), lambda n: n == [[2]], timeout=60)


def test_a_client_in_another_model_hears_of_the_new_primary(cluster: Cluster, abroad: Cluster) -> None:
    primary = f"{address(cluster, cluster.primary)}:5432"
    until(lambda: told(abroad).get("endpoints"), lambda said: said == primary, timeout=60)
    until(lambda: told(abroad, "db").get("endpoints"), lambda said: said == primary, timeout=60)
    assert query(abroad, "database", "INSERT INTO page VALUES ('from abroad')") == []


def test_an_upgrade_restarts_what_runs_from_an_older_package_the_poolers_too(cluster: Cluster) -> None:
    other = standby(cluster)
    processes = "systemctl show --property=MainPID --value postgresql-pooler postgresql-pooler-reads"
    before = cluster.juju.exec(processes, unit=other).stdout.split()
    cluster.juju.exec("cp -a /usr/sbin/pgbouncer /usr/sbin/new && mv /usr/sbin/new /usr/sbin/pgbouncer", unit=other)
    cluster.juju.run(cluster.leader, "upgrade")
    until(
        lambda: cluster.juju.exec(processes, unit=other).stdout.split(),
        lambda now: len(set(now) - {"0", *before}) == 2,
        timeout=180,
    )
    application = lambda: cluster.juju.status().apps[SERVER].app_status.message  # noqa: E731
    until(application, lambda said: "upgrading" not in said, timeout=180)
    cluster.settled(2)
    assert both(cluster, "SELECT 1", "6432") == [[[1]]] * 2


def test_in_session_mode_a_setting_lasts_as_long_as_its_session(cluster: Cluster) -> None:
    cluster.juju.config(SERVER, {"pooler": "session"})
    mode = "psql -h /run/postgresql-pooler -p 6432 -U root pgbouncer -XAtc 'SHOW CONFIG' | grep ^pool_mode"
    until(
        lambda: [cluster.juju.exec(mode, unit=name).stdout for name in cluster.words()],
        lambda said: all("session" in each for each in said),
        timeout=90,
    )
    read = {"endpoint": "database", "sql": "SELECT coalesce(current_setting('my.word', true), '')", "port": "6432"}
    assert ask(cluster, {**read, "before": "SET my.word = 'kept'"}, read, read) == [[["kept"]], [[""]], [[""]]]


def test_a_primary_that_is_removed_is_a_slow_query_through_another_units_pooler(cluster: Cluster) -> None:
    cluster.juju.config(SERVER, {"pooler": "transaction"})
    cluster.settled(2)
    left, gone = standby(cluster), cluster.primary
    with ThreadPoolExecutor() as pool:
        how = {"seconds": 90, "through": address(cluster, left)}
        work = pool.submit(lambda: cluster.juju.run(unit(cluster), "work", how).results)
        rows = "SELECT count(*) FROM page WHERE title = 'work'"
        before = int(cluster.sql(gone, rows, "pages"))
        until(lambda: cluster.sql(gone, rows, "pages"), lambda count: int(count) > before + 5, timeout=60)
        cluster.juju.remove_unit(gone)
        done = work.result()
    assert json.loads(done["refusals"]) == [], done
    assert len(json.loads(done["servers"])) == 2, done
    cluster.settled(1)
    said = until(lambda: told(cluster), lambda said: said["endpoints"] == f"{address(cluster, left)}:6432", timeout=90)
    assert said["pooler"] == "yes"
    assert both(cluster, "SELECT current_user, session_user, pg_is_in_recovery()", "6432") == [OWNER_ON_PRIMARY]
    cluster.nothing_lost_and_still_writing()


def test_poolers_that_are_turned_off_stay_until_nobody_uses_them(cluster: Cluster) -> None:
    cluster.juju.config(SERVER, {"pooler": "off"})
    host = address(cluster, cluster.primary)
    until(lambda: told(cluster).get("endpoints"), lambda said: said == f"{host}:5432", timeout=90)
    active = "systemctl is-active postgresql-pooler postgresql-pooler-reads || true"
    until(
        lambda: [cluster.juju.exec(active, unit=name).stdout.split() for name in cluster.words()],
        lambda said: said == [["inactive"] * 2],
        timeout=90,
    )
    assert query(cluster, "database", "SELECT 1") == [[1]]
    assert "poolers" not in " ".join(cluster.settled(1).values())


def test_a_client_scaled_to_nothing_and_back_finds_everything(cluster: Cluster) -> None:
    user, password = told(cluster)["username"], told(cluster)["password"]
    cluster.juju.remove_unit(unit(cluster))
    lines = "SELECT count(*) FROM pg_hba_file_rules WHERE 'jujudb_dataclient' = ANY (user_name)"
    until(lambda: cluster.sql(cluster.primary, lines), lambda count: count == "0", timeout=120)
    until(lambda: cluster.juju.status().apps[CLIENT].units, lambda units: not units, timeout=120)
    cluster.juju.add_unit(CLIENT)
    cluster.juju.wait(lambda status: jubilant.all_active(status, CLIENT), timeout=180)
    until(lambda: told(cluster), lambda said: "username" in said, timeout=120)
    assert (told(cluster)["username"], told(cluster)["password"]) == (user, password)
    until(
        lambda: query(cluster, "database", "SELECT count(*) FROM page"),
        lambda rows: isinstance(rows, list) and rows[0][0] > 2,
        timeout=120,
        delay=1,
    )


def test_clients_that_are_taken_away_lose_their_logins_and_leave_their_databases(
    cluster: Cluster, abroad: Cluster
) -> None:
    for endpoint in ("db", "database"):
        abroad.juju.cli("remove-relation", f"{CLIENT}:{endpoint}", f"base:{endpoint}")
    for name, endpoint in ((LIBRARY, "db"), (LIBRARY, "database"), (CLASSIC, "db")):
        cluster.juju.cli("remove-relation", f"{name}:{endpoint}", f"{SERVER}:{endpoint}")
    login = "SELECT count(*) FROM pg_roles WHERE rolcanlogin AND rolname ~ '_(library|classic)client|_remote_'"
    until(lambda: cluster.sql(cluster.primary, login), lambda count: count == "0", timeout=120)
    until(lambda: of_plain_hooks(cluster), lambda said: said == "blocked: no database any more", timeout=60)
    until(lambda: by_library(cluster)["events"], lambda events: "DatabaseGoneEvent" in events, timeout=60)
    databases = set(cluster.sql(cluster.primary, "SELECT datname FROM pg_database").split())
    assert {"bylibrary", "modern", "classic"} <= databases
    abroad.juju.cli("remove-saas", "base")
    cluster.juju.cli("remove-offer", f"{cluster.juju.model}.base", include_model=False)
    rules = (
        "SELECT count(*) FROM pg_hba_file_rules"
        " WHERE array_to_string(user_name, ',') ~ '_(library|classic)client|_remote_'"
    )
    until(lambda: cluster.sql(cluster.primary, rules), lambda count: count == "0", timeout=60)


def test_databases_are_listed_and_one_that_nobody_needs_is_dropped(cluster: Cluster) -> None:
    primary = cluster.primary
    found = json.loads(cluster.juju.run(primary, "list-databases").results["json"])
    assert {"ledger", "pages", "polled"} <= set(found)
    assert found["pages"]["clients"][0].startswith(f"{CLIENT} (database:")
    assert any("juju_ledger" in said for said in found["ledger"]["connected"])
    with pytest.raises(jubilant.TaskError) as failure:
        cluster.juju.run(primary, "drop-database", {"database": "pages", "confirm": "pages"})
    assert f"{CLIENT} (database:" in failure.value.task.message
    cluster.juju.cli("remove-relation", f"{CLIENT}:database", f"{SERVER}:database")
    login = "SELECT count(*) FROM pg_roles WHERE rolcanlogin AND rolname = 'jujudb_dataclient'"
    until(lambda: cluster.sql(primary, login), lambda count: count == "0", timeout=120)
    cluster.juju.run(primary, "drop-database", {"database": "pages", "confirm": "pages"})
    assert "pages" not in cluster.sql(primary, "SELECT datname FROM pg_database").split()
    until(
        lambda: [secret.label for secret in cluster.juju.secrets() if (secret.label or "").startswith("client-")],
        lambda labels: not labels,
        timeout=60,
    )
