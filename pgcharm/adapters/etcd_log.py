"""etcd's log on disk (its WAL): what a member has been told, also where it cannot know whether it was agreed.

Knows: the log's form (etcd 3.4 and 3.5: server/wal/encoder.go, walpb/record.proto, raftpb/raft.proto). Must not know:
what of it matters. Only the end of the log is read, beyond what the member has applied.

A member that is asked without a quorum tells what it has applied. It may have stored more: an entry counts as agreed
once a majority has stored it, and one of two voters hears of that only with the next message. That message may never
have come.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_ENTRY_RECORD, _STATE_RECORD = 2, 3
_CHANGES_MEMBERS = (1, 2)
"""Types of an entry that change who is a member: EntryConfChange, EntryConfChangeV2."""


class LogError(ValueError):
    """The log is not in the form that is known."""


@dataclass(frozen=True)
class Entry:
    """One entry of the log."""

    index: int
    term: int
    changes_members: bool
    data: bytes

    def mentions(self, key: str) -> bool:
        """Whether it may write or delete a key."""
        return key.encode() in self.data


def read_end(data_directory: str, after: int) -> tuple[Entry, ...]:
    """The entries with an index above `after`, in order. Raises LogError, OSError."""
    entries: list[Entry] = []
    for path in _segments(Path(data_directory, "member", "wal"), after):
        for kind, content in _records(path.read_bytes()):
            if kind != _ENTRY_RECORD:
                continue
            entry = _entry(content)
            while entries and entries[-1].index >= entry.index:
                entries.pop()  # a later leader has put another one in its place
            entries.append(entry)
    return tuple(entry for entry in entries if entry.index > after)


def agreed(data_directory: str) -> tuple[int, int]:
    """How far the member knows, by its log, that entries are agreed; and its term. Raises LogError, OSError."""
    index = term = 0
    for path in _segments(Path(data_directory, "member", "wal"), None):
        for kind, content in _records(path.read_bytes()):
            if kind == _STATE_RECORD:
                fields = dict(_fields(content))
                term, index = _whole(fields.get(1, 0)), _whole(fields.get(3, 0))
    return index, term


def _segments(directory: Path, after: int | None) -> list[Path]:
    """The files that may hold entries above `after`, or the last; a name says the file's number and its first index."""
    found = sorted(directory.glob("*-*.wal"))
    if not found:
        raise LogError(f"cannot read the log of etcd: no file in {directory} (expected at least one)")
    if after is None:
        return found[-1:]
    first = [int(path.stem.split("-")[1], 16) for path in found]
    begin = max((number for number, index in enumerate(first) if index <= after + 1), default=0)
    return found[begin:]


def _records(content: bytes) -> Iterator[tuple[int, bytes]]:
    """The records in one file: kind and content. It is allocated in advance: a length of zero is its end."""
    place = 0
    while place + 8 <= len(content):
        (frame,) = struct.unpack_from("<q", content, place)
        if frame == 0:
            return
        length = frame & ((1 << 56) - 1)
        padding = (frame >> 56) & 0x7 if frame < 0 else 0
        record = content[place + 8 : place + 8 + length]
        if len(record) < length:
            raise LogError(f"cannot read the log of etcd: a record has {len(record)} bytes (expected {length})")
        place += 8 + length + padding
        fields = dict(_fields(record))
        yield _whole(fields.get(1, 0)), _bytes(fields.get(3, b""))


def _entry(message: bytes) -> Entry:
    fields = dict(_fields(message))
    kind, term, index = (_whole(fields.get(number, 0)) for number in (1, 2, 3))
    return Entry(index, term, kind in _CHANGES_MEMBERS, _bytes(fields.get(4, b"")))


def _whole(value: int | bytes) -> int:
    if not isinstance(value, int):
        raise LogError("cannot read the log of etcd: bytes in the place of a number")
    return value


def _bytes(value: int | bytes) -> bytes:
    if not isinstance(value, bytes):
        raise LogError("cannot read the log of etcd: a number in the place of bytes")
    return value


def _fields(message: bytes) -> Iterator[tuple[int, int | bytes]]:
    """The fields of a protobuf message: numbers and bytes; nothing else occurs in the log."""
    place = 0
    while place < len(message):
        tag, place = _number(message, place)
        if tag & 7 == 0:
            value, place = _number(message, place)
            yield tag >> 3, value
        elif tag & 7 == 2:
            length, place = _number(message, place)
            yield tag >> 3, message[place : place + length]
            place += length
        else:
            raise LogError(f"cannot read the log of etcd: a field of wire type {tag & 7} (expected 0 or 2)")


def _number(message: bytes, place: int) -> tuple[int, int]:
    """A varint and the place after it."""
    value = shift = 0
    while place < len(message):
        byte = message[place]
        value |= (byte & 0x7F) << shift
        place, shift = place + 1, shift + 7
        if byte < 0x80:
            return value, place
    raise LogError("cannot read the log of etcd: a number does not end")
