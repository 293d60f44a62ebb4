"""Vanilla Patroni without the charm: three members on machines of the same box, for a comparison in the same run.

Knows: what Patroni's own documentation has one write by hand: an etcd, a patroni.yml and a unit file a member.
Must not know: what is measured.

Patroni, its libraries and psycopg2 are those of the packed charm, PostgreSQL and etcd those of the distribution, so
that only the configuration differs. As in Patroni's sample files there is no TLS, which makes connecting cheaper here.
"""

from __future__ import annotations

import json
import platform
import subprocess
import sys
import tempfile
import urllib.request
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from driving.box import Box
from driving.members import Members, Unit

PROFILES: Mapping[str, Mapping[str, Any]] = {
    "vanilla 20/5/7, quorum": {
        "ttl": 20, "loop_wait": 5, "retry_timeout": 7, "primary_start_timeout": 0, "synchronous_mode": "quorum",
    },
    "vanilla 30/10/10, asynchronous": {
        "ttl": 30, "loop_wait": 10, "retry_timeout": 10, "primary_start_timeout": 300, "synchronous_mode": False,
    },
}  # fmt: skip
"""Patroni's defaults, and the charm's timing; ttl/loop_wait/retry_timeout."""

INSTALL = """\
set -e
mkdir -p /etc/postgresql-common
echo 'create_main_cluster = false' > /etc/postgresql-common/createcluster.conf
systemctl mask --quiet etcd.service
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
apt-get install -yqq --no-install-recommends -o Dpkg::Options::=--force-confold etcd-server postgresql
systemctl unmask --quiet etcd.service
install -d -o postgres -m 700 /var/lib/postgresql/vanilla /var/lib/postgresql/vanilla/data
chown postgres /etc/patroni.yml
systemctl daemon-reload
systemctl enable --quiet --no-block --now etcd.service patroni.service
"""
ETCD = """\
ETCD_NAME={name}
ETCD_DATA_DIR=/var/lib/etcd/vanilla
ETCD_LISTEN_CLIENT_URLS=http://{address}:2379,http://127.0.0.1:2379
ETCD_ADVERTISE_CLIENT_URLS=http://{address}:2379
ETCD_LISTEN_PEER_URLS=http://{address}:2380
ETCD_INITIAL_ADVERTISE_PEER_URLS=http://{address}:2380
ETCD_INITIAL_CLUSTER={cluster}
ETCD_INITIAL_CLUSTER_STATE=new
"""
SERVICE = """\
[Unit]
Description=Patroni
After=network.target etcd.service
[Service]
User=postgres
Group=postgres
Environment=PYTHONPATH=/opt/patroni
ExecStart=/usr/bin/python3 -m patroni /etc/patroni.yml
ExecReload=/bin/kill -s HUP $MAINPID
KillMode=process
TimeoutSec=30
Restart=on-failure
[Install]
WantedBy=multi-user.target
"""
PATRONI = """\
scope: vanilla
name: {name}
restapi: {{listen: "0.0.0.0:8008", connect_address: "{address}:8008"}}
etcd3: {{hosts: "{hosts}"}}
bootstrap:
  dcs:
    maximum_lag_on_failover: 1048576
    postgresql: {{use_pg_rewind: true, parameters: {{max_connections: 100}}}}
  initdb: [{{encoding: UTF8}}, data-checksums]
postgresql:
  listen: 0.0.0.0:5432
  connect_address: {address}:5432
  data_dir: /var/lib/postgresql/vanilla/data
  bin_dir: {binaries}
  pgpass: /var/lib/postgresql/.vanilla-pgpass
  authentication:
    superuser: {{username: postgres, password: zalando}}
    replication: {{username: replicator, password: rep-pass}}
    rewind: {{username: rewind_user, password: rewind_password}}
  pg_hba:
    - local all all trust
    - host replication replicator 0.0.0.0/0 scram-sha-256
    - host all all 0.0.0.0/0 scram-sha-256
"""


