"""Entry point: `python -m pgcharm.restoring restore /etc/postgresql-charm/restore.json`; also `check`, `dump`, `load`.

Knows: how the program is called. Must not know: what it does.
"""

from __future__ import annotations

import sys

from pgcharm.restoring.bring_back import bring_back
from pgcharm.restoring.notes import Notes, Task


def main(kind: str, path: str) -> int:
    """Do it; 0 also where it cannot be done, which is in the notes: another run would not help."""
    if kind == "restore":
        task = Task.read(path)
        bring_back(task, Notes.of(task))
        return 0
    from pgcharm.restoring.works import run

    return run(kind, path)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
