"""What is on the machine: packages, files by digest, services, certificates, the unit's own notes.

Knows: where to look. Must not know: what ought to be there.
"""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path

from pgcharm import tls
from pgcharm.adapters import host
from pgcharm.layout import PROGRAMS, Layout
from pgcharm.observation import Certificate, Machine, Memory, Service
from pgcharm.packages import DISTRIBUTION_SERVICES, wanted_packages


@dataclass(frozen=True)
class Basics:
    """What has to be known before it is clear where to look for the rest."""

    distribution: str
    release: str
    codename: str

    def memories(self, application: str) -> Memory:
        return read_memory(Layout(application, "").memory)


def observe_basics() -> Basics:
    return Basics(*host.distribution())


def observe_machine(basics: Basics, layout: Layout) -> Machine:
    """The machine, once it is clear where things are."""
    every_package = wanted_packages(basics.distribution, basics.release, layout.version, "xx_XX.UTF-8", pooler=True)
    services = host.services(_services(layout))
    return Machine(
        distribution=basics.distribution,
        release=basics.release,
        codename=basics.codename,
        memory=host.memory(),
        cores=host.cores(),
        hostname=socket.gethostname(),
        packages=host.installed(every_package),
        files={path: file for path in layout.managed if (file := host.read_file(path))},
        services=services,
        certificates=_certificates(layout),
        memories=read_memory(layout.memory),
        data_version=(host.read_text(f"{layout.data}/PG_VERSION") or "").strip(),
        etcd_has_data=any(Path(layout.etcd_data, "member", "wal").glob("*.wal")),
        etcd_leftovers=_leftovers(layout),
        environment=_environment(layout.home),
        uptime=host.uptime(),
        outdated=_outdated(layout, services),
    )


def read_memory(path: str) -> Memory:
    """The unit's notes; none where the file is missing or not understood."""
    try:
        found = json.loads(host.read_text(path) or "{}")
    except ValueError:
        found = {}
    if not isinstance(found, Mapping):
        return Memory()
    return Memory(**{each.name: found[each.name] for each in fields(Memory) if each.name in found})


def _services(layout: Layout) -> tuple[str, ...]:
    return (
        *layout.services,
        *layout.pooler_services,
        layout.restore_service,
        *layout.backup_services,
        *layout.backup_timers,
        *DISTRIBUTION_SERVICES,
    )


def _outdated(layout: Layout, services: Mapping[str, Service]) -> frozenset[str]:
    """Programs of ours whose package has been upgraded under them."""
    postmaster = (host.read_text(f"{layout.data}/postmaster.pid") or "0").splitlines()[0].strip()
    poolers = {name: host.main_process(name) for name in layout.pooler_services if services[name].active}
    processes = {"postgres": int(postmaster or 0), "etcd": host.main_process(layout.etcd_service), **poolers}
    return frozenset(name for name, process in processes.items() if process and host.is_replaced(process))


def _certificates(layout: Layout) -> dict[str, Certificate]:
    found = {}
    for program in PROGRAMS:
        text = host.read_text(layout.certificate(program))
        try:
            if text:
                found[program] = tls.read(text)
        except ValueError:
            continue
    return found


def _leftovers(layout: Layout) -> tuple[str, ...]:
    older = {layout.etcd_data_of(number) for number in range(layout.epoch)}
    found = sorted(str(path) for path in Path(layout.state).glob("etcd*") if path.is_dir())
    return tuple(path for path in found if path in older or path.endswith(".partial"))


def _environment(home: str) -> str:
    link = Path(home, "venv")
    return os.readlink(link) if link.is_symlink() else ""
