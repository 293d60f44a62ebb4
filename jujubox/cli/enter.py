"""The way into a machine on this host: no network, no keys, but the namespaces of its first process.

Knows: nsenter, users inside, and what stands for ssh's own options.
Must not know: which machine a unit is on (the controller tells).
"""

from __future__ import annotations

import os
import signal
from collections.abc import Sequence
from typing import Any

from jujubox.cli.invocation import Invocation

USER = "ubuntu"
"""Who enters if nobody else is named, as on Juju's machines."""
_WITH_VALUE = frozenset("BbcDEeFIiJLlmOopQRSWwP")
"""Options of ssh and scp that are followed by a value."""
_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def leader_of(call: Invocation, target: str) -> int:
    """The process id, on this host, of the target machine's init."""
    found: dict[str, Any] = call.on_model("ssh_target", target=target)
    return int(found["pid"])


def split_user(word: str) -> tuple[str, str]:
    """User and target in `[user@]target`."""
    user, at, target = word.rpartition("@")
    return (user, target) if at else (USER, target)


def without_ssh_options(words: Sequence[str]) -> list[str]:
    """What is left after ssh's options: they concern a network that is not there."""
    rest = list(words)
    while rest and rest[0].startswith("-") and rest[0] not in ("-", "--"):
        option = rest.pop(0)
        if len(option) == 2 and option[1] in _WITH_VALUE and rest:
            rest.pop(0)
    return rest[1:] if rest[:1] == ["--"] else rest


def as_user(pid: int, user: str, command: str) -> list[str]:
    """The argv that runs shell text (a login shell if empty) in the machine as `user`, in the user's home."""
    login = ["runuser", "-l", user, *(["-c", command] if command else [])]
    return [*inside(pid), *login]


def on_terminal(pid: int, user: str, command: str) -> list[str]:
    """The same on a terminal of the machine's own, so that job control and full-screen programs work."""
    from shlex import quote

    login = f"runuser -l {quote(user)}" + (f" -c {quote(command)}" if command else "")
    return [*inside(pid), "script", "-qec", login, "/dev/null"]


def until_it_ends(argv: Sequence[str]) -> int:
    """Run a command that enters a machine; its exit code, or 128 and the signal that ended it.

    A machine that shuts down stops all its processes before it ends them, and nsenter stops itself with its child, to
    be continued by a shell. Here it is: otherwise it would stay stopped after the machine is gone.
    """
    child = os.posix_spawnp(argv[0], list(argv), os.environ)
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda received, _frame: os.kill(child, received))
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    while True:
        _, status = os.waitpid(child, os.WUNTRACED)
        if not os.WIFSTOPPED(status):
            code = os.waitstatus_to_exitcode(status)
            return code if code >= 0 else 128 - code
        os.kill(child, signal.SIGCONT)


def inside(pid: int) -> list[str]:
    """What to put before a command to run it in the machine, as root."""
    return ["nsenter", "-t", str(pid), "-a", "env", "-i", f"PATH={_PATH}", "TERM=xterm-256color", "LANG=C.UTF-8"]
