"""The directory of a unit's hook tools: one symlink per tool to one program.

Knows: which tools a personality has. Must not know: what a tool does.
"""

from __future__ import annotations

from jujubox.agent.paths import UnitPaths
from jujubox.hooktools.registry import tools_of

PROGRAM = "jujuc"
"""Name of the program below the tools directory of the machine."""


def install_tools(paths: UnitPaths, personality: str) -> None:
    """Make the directory hold exactly the tools of the personality."""
    paths.tools.mkdir(parents=True, exist_ok=True)
    wanted = set(tools_of(personality))
    for path in paths.tools.iterdir():
        if path.name not in wanted:
            path.unlink()
    for name in wanted - {path.name for path in paths.tools.iterdir()}:
        (paths.tools / name).symlink_to(f"../{PROGRAM}")
