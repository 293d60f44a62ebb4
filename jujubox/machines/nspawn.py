"""The command that is a machine: systemd-nspawn, and a shell that keeps it.

Knows: nspawn's options and environment, and how a command gets into a running machine.
Must not know: where machines are recorded, or which network or disk they have.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from jujubox.machines.cgroups import Group
from jujubox.machines.host import PATH

REBOOT = 133
"""nspawn's exit code when the machine wants to be started again (systemd-nspawn@.service: RestartForceExitStatus)."""

ENVIRONMENT = {
    "PATH": PATH,
    "LC_ALL": "C.UTF-8",
    "SYSTEMD_NSPAWN_UNIFIED_HIERARCHY": "1",  # services are killed and listed by group also where the host is hybrid
    "SYSTEMD_NSPAWN_TMPFS_TMP": "0",  # /tmp is on the machine's disk
}

KEEPER = f"""\
roots=$1; shift
for root in $roots; do echo 0 >"$root/keeper/cgroup.procs"; done
while :; do
  for root in $roots; do find "$root/box" -depth -type d -exec rmdir {{}} \\; 2>/dev/null; mkdir -p "$root/box"; done
  (for root in $roots; do echo 0 >"$root/box/cgroup.procs"; done; exec "$@"); code=$?
  [ $code -eq {REBOOT} ] || exit $code
done
"""
"""Keeps a machine: its arguments are its control groups and nspawn's command line.

nspawn gets a group made afresh each time, because it may neither join one that has groups with controllers below it.
"""


def keeper(group: Group, name: str, hostname: str, root: Path, namespace: str) -> list[str]:
    """The command that boots a machine and boots it again whenever it reboots."""
    nspawn = [
        "systemd-nspawn", "--boot", "--quiet", "--register=no", "--keep-unit", f"--machine={name}",
        f"--hostname={hostname}", f"--directory={root}", f"--network-namespace-path=/run/netns/{namespace}",
        "--link-journal=no", "--resolv-conf=off", "--timezone=off", "--console=pipe",
    ]  # fmt: skip
    return ["sh", "-c", KEEPER, "jujubox-keeper", " ".join(str(root) for root in group.roots), *nspawn]


ENTER = '(echo 0 >"$1" && shift && exec nsenter "$@"); exit $?'
"""Run by a shell outside whose children are the machine's own.

It waits, not nsenter: a machine that shuts down stops its processes first, and nsenter stops itself with its child.
"""


def enter(group: Group, leader: int, argv: Sequence[str], environment: Mapping[str, str]) -> list[str]:
    """The command that runs `argv` in a machine as root.

    The pid namespace comes first, then the control group (still named as on the host), then the others: so the process
    is the machine's own, and none that the machine cannot see gets into its groups (systemctl status fails on those).
    """
    target = ["-t", str(leader)]
    settings = [f"{key}={value}" for key, value in environment.items()]
    inside = ["-m", "-u", "-i", "-n", "-C", "--", "env", "-i", *settings, *argv]
    procs = str(group.inside / "cgroup.procs")
    return ["nsenter", *target, "-p", "-F", "--", "sh", "-c", ENTER, "enter", procs, *target, *inside]
