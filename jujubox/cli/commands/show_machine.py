"""Shows machines in full."""

from __future__ import annotations

from jujubox.cli.errors import CommandError
from jujubox.cli.invocation import Invocation
from jujubox.cli.registry import Scope
from jujubox.cli.times import with_status_times
from jujubox.flags import FlagSet

USAGE = "[<machine> ...]"
SCOPE: Scope = "model"


def flags(known: FlagSet) -> None:
    known.formats("yaml", "json", "tabular")
    known.boolean("utc")
    known.boolean("color")


def run(call: Invocation) -> None:
    machines = with_status_times(call.on_model("machines"), call.utc())
    missing = [machine for machine in call.args if machine not in machines]
    if missing:
        raise CommandError(f"machine {missing[0]} not found (not found)")
    wanted = {machine: machines[machine] for machine in call.args} if call.args else machines
    if call.flags["format"] != "tabular":
        call.show({"model": call.model, "machines": wanted})
        return
    from jujubox.cli.status_tabular import machine_table

    call.write(machine_table(wanted, call.colored()))
