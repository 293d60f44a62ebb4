"""Machines that have the charm's packages already, for tests of what comes after their installation.

Knows: the packages, and what keeps their services from starting. Must not know: what is tested.
A model with this in its MODEL_CONFIG gets its machines from an image that is made once; real clouds do the same with an
image of their own, and Juju with `cloudinit-userdata`.
"""

from __future__ import annotations

import asyncio
from pathlib import Path

import yaml

from jujubox.box import Box
from jujubox.cloudinit import parsed
from jujubox.machines import images
from pgcharm.packages import wanted_packages

_BEFORE = (
    "mkdir -p /etc/postgresql-common",
    "echo 'create_main_cluster = false' > /etc/postgresql-common/createcluster.conf",
    "ln -sf /dev/null /etc/systemd/system/etcd.service",
    "ln -sf /dev/null /etc/systemd/system/postgresql.service",
    "ln -sf /dev/null /etc/systemd/system/pgbackrest.service",
)


def prepared(release: str = "12", version: str = "15") -> dict[str, str]:
    """Model config for machines with the packages of a Debian release."""
    packages = [*wanted_packages("debian", release, version, "C.UTF-8"), "python3-venv", "python3-psycopg2"]
    return {"cloudinit-userdata": yaml.safe_dump({"preruncmd": list(_BEFORE), "packages": packages})}


def prepared_root(release: str, version: str) -> Path:
    """The root directory that such machines are made from, for whoever wants its programs. A box must be up."""
    userdata = parsed(prepared(release, version)["cloudinit-userdata"])
    return asyncio.run(images.ensure(Box.from_environment(), f"debian@{release}", userdata))
