"""Entry point: `python -m pgcharm hooks config-changed` or `python -m pgcharm actions explain`.

Knows: how an event is named. Must not know: what follows from it.
"""

from __future__ import annotations

import os
import sys

from pgcharm.observation import Event, Request


def main(kind: str, name: str, *why: str) -> int:
    """Handle one hook or action; the exit code."""
    from pgcharm.actions import run
    from pgcharm.adapters import juju as tools
    from pgcharm.apply import StepFailed
    from pgcharm.cycle import handle

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
    if hook != "secret-remove":
        return None
    seen = {"secret": os.environ.get("JUJU_SECRET_ID", ""), "revision": os.environ.get("JUJU_SECRET_REVISION", "")}
    return Request(hook, seen)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
