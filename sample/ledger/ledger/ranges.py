"""Sets of whole numbers that come in long runs: what was acknowledged, in a few bytes.

Knows: numbers. Must not know: what they count.

    >>> Ranges(((1, 3),)).with_number(4).missing_from({1, 2, 4})
    (3,)
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection, Iterable, Iterator


class Ranges:
    """A set of numbers kept as sorted, separate runs `(first, last)`. Grows in place; everything else looks only."""

    def __init__(self, runs: Iterable[tuple[int, int]] = ()) -> None:
        self._runs: list[tuple[int, int]] = []
        for first, last in sorted(runs):
            self._append(first, last)

    def _append(self, first: int, last: int) -> None:
        if self._runs and first <= self._runs[-1][1] + 1:
            self._runs[-1] = self._runs[-1][0], max(last, self._runs[-1][1])
        else:
            self._runs.append((first, last))

    def add(self, number: int) -> None:
        """Put one number in."""
        if not self._runs or number > self._runs[-1][0]:
            self._append_or_insert(number)
        elif number not in self:
            self._insert(number)

    def _append_or_insert(self, number: int) -> None:
        first, last = self._runs[-1] if self._runs else (number, number - 1)
        if number > last + 1 or not self._runs:
            self._runs.append((number, number))
        elif number == last + 1:
            self._runs[-1] = first, number

    def _insert(self, number: int) -> None:
        runs = [*self._runs, (number, number)]
        self._runs = []
        for first, last in sorted(runs):
            self._append(first, last)

    @property
    def runs(self) -> tuple[tuple[int, int], ...]:
        return tuple(self._runs)

    @property
    def highest(self) -> int:
        """0 when empty."""
        return self._runs[-1][1] if self._runs else 0

    def __contains__(self, number: int) -> bool:
        position = bisect_right(self._runs, (number, float("inf"))) - 1
        return position >= 0 and self._runs[position][0] <= number <= self._runs[position][1]

    def __iter__(self) -> Iterator[int]:
        return (number for first, last in self._runs for number in range(first, last + 1))

    def __len__(self) -> int:
        return sum(last - first + 1 for first, last in self._runs)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Ranges) and self._runs == other._runs

    def __repr__(self) -> str:
        return f"Ranges({self.runs})"

    def copy(self) -> Ranges:
        """One that does not grow with this one."""
        return Ranges(self._runs)

    def between(self, first: int, last: int) -> Ranges:
        """What of it lies in `first` to `last`."""
        return Ranges((max(a, first), min(b, last)) for a, b in self._runs if a <= last and b >= first)

    def missing_from(self, found: Collection[int]) -> tuple[int, ...]:
        """The numbers of this set that are not in `found`."""
        return tuple(number for number in self if number not in found)
