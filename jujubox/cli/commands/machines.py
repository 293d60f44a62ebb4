"""Lists the model's machines."""

from __future__ import annotations

from jujubox.cli.invocation import Invocation
from jujubox.cli.registry import Scope
from jujubox.cli.times import with_status_times
from jujubox.flags import FlagSet, refuse_more

USAGE = ""
SCOPE: Scope = "model"


def flags(known: FlagSet) -> None:
    known.formats("tabular", "json", "yaml")
    known.boolean("utc")
    known.boolean("color")


def run(call: Invocation) -> None:
    refuse_more(call.args)
    machines = with_status_times(call.on_model("machines"), call.utc())
    if call.flags["format"] != "tabular":
        call.show({"model": call.model, "machines": machines})
        return
    from jujubox.cli.status_tabular import machine_table

    call.write(machine_table(machines, call.colored()))
    if not machines:
        call.note("No machines to display.")
