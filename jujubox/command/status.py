"""What there is of the box and whether it runs."""

from __future__ import annotations

import os

from jujubox.box import Box
from jujubox.command import controller_process
from jujubox.command.fault import told
from jujubox.flags import Flags, FlagSet, refuse_more
from jujubox.machines import Faults, Machines, packages

USAGE = ""


def flags(known: FlagSet) -> None:
    """No flags."""


def run(given: Flags) -> int:
    """Exit code 0 if the controller answers, else 1."""
    refuse_more(given.args)
    box = Box.from_environment()
    machines = Machines(box)
    number = controller_process.pid(box)
    images = sorted(path.name for path in (box.cache / "images").glob("*") if path.is_dir() and not path.suffix)
    bridge = os.path.exists(f"/sys/class/net/{box.bridge}")
    print(f"home            {box.home}{'' if box.settled else ' (down)'}")
    print(f"cache           {box.cache}: {', '.join(images) or 'no image'}")
    print(f"controller      {f'pid {number}' if number else 'stopped'}")
    print(f"network         {box.subnet} on {box.bridge}, {'up' if bridge else 'down'}")
    print(f"package cache   {box.package_proxy}, {'up' if packages.lives(box) else 'down'}")
    for instance, machine in machines.all().items():
        shown = "frozen" if machines.group(instance).frozen() else machines.state(instance)
        print(f"machine         {instance}  {shown}  {machine.address}  {machine.base}")
    for fault in Faults(machines).list():
        print(f"fault           {told(fault)}")
    return 0 if number and controller_process.answers(box) else 1
