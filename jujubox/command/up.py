"""Bring the box up: what is there already is left as it is, so that a second `up` is quick."""

from __future__ import annotations

import asyncio
import os
import sys

from jujubox.box import Box
from jujubox.command import controller_process
from jujubox.flags import Flags, FlagSet, refuse_more
from jujubox.machines import Machines, images, packages, preflight

USAGE = "[--base debian@12]... [--no-controller]"


def flags(known: FlagSet) -> None:
    """The command's own flags."""
    known.string("base", repeated=True)
    known.boolean("no-controller")


def run(given: Flags) -> int:
    """Everything in order; each step may be interrupted and is taken again by the next `up`."""
    refuse_more(given.args)
    box = Box.from_environment()
    bases = given["base"] or ["debian@12"]
    if _is_up(box, bases, given["no-controller"]):
        print(f"jujubox is up: {box.home}, {box.subnet} on {box.bridge}")
        return 0
    if problems := asyncio.run(_look(box, bases)):
        print("\n".join(f"ERROR {problem}" for problem in problems), file=sys.stderr)
        return 1
    box = asyncio.run(_machines(box, bases))
    if not given["no-controller"]:
        _say("controller")
        controller_process.start(box)
    print(f"jujubox is up: {box.home}, {box.subnet} on {box.bridge}")
    return 0


def _is_up(box: Box, bases: list[str], without_controller: bool) -> bool:
    if without_controller or not box.settled or controller_process.pid(box) is None:
        return False
    host = os.path.exists(f"/sys/class/net/{box.bridge}") and packages.lives(box) != 0
    return host and controller_process.answers(box) and all(images.place(box, base).exists() for base in bases)


async def _look(box: Box, bases: list[str]) -> list[str]:
    found = [await preflight.problems(box, base) for base in bases]
    return list(dict.fromkeys(sentence for sentences in found for sentence in sentences))


async def _machines(box: Box, bases: list[str]) -> Box:
    machines = Machines(box)
    _say("network")
    box = await machines.ensure_network()
    _say("package cache")
    await machines.ensure_packages()
    for base in bases:
        if not images.place(box, base).exists():
            _say(f"image of {base}: about a minute, once")
        await machines.ensure_image(base)
    return box


def _say(what: str) -> None:
    print(f"jujubox: {what}", flush=True)
