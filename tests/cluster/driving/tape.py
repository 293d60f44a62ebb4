"""What the recorder charm wrote down on a machine, read back.

Knows: the recorder's files and switches, and how a hook is spelled in expectations.
Must not know: which order is right.

A hook is spelled `<hook>` or, for a relation, `<hook> <remote unit, or application where there is no unit>`:

    install   ring-relation-created keeper   sink-relation-joined keeper/0   sink-relation-changed keeper
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import jubilant

from driving.waiting import until

ROOT = "/var/lib/recorder"


@dataclass(frozen=True)
class Hook:
    """One line of the recorder."""

    name: str
    env: dict[str, str]
    line: dict[str, Any]

    @property
    def remote(self) -> str:
        """The other side: its unit, or its application where the hook is about no unit."""
        return self.env.get("JUJU_REMOTE_UNIT") or self.env.get("JUJU_REMOTE_APP") or ""

    @property
    def spelled(self) -> str:
        """The hook as expectations spell it."""
        return f"{self.name} {self.remote}".strip()

    @property
    def relation(self) -> dict[str, Any]:
        """What the hook tools said about the hook's relation."""
        seen: dict[str, Any] = self.line["relation"]
        return seen


@dataclass(frozen=True)
class Tape:
    """The recordings of all units on one machine; they outlive the units."""

    juju: jubilant.Juju
    machine: str

    def hooks(self, unit: str, since: int = 0) -> list[Hook]:
        """All hooks and actions of a unit but the first `since`, oldest first, without update-status."""
        hooks = [hook for hook in self._all(unit) if not hook.name.endswith("-released")]
        return [hook for hook in hooks if hook.name != "update-status"][since:]

    def members_after_hold(self, unit: str) -> dict[str, dict[str, dict[str, str]]]:
        """{endpoint: {member: settings}} as the last hook that was held saw them once it was released."""
        members: dict[str, dict[str, dict[str, str]]] = self.released(unit).line["members"]
        return members

    def released(self, unit: str) -> Hook:
        """What the last hook that was held wrote once it was released."""
        return [hook for hook in self._all(unit) if hook.name.endswith("-released")][-1]

    def spelled(self, unit: str, since: int = 0) -> list[str]:
        """The hooks of a unit, spelled."""
        return [hook.spelled for hook in self.hooks(unit, since)]

    def mark(self, unit: str) -> int:
        """How many hooks there are now: pass it as `since` later."""
        return len(self.hooks(unit))

    def updates(self, unit: str) -> int:
        """How often update-status has run."""
        return sum(hook.name == "update-status" for hook in self._all(unit))

    def until(self, unit: str, pleases: Callable[[list[str]], bool], since: int = 0, timeout: float = 60) -> list[str]:
        """The spelled hooks once they please."""
        return until(lambda: self.spelled(unit, since), pleases, timeout=timeout)

    def until_ran(self, unit: str, *spelled: str, since: int = 0, timeout: float = 60) -> list[str]:
        """The spelled hooks once each of `spelled` is among them."""
        return self.until(unit, lambda hooks: set(spelled) <= set(hooks), since, timeout)

    def switch(self, unit: str, *switches: str) -> None:
        """Turn switches on, e.g. `fail-start`."""
        folder = f"{ROOT}/switches/{_tag(unit)}"
        paths = " ".join(f"{folder}/{switch}" for switch in switches)
        self._shell(f"mkdir -p {folder} && touch {paths}")

    def unswitch(self, unit: str, *switches: str) -> None:
        """Turn switches off."""
        paths = " ".join(f"{ROOT}/switches/{_tag(unit)}/{switch}" for switch in switches)
        self._shell(f"rm -f {paths}")

    def _all(self, unit: str) -> list[Hook]:
        text = self._shell(f"cat {ROOT}/{_tag(unit)}.jsonl 2>/dev/null || true")
        lines = [json.loads(line) for line in text.splitlines()]
        return [Hook(line["hook"], line["env"], line) for line in lines]

    def _shell(self, command: str) -> str:
        return self.juju.ssh(self.machine, f"sh -c {shlex.quote(command)}")


def _tag(unit: str) -> str:
    return "unit-" + unit.replace("/", "-")
