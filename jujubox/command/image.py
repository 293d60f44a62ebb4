"""Make a base image, or say that it is there: `jujubox image build debian@13`."""

from __future__ import annotations

import asyncio

from jujubox.box import Box
from jujubox.flags import Flags, FlagSet, UsageError
from jujubox.machines import Machines, images

USAGE = "build [BASE]..."


def flags(known: FlagSet) -> None:
    """No flags."""


def run(given: Flags) -> int:
    """Print where each image is."""
    if given.args[:1] != ["build"]:
        raise UsageError("expected: build [BASE]...")
    box = Box.from_environment()
    asyncio.run(_build(box, given.args[1:] or ["debian@12"]))
    return 0


async def _build(box: Box, bases: list[str]) -> None:
    machines = Machines(box)
    await machines.ensure_packages()
    for base in bases:
        await machines.ensure_image(base)
        print(images.place(box, base), flush=True)
