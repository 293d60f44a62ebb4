"""Opens a shell, or runs a command, on a unit's machine.

The target is a unit, `app/leader` or a machine, `user@` before it for another user than ubuntu.
"""

from __future__ import annotations

import sys

from jujubox.cli.enter import as_user, leader_of, on_terminal, split_user, until_it_ends, without_ssh_options
from jujubox.cli.invocation import Invocation
from jujubox.cli.registry import Scope
from jujubox.flags import FlagSet, UsageError

USAGE = "<[user@]target> [<ssh options>] [<command>]"
SCOPE: Scope = "model"
INTERSPERSED = False


def flags(known: FlagSet) -> None:
    for name in ("no-host-key-checks", "proxy", "pty", "remote"):
        known.boolean(name)
    known.string("container")


def run(call: Invocation) -> int:
    if not call.args:
        raise UsageError("no target name specified")
    user, target = split_user(call.args[0])
    command = " ".join(without_ssh_options(call.args[1:]))
    pid = leader_of(call, target)
    terminal = call.flags["pty"] if call.flags.given("pty") else sys.stdin.isatty() and sys.stdout.isatty()
    argv = on_terminal(pid, user, command) if terminal else as_user(pid, user, command)
    call.out.flush()
    return until_it_ends(argv)
