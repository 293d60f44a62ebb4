"""How a command ends other than well.

UsageError (flags)   wrong flags or arguments: ERROR <text>, exit 2
CommandError         the command ran and failed: ERROR <text>, exit 1
Silent               nothing is printed; the exit code says it all (a remote command's, for instance)
"""

from __future__ import annotations


class CommandError(Exception):
    """The command ran and failed; `hint` is a second line that says what to do."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


class Silent(Exception):
    """Ends the command with an exit code and without a word."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code
