"""Columns as Go's tabwriter aligns them with a padding of two blanks, and colours inside them.

Knows: cells and their widths.
Must not know: what a table is about.

    >>> print(columns([["App", "Scale", "Message"], ["ledger", "1", "ready"]], right=(1,)), end="")
    App     Scale  Message
    ledger      1  ready

A row's last cell is not padded and does not count for its column's width: nothing follows it.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

RED, GREEN, YELLOW, CYAN, MAGENTA = "31", "32", "33", "36", "35"
BOLD = "1"

_STATUS_COLORS = {
    **dict.fromkeys(("active", "running", "idle", "started", "executing", "attaching", "attached"), GREEN),
    **dict.fromkeys(
        "allocating lost maintenance pending rebooting stopped unknown detaching detached waiting".split(), YELLOW
    ),
    **dict.fromkeys(("blocked", "down", "error", "failed", "terminated"), RED),
}


class Colored(str):
    """A cell with a colour; its width is that of the text alone."""

    color: str

    def __new__(cls, text: str, color: str) -> Colored:
        """`color` is the number of an ANSI colour, empty for none."""
        cell = super().__new__(cls, text)
        cell.color = color
        return cell


def status_cell(status: str) -> Colored:
    """A status in the colour that tells good from bad."""
    return Colored(status, _STATUS_COLORS.get(status, ""))


def columns(rows: Sequence[Sequence[str]], right: Collection[int] = (), color: bool = False) -> str:
    """`rows` as aligned lines; the columns in `right` are aligned to the right."""
    widths: dict[int, int] = {}
    for row in rows:
        for index, cell in enumerate(row[:-1]):
            widths[index] = max(widths.get(index, 0), len(cell))
    return "".join(f"{_line(row, widths, right, color)}\n" for row in rows)


def _line(row: Sequence[str], widths: dict[int, int], right: Collection[int], color: bool) -> str:
    padded = []
    for index, cell in enumerate(row[:-1]):
        blanks = " " * (widths[index] - len(cell))
        text = _painted(cell, color)
        padded.append(f"{blanks}{text}  " if index in right else f"{text}{blanks}  ")
    return "".join(padded) + (_painted(row[-1], color) if row else "")


def _painted(cell: str, color: bool) -> str:
    if color and isinstance(cell, Colored) and cell.color and cell:
        return f"\x1b[{cell.color}m{cell}\x1b[0m"
    return str(cell)
