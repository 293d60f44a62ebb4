"""Shows the past statuses of a unit, application or machine, oldest first."""

from __future__ import annotations

from jujubox.cli.errors import CommandError
from jujubox.cli.invocation import Invocation
from jujubox.cli.registry import Scope
from jujubox.cli.tabs import columns, status_cell
from jujubox.cli.times import as_rfc3339, for_status
from jujubox.flags import FlagSet, UsageError, quote, refuse_more

USAGE = "<entity>"
SCOPE: Scope = "model"
TYPES = (
    "application container filesystem juju-container juju-machine juju-unit machine model saas storage unit "
    "volume workload"
).split()


def flags(known: FlagSet) -> None:
    known.formats("tabular", "json", "yaml")
    known.string("type", default="unit")
    known.integer("n", default=0)
    known.integer("days", default=0)
    known.string("from-date")
    known.boolean("utc")
    known.boolean("include-status-updates")


def run(call: Invocation) -> None:
    if not call.args:
        raise UsageError("entity name is missing")
    refuse_more(call.args[1:])
    found = call.flags
    if found["type"] not in TYPES:
        raise UsageError(f"unexpected status type {quote(found['type'])}")
    if sum(map(found.given, ("n", "days", "from-date"))) > 1:
        raise UsageError("you must specify only one of --days, --from-date or -n")
    limits = {"limit": found["n"] or 20} if not (found["days"] or found["from-date"]) else {}
    if found["days"]:
        limits["days"] = found["days"]
    if found["from-date"]:
        limits["from_date"] = found["from-date"]
    entries = call.on_model("show_status_log", entity=call.args[0], type=found["type"], **limits)
    if not entries:
        raise CommandError("no status history available")
    if found["format"] == "tabular":
        rows = [["Time", "Type", "Status", "Message"]]
        for entry in entries:
            moment = for_status(entry["since"], call.utc())
            rows.append([moment, entry["type"], status_cell(entry["status"]), entry.get("message") or ""])
        call.write(columns(rows, color=call.colored()))
        return
    call.show([{**entry, "since": as_rfc3339(entry["since"])} for entry in entries])
