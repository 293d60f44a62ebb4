"""The agent's configuration file: which machine this is and where its controller listens.

Knows: the file's keys. Must not know: who wrote it.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True)
class AgentConf:
    """What `agent.conf` says. JSON, which is YAML too."""

    machine: str
    model_uuid: str
    token: str
    controller_host: str
    controller_port: int

    def encode(self) -> bytes:
        """The file's content."""
        return json.dumps(asdict(self), indent=2).encode() + b"\n"

    @classmethod
    def read(cls, path: Path) -> AgentConf:
        """The configuration in a file. Raises OSError or ValueError."""
        return cls(**json.loads(path.read_text()))
