"""The charm's `requirements.txt` read as a lock: one version and all hashes a package.

Knows: the lines that pip reads, and the markers that say for which Python a line counts.
Must not know: where packages come from.

    >>> lock = read_lock("six==1.17.0 ; python_version < '3.11' --hash=sha256:ab", "x")
    >>> [pin.name for pin in lock.pins], lock.pins[0].counts_for("3.13")
    (['six'], False)
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from packaging.markers import Marker, default_environment
from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name


class LockError(Exception):
    """The file is not a lock."""


@dataclass(frozen=True)
class Pin:
    """One package at one version. `marker` is empty where the line counts for every Python."""

    name: str
    version: str
    marker: str = ""
    hashes: tuple[str, ...] = ()

    def counts_for(self, python: str) -> bool:
        """Whether a machine with `python`, e.g. `3.13`, needs this line."""
        if not self.marker:
            return True
        target = {**default_environment(), "python_version": python, "python_full_version": f"{python}.0"}
        return Marker(self.marker).evaluate({key: str(value) for key, value in target.items()})

    def line(self, hashes: tuple[str, ...] | None = None) -> str:
        """The line as pip reads it, with `hashes` (`sha256:...`) in place of its own if given."""
        text = f"{self.name}=={self.version}" + (f" ; {self.marker}" if self.marker else "")
        return " \\\n    ".join([text, *(f"--hash={digest}" for digest in (self.hashes if hashes is None else hashes))])


@dataclass(frozen=True)
class Lock:
    """All pins, and the names of those that have no wheel on an index and are built."""

    pins: tuple[Pin, ...]
    built: frozenset[str] = frozenset()

    def fetched_for(self, python: str) -> tuple[Pin, ...]:
        """What is fetched as wheels for `python`."""
        return tuple(pin for pin in self.pins if pin.name not in self.built and pin.counts_for(python))

    def sources(self) -> tuple[Pin, ...]:
        """What is built from its source."""
        return tuple(pin for pin in self.pins if pin.name in self.built)


def read_lock(text: str, name: str) -> Lock:
    """The lock in `text`, the content of file `name`. Raises LockError, e.g. where a line names no version."""
    pins: list[Pin] = []
    built: set[str] = set()
    for line in _logical_lines(text):
        option, _, value = line.replace("=", " ", 1).partition(" ")
        if option == "--no-binary":
            built.update(canonicalize_name(part) for part in value.strip().split(","))
        elif line.startswith("-"):
            raise LockError(f"cannot read {name}: option {line} (expected packages, or --no-binary)")
        else:
            pins.append(_pin(line, name))
    return Lock(tuple(sorted(pins, key=lambda pin: (pin.name, pin.version))), frozenset(built))


def _logical_lines(text: str) -> list[str]:
    joined = re.sub(r"\\\n", " ", text)
    bare = (re.sub(r"(^|\s)#.*", "", line).strip() for line in joined.splitlines())
    return [line for line in bare if line]


def _pin(line: str, name: str) -> Pin:
    text, *hashes = re.split(r"\s+--hash[= ]", line)
    try:
        requirement = Requirement(text)
    except InvalidRequirement as error:
        raise LockError(f"cannot read {name}: {text.strip()} (expected name==version)") from error
    exact = [clause.version for clause in requirement.specifier if clause.operator == "=="]
    if len(exact) != 1 or len(requirement.specifier) != 1 or "*" in exact[0]:
        raise LockError(f"cannot read {name}: {text.strip()} (expected name==version)\nhint: Lock it, with hashes.")
    marker = str(requirement.marker or "")
    return Pin(canonicalize_name(requirement.name), exact[0], marker, tuple(digest.strip() for digest in hashes))
