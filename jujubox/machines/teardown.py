"""Every trace of a box, removed, whether or not its records are complete.

Knows: what each module of this package leaves on the host, by names derived from the home alone.
Must not know: the controller or its model.
"""

from __future__ import annotations

import asyncio
import shutil

from jujubox.box import Box
from jujubox.machines import cgroups, disk, host, network, packages
from jujubox.machines.errors import MachinesError
from jujubox.machines.instances import Machines, forget


async def remove_everything(box: Box) -> None:
    """Remove machines, control groups, mounts, bridge, rules, the hold on the package proxy and the home itself."""
    if foreign := box.foreign_files():
        raise MachinesError(f"cannot remove {box.home}: it is no home of jujubox, there is {foreign[0]}")
    machines = Machines(box)
    directory = box.home / "machines"
    named = {path.name for path in directory.iterdir()} if directory.exists() else set()
    for root in cgroups.hierarchies().all:
        named |= {path.name for path in (root / f"jujubox-{box.tag}").glob("*/")}
    await asyncio.gather(*(machines.destroy(instance) for instance in named))
    for mount in disk.mounts_below(box.home):
        await host.run("umount", str(mount))
    await network.remove(box)
    for instance in named:
        await forget(box, instance)
    await packages.release(box)
    await asyncio.to_thread(shutil.rmtree, box.home, ignore_errors=True)


async def purge(box: Box) -> bool:
    """Remove the cache too, unless another box uses it; whether it is gone."""
    if packages.users(box):
        return False
    await asyncio.to_thread(shutil.rmtree, box.cache, ignore_errors=True)
    return True
