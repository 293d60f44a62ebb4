"""Shows or changes the configuration of a model."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jujubox.cli.config_call import add_flags, bare, read
from jujubox.cli.errors import CommandError
from jujubox.cli.invocation import Invocation
from jujubox.cli.registry import Scope
from jujubox.cli.settings import load_map
from jujubox.cli.tabs import columns
from jujubox.flags import FlagSet, quote
from jujubox.output import natural

USAGE = "[<key> | <key>=<value> ...]"
SCOPE: Scope = "model"


def flags(known: FlagSet) -> None:
    known.formats("tabular", "json", "yaml")
    add_flags(known)
    known.boolean("ignore-read-only-fields")


def run(call: Invocation) -> None:
    change, key = read(call, call.args, load_map)
    if change.set or change.reset:
        call.on_model("set_model_config", set=change.set, reset=change.reset)
        return
    found = call.on_model("model_config")
    if not key:
        call.write(_table(found)) if call.flags["format"] == "tabular" else call.show(found, sort=True)
        return
    if key not in found:
        raise CommandError(f"key {quote(key)} not found in {quote(call.model)} model")
    call.write(bare(found[key]["Value"]))


def _table(found: Mapping[str, Any]) -> str:
    settings = sorted(found.items(), key=lambda item: natural(item[0]))
    rows = [[key, setting["Source"], bare(setting["Value"]).rstrip("\n")] for key, setting in settings]
    return columns([["Attribute", "From", "Value"], *rows])
