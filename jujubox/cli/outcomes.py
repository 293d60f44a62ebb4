"""What became of several entities at once: some went well, some failed, each told in its own line.

Knows: how Juju words removals and failures.
Must not know: how the outcomes came about.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from jujubox.cli.errors import CommandError, Silent
from jujubox.cli.invocation import Invocation


def told_removals(call: Invocation, kind: str, outcomes: Sequence[Mapping[str, Any]]) -> int:
    """Prints `will remove ...` for what goes, `ERROR removing ... failed` for what does not; the exit code."""
    failed = False
    for outcome in outcomes:
        name = outcome[kind]
        if outcome.get("error"):
            call.warn(f"ERROR removing {kind} {name} failed: {outcome['error']}")
            failed = True
            continue
        call.out.write(f"will remove {kind} {name}\n")
        for verb, what, key in _CONSEQUENCES:
            call.out.write("".join(f"- will {verb} {what} {item}\n" for item in outcome.get(key) or []))
    call.out.flush()
    return 1 if failed else 0


_CONSEQUENCES = (
    ("remove", "unit", "destroyed-units"),
    ("remove", "storage", "destroyed-storage"),
    ("detach", "storage", "detached-storage"),
)


def raise_failures(call: Invocation, outcomes: Sequence[Mapping[str, Any]]) -> None:
    """Raises if any of `outcomes` carries an error; several are printed line by line."""
    errors = [str(outcome["error"]) for outcome in outcomes if outcome.get("error")]
    if len(errors) == 1:
        raise CommandError(errors[0])
    for error in errors:
        call.warn(f"ERROR {error}")
    if errors:
        raise Silent(1)
