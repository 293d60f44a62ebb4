"""Pack a charm's directory into a .charm file, with wheels of the packages that its requirements.txt locks.

`jujubox pack DIR [-o build]` writes `build/<name>_<architecture>.charm`, prints that path, and takes the wheels from
the cache when the lock has not changed. The same inputs give the same bytes.
"""

from __future__ import annotations

import sys
from pathlib import Path

from jujubox.box import Box
from jujubox.charm import CharmError
from jujubox.flags import Flags, FlagSet, UsageError
from jujubox.packing.charm import pack
from jujubox.packing.lock import LockError
from jujubox.packing.wheelhouse import WheelError

USAGE = "DIR [-o build]"


def flags(known: FlagSet) -> None:
    """The command's own flags."""
    known.string("o", "output", default="build")


def run(given: Flags) -> int:
    """Pack and print where."""
    if len(given.args) != 1:
        raise UsageError("expected one charm directory")
    try:
        print(pack(Path(given.args[0]), Path(given["output"]), Box.from_environment().cache))
    except (CharmError, LockError, WheelError) as error:
        print(f"ERROR {error}", file=sys.stderr)
        return 1
    return 0
