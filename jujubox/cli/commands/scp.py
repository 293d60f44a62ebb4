"""Copies files to, from or between machines: `unit:path`, or a local path."""

from __future__ import annotations

import os
import subprocess
from typing import NamedTuple

from jujubox.cli.enter import as_user, leader_of, split_user, without_ssh_options
from jujubox.cli.errors import CommandError, Silent
from jujubox.cli.invocation import Invocation
from jujubox.cli.registry import Scope
from jujubox.flags import FlagSet, UsageError

USAGE = "[-- <scp options>] <source> [...] <destination>"
SCOPE: Scope = "model"
INTERSPERSED = False

_SEND = """
if [ ! -e {path} ]; then echo scp: {path}: No such file or directory >&2; exit 1; fi
if [ -d {path} ] && [ {recursive} = 0 ]; then echo scp: {path}: not a regular file >&2; exit 1; fi
exec tar -C "$(dirname {path})" -cf - -- "$(basename {path})"
"""
_RECEIVE = """
if [ -d {path} ]; then exec tar --no-same-owner -C {path} -xf -; fi
case {path} in */) echo scp: {path}: No such file or directory >&2; exit 1;; esac
partial=$(mktemp -d "$(dirname {path})/.scp.XXXXXX") || exit 1
tar --no-same-owner -C "$partial" -xf - && mv -T "$partial"/{name} {path}
code=$?
rm -rf "$partial"
exit $code
"""


class Place(NamedTuple):
    """One end of a copy; no pid for this host."""

    path: str
    pid: int | None = None
    user: str = ""

    def argv(self, script: str) -> list[str]:
        """The command that runs shell text there."""
        return ["sh", "-c", script] if self.pid is None else as_user(self.pid, self.user, script)


def flags(known: FlagSet) -> None:
    for name in ("no-host-key-checks", "proxy", "remote"):
        known.boolean(name)
    known.string("container")


def run(call: Invocation) -> None:
    options = [word for word in call.args if word.startswith("-")]
    words = without_ssh_options(call.args)
    if len(words) < 2:
        raise UsageError("at least two arguments required")
    recursive = any("r" in option for option in options if not option.startswith("--"))
    *sources, target = [_place(call, word) for word in words]
    for source in sources:
        _copy(source, target, recursive)


def _place(call: Invocation, word: str) -> Place:
    """`unit:path` is in a machine; a word with a slash before its first colon is a local path, as for scp."""
    target, colon, path = word.partition(":")
    if not colon or "/" in target.replace("/", "", 1) or target.startswith(("/", ".")):
        return Place(word)
    user, entity = split_user(target)
    return Place(path.removeprefix("~/") or ".", leader_of(call, entity), user)


def _copy(source: Place, target: Place, recursive: bool) -> None:
    from shlex import quote

    name = os.path.basename(source.path.rstrip("/")) or "."
    send = _SEND.format(path=quote(source.path), recursive=int(recursive))
    receive = _RECEIVE.format(path=quote(target.path), name=quote(name))
    with subprocess.Popen(source.argv(send), stdout=subprocess.PIPE) as sender:
        receiver = subprocess.run(target.argv(receive), stdin=sender.stdout, stderr=subprocess.PIPE, check=False)
        if sender.stdout is not None:
            sender.stdout.close()
    if sender.returncode:
        raise Silent(1)  # It has told why; that nothing came is no news of the receiver's.
    if receiver.returncode:
        told = receiver.stderr.decode(errors="replace").strip()
        raise CommandError(f"cannot copy {source.path} to {target.path}: {told or f'exit code {receiver.returncode}'}")
