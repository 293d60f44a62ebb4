"""The end of etcd's log: what a member has stored, written here as etcd writes it."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pgcharm.adapters.etcd_log import LogError, agreed, read_end

SYNC = "/service/postgresql/sync"


def number(value: int) -> bytes:
    """A varint."""
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])


def field(place: int, value: int | bytes) -> bytes:
    if isinstance(value, int):
        return number(place << 3) + number(value)
    return number(place << 3 | 2) + number(len(value)) + value


def frame(kind: int, content: bytes) -> bytes:
    """A record with its length; padded to eight bytes, how much being in the length's highest byte."""
    record = field(1, kind) + field(2, 12345) + field(3, content)
    padding = -len(record) % 8
    length = len(record) | ((0x80 | padding) << 56 if padding else 0)
    return struct.pack("<Q", length) + record + bytes(padding)


def entry(index: int, term: int, data: bytes = b"", kind: int = 0) -> bytes:
    return frame(2, field(1, kind) + field(2, term) + field(3, index) + field(4, data))


def state(term: int, commit: int) -> bytes:
    return frame(3, field(1, term) + field(2, 77) + field(3, commit))


def log(directory: Path, *segments: tuple[int, bytes]) -> str:
    """A data directory whose log has these files: first index and content. Each is longer than what is in it."""
    place = directory / "member" / "wal"
    place.mkdir(parents=True)
    for position, (first, content) in enumerate(segments):
        (place / f"{position:016x}-{first:016x}.wal").write_bytes(content + bytes(4096))
    (place / "0.tmp").write_bytes(bytes(64))
    return str(directory)


@given(st.lists(st.binary(max_size=40), min_size=1, max_size=12), st.integers(0, 14))
def test_what_is_beyond_an_index_is_read_as_it_was_written(
    tmp_path_factory: pytest.TempPathFactory, data: list[bytes], after: int
) -> None:
    content = frame(1, b"metadata") + b"".join(entry(index, 3, text) for index, text in enumerate(data, 1))
    found = read_end(log(tmp_path_factory.mktemp("etcd"), (0, content)), after)
    assert [(each.index, each.data) for each in found] == list(enumerate(data, 1))[after:]


def test_an_entry_that_a_later_leader_has_replaced_does_not_count(tmp_path: Path) -> None:
    content = entry(1, 1) + entry(2, 1, SYNC.encode()) + entry(3, 1) + entry(2, 2, b"other")
    found = read_end(log(tmp_path, (0, content)), 1)
    assert [(each.index, each.term, each.mentions(SYNC)) for each in found] == [(2, 2, False)]


def test_a_change_of_members_is_told_apart(tmp_path: Path) -> None:
    found = read_end(log(tmp_path, (0, entry(1, 1, kind=1) + entry(2, 1, kind=2) + entry(3, 1))), 0)
    assert [each.changes_members for each in found] == [True, True, False]


def test_only_the_files_that_matter_are_read(tmp_path: Path) -> None:
    broken = b"\x07" * 64
    directory = log(tmp_path, (0, broken), (10, entry(10, 1) + entry(11, 1)), (12, state(4, 12) + entry(12, 4)))
    assert [each.index for each in read_end(directory, 10)] == [11, 12]
    assert agreed(directory) == (12, 4)


def test_the_last_word_on_what_is_agreed_counts(tmp_path: Path) -> None:
    content = state(1, 1) + entry(1, 1) + entry(2, 1) + state(1, 2) + entry(3, 1) + state(9, 2)
    assert agreed(log(tmp_path, (0, content))) == (2, 9)


@pytest.mark.parametrize("content", [struct.pack("<q", 5000), frame(2, b"\xff"), frame(2, b"\x0d1234")])
def test_what_is_not_understood_is_an_error_and_never_nothing(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(LogError):
        read_end(log(tmp_path, (0, content)), 0)


def test_no_log_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(LogError, match="expected at least one"):
        read_end(str(tmp_path), 0)
