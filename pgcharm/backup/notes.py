"""What the observer service and the backup program leave for hooks to read, as text and as values.

Knows: the form of both files. Must not know: where they are. What is not understood reads as not said.

    >>> notes = RunNotes({"full": Run("full", 1.0, 2.0, True, "20260101-000000F")})
    >>> read_runs(runs_text(notes)) == notes, read_runs("{")
    (True, RunNotes(runs={}, verified={}))
"""

from __future__ import annotations

import dataclasses
import json
from typing import Any

from pgcharm.backup.facts import Backup, Looked, Run, RunNotes, StanzaInfo

PLACE = "# The repository: "
"""What goes before the repository's place in our configuration of pgBackRest."""


def runs_text(notes: RunNotes) -> str:
    """The backup program's notes."""
    return json.dumps(dataclasses.asdict(notes), indent=1) + "\n"


def read_runs(text: str) -> RunNotes:
    """The same as values."""
    found = _loaded(text)
    runs = {kind: Run(**_known(Run, entry)) for kind, entry in _dict(found.get("runs")).items() if _is_run(entry)}
    return RunNotes(runs, {str(key): str(value) for key, value in _dict(found.get("verified")).items()})


def looked_text(looked: Looked) -> str:
    """The observer service's notes."""
    return json.dumps(dataclasses.asdict(looked)) + "\n"


def read_looked(text: str) -> Looked | None:
    """The same as values; None where there are none."""
    found = _loaded(text)
    stanza = _dict(found.get("stanza"))
    if not {"name", "code", "message"} <= stanza.keys():
        return None
    backups = tuple(_backup(entry) for entry in stanza.get("backups", ()) if isinstance(entry, dict))
    facts = {**_known(StanzaInfo, stanza), "backups": backups, "systems": tuple(stanza.get("systems", ()))}
    words = (str(found.get(key, "")) for key in ("config", "place"))
    return Looked(float(found.get("at", 0)), StanzaInfo(**facts), *words)


def place_in(config: str) -> str:
    """Where the repository is that a configuration of pgBackRest names; empty where it does not say.

    >>> place_in(f"[global]\n{PLACE}s3 bucket b at s3.test/here\nrepo1-type=s3\n")
    's3 bucket b at s3.test/here'
    """
    return next((line.removeprefix(PLACE) for line in config.splitlines() if line.startswith(PLACE)), "")


def _backup(entry: dict[str, Any]) -> Backup:
    facts = _known(Backup, entry)
    return Backup(**{**facts, "references": tuple(facts.get("references", ()))})


def _is_run(entry: object) -> bool:
    return isinstance(entry, dict) and {"kind", "started"} <= entry.keys()


def _known(kind: type, entry: dict[str, Any]) -> dict[str, Any]:
    return {field.name: entry[field.name] for field in dataclasses.fields(kind) if field.name in entry}


def _dict(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _loaded(text: str) -> dict[str, Any]:
    try:
        return _dict(json.loads(text or "{}"))
    except ValueError:
        return {}
