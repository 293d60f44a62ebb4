"""What a model wants on its machines before any agent, as far as an image can hold it.

Must not know: where it is written down (see `cloudinit`), how an image is made.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Userdata:
    """Packages to install, and shell commands to run before that."""

    packages: tuple[str, ...] = ()
    commands: tuple[str, ...] = ()


NOTHING = Userdata()
