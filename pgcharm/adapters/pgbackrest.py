"""The program pgbackrest, run as PostgreSQL's user.

Knows: its command line and how it says what is wrong. Must not know: when something ought to be done.
Secrets are in its configuration file alone: nothing of them is ever on a command line.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass

from pgcharm.backup.facts import StanzaInfo
from pgcharm.backup.info import stanza_in

PROGRAM = "pgbackrest"
_ERROR = re.compile(r"^(?:.*?\s)?ERROR: (?:raised from [^:]*: )?\[(\d{3})\]:? (.*)$", re.DOTALL)
_NEXT = re.compile(r"^(?:\d{4}-\d\d-\d\d \S+ P\d\d\s+)?(?:INFO|WARN|DETAIL|DEBUG):|^\d{4}-\d\d-\d\d ")
BUSY = 50
"""Its code for a lock that another of its kind holds."""


class PgBackRestError(RuntimeError):
    """pgBackRest refused. `code` is its own number of the error, 0 where it gave none."""

    def __init__(self, command: str, code: int, said: str, hint: str = "") -> None:
        super().__init__(f"cannot run pgbackrest {command}: {said}" + (f" (hint: {hint})" if hint else ""))
        self.code = code
        self.said = said
        self.hint = hint


@dataclass(frozen=True)
class PgBackRest:
    """pgBackRest with one configuration and one stanza."""

    config: str
    stanza: str
    user: str = "postgres"

    def argv(self, *words: str, stanza: str | None = None) -> tuple[str, ...]:
        """The command line of one of its commands, as our own user."""
        name = self.stanza if stanza is None else stanza
        named = (f"--stanza={name}",) if name else ()
        command = (PROGRAM, f"--config={self.config}", *named, "--log-level-file=off", *words)
        return command if os.geteuid() else ("runuser", "-u", self.user, "--", *command)

    def run(self, *words: str, stanza: str | None = None, timeout: float = 120) -> str:
        """What a command prints. Raises PgBackRestError."""
        try:
            done = subprocess.run(
                self.argv(*words, stanza=stanza), capture_output=True, text=True, errors="replace", timeout=timeout,
                check=False, cwd="/", stdin=subprocess.DEVNULL,
            )  # fmt: skip
        except subprocess.TimeoutExpired:
            raise PgBackRestError(words[0], 0, f"still running after {timeout:.0f} s") from None
        except OSError as error:
            raise PgBackRestError(words[0], 0, str(error)) from error
        if done.returncode:
            raise error_of(words[0], done.returncode, done.stderr + "\n" + done.stdout)
        return done.stdout

    def info(self, timeout: float = 30) -> StanzaInfo:
        """The stanza as it is in the repository. Raises PgBackRestError where that cannot be read."""
        found = stanza_in(self.run("info", "--output=json", timeout=timeout), self.stanza)
        if not found.exists and found.code not in (1, 3):
            raise error_of("info", found.code, found.message)
        return found

    def lines(self, *words: str) -> Iterator[str]:
        """What a command says while it runs, line by line. Raises PgBackRestError at its end where it failed.

        It dies with us: a backup that nobody watches is not left behind.
        """
        said: list[str] = []
        process = subprocess.Popen(
            self.argv(*words), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace", cwd="/",
            stdin=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip
        assert process.stdout is not None
        try:
            for line in process.stdout:
                said = [*said[-40:], line.rstrip("\n")]
                yield said[-1]
            code = process.wait()
        finally:
            if process.poll() is None:
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGTERM)
                process.wait()
        if code:
            raise error_of(words[0], code, "\n".join(said))


def error_of(command: str, code: int, text: str) -> PgBackRestError:
    r"""What pgBackRest complains of, in one line, and its hint.

    >>> error = error_of("info", 39, "P00  ERROR: [039]: HTTP request failed with 403 (Forbidden):\n  *** Path ***")
    >>> error.code, error.said
    (39, 'HTTP request failed with 403 (Forbidden)')
    >>> error_of("backup", 0, "ERROR: [050]: unable to acquire lock\n       HINT: is another process running?").hint
    'is another process running?'
    """
    lines = [line.strip() for line in text.strip().splitlines()]
    for number, line in enumerate(lines):
        if match := _ERROR.match(line):
            rest = [match[2], *(each for each in _until_next(lines[number + 1 :]))]
            return PgBackRestError(command, int(match[1]), *_said(rest))
    if code < 0:
        return PgBackRestError(command, 0, f"it was ended by {signal.Signals(-code).name}")
    found = lines or [f"exit code {code}"]
    match = re.match(r"\[(\w+)\] ", found[0])
    return PgBackRestError(command, code, *_said([found[0][match.end() :] if match else found[0], *found[1:]]))


def _until_next(lines: Sequence[str]) -> Iterator[str]:
    for line in lines:
        if _NEXT.match(line):
            return
        yield line


def _said(lines: Sequence[str]) -> tuple[str, str]:
    """The first line and the first hint, short enough for a status."""
    hints = [line.partition("HINT:")[2].strip() for line in lines if "HINT:" in line]
    first = next((line for line in lines if line), "").rstrip(":")
    detail = next((match[1] for line in lines if (match := re.search(r"<Code>(\w+)</Code>", line))), "")
    return (f"{first}: {detail}" if detail else first)[:300], (hints[0] if hints else "")[:200]
