"""Data that is being brought back on this unit; where an action asks, what the repository has to bring back.

Knows: where to look. Must not know: what follows from it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from pgcharm.adapters import host
from pgcharm.adapters.pgbackrest import PgBackRest, PgBackRestError, error_of
from pgcharm.backup.info import parse_info
from pgcharm.backup.intent import INTENT, read_intent
from pgcharm.backup.names import STANZA, stanza_name
from pgcharm.backup.target import Archive, Fork, read_history, timeline_of
from pgcharm.layout import Layout
from pgcharm.observation import Event, Juju, Memory, Restorable, Restoration, Work
from pgcharm.restoring.store import Store
from pgcharm.view import Unknown, View

ABSENT = (1, 3)
"""pgBackRest's codes for a stanza that is not there. Others than these are of a repository that does not answer."""
REQUESTS = ("restore", "restore-check")
"""Actions that want to know."""


def own_stanza(juju: Juju) -> str:
    """What the cluster is called in the repository."""
    said = (juju.peers.application if juju.peers else {}).get(STANZA, "")
    return said or stanza_name(juju.application, juju.model_uuid)


def restore_asked(event: Event, juju: Juju, memory: Memory) -> bool:
    """Whether a restore has been asked for that this unit has not done."""
    if event.request is not None and event.request.name in REQUESTS:
        return True
    number = read_intent((juju.peers.application if juju.peers else {}).get(INTENT, "")).number
    return number > 0 and (memory.restore.get("number") != str(number) or not memory.restore.get("state"))


def observe_restoration(layout: Layout, wanted: bool) -> Restoration:
    """What the program has written down; what costs time only while a restore is asked for."""
    beside = not host.is_empty(layout.restored)
    try:
        notes = dict(json.loads(host.read_text(layout.restore_notes) or "{}"))
    except ValueError:
        notes = {}
    found = Restoration(
        int(notes.get("number") or 0), str(notes.get("state") or ""), str(notes.get("said") or ""), beside
    )
    if not wanted:
        return found
    spaces = bool(host.tablespaces(Path(layout.data)))
    return Restoration(
        found.number, found.state, found.said, beside, host.size(layout.data), host.room(layout.data), spaces
    )


def observe_work(layout: Layout) -> Work:
    """What a dump, a load of one or a trial has written down."""
    try:
        found = dict(json.loads(host.read_text(layout.work_notes) or "{}"))
        results = {str(key): str(value) for key, value in dict(found.get("results") or {}).items()}
        begun = float(found.get("begun") or 0)
    except (ValueError, TypeError):
        return Work()
    return Work(str(found.get("kind", "")), begun, str(found.get("state", "")), str(found.get("said", "")), results)


def observe_dumps(layout: Layout, stanza: str) -> Mapping[str, Sequence[str]]:
    """The logical dumps in the repository, each with its databases; none where it cannot be read."""
    try:
        return Store.of(layout.pgbackrest, stanza).dumps()
    except (PgBackRestError, OSError, ValueError):
        return {}


def observe_restorable(event: Event, layout: Layout, own: str) -> View[Restorable] | Unknown | None:
    """What there is; None where nobody asks."""
    request = event.request
    if request is None or request.name not in REQUESTS:
        return None
    name = request.text("source") or own
    try:
        return View(look(PgBackRest(layout.pgbackrest, name), name, request.text("timeline")))
    except (PgBackRestError, ValueError) as error:
        return Unknown(str(error))


def look(tool: PgBackRest, name: str, timeline: str) -> Restorable:
    """One stanza with its archive. Raises PgBackRestError."""
    stanzas = {each.name: each for each in parse_info(tool.run("info", "--output=json", stanza=""))}
    if (seen := stanzas.get(name)) is not None and not seen.exists and seen.code not in ABSENT:
        raise error_of("info", seen.code, seen.message)
    if seen is None or not seen.exists:
        there = ", ".join(sorted(key for key, each in stanzas.items() if each.exists)) or "none"
        raise ValueError(f"there is no stanza {name} in the repository (expected one of: {there})")
    stanza = stanzas[name]
    followed = int(timeline or 0) or timeline_of(stanza.wal_last) or 1
    archive = Archive(followed, forks(tool, name, followed), written(tool, name, stanza.wal_last))
    return Restorable(stanza, archive, tuple(sorted(stanzas)), stanza.systems[-1] if stanza.systems else "")


def forks(tool: PgBackRest, name: str, timeline: int) -> tuple[Fork, ...]:
    """Where a line of history left those before it; none where the archive begins with it and was not told."""
    if timeline <= 1:
        return ()
    folder, history = f"archive/{name}/{place(tool, name)}", f"{timeline:08X}.history"
    if history not in json.loads(tool.run("repo-ls", folder, "--output=json", stanza="")):
        return ()
    return read_history(tool.run("repo-get", f"{folder}/{history}", stanza=""))


def place(tool: PgBackRest, name: str) -> str:
    """The newest database's directory in the archive, e.g. `15-1`."""
    found = json.loads(tool.run("repo-ls", f"archive/{name}", "--output=json", stanza=""))
    places = [key for key, entry in found.items() if entry.get("type") == "path" and "-" in key]
    return max(places, key=lambda key: int(key.rpartition("-")[2]), default="")


def written(tool: PgBackRest, name: str, segment: str) -> float:
    """When the newest segment was archived; 0 where that cannot be seen."""
    if not segment:
        return 0.0
    try:
        folder = f"archive/{name}/{place(tool, name)}/{segment[:16]}"
        found = json.loads(tool.run("repo-ls", folder, "--output=json", stanza=""))
    except (PgBackRestError, ValueError):
        return 0.0
    return float(max((entry.get("time") or 0 for key, entry in found.items() if key.startswith(segment)), default=0))
