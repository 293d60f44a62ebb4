"""What EXPLAIN says, as a tree that can be read.

Knows: the JSON of EXPLAIN. Must not know: who asked.
https://www.postgresql.org/docs/current/using-explain.html
"""

from __future__ import annotations

import html
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

_CONDITIONS = ("Index Cond", "Recheck Cond", "Hash Cond", "Merge Cond", "Join Filter", "Filter", "Sort Key")


@dataclass(frozen=True)
class Step:
    """One node of a plan."""

    name: str
    relation: str
    index: str
    estimated: float
    rows: float | None
    milliseconds: float | None
    conditions: tuple[tuple[str, str], ...]
    removed: int
    parts: tuple[Step, ...]

    def lines(self, depth: int = 0) -> Iterator[str]:
        """The step and what is below it, a line each, conditions under it."""
        where = f" using {self.index}" if self.index else ""
        where += f" on {self.relation}" if self.relation else ""
        took = "" if self.milliseconds is None else f", {self.milliseconds:.2f} ms"
        rows = "" if self.rows is None else f"{self.rows:g} rows, "
        yield f"{'  ' * depth}{self.name}{where}  ({rows}{self.estimated:g} expected{took})"
        for word, text in self.conditions:
            yield f"{'  ' * depth}    {word.lower()}: {text}"
        if self.removed:
            yield f"{'  ' * depth}    {self.removed} rows looked at in vain"
        for part in self.parts:
            yield from part.lines(depth + 1)

    def walk(self) -> Iterator[Step]:
        """This step and all below it."""
        yield self
        for part in self.parts:
            yield from part.walk()


@dataclass(frozen=True)
class Plan:
    """How a find was done. `str(plan)` is the tree."""

    root: Step
    statement: str
    planning: float | None
    execution: float | None

    @property
    def indexes(self) -> tuple[str, ...]:
        """The indexes used, by name."""
        return tuple(sorted({step.index for step in self.root.walk() if step.index}))

    def __str__(self) -> str:
        lines = list(self.root.lines())
        if self.execution is not None:
            lines.append(f"planned in {self.planning or 0:.2f} ms, done in {self.execution:.2f} ms")
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        """For notebooks."""
        return f"<pre>{html.escape(str(self))}</pre>"


def read(explained: Any, statement: str) -> Plan:
    """The answer to `EXPLAIN (FORMAT JSON)`."""
    (whole,) = explained
    return Plan(_step(whole["Plan"]), statement, whole.get("Planning Time"), whole.get("Execution Time"))


def _step(node: Mapping[str, Any]) -> Step:
    conditions = tuple((word, _spelled(node[word])) for word in _CONDITIONS if word in node)
    removed = sum(int(node.get(f"Rows Removed by {word}", 0)) for word in ("Filter", "Index Recheck", "Join Filter"))
    return Step(
        node["Node Type"],
        node.get("Relation Name", ""),
        node.get("Index Name", ""),
        node["Plan Rows"],
        node.get("Actual Rows"),
        node.get("Actual Total Time"),
        conditions,
        removed,
        tuple(_step(part) for part in node.get("Plans", ())),
    )


def _spelled(condition: Any) -> str:
    return ", ".join(condition) if isinstance(condition, list) else str(condition)
