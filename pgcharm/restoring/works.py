"""What an operator asks a program for: a dump, a load of one, a trial of a backup.

Knows: that how it ended is written down in any case. Must not know: how any of them works.
"""

from __future__ import annotations

import json
import time
import traceback
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from pgcharm.restoring.bring_back import GivenUp
from pgcharm.restoring.notes import DONE, FAILED, WORKING

Told = Mapping[str, Any]
Say = Callable[[str], None]


def run(kind: str, path: str) -> int:
    """Do it; its exit code."""
    from pgcharm.restoring.dump import dump
    from pgcharm.restoring.load import load
    from pgcharm.restoring.trial import check

    told = json.loads(Path(path).read_text())
    begun = time.time()

    def note(state: str, said: str, results: Mapping[str, str] | None = None) -> None:
        found = {"kind": kind, "begun": begun, "state": state, "said": said, "results": dict(results or {})}
        partial = Path(f"{told['notes']}.partial")
        partial.write_text(json.dumps(found) + "\n")
        partial.replace(told["notes"])
        print(said, flush=True)

    note(WORKING, "it begins")
    work = {"dump": dump, "load": load, "check": check}[kind]
    try:
        results = work(told, lambda said: note(WORKING, said))
    except GivenUp as error:
        note(FAILED, str(error))
        return 1
    except Exception as error:
        traceback.print_exc()
        note(FAILED, f"{type(error).__name__}: {error}")
        return 1
    note(DONE, f"done after {time.time() - begun:.1f} s", results)
    return 0
