"""One run of one command: its flags, where it prints, and the way to the controller.

Knows: how calls are made and how their results are printed.
Must not know: what any command does.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TextIO

from jujubox.cli.errors import CommandError
from jujubox.cli.selection import Selection
from jujubox.flags import Flags

if TYPE_CHECKING:
    from jujubox.blocking import Connection


class Invocation:
    """What a command is given to work with."""

    def __init__(self, name: str, flags: Flags, environment: Mapping[str, str], out: TextIO, err: TextIO) -> None:
        self.name = name
        self.flags = flags
        self.args = flags.args
        self.environment = environment
        self.out = out
        self.err = err
        self.home = environment.get("JUJUBOX_HOME") or "/var/lib/jujubox"
        self.selection = Selection(environment, self.home)
        self._connection: Connection | None = None

    @property
    def model(self) -> str:
        """The model to work on."""
        return self.selection.chosen(self.flags["model"])

    def call(self, method: str, **params: Any) -> Any:
        """The result of `client.<method>` of the controller. Raises CallError."""
        return self.connection().call(f"client.{method}", **params)

    def on_model(self, method: str, **params: Any) -> Any:
        """The same, for a method about one model."""
        return self.call(method, model=self.model, **params)

    def connection(self) -> Connection:
        """The connection to the controller, made when first wanted."""
        from jujubox.blocking import Connection

        if self._connection is None:
            path = os.path.join(self.home, "controller.sock")
            try:
                self._connection = Connection.unix(path)
            except OSError as error:
                reason = error.strerror or str(error)
                raise CommandError(
                    f"cannot connect to the controller at {path}: {reason}", "run `jujubox up` to start it"
                ) from error
        return self._connection

    def reconnect(self) -> None:
        """Drops the connection, so that the next call makes a new one."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def write(self, text: str) -> None:
        """Prints a result; to the file of --output where that is given."""
        if self.flags.knows("output") and self.flags["output"]:
            with open(self.flags["output"], "w") as file:
                file.write(text)
            return
        self.out.write(text)
        self.out.flush()

    def show(self, value: Any, sort: bool = False) -> None:
        """Prints a result in the format of --format."""
        from jujubox.output import render

        self.write(render(value, self.flags["format"], sort))

    def note(self, text: str) -> None:
        """Prints a line of progress, unless --quiet."""
        if not self.flags["quiet"]:
            self.warn(text)

    def warn(self, text: str) -> None:
        """Prints a line on stderr."""
        self.err.write(f"{text}\n")
        self.err.flush()

    def colored(self) -> bool:
        """Whether the result should carry colours."""
        if self.flags.knows("color") and self.flags["color"]:
            return True
        unwanted = "NO_COLOR" in self.environment or (self.flags.knows("no-color") and self.flags["no-color"])
        return not unwanted and self.out.isatty() and self.environment.get("TERM") != "dumb"

    def utc(self) -> bool:
        """Whether times are wanted in UTC."""
        return bool(self.flags["utc"]) or self.environment.get("JUJU_STATUS_ISO_TIME", "").lower() in ("true", "1")


def read_stdin() -> str:
    """Everything on standard input."""
    return sys.stdin.read()
