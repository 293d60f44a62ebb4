"""Ports that a context opens and closes, checked against the other units of the machine.

Knows: how a port range is spelled and when two conflict. Must not know: firewalls.

Source: internal/worker/uniter/runner/context/ports.go of Juju.
"""

from __future__ import annotations

from dataclasses import dataclass

from jujubox.agent.context.calls import ToolError, UnitCalls
from jujubox.protocol import PortChange


@dataclass(frozen=True, order=True)
class PortRange:
    """Ports of a protocol; icmp has none."""

    protocol: str
    first: int
    last: int

    def __str__(self) -> str:
        if self.protocol == "icmp":
            return "icmp"
        ports = str(self.first) if self.first == self.last else f"{self.first}-{self.last}"
        return f"{ports}/{self.protocol}"

    def conflicts(self, other: PortRange) -> bool:
        """Whether the ranges share a port of the same protocol."""
        return self.protocol == other.protocol and self.first <= other.last and other.first <= self.last

    @classmethod
    def read(cls, text: str) -> PortRange:
        """A range as the controller spells it."""
        if text == "icmp":
            return cls("icmp", -1, -1)
        ports, _, protocol = text.partition("/")
        first, _, last = ports.partition("-")
        return cls(protocol, int(first), int(last or first))


class Ports:
    """open-port, close-port and opened-ports of one context."""

    def __init__(self, calls: UnitCalls) -> None:
        self._calls = calls
        self._stored: dict[str, list[tuple[str, PortRange]]] | None = None
        self.pending: list[PortChange] = []

    async def _machine(self) -> dict[str, list[tuple[str, PortRange]]]:
        if self._stored is None:
            found = await self._calls("unit.opened_ports")
            self._stored = {
                unit: [(port["endpoint"], PortRange.read(port["range"])) for port in ports]
                for unit, ports in found.items()
            }
        return self._stored

    async def opened(self) -> dict[PortRange, set[str]]:
        """The unit's open ranges with their endpoints ("" for all), changes of this context included."""
        found: dict[PortRange, set[str]] = {}
        for endpoint, ports in (await self._machine()).get(self._calls.unit, []):
            found.setdefault(ports, set()).add(endpoint)
        for change in self.pending:
            endpoints = found.setdefault(PortRange.read(change.range), set())
            (endpoints.add if change.action == "open" else endpoints.discard)(change.endpoint)
            if change.action == "close" and not change.endpoint:
                endpoints.clear()
        return {ports: endpoints for ports, endpoints in found.items() if endpoints}

    async def open(self, ports: PortRange, endpoint: str) -> None:
        """Open when the hook succeeds. Raises ToolError on a conflict; what is open already is left alone."""
        own = await self.opened()
        if endpoint in own.get(ports, set()):
            return
        for other in sorted(own):
            if other != ports and other.conflicts(ports):
                raise self._conflict("open", ports, other, self._calls.unit)
        self._refuse_foreign("open", ports, await self._machine())
        self.pending.append(PortChange("open", endpoint, str(ports)))

    async def close(self, ports: PortRange, endpoint: str) -> None:
        """Close when the hook succeeds. Raises ToolError on a conflict; what is not open is left alone."""
        own = await self.opened()
        if ports not in own:
            for other in sorted(own):
                if other.conflicts(ports):
                    raise self._conflict("close", ports, other, self._calls.unit)
            return
        self.pending.append(PortChange("close", endpoint, str(ports)))

    def _refuse_foreign(self, verb: str, ports: PortRange, machine: dict[str, list[tuple[str, PortRange]]]) -> None:
        for unit in sorted(machine):
            if unit == self._calls.unit:
                continue
            for _, other in machine[unit]:
                if other.conflicts(ports):
                    raise self._conflict(verb, ports, other, unit)

    def _conflict(self, verb: str, ports: PortRange, other: PortRange, unit: str) -> ToolError:
        seen = f'port range conflicts with {other} (unit "{unit}")'
        return ToolError(f'cannot {verb} {ports} (unit "{self._calls.unit}"): {seen}')
