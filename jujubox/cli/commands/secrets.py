"""Lists the model's secrets."""

from __future__ import annotations

from jujubox.cli.invocation import Invocation
from jujubox.cli.registry import Scope
from jujubox.cli.secrets_shown import as_printed, table
from jujubox.flags import FlagSet, refuse_more

USAGE = ""
SCOPE: Scope = "model"


def flags(known: FlagSet) -> None:
    known.formats("tabular", "json", "yaml")
    known.string("owner")


def run(call: Invocation) -> None:
    refuse_more(call.args)
    found = call.on_model("secrets", owner=call.flags["owner"])
    format = call.flags["format"]
    if format != "tabular":
        call.show(as_printed(found, format == "yaml"))
    elif found:
        call.write(table(found))
    else:
        call.note("No secrets to display.")
