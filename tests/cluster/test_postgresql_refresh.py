"""New software under a running cluster, on real machines, while the ledger writes: the charm and PostgreSQL's packages.

One deployment, in order; every test leaves three healthy units of the first charm's code to the next.
"""

from __future__ import annotations

import shlex
import zipfile
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

import jubilant
import pytest
from driving.postgresql import ROOT, SERVER, Cluster, deployed, packed
from driving.prepared import prepared
from driving.waiting import until

MODEL_CONFIG = {"lease-seconds": 15, **prepared()}
PATRONI = "postgresql-patroni.service"
NEWER = """
set -e
mkdir -p /var/local/newer; cd /var/local/newer
apt-get download -q postgresql-15
dpkg-deb -R postgresql-15_*.deb tree; rm postgresql-15_*.deb
sed -i 's/^Version: .*/&+newer1/' tree/DEBIAN/control
dpkg-deb -Znone -b tree newer.deb; rm -r tree
(dpkg-deb -f newer.deb; echo Filename: ./newer.deb; echo Size: $(stat -c %s newer.deb)
 echo SHA256: $(sha256sum newer.deb | cut -d' ' -f1); echo) > Packages
echo 'deb [trusted=yes] file:/var/local/newer ./' > /etc/apt/sources.list.d/newer.list
"""
"""An archive on the machine itself, with the same PostgreSQL under a newer version."""


def changed(charm: Path, target: Path, edits: Mapping[str, Callable[[str], str]]) -> Path:
    """A charm with the text of some of its files changed."""
    with zipfile.ZipFile(charm) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as new:
        assert set(edits) <= set(old.namelist())
        for entry in old.infolist():
            content = old.read(entry)
            if entry.filename in edits:
                content = edits[entry.filename](content.decode()).encode()
            entry.compress_type = zipfile.ZIP_STORED
            new.writestr(entry, content)
    return target


@pytest.fixture(scope="module")
def first(scratch: Path) -> Path:
    return packed(ROOT, SERVER, scratch / "first")


@pytest.fixture(scope="module")
def cluster(juju: jubilant.Juju, scratch: Path) -> Cluster:
    """Three units and the ledger on Debian 12."""
    return deployed(juju, scratch, 3)


def on(cluster: Cluster, unit: str, script: str) -> str:
    return cluster.juju.exec(f"sh -c {shlex.quote(script)}", unit=unit).stdout.strip()


def started(cluster: Cluster) -> dict[str, int]:
    """When Patroni was started on each unit, in microseconds of the machines' common clock."""
    ask = f"systemctl show --property=ExecMainStartTimestampMonotonic --value {PATRONI}"
    return {unit: int(on(cluster, unit, ask)) for unit in cluster.words()}


def levels(cluster: Cluster) -> list[str]:
    return [unit.workload_status.current for unit in cluster.juju.status().apps[SERVER].units.values()]


def restored(cluster: Cluster) -> None:
    cluster.settled(3)
    cluster.nothing_lost_on_any(3)


def test_a_refresh_goes_standby_by_standby_then_the_primary_hands_over_and_follows(
    cluster: Cluster, first: Path, scratch: Path
) -> None:
    was, before = cluster.primary, started(cluster)
    second = changed(first, scratch / "second.charm", {"requirements.txt": lambda text: text + "# a later lock\n"})
    cluster.juju.refresh(SERVER, path=second)
    after = until(
        lambda: started(cluster), lambda now: all(now[unit] > before[unit] for unit in now), timeout=400, delay=2
    )
    restored(cluster)
    assert max(after, key=lambda unit: after[unit]) == was
    assert cluster.primary != was
    runs = (
        "readlink /opt/postgresql-charm/venv; tr '\\0' '\\n' < /proc/$(systemctl show -P MainPID "
        + PATRONI
        + ")/cmdline"
    )
    for unit in cluster.words():
        environment, python, *_ = on(cluster, unit, runs).splitlines()
        assert python == f"/opt/postgresql-charm/{environment}/bin/python"


