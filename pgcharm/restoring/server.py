"""A PostgreSQL server that only we reach: no TCP, a socket of its own, nothing of the cluster's settings.

Knows: how to start it, how recovery ends or why it does not, and how to stop it. Must not know: what it is for.
What was set in the data itself (postgresql.auto.conf) is overruled by the command line where it matters here.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import time
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg2

from pgcharm.adapters import postgres

SETTINGS: Mapping[str, str] = {
    "listen_addresses": "",
    "port": "5432",
    "hot_standby": "off",  # else the primary's limits of that time would have to be known: a standby checks them
    "shared_preload_libraries": "",
    "logging_collector": "off",
    "log_destination": "stderr",
    "log_timezone": "UTC",
    "log_line_prefix": "%m [%p] ",
    "ssl": "off",
    "synchronous_standby_names": "",
    "autovacuum": "off",
    "max_connections": "20",
    "wal_level": "replica",
    "archive_mode": "off",
    "max_wal_size": "4GB",
}
_LAST = re.compile(r"last completed transaction was at log time (.+)$")
_TROUBLE = re.compile(r"(?:FATAL|PANIC):\s+(.*)$")
_OURS = re.compile("the database system is|administrator command")
"""What it says to those who ask whether it is there."""
_REPLAYED = re.compile(r'restored log file "([0-9A-F]{24})" from archive')


class ServerFailed(RuntimeError):
    """The server did not come up. The text is what PostgreSQL said."""


@dataclass
class PrivateServer:
    """The server on one data directory."""

    binaries: str
    data: str
    scratch: str
    """A directory of ours for the socket, the log and the configuration files."""
    settings: Mapping[str, str] = field(default_factory=dict)
    user: str = "postgres"
    _process: subprocess.Popen[bytes] | None = None

    @property
    def log(self) -> Path:
        return Path(self.scratch, "server.log")

    def start(self, tell: Callable[[str], None], patience: float = 0.0) -> None:
        """Start, and wait until it takes writes: for as long as recovery goes on. Raises ServerFailed."""
        for name, text in (("postgresql.conf", ""), ("pg_hba.conf", "local all all peer map=all\n"),
                           ("pg_ident.conf", "all root postgres\nall postgres postgres\n")):  # fmt: skip
            Path(self.scratch, name).write_text(text)
            Path(self.scratch, name).chmod(0o644)
        told = {
            **SETTINGS, "config_file": f"{self.scratch}/postgresql.conf", "hba_file": f"{self.scratch}/pg_hba.conf",
            "ident_file": f"{self.scratch}/pg_ident.conf", "unix_socket_directories": self.scratch, **self.settings,
        }  # fmt: skip
        argv = [f"{self.binaries}/postgres", "-D", self.data]
        for name, value in told.items():
            argv += ["-c", f"{name}={value}"]
        owned = {"user": self.user, "group": self.user, "extra_groups": []} if os.geteuid() == 0 else {}
        with self.log.open("wb") as log:
            self._process = subprocess.Popen(argv, stdout=log, stderr=log, cwd=self.data, **owned)  # type: ignore[call-overload]
        end = time.monotonic() + patience if patience else float("inf")
        said = ""
        while time.monotonic() < end:
            if self._process.poll() is not None:
                raise ServerFailed(self.complaint())
            if self.answers():
                return
            if (now := self.replayed()) and now != said:
                said = now
                tell(f"replaying the log, so far {said}")
            time.sleep(0.2)
        self.stop("immediate")
        raise ServerFailed(f"PostgreSQL was not through with recovery after {patience:.0f} s")

    def answers(self) -> bool:
        """Whether it takes writes."""
        try:
            return self.rows("SELECT pg_is_in_recovery()") == [(False,)]
        except psycopg2.Error:
            return False

    def connect(self, database: str = "postgres") -> Any:
        link = psycopg2.connect(host=self.scratch, dbname=database, user="postgres", connect_timeout=5)
        link.autocommit = True
        return link

    def rows(self, query: str, database: str = "postgres", values: tuple[object, ...] = ()) -> list[tuple[Any, ...]]:
        with closing(self.connect(database)) as link:
            return postgres.rows(link, query, values)

    def stop(self, mode: str = "fast", patience: float = 600.0) -> None:
        """Stop: `fast` with a checkpoint, `immediate` without."""
        if self._process is None or self._process.poll() is not None:
            return
        self._process.send_signal(signal.SIGINT if mode == "fast" else signal.SIGQUIT)
        try:
            self._process.wait(patience)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    @property
    def stopped_well(self) -> bool:
        return self._process is not None and self._process.returncode == 0

    def lines(self) -> list[str]:
        return self.log.read_text(errors="replace").splitlines() if self.log.exists() else []

    def replayed(self) -> str:
        """The last segment of the log that was fetched."""
        return next((match[1] for line in reversed(self.lines()) if (match := _REPLAYED.search(line))), "")

    def last_commit(self) -> str:
        """When the last transaction was committed that was replayed."""
        return next((match[1] for line in reversed(self.lines()) if (match := _LAST.search(line))), "")

    def complaint(self) -> str:
        """What PostgreSQL gave up with."""
        said = [match[1] for line in self.lines() if (match := _TROUBLE.search(line)) and not _OURS.search(match[1])]
        return said[0] if said else (self.lines() or ["it said nothing"])[-1]
