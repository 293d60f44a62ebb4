"""Whose poolers hold their clients back while a primary is taken down on purpose.

Knows: when that can work. Must not know: how a pooler is asked.
"""

from __future__ import annotations

from pgcharm.plan.situation import Situation


def holding(s: Situation) -> tuple[str, ...]:
    """Members whose poolers are asked to. Only where connections are lent for a transaction: else none is ever free."""
    if s.options.pooler != "transaction" or s.patroni is None:
        return ()
    return tuple(sorted(member.name for member in s.patroni.members))
