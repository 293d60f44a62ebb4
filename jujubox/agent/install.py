"""What a new machine gets before its first boot, so that its agent starts with it.

Knows: which files make an agent: configuration, service, package, programs. Must not know: how they reach the machine.
Runs on the host, in the controller.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from jujubox.agent.conf import AgentConf
from jujubox.agent.paths import JUJU
from jujubox.agent.toolsdir import PROGRAM
from jujubox.machines.files import File, Link

LIBRARY = "/usr/lib/jujubox"
SHARED_MODULES = ("__init__", "names", "blocking", "wire", "protocol", "flags", "output", "goyaml", "charm")
SHARED_PACKAGES = ("agent", "hooktools")
_PACKAGE = Path(__file__).resolve().parent.parent

_SERVICE = """\
[Unit]
Description=juju agent for machine-{machine}
After=network.target

[Service]
Environment=PYTHONPATH={library}
ExecStart=/usr/bin/python3 -m jujubox.agent {conf}
Restart=always
RestartSec=1
TimeoutStopSec=20
LimitNOFILE=64000

[Install]
WantedBy=multi-user.target
"""

_JUJUD = """\
#!/bin/sh
# charmhelpers asks `jujud version` for Juju's version, in hooks; their environment says it.
[ "$1" = version ] && echo "${JUJU_VERSION}-$(. /etc/os-release && echo "$ID")-$(dpkg --print-architecture)"
"""


def agent_files(
    machine: str, model_uuid: str, token: str, controller_host: str, controller_port: int
) -> Mapping[str, File | Link]:
    """The files of one machine's agent, by absolute path in the machine."""
    conf = AgentConf(machine, model_uuid, token, controller_host, controller_port)
    service = f"/etc/systemd/system/{service_name(machine)}"
    conf_path = f"{JUJU}/agents/machine-{machine}/agent.conf"
    unit = _SERVICE.format(machine=machine, library=LIBRARY, conf=conf_path)
    return {
        conf_path: File(0o600, conf.encode()),
        service: File(0o644, unit.encode()),
        f"/etc/systemd/system/multi-user.target.wants/{service_name(machine)}": Link(service),
        **_package_files(),
        **_programs(machine),
    }


def service_name(machine: str) -> str:
    """The systemd unit of the machine's agent."""
    return f"jujud-machine-{machine}.service"


def _package_files() -> dict[str, File | Link]:
    sources = [_PACKAGE / f"{name}.py" for name in SHARED_MODULES]
    for package in SHARED_PACKAGES:
        sources += sorted((_PACKAGE / package).rglob("*.py"))
    return {f"{LIBRARY}/jujubox/{path.relative_to(_PACKAGE)}": File(0o644, path.read_bytes()) for path in sources}


def _programs(machine: str) -> dict[str, File | Link]:
    programs = _PACKAGE / "agent" / "programs"
    return {
        f"{JUJU}/tools/machine-{machine}/jujud": File(0o755, _JUJUD.encode()),
        f"{JUJU}/tools/{PROGRAM}": File(0o755, (programs / "hook_tool.py").read_bytes()),
        "/usr/bin/juju-exec": File(0o755, (programs / "juju_exec.py").read_bytes()),
        "/usr/bin/juju-run": Link("juju-exec"),
    }
