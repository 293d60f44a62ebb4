"""What is seen of backups without asking the repository, which may take long: notes of the observer service and of the
backup program, the archiver's directory, secrets that options name.

Knows: where each is. Must not know: what ought to be there.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from pgcharm.adapters import host
from pgcharm.adapters import juju as tools
from pgcharm.backup.facts import Archiver, Looked, RunNotes
from pgcharm.backup.notes import read_looked, read_runs
from pgcharm.backup.repository import S3_ENDPOINT, SECRETS, Given
from pgcharm.layout import Layout
from pgcharm.options import Options
from pgcharm.view import Unknown, View

_read: dict[str, View[Mapping[str, str]] | Unknown] = {}
"""Secrets that this hook has read, by URI."""
_related: list[Given] = []
"""What this hook has read of the relation."""


def observe_given(options: Options) -> Given:
    """The secrets that options name, and what the relation `s3-parameters` says."""
    named = {option: str(getattr(options, option)) for option in SECRETS}
    secrets = {option: _secret(uri) for option, uri in named.items() if uri}
    if not _related:
        _related.append(_relation())
    return replace(_related[0], secrets=secrets)


def observe_repository(layout: Layout) -> View[Looked] | None:
    """What the observer service has seen last."""
    found = read_looked(host.read_text(layout.repository_seen) or "")
    return View(found) if found else None


def observe_runs(layout: Layout) -> RunNotes:
    """What the backup program has written down."""
    return read_runs(host.read_text(layout.backup_notes) or "")


def observe_archiver(layout: Layout) -> Archiver:
    """Segments of the log that wait, and why."""
    waiting = []
    for place in Path(layout.data, "pg_wal", "archive_status").glob("*.ready"):
        try:
            waiting.append(place.stat().st_mtime)
        except FileNotFoundError:
            continue
    dropped = Path(layout.dropped)
    return Archiver(
        waiting=len(waiting),
        oldest=max(0.0, time.time() - min(waiting)) if waiting else 0.0,
        error=(host.read_text(layout.push_error) or "").strip(),
        dropped=dropped.stat().st_mtime if dropped.exists() else 0.0,
    )


def _secret(uri: str) -> View[Mapping[str, str]] | Unknown:
    if uri not in _read:
        try:
            _read[uri] = View(tools.secret_at(uri))
        except tools.HookToolError as error:
            _read[uri] = Unknown(_why(str(error)))
    return _read[uri]


def _why(said: str) -> str:
    if "permission denied" in said or "not allowed" in said:
        return "permission denied (expected it granted to this application: juju grant-secret)"
    return said.removeprefix("cannot run secret-get: ").splitlines()[0][:120]


def _relation() -> Given:
    """What the relation says. Only the leader may read what we have asked for."""
    for relation in tools.relations(S3_ENDPOINT):
        application = tools.remote_application(S3_ENDPOINT, relation)
        said = tools.bag(S3_ENDPOINT, relation, application, application=True) if application else {}
        asked = tools.bag(S3_ENDPOINT, relation, tools.unit().split("/")[0], application=True)
        extra = _secret(said["secret-extra"]) if said.get("secret-extra") else View({})
        related: View[Mapping[str, str]] | Unknown = extra
        if isinstance(extra, View):
            related = View({**said, **extra.value})
        return Given(related=related, relation=relation, asked=asked)
    return Given()
