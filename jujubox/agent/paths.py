"""Where things are on a machine, as Juju lays them out.

Knows: directories and files of the agents. Must not know: what is in them.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from jujubox.names import unit_tag

JUJU = Path("/var/lib/juju")
LOGS = Path("/var/log/juju")


@dataclass(frozen=True)
class UnitPaths:
    """The places of one unit."""

    unit: str
    juju: Path = JUJU

    @property
    def base(self) -> Path:
        """The unit's own directory."""
        return self.juju / "agents" / unit_tag(self.unit)

    @property
    def charm(self) -> Path:
        """The charm's files; the working directory of hooks."""
        return self.base / "charm"

    @property
    def state(self) -> Path:
        """What the deployer keeps."""
        return self.base / "state"

    @property
    def resources(self) -> Path:
        """Downloaded resources."""
        return self.base / "resources"

    @property
    def agent_socket(self) -> Path:
        """Where hook tools call; exists only while a hook runs."""
        return self.base / "agent.socket"

    @property
    def run_socket(self) -> Path:
        """Where juju-exec calls."""
        return self.base / "run.socket"

    @property
    def tools(self) -> Path:
        """The hook tools, first in the PATH of hooks."""
        return self.juju / "tools" / unit_tag(self.unit)