def test_rolled_back_it_goes_the_same_way(cluster: Cluster, first: Path) -> None:
    was, before = cluster.primary, started(cluster)
    cluster.juju.refresh(SERVER, path=first)
    after = until(
        lambda: started(cluster), lambda now: all(now[unit] > before[unit] for unit in now), timeout=400, delay=2
    )
    restored(cluster)
    assert max(after, key=lambda unit: after[unit]) == was


def test_a_charm_whose_hooks_fail_harms_nothing_and_is_rolled_back(
    cluster: Cluster, first: Path, scratch: Path
) -> None:
    before = started(cluster)
    broken = changed(first, scratch / "broken.charm", {"hooks/launch": lambda _: "#!/bin/sh\nexit 3\n"})
    cluster.juju.refresh(SERVER, path=broken)
    until(lambda: levels(cluster), lambda found: found == ["error"] * 3, timeout=120, delay=1)
    cluster.nothing_lost_and_still_writing()
    cluster.juju.cli("refresh", SERVER, "--path", str(first), "--force-units")
    for unit in cluster.words():
        with suppress(jubilant.CLIError):  # its hook may have been tried again already
            cluster.juju.cli("resolved", unit)
    until(lambda: levels(cluster), lambda found: "error" not in found, timeout=120, delay=1)
    restored(cluster)
    assert started(cluster) == before


def test_software_that_does_not_start_stops_at_the_first_standby(cluster: Cluster, first: Path, scratch: Path) -> None:
    before, primary = started(cluster), cluster.primary
    edit = {"templates/patroni.service.j2": lambda text: text.replace("-m patroni ", "-m no_such_module ")}
    cluster.juju.refresh(SERVER, path=changed(first, scratch / "unstartable.charm", edit))
    until(
        cluster.words, lambda words: any("Patroni does not answer" in w for w in words.values()), timeout=120, delay=1
    )
    said = until(cluster.words, lambda words: sum("its turn" in w for w in words.values()) == 2, timeout=60, delay=1)
    cluster.nothing_lost_and_still_writing()
    untouched = [unit for unit, when in started(cluster).items() if when == before[unit]]
    assert len(untouched) == 2, said
    assert primary in untouched
    assert said[primary].startswith("primary")
    cluster.juju.refresh(SERVER, path=first)
    restored(cluster)
    assert cluster.primary == primary


def test_packages_upgraded_by_somebody_else_are_told_and_not_taken_into_use(cluster: Cluster) -> None:
    for unit in cluster.words():
        on(cluster, unit, NEWER)
    unit = next(unit for unit, said in cluster.words().items() if said.startswith("standby"))
    before = cluster.sql(unit, "SELECT pg_postmaster_start_time()")
    on(cluster, unit, "apt-get -qq update && apt-get -qq -y install --only-upgrade postgresql-15 >/dev/null 2>&1")
    cluster.juju.exec("hooks/update-status", unit=unit)
    assert "+newer1 is installed" in cluster.words()[unit]
    assert cluster.sql(unit, "SELECT pg_postmaster_start_time()") == before


def test_the_action_upgrade_takes_every_unit_to_the_newest_packages(cluster: Cluster) -> None:
    was = cluster.primary
    refused = next(unit for unit in cluster.words() if unit != cluster.leader)
    with pytest.raises(jubilant.TaskError, match="it is not the leader"):
        cluster.juju.run(refused, "upgrade")
    cluster.juju.run(f"{SERVER}/leader", "upgrade", wait=120)
    until(lambda: upgraded(cluster), lambda units: len(units) == 3, timeout=400, delay=2)
    restored(cluster)
    starts = {unit: cluster.sql(unit, "SELECT pg_postmaster_start_time()") for unit in cluster.words()}
    assert max(starts, key=lambda unit: starts[unit]) == was
    assert cluster.primary != was
    assert not any("is installed" in said for said in cluster.words().values())


def upgraded(cluster: Cluster) -> list[str]:
    """Units with the newer package, of which the running server is no older one."""
    ask = """
    test "$(readlink /proc/$(head -1 /var/lib/postgresql/15/postgresql/postmaster.pid)/exe)" = \
         /usr/lib/postgresql/15/bin/postgres && dpkg-query -W -f '${Version}' postgresql-15 || true"""
    return [unit for unit in cluster.words() if on(cluster, unit, ask).endswith("+newer1")]
