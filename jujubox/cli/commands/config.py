"""Shows or changes the configuration of an application.

Without a key everything is shown, with one its value alone; `key=value` sets, `key=@file` from a file.
"""

from __future__ import annotations

from jujubox.cli.config_call import add_flags, bare, read
from jujubox.cli.invocation import Invocation
from jujubox.cli.registry import Scope
from jujubox.cli.settings import settings_in_file
from jujubox.flags import FlagSet, UsageError

USAGE = "<application> [<key> | <key>=<value> ...]"
SCOPE: Scope = "model"


def flags(known: FlagSet) -> None:
    known.formats("yaml", "json", "smart")
    add_flags(known)


def run(call: Invocation) -> None:
    if not call.args:
        raise UsageError("no application name specified")
    application, *words = call.args
    change, key = read(call, words, lambda path: settings_in_file(path, application))
    if change.set or change.reset:
        call.on_model("set_config", application=application, set=change.set, reset=change.reset)
    elif key:
        call.write(bare(call.on_model("config_value", application=application, key=key)))
    else:
        call.show(call.on_model("config", application=application), sort=True)
