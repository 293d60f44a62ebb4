"""Lists the resources of an application."""

from __future__ import annotations

from jujubox.cli.invocation import Invocation
from jujubox.cli.registry import Scope
from jujubox.cli.tabs import columns
from jujubox.flags import FlagSet, UsageError, refuse_more

USAGE = "<application>"
SCOPE: Scope = "model"


def flags(known: FlagSet) -> None:
    known.formats("tabular", "json", "yaml")
    known.boolean("details")


def run(call: Invocation) -> None:
    if not call.args:
        raise UsageError("missing application or unit name")
    refuse_more(call.args[1:])
    found = call.on_model("resources", application=call.args[0].split("/")[0])
    if call.flags["format"] != "tabular":
        call.show({"resources": found})
    elif not found:
        call.note("No resources to display.")
    else:
        rows = [["Resource", "Supplied by", "Revision"]]
        rows += [[item["name"], item.get("origin") or "", str(item.get("revision") or "")] for item in found]
        call.write(columns(rows))
