"""What can go wrong with machines.

MachinesError            something on the host refused; the text says what and what to do
+-- NoSuchMachine        the instance does not exist
+-- NotRunning           the instance exists, but is stopped
"""

from __future__ import annotations


class MachinesError(Exception):
    """`cannot <verb> <object>: <seen> (expected <x>)`, with a hint on a second line where there is one."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(f"{message}\nhint: {hint}" if hint else message)
        self.message = message
        self.hint = hint


class NoSuchMachine(MachinesError):
    """The instance does not exist."""

    def __init__(self, instance: str) -> None:
        super().__init__(f"cannot find machine {instance}: no such instance", "`jujubox status` lists them")


class NotRunning(MachinesError):
    """The instance exists, but is stopped."""

    def __init__(self, instance: str) -> None:
        super().__init__(f"cannot enter machine {instance}: it is stopped (expected running)")
