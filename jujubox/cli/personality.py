"""Which Juju a model plays, and what that changes for commands.

Knows: the two personalities and the versions that they name.
Must not know: what a command does with the answer.
"""

from __future__ import annotations

import os
from collections.abc import Mapping

from jujubox.cli.invocation import Invocation

VERSIONS = {"4.0": "4.0.15", "3.6": "3.6.28"}
DEFAULT = "4.0"
_ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}


def of_client(environment: Mapping[str, str]) -> str:
    """The personality that the environment asks for."""
    wanted = environment.get("JUJUBOX_PERSONALITY", "")
    return wanted if wanted in VERSIONS else DEFAULT


def is_lts(call: Invocation) -> bool:
    """Whether the model, or the environment, plays Juju 3.6."""
    if of_client(call.environment) == "3.6":
        return True
    return any(model["short-name"] == call.model and model.get("personality") == "3.6" for model in call.call("models"))


def client_version(environment: Mapping[str, str]) -> str:
    """What `juju version` prints."""
    machine = os.uname().machine
    return f"{VERSIONS[of_client(environment)]}-ubuntu-{_ARCHITECTURES.get(machine, machine)}"
