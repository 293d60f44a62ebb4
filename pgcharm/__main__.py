"""Entry point: `python -m pgcharm hooks config-changed` or `python -m pgcharm actions explain`.

Knows: how an event is named. Must not know: what follows from it.
"""

from __future__ import annotations

import gc
import os
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pgcharm.observation import Request


def main(kind: str, name: str, *why: str) -> int:
    """Handle one hook or action; the exit code.

    While modules are imported nothing becomes garbage, and to look for it takes a fifth of that time.
    """
    gc.disable()
    from pgcharm.actions import run
    from pgcharm.adapters import juju as tools
    from pgcharm.apply import StepFailed
    from pgcharm.cycle import handle
    from pgcharm.observation import Event

    gc.freeze()
    gc.enable()
    event = Event(name, os.environ.get("JUJU_STORAGE_ID", ""), " ".join(why), asked_by_juju(name))
    try:
        if kind == "actions":
            run(event)
        else:
            handle(event)
    except StepFailed as error:
        tools.log(str(error), "ERROR")
        return 1
    return 0


def asked_by_juju(hook: str) -> Request | None:
    """What a hook asks for beyond a look at everything: a revision of a secret that nobody reads any more may go."""
    from pgcharm.observation import Request

    if hook != "secret-remove":
        return None
    seen = {"secret": os.environ.get("JUJU_SECRET_ID", ""), "revision": os.environ.get("JUJU_SECRET_REVISION", "")}
    return Request(hook, seen)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
