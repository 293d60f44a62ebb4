#!/usr/bin/env python3
"""All actions of the ledger: one script, a symlink per action."""

from __future__ import annotations

import sys
from contextlib import closing
from pathlib import Path

CHARM = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(CHARM), str(CHARM / "lib")]
sys.path += [str(wheel) for wheel in sorted((CHARM / "wheelhouse").glob("*.whl"))]

from charmhelpers.core import hookenv  # noqa: E402
from ledger import machine  # noqa: E402
from ledger.connection import Guard, session  # noqa: E402
from ledger.conninfo import Files  # noqa: E402
from ledger.journal import read_journal  # noqa: E402
from ledger.report import report as account  # noqa: E402

FILES = Files()


def report() -> None:
    """What was acknowledged, found and lost."""
    hookenv.action_set({key: value for key, value in account(FILES).items() if value != ""})


def reset() -> None:
    """Begin anew."""
    machine.systemctl("stop", machine.SERVICE)
    run, _ = read_journal(FILES.var)
    conninfo = FILES.read_conninfo()
    if conninfo is not None and run:
        with Guard() as guard, closing(session(conninfo, guard, target_session_attrs="read-write")) as primary:
            primary.rows("DELETE FROM ledger_rows WHERE run = %s", (run,), seconds=300)
    machine.forget(FILES)
    if conninfo is not None:
        machine.systemctl("start", machine.SERVICE)
    hookenv.action_set({"forgotten": run or "nothing"})


def main() -> None:
    """Do what the symlink is called."""
    try:
        {"report": report, "reset": reset}[Path(sys.argv[0]).name]()
    except Exception as error:  # the person who asked should read why
        hookenv.action_fail(f"cannot {Path(sys.argv[0]).name} the ledger: {error}")
        raise


if __name__ == "__main__":
    main()
