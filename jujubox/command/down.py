"""Remove every trace of the box: controller, machines, network, files. The shared cache stays unless asked."""

from __future__ import annotations

import asyncio

from jujubox.box import Box
from jujubox.command import controller_process
from jujubox.flags import Flags, FlagSet, refuse_more
from jujubox.machines import teardown
from jujubox.machines.errors import MachinesError

USAGE = "[--purge]"


def flags(known: FlagSet) -> None:
    """The command's own flags."""
    known.boolean("purge")
    known.boolean("keep-cache", default=True)


def run(given: Flags) -> int:
    """The controller first, so that nothing is made again behind our back."""
    refuse_more(given.args)
    box = Box.from_environment()
    controller_process.stop(box)
    asyncio.run(teardown.remove_everything(box))
    print(f"jujubox is down: nothing of {box.home} is left")
    if given["purge"] or not given["keep-cache"]:
        if not asyncio.run(teardown.purge(box)):
            raise MachinesError(f"cannot remove {box.cache}: another box uses it", "take that down first")
        print(f"the cache is gone: {box.cache}")
    return 0