class Vanilla(Members):
    """Three members that Patroni alone looks after."""

    def __init__(self, box: Box, machines: Mapping[str, str], version: str) -> None:
        """`machines`: address of each instance; `version`: the distribution's PostgreSQL."""
        units = [Unit(f"vanilla-{number}", *of) for number, of in enumerate(machines.items())]
        super().__init__(box, {unit.name: unit for unit in units}, "proof", "http")
        self.version = version

    def install(self, charm: Path) -> None:
        """Put everything onto the machines, all at once, and wait until the cluster is whole."""
        with tempfile.TemporaryDirectory() as scratch:
            unpack_patroni(charm, Path(scratch))
            for unit in self.units.values():
                self._write_files(unit, Path(scratch, "site"))
        works = [self._spawn(unit, INSTALL) for unit in self.units.values()]
        for work in works:
            _, said = work.communicate()
            if work.returncode:
                raise RuntimeError(f"cannot install vanilla Patroni: {said.decode()[-2000:]}")
        self.await_whole(180)
        self.prepare()

    def _spawn(self, unit: Unit, script: str) -> subprocess.Popen[bytes]:
        argv = [sys.executable, "-m", "jujubox.command", "machine", "exec", unit.instance, "sh", "-c", script]
        return subprocess.Popen(argv, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)

    def _write_files(self, unit: Unit, site: Path) -> None:
        root = self.box.home / "machines" / unit.instance / "root"
        subprocess.run(["cp", "-r", str(site), str(root / "opt/patroni")], check=True)
        cluster = ",".join(f"{each.name}=http://{each.address}:2380" for each in self.units.values())
        hosts = ",".join(f"{each.address}:2379" for each in self.units.values())
        words = {"name": unit.name, "address": unit.address, "cluster": cluster, "hosts": hosts}
        words["binaries"] = f"/usr/lib/postgresql/{self.version}/bin"
        for path, text in {
            "etc/default/etcd": ETCD.format(**words),
            "etc/patroni.yml": PATRONI.format(**words),
            "etc/systemd/system/patroni.service": SERVICE,
        }.items():
            (root / path).write_text(text)

    def profile(self, name: str) -> None:
        """Change to one of the profiles, and wait until it holds."""
        self.post("PATCH", "config", PROFILES[name])
        self.await_whole()

    def switch_over(self, primary: Unit) -> None:
        """Hand the primary's role to another member, as patronictl does."""
        self.post("POST", "switchover", {"leader": primary.member})

    def post(self, method: str, path: str, body: Mapping[str, Any]) -> None:
        """Tell the primary's Patroni something."""
        primary = self.primary()
        assert primary is not None
        url = f"http://{primary.address}:8008/{path}"
        request = urllib.request.Request(url, json.dumps(body).encode(), method=method)
        urllib.request.urlopen(request, timeout=60).close()


def unpack_patroni(charm: Path, scratch: Path) -> None:
    """Patroni and its libraries from a packed charm's wheels, into `scratch/site`."""
    with zipfile.ZipFile(charm) as archive:
        archive.extractall(scratch, [name for name in archive.namelist() if name.startswith("wheelhouse/")])
    tags = ("manylinux2014", "manylinux_2_17", "manylinux2010", "manylinux_2_12", "manylinux_2_28")
    platforms = [option for tag in tags for option in ("--platform", f"{tag}_{platform.machine()}")]
    argv = [sys.executable, "-m", "pip", "install", "--quiet", "--no-index", "--only-binary=:all:",
            "--find-links", str(scratch / "wheelhouse"), "--target", str(scratch / "site"),
            "--python-version", "3.11", "--implementation", "cp", "--abi", "cp311", "--abi", "abi3", "--abi", "none",
            *platforms, "--platform", "any", "patroni[etcd3]", "psycopg2-binary"]  # fmt: skip
    subprocess.run(argv, check=True)
