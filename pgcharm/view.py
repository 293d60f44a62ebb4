"""What was seen of something that may be out of reach: a `View` of it, or `Unknown` with the reason.

>>> seen = View(3)
>>> known(seen), known(Unknown("nobody answers on port 2379"))
(3, None)
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeAlias, TypeVar

T = TypeVar("T")


@dataclass(frozen=True)
class View(Generic[T]):
    """Something that was seen."""

    value: T


@dataclass(frozen=True)
class Unknown:
    """Something that could not be seen, and why."""

    why: str


Seen: TypeAlias = "View[T] | Unknown"


def known(seen: View[T] | Unknown) -> T | None:
    """The value that was seen, or None."""
    return seen.value if isinstance(seen, View) else None


def why_unknown(seen: View[T] | Unknown) -> str:
    """Why nothing was seen, or the empty string."""
    return seen.why if isinstance(seen, Unknown) else ""
