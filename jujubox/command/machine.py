"""List machines, or run a command in one as root: `jujubox machine exec 0 systemctl status`."""

from __future__ import annotations

import os

from jujubox.box import Box
from jujubox.command import named
from jujubox.flags import Flags, FlagSet, UsageError
from jujubox.machines import Machines
from jujubox.machines.instances import ENVIRONMENT

USAGE = "[-m MODEL] list | exec MACHINE COMMAND..."
INTERSPERSED = False


def flags(known: FlagSet) -> None:
    """The command's own flags."""
    known.string("m", "model")


def run(given: Flags) -> int:
    """`exec` becomes the command: input, output, signals and exit code are the command's own."""
    machines = Machines(Box.from_environment())
    if given.args == ["list"]:
        for instance, machine in machines.all().items():
            print(f"{instance}  {machines.state(instance)}  {machine.address}  {machine.base}  {machine.hostname}")
        return 0
    if len(given.args) < 3 or given.args[0] != "exec":
        raise UsageError("expected: list, or exec MACHINE COMMAND...")
    [instance] = named.resolve(machines.box, [given.args[1]], given["model"])
    environment = {**ENVIRONMENT, "TERM": os.environ.get("TERM", "dumb")}
    argv = machines.enter(instance, given.args[2:], environment)
    return int(os.execvp(argv[0], argv))
