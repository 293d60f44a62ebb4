"""Which model a command works on: a flag, the environment, or the model last switched to.

Knows: `JUJU_MODEL`, `JUJU_DATA`, and a small state file of this program's own, one entry an installation.
Must not know: whether the model exists.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping

from jujubox.cli.errors import CommandError

CONTROLLER = "jujubox"
"""The name of the one controller of an installation."""
FIRST_MODEL = "default"
"""The model that `jujubox up` makes; in use until another is switched to."""


class Selection:
    """The current model of one installation, kept in the client's data folder."""

    def __init__(self, environment: Mapping[str, str], installation: str) -> None:
        self._environment = environment
        self._installation = installation

    @property
    def path(self) -> str:
        """The state file."""
        return os.path.join(data_folder(self._environment), "jujubox.json")

    def current(self) -> str:
        """The model last switched to."""
        return str(self._load().get(self._installation, FIRST_MODEL))

    def switch(self, model: str) -> None:
        """Makes `model` the current one."""
        state = {**self._load(), self._installation: model}
        os.makedirs(os.path.dirname(self.path), mode=0o700, exist_ok=True)
        partial = f"{self.path}.{os.getpid()}"
        with open(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            json.dump(state, file)
        os.replace(partial, self.path)

    def check_controller(self, flag: str) -> None:
        """Raises CommandError where the flag or `JUJU_CONTROLLER` names another controller than ours."""
        refuse_other_controller(flag or self._environment.get("JUJU_CONTROLLER", ""))

    def chosen(self, flag: str) -> str:
        """The model to work on, `flag` being the value of --model."""
        return model_name(flag or self._environment.get("JUJU_MODEL", "") or self.current())

    def _load(self) -> dict[str, str]:
        try:
            with open(self.path) as file:
                state = json.load(file)
        except (OSError, ValueError):
            return {}
        return state if isinstance(state, dict) else {}


def data_folder(environment: Mapping[str, str]) -> str:
    """Where a Juju client keeps its state."""
    if environment.get("JUJU_DATA"):
        return environment["JUJU_DATA"]
    share = environment.get("XDG_DATA_HOME") or os.path.join(environment.get("HOME") or "/root", ".local", "share")
    return os.path.join(share, "juju")


def model_name(text: str) -> str:
    """The model in `[controller:][owner/]model`."""
    controller, colon, model = text.rpartition(":")
    if colon:
        refuse_other_controller(controller)
    return model.rpartition("/")[2]


def refuse_other_controller(name: str) -> None:
    """Raises CommandError for the name of a controller that is not ours."""
    if name not in ("", CONTROLLER):
        raise CommandError(f"controller {name} not found", f"the only controller here is called {CONTROLLER}")
