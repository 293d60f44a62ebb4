"""`python3 -m jujubox.controller`: the controller of the box that JUJUBOX_HOME names, in the foreground."""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import signal
from pathlib import Path

from jujubox.box import Box
from jujubox.controller import timers
from jujubox.controller.core import Core
from jujubox.controller.provisioner import Provisioner
from jujubox.controller.server import Server
from jujubox.machines import Machines
from jujubox.model import machines, models


async def run(core: Core) -> None:
    """Answer and provision until asked to stop."""
    server = Server(core)
    await server.start()
    loops = [asyncio.ensure_future(Provisioner(core).run()), asyncio.ensure_future(timers.run(core))]
    stopping = asyncio.ensure_future(core.stopping.wait())
    try:
        done, _ = await asyncio.wait([stopping, *loops], return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        for task in [stopping, *loops]:
            task.cancel()
        await asyncio.gather(stopping, *loops, return_exceptions=True)
        await server.stop()


def prepare(core: Core) -> None:
    """Have the first model, and know the network that machines are on."""
    with core.db.transaction():
        machines.set_subnet(core.db, core.box.subnet)
        if not models.controller_uuid(core.db):
            models.found_controller(core.db, os.environ.get("JUJUBOX_PERSONALITY"))


async def main() -> None:
    """The whole life of a controller."""
    box = Box.from_environment()
    here = Machines(box)
    box = await here.ensure_network()
    await here.ensure_packages()
    core = Core.open(box, here)
    prepare(core)
    Path(box.home, "controller.pid").write_text(f"{os.getpid()}\n")
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, core.stopping.set)
    gc.freeze()
    try:
        await run(core)
    finally:
        core.close()


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    asyncio.run(main())
