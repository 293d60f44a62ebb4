"""The service: two writers, a reader, a checker, and the state file.

Knows: how the parts go together. Run as `python3 -m ledger.service`.
"""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Mapping

from ledger.connection import Connector, Guard
from ledger.conninfo import Files
from ledger.journal import Journal
from ledger.pulse import STALLED_AFTER, Gap, Pulse
from ledger.state import State, read_state
from ledger.witness import Checker, Reader
from ledger.writer import Writer

STREAMS: Mapping[str, bool] = {"strict": True, "loose": False}
TICK = 0.2
"""Seconds between two syncs of the journal."""


class Service:
    """Everything, wired."""

    def __init__(self, files: Files) -> None:
        self.files = files
        self.stop = threading.Event()
        self.settings = files.read_settings()
        before = read_state(files.var)
        self.journal = Journal(files.var)
        same = before.run == self.journal.run
        self.pulse = Pulse(Gap(before.longest_gap, before.longest_gap_began) if same else Gap())
        self.guard = Guard()
        self.writers = [self._writer(stream, strict) for stream, strict in STREAMS.items()]
        self.reader = Reader(Connector(files, self.guard, "prefer-standby"), self.journal, "strict", self.stop)
        lost = {stream: tuple(rows) for stream, rows in before.lost_rows.items()} if same else {}
        self.checker = Checker(Connector(files, self.guard), self.journal, self.stop, lost)
        self.phase = before.phase

    def _writer(self, stream: str, strict: bool) -> Writer:
        unit, connector = self.settings.unit, Connector(self.files, self.guard)
        return Writer(stream, strict, unit, connector, self.journal, self.pulse, self._rate, self.stop)

    def _rate(self) -> float:
        return max(1, self.settings.rate) / len(STREAMS)

    def run(self) -> None:
        """Until `stop` is set."""
        parts = [writer.run for writer in self.writers] + [self.reader.run, self.checker.run]
        threads = [threading.Thread(target=part, daemon=True) for part in parts]
        for thread in threads:
            thread.start()
        ticks = 0
        while not self.stop.wait(TICK):
            self.journal.sync()
            ticks += 1
            if ticks % 5 == 0:
                self._tell()
        for thread in threads:
            thread.join(timeout=10)
        self.guard.close()
        self.journal.close()

    def _tell(self) -> None:
        self.settings = self.files.read_settings()
        state = self._state(time.time())
        state.write(self.files.var)
        phase = f"{state.phase}, {state.lost} lost"
        if phase != self.phase:
            self.phase = phase
            (self.files.var / "changed").write_text(phase)

    def _state(self, now: float) -> State:
        gap, silence = self.pulse.longest(now), self.pulse.silence(now)
        writing = next((writer.address for writer in self.writers if writer.address), None)
        reading = self.reader.address if self.reader.from_standby else None
        return State(
            phase=_phase(silence, self.files.dsn.exists()),
            rate=round(self.pulse.rate(now), 1),
            silence=round(silence or 0.0, 1),
            longest_gap=round(gap.seconds, 2),
            longest_gap_began=gap.began,
            lost=sum(map(len, self.checker.lost.values())),
            lost_rows={stream: rows[:100] for stream, rows in self.checker.lost.items()},
            run=self.journal.run,
            reconnections=sum(writer.reconnections for writer in self.writers),
            primary=":".join(writing) if writing else "",
            reader=":".join(reading) if reading else "",
            reads=self.reader.reads,
            standby_reads=self.reader.standby_reads,
            rows_behind=self.reader.rows_behind,
            last_error=next((writer.last_error for writer in self.writers if writer.last_error), ""),
            written_at=now,
        )


def _phase(silence: float | None, has_database: bool) -> str:
    if silence is None:
        return "connecting" if has_database else "no database"
    return "writing" if silence < STALLED_AFTER else "stalled"


def main() -> None:
    """Run until SIGTERM."""
    files = Files()
    os.umask(0o022)
    service = Service(files)

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: service.stop.set())
    service.run()


if __name__ == "__main__":
    main()
