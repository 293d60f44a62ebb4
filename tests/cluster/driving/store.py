"""Where the tests' clusters keep their backups: a bucket of `driving.s3`, or an SFTP server on a machine of the model.

Knows: the charm's options and secrets for each kind. Must not know: what is backed up.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable
from typing import Any

import jubilant

from driving.box import Box
from driving.postgresql import SERVER, Cluster
from driving.s3 import NAME, S3
from driving.waiting import until

_SFTP = """
apt-get install --yes --quiet --no-install-recommends openssh-server >/dev/null 2>&1
id keeper >/dev/null 2>&1 || useradd --create-home keeper
mkdir -p /home/keeper/.ssh /home/keeper/backups
test -f /root/keeper || ssh-keygen -q -t ecdsa -m PEM -N '' -f /root/keeper
cp /root/keeper.pub /home/keeper/.ssh/authorized_keys
chown -R keeper: /home/keeper
chmod 700 /home/keeper/.ssh
mkdir -p /run/sshd /etc/systemd/system/ssh.service.d
printf '[Service]\nLimitNOFILE=65536\n' > /etc/systemd/system/ssh.service.d/files.conf
systemctl daemon-reload
systemctl enable ssh >/dev/null 2>&1
systemctl restart ssh
"""


def in_bucket(cluster: Cluster, box: Box, s3: S3, application: str = SERVER, bucket: str = "backups") -> None:
    """Have an application keep its backups in a bucket, and wait for the first."""
    resolve(cluster, box, s3, application)
    keys = {"access-key": s3.access_key, "secret-key": s3.secret_key}
    secret = cluster.juju.add_secret(f"s3-{application}", keys)
    cluster.juju.grant_secret(secret, application)
    options = {
        "backup-repository": "s3", "backup-s3-bucket": bucket, "backup-s3-endpoint": s3.endpoint,
        "backup-s3-uri-style": "path", "backup-s3-ca": s3.authority, "backup-s3-credentials": str(secret),
    }  # fmt: skip
    cluster.juju.config(application, options)
    backed_up(cluster, application, "s3")


def resolve(cluster: Cluster, box: Box, s3: S3, application: str) -> None:
    """Let the application's machines know the server's name."""
    status = cluster.juju.status()
    for unit in until(lambda: status.apps[application].units, bool, timeout=60).values():
        instance = status.machines[unit.machine].instance_id
        box.in_machine(instance, "sh", "-c", f"grep -q {NAME} /etc/hosts || echo {s3.address} {NAME} >> /etc/hosts")


def on_sftp(cluster: Cluster, box: Box, machine: str) -> None:
    """Make an SFTP server of a machine, have the application keep its backups there, and wait for the first."""
    status = cluster.juju.status()
    seen = status.machines[machine]
    box.in_machine(seen.instance_id, "sh", "-c", _SFTP)
    private = box.in_machine(seen.instance_id, "cat", "/root/keeper")
    digest = "cut -d' ' -f2 /etc/ssh/ssh_host_ecdsa_key.pub | base64 -d | sha256sum | cut -d' ' -f1"
    fingerprint = box.in_machine(seen.instance_id, "sh", "-c", digest).strip()
    secret = cluster.juju.add_secret("sftp", {"private-key": private.strip() + "\n", "host-fingerprint": fingerprint})
    cluster.juju.grant_secret(secret, SERVER)
    options = {
        "backup-repository": "sftp", "backup-sftp-host": seen.dns_name, "backup-sftp-user": "keeper",
        "backup-path": "/home/keeper/backups", "backup-sftp-credentials": str(secret),
    }  # fmt: skip
    cluster.juju.config(SERVER, options)
    backed_up(cluster, SERVER, "sftp")


def listed(cluster: Cluster, application: str = SERVER) -> dict[str, Any]:
    """What list-backups tells, as JSON; nothing while it is refused."""
    unit = min(cluster.juju.status().apps[application].units)
    try:
        found: dict[str, Any] = json.loads(cluster.juju.run(unit, "list-backups").results["json"])
    except (jubilant.TaskError, jubilant.CLIError):
        return {}
    return found


def backups(cluster: Cluster, application: str = SERVER) -> list[dict[str, Any]]:
    """The backups that list-backups tells of."""
    return list(listed(cluster, application).get("backups", ()))


def backed_up(cluster: Cluster, application: str = SERVER, kind: str = "local", timeout: float = 400) -> None:
    """Wait until there is a backup in the application's own stanza of a repository of a kind."""

    def there(found: dict[str, Any]) -> bool:
        return bool(found.get("backups")) and found["ours"] and found["repository"]["kind"] == kind

    until(lambda: listed(cluster, application), there, timeout=timeout, delay=3)


def words_of(cluster: Cluster, application: str, key: str) -> Callable[[], list[str]]:
    """What each unit says in the peer relation under a key."""

    def said() -> list[str]:
        found = []
        for unit in cluster.juju.status().apps[application].units:
            script = f"relation-get -r $(relation-ids cluster) {key} {unit}"
            found.append(cluster.juju.exec(f"sh -c {shlex.quote(script)}", unit=unit).stdout.strip())
        return found

    return said


def followed(cluster: Cluster) -> list[str]:
    """What each unit says of its part in the last restore."""
    return words_of(cluster, SERVER, "restore")()
