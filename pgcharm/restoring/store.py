"""Dumps in the repository, below `logical/<stanza>/<id>/`: pgBackRest puts and gets single files of any kind of it.

Knows: pgBackRest's commands for single files (repo-put and repo-rm are not in its help, and are in 2.45 and newer), and
that their passphrase has to be given: by the environment, where nobody else reads it. Must not know: what is in a dump.
A dump is complete when its `about.json` is there, which is written last.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any
from urllib.parse import quote, unquote

from pgcharm.adapters.pgbackrest import PgBackRest, error_of
from pgcharm.restoring.bring_back import GivenUp

ABOUT, ROLES = "about.json", "roles.sql"
_PASSPHRASE = re.compile(r"^repo1-cipher-pass=(.*)$", re.MULTILINE)


@dataclass(frozen=True)
class Store:
    """The dumps of one stanza."""

    tool: PgBackRest
    passphrase: str = ""

    @classmethod
    def of(cls, configuration: str, stanza: str) -> Store:
        """As the configuration says."""
        found = _PASSPHRASE.search(Path(configuration).read_text())
        return cls(PgBackRest(configuration, stanza), found[1].strip() if found else "")

    def path(self, name: str, file: str = "") -> str:
        return f"logical/{self.tool.stanza}/{name}/{file}".rstrip("/")

    def file_of(self, database: str) -> str:
        """What a database's file is called.

        >>> Store(PgBackRest("", "")).file_of("a b")
        'a%20b.dump'
        """
        return f"{quote(database, safe='')}.dump"

    @property
    def environment(self) -> dict[str, str]:
        return {**os.environ, **({"PGBACKREST_CIPHER_PASS": self.passphrase} if self.passphrase else {})}

    def argv(self, *words: str) -> tuple[str, ...]:
        return self.tool.argv(*words, stanza="")

    @contextmanager
    def writing(self, name: str, file: str) -> Iterator[IO[bytes]]:
        """Put a file, from what is written. Raises GivenUp."""
        process = subprocess.Popen(
            self.argv("repo-put", self.path(name, file)), stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE, env=self.environment, cwd="/",
        )  # fmt: skip
        assert process.stdin is not None
        assert process.stderr is not None
        try:
            yield process.stdin
        finally:
            process.stdin.close()
            said = process.stderr.read().decode(errors="replace")
            if process.wait():
                raise GivenUp(f"the repository takes no file: {error_of('repo-put', process.returncode, said).said}")

    @contextmanager
    def reading(self, name: str, file: str) -> Iterator[IO[bytes]]:
        """A file's content. Raises GivenUp."""
        process = subprocess.Popen(
            self.argv("repo-get", self.path(name, file)), stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            env=self.environment, cwd="/",
        )  # fmt: skip
        assert process.stdout is not None
        assert process.stderr is not None
        yield process.stdout
        said = process.stderr.read().decode(errors="replace")
        if process.wait():
            raise GivenUp(f"cannot read {file} of dump {name}: {error_of('repo-get', process.returncode, said).said}")

    def about(self, name: str) -> dict[str, Any]:
        """What a dump says of itself. Raises GivenUp, with the dumps that there are."""
        try:
            with self.reading(name, ABOUT) as stream:
                return dict(json.loads(stream.read() or b"{}"))
        except GivenUp:
            there = ", ".join(self.names()) or "none"
            raise GivenUp(f"there is no dump {name} (expected one of: {there})") from None

    def names(self) -> list[str]:
        """The complete dumps, the oldest first."""
        return list(self.dumps())

    def dumps(self) -> dict[str, list[str]]:
        """The complete dumps, the oldest first, each with its databases."""
        listed = self.tool.run("repo-ls", f"logical/{self.tool.stanza}", "--recurse", "--output=json", stanza="")
        files = [key.partition("/") for key in sorted(json.loads(listed))]
        complete = [name for name, _, file in files if file == ABOUT]
        return {
            name: [unquote(file.removesuffix(".dump")) for place, _, file in files if place == name and ".dump" in file]
            for name in complete
        }

    def remove(self, name: str) -> None:
        self.tool.run("repo-rm", "--recurse", self.path(name), stanza="")
