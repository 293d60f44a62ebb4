"""Say whether this host can have machines; each thing that is missing in one sentence."""

from __future__ import annotations

import asyncio
import sys

from jujubox.box import Box
from jujubox.flags import Flags, FlagSet, refuse_more
from jujubox.machines import preflight

USAGE = "[--base debian@12]"


def flags(known: FlagSet) -> None:
    """The command's own flags."""
    known.string("base", default="debian@12")


def run(given: Flags) -> int:
    """Exit code 1 if anything is missing."""
    refuse_more(given.args)
    problems = asyncio.run(preflight.problems(Box.from_environment(), given["base"]))
    if problems:
        print("\n".join(f"ERROR {problem}" for problem in problems), file=sys.stderr)
        return 1
    print("this host can have machines")
    return 0
