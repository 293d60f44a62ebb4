"""Lines for people, with colour where somebody looks, or one JSON object a line.

Knows: terminals. Must not know: what is said.
"""

from __future__ import annotations

import json
import os
import sys
from typing import Any

_CODES = {"good": "32", "bad": "31", "odd": "33", "faint": "2", "strong": "1"}


class Printer:
    """Says each thing once, in the form that was asked for."""

    def __init__(self, as_json: bool, colour: str = "auto") -> None:
        self.as_json = as_json
        self._colour = colour == "always" or (colour == "auto" and sys.stdout.isatty() and "NO_COLOR" not in os.environ)
        self._lines = 0

    def say(self, text: str, **facts: Any) -> None:
        """`text` for people, `facts` for programs."""
        print(json.dumps(facts, default=str) if self.as_json else text, flush=True)

    def show(self, lines: list[str], **facts: Any) -> None:
        """In the place of what was shown before, where there is a terminal."""
        if self.as_json or not sys.stdout.isatty():
            self.say("\n".join(lines), **facts)
            return
        back = f"\x1b[{self._lines}F\x1b[J" if self._lines else ""
        print(back + "\n".join(lines), flush=True)
        self._lines = len(lines)

    def paint(self, text: str, how: str) -> str:
        """In colour: `good`, `bad`, `odd`, `faint`, `strong`."""
        return f"\x1b[{_CODES[how]}m{text}\x1b[0m" if self._colour and not self.as_json else text
