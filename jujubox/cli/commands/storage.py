"""Lists the model's storage."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jujubox.cli.invocation import Invocation
from jujubox.cli.registry import Scope
from jujubox.cli.storage_table import filesystem_rows, storage_rows
from jujubox.cli.tabs import columns
from jujubox.cli.times import with_status_times
from jujubox.flags import FlagSet, UsageError, refuse_more

USAGE = ""
SCOPE: Scope = "model"


def flags(known: FlagSet) -> None:
    known.formats("tabular", "json", "yaml")
    known.boolean("filesystem")
    known.boolean("volume")


def run(call: Invocation) -> None:
    refuse_more(call.args)
    if call.flags["filesystem"] and call.flags["volume"]:
        raise UsageError("--filesystem and --volume can not be used together")
    found = with_status_times(call.on_model("storage"), False)
    part = "filesystems" if call.flags["filesystem"] else "volumes" if call.flags["volume"] else ""
    wanted = {part: found[part]} if found.get(part) else {} if part else found
    if not any(wanted.values()):
        call.note(f"No {part.rstrip('s')}s to display." if part else "No storage to display.")
    elif call.flags["format"] == "tabular":
        call.write(_table(wanted, part, call.colored()))
    else:
        call.show(wanted)


def _table(wanted: Mapping[str, Any], part: str, color: bool) -> str:
    return columns(filesystem_rows(wanted[part]) if part else storage_rows(wanted, mountpoints=False), color=color)
