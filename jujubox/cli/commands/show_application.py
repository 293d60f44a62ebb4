"""Shows applications: charm, base, constraints, exposure, bindings."""

from __future__ import annotations

from jujubox.cli.invocation import Invocation
from jujubox.cli.registry import Scope
from jujubox.flags import FlagSet, UsageError, quote
from jujubox.names import is_application

USAGE = "<application> [...]"
SCOPE: Scope = "model"


def flags(known: FlagSet) -> None:
    known.formats("yaml", "json", "smart")


def run(call: Invocation) -> None:
    if not call.args:
        raise UsageError("an application name must be supplied")
    for name in call.args:
        if not is_application(name):
            raise UsageError(f"application name {quote(name)} not valid")
    call.show(call.on_model("show_application", applications=call.args))
