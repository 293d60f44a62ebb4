"""LooseVersion, as charmhelpers.core.hookenv uses it to compare versions of Juju.

>>> LooseVersion("4.0.15-ubuntu-amd64") >= LooseVersion("2.3")
True
"""

from __future__ import annotations

import re
from functools import total_ordering


@total_ordering
class LooseVersion:
    """A version that is compared number by number; what is no number counts as less than any."""

    def __init__(self, text: str) -> None:
        self.parts = [int(part) if part.isdigit() else -1 for part in re.split(r"[.-]", text)]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, LooseVersion) and self.parts == other.parts

    def __lt__(self, other: LooseVersion) -> bool:
        return self.parts < other.parts

    __hash__ = None  # type: ignore[assignment]
