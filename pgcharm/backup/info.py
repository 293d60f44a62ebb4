"""What `pgbackrest info --output=json` says, as values.

Knows: the JSON of pgBackRest 2.37 and newer. Must not know: how it is asked for. No key is mandatory.

    >>> parse_info('[{"name": "a", "status": {"code": 1, "message": "missing stanza path"}}]')[0].exists
    False
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from pgcharm.backup.facts import KINDS, Backup, StanzaInfo

UNREADABLE = 98
"""Our code for an answer that is none."""


def parse_info(text: str) -> tuple[StanzaInfo, ...]:
    """All stanzas in an answer. Raises ValueError where it is not JSON of that form."""
    found = json.loads(text, strict=False)  # what a server answered is in it as it came, line breaks and all
    if not isinstance(found, list):
        raise ValueError(f"cannot read pgBackRest's answer: {text[:60]!r} (expected a list)")  # noqa: TRY004
    return tuple(_stanza(entry) for entry in found if isinstance(entry, dict))


def stanza_in(text: str, name: str) -> StanzaInfo:
    """One stanza in an answer; without it, one that says so."""
    try:
        found = parse_info(text)
    except ValueError as error:
        return StanzaInfo(name, UNREADABLE, str(error))
    return next((stanza for stanza in found if stanza.name == name), StanzaInfo(name, 1, "missing stanza path"))


def _stanza(entry: Mapping[str, Any]) -> StanzaInfo:
    status = _dict(entry.get("status"))
    repositories = _list(entry.get("repo"))
    first = _dict(_dict(repositories[0]).get("status")) if repositories else {}
    code, message = _number(status.get("code")), str(first.get("message") or status.get("message") or "")
    archives = [each for each in _list(entry.get("archive")) if each.get("max")]
    backups = sorted(
        (_backup(each) for each in _list(entry.get("backup"))), key=lambda backup: (backup.start, backup.id)
    )
    lock = _dict(_dict(status.get("lock")).get("backup"))
    return StanzaInfo(
        name=str(entry.get("name", "")),
        code=code,
        message=message,
        systems=tuple(str(each["system-id"]) for each in _list(entry.get("db")) if "system-id" in each),
        backups=tuple(backups),
        wal_first=str(archives[0].get("min") or "") if archives else "",
        wal_last=str(archives[-1].get("max") or "") if archives else "",
        cipher=str(entry.get("cipher") or ""),
        backing_up=lock.get("held") is True,
    )


def _backup(entry: Mapping[str, Any]) -> Backup:
    times, info = _dict(entry.get("timestamp")), _dict(entry.get("info"))
    archive, repository = _dict(entry.get("archive")), _dict(info.get("repository"))
    kind = str(entry.get("type", ""))
    references = entry.get("reference")
    return Backup(
        id=str(entry.get("label", "")),
        kind=kind if kind in KINDS else "unknown",
        start=float(_number(times.get("start"))),
        stop=float(_number(times.get("stop"))),
        size=_number(info.get("size")),
        delta=_number(info.get("delta")),
        stored=_number(repository.get("delta")),
        wal_first=str(archive.get("start") or ""),
        wal_last=str(archive.get("stop") or ""),
        lsn_start=str(_dict(entry.get("lsn")).get("start") or ""),
        lsn_stop=str(_dict(entry.get("lsn")).get("stop") or ""),
        prior=str(entry.get("prior") or ""),
        references=tuple(str(each) for each in references) if isinstance(references, list) else (),
        error=entry.get("error") is True,
        database=_number(_dict(entry.get("database")).get("id")) or 1,
        notes={str(key): str(value) for key, value in _dict(entry.get("annotation")).items()},
    )


def _dict(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: object) -> list[Mapping[str, Any]]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def _number(value: object) -> int:
    return int(value) if isinstance(value, int | float) and not isinstance(value, bool) and value == value else 0
