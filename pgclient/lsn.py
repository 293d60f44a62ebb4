"""Positions in the write-ahead log, and the commit token made of one.

Knows: the textual forms. Must not know: who asks for a position.

>>> parse_lsn("1/0") == 2**32, format_lsn(23_934_792)
(True, '0/16D3748')
>>> str(CommitToken.parse("2-0/16D3748"))
'2-0/16D3748'
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from pgclient.errors import Misconfigured

_LSN = re.compile(r"([0-9A-Fa-f]{1,8})/([0-9A-Fa-f]{1,8})")
_TOKEN = re.compile(r"([0-9]{1,10})-([0-9A-Fa-f]{1,8}/[0-9A-Fa-f]{1,8})")


def parse_lsn(text: str) -> int:
    """The number of bytes that a `pg_lsn` stands for.

    Raises `Misconfigured` for anything else.
    """
    found = _LSN.fullmatch(text)
    if not found:
        raise Misconfigured(f"cannot read a log position: {text!r:.40} (expected e.g. 0/16D3748)")
    return (int(found[1], 16) << 32) | int(found[2], 16)


def format_lsn(lsn: int) -> str:
    """As PostgreSQL writes it."""
    return f"{lsn >> 32:X}/{lsn & 0xFFFFFFFF:X}"


@dataclass(frozen=True, order=True)
class CommitToken:
    """What has to be replayed before a reader sees a commit.

    `str(token)` fits into a cookie or a header, `CommitToken.parse` takes it back and trusts nothing else.
    """

    timeline: int
    lsn: int

    def __str__(self) -> str:
        return f"{self.timeline}-{format_lsn(self.lsn)}"

    @classmethod
    def parse(cls, text: str) -> CommitToken:
        """Read what `str` wrote; raises `Misconfigured` for anything else."""
        found = _TOKEN.fullmatch(text)
        if not found:
            raise Misconfigured(f"cannot read a commit token: {text!r:.40} (expected e.g. 2-0/16D3748)")
        return cls(int(found[1]), parse_lsn(found[2]))
