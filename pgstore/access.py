"""Who asks: a find shows what that somebody may see.

Knows: the three sorts of callers. Must not know: how visibility is kept.
"""

from __future__ import annotations

from dataclasses import dataclass

from pgstore.query.nodes import Always, Node, Value, Visible
from pgstore.query.nodes import And as _And


@dataclass(frozen=True)
class Access:
    """Nobody in particular (`Access()`), a registered actor by its id, or a superuser, who sees everything."""

    actor: str | None = None
    superuser: bool = False

    def limit(self, where: Node) -> Node:
        """The same expression, and visible."""
        if self.superuser:
            return where
        seen = Visible(None if self.actor is None else Value("text", self.actor))
        return seen if where == Always(True) else _And((where, seen))
