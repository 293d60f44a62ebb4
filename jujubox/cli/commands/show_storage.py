"""Shows storage in full."""

from __future__ import annotations

from jujubox.cli.invocation import Invocation
from jujubox.cli.registry import Scope
from jujubox.cli.times import with_status_times
from jujubox.flags import FlagSet, UsageError

USAGE = "<storage id> [...]"
SCOPE: Scope = "model"


def flags(known: FlagSet) -> None:
    known.formats("yaml", "json", "smart")


def run(call: Invocation) -> None:
    if not call.args:
        raise UsageError("must specify storage id(s)")
    call.show(with_status_times(call.on_model("show_storage", ids=call.args), False))
