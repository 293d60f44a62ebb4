"""Take the demo down, and look whether anything of it is left.

Knows: that `jujubox down` does it.
Must not know: how.
"""

from __future__ import annotations

import sys

from jujubox.box import Box
from workbench.commands import call
from workbench.says import Missing, dim, step
from workbench.traces import traces


def main() -> int:
    """Take down what there is; 1 if anything stays, with a list of it."""
    box = Box.from_environment()
    try:
        with step("Taking the demo down"):
            call("jujubox", "down")
    except Missing as missing:
        print(missing, file=sys.stderr)
    left = traces(box)
    if left:
        print("Something of the demo is left:", *left, sep="\n  ", file=sys.stderr)
        return 1
    print(f"Nothing of the demo is left: no machine, process, mount, bridge, rule or file in {box.home}.")
    if box.cache.exists():
        print(dim(f"Images and packages stay in {box.cache} for the next time; `rm -r {box.cache}` frees the room."))
    return 0


if __name__ == "__main__":
    sys.exit(main())
