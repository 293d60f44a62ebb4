"""The faults that are in force on a box, written down.

Knows: what a fault is, and `faults.json` in the box's home, from which a restarted controller learns them.
Must not know: how a fault is brought about (see `faults`).

    {"kind": "cut", "machine": "m0", "peer": "m1", "only": ""}      m0 and m1 do not hear one another
    {"kind": "cut", "machine": "m0", "peer": "controller", "only": "out"}   what m0 sends to the controller is lost
    {"kind": "cut", "machine": "m0", "peer": "m1", "port": 8008}    what m1 sends to port 8008 of m0 is lost
    {"kind": "slow", "machine": "m0", "delay_ms": 100, "rate_kbit": 0}
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from jujubox.machines.errors import MachinesError

KINDS = ("crash", "freeze", "cut", "slow", "fill-disk")
CONTROLLER = "controller"
EVERYTHING = "everything"
ENDED_BY_BOOT = ("crash", "freeze")


@dataclass(frozen=True)
class Fault:
    """One fault of one machine.

    `peer` is an instance, `controller` or `everything`; `only` is empty, `out` or `in`; `port` is 0 or a TCP port of
    the machine, and then only what the peer sends there is lost.
    """

    kind: str
    machine: str
    peer: str = ""
    only: str = ""
    port: int = 0
    delay_ms: int = 0
    rate_kbit: int = 0

    @property
    def key(self) -> tuple[str, str, str, str, int]:
        """What another fault replaces this one by having."""
        return self.kind, self.machine, self.peer, self.only, self.port


def with_faults(faults: Iterable[Fault], new: Iterable[Fault]) -> tuple[Fault, ...]:
    """The faults in force after `new` ones came."""
    new = tuple(new)
    replaced = {fault.key for fault in new}
    return (*(fault for fault in faults if fault.key not in replaced), *new)


def without_machines(faults: Iterable[Fault], machines: Iterable[str]) -> tuple[Fault, ...]:
    """The faults that do not concern `machines`, neither as the machine nor as the peer."""
    gone = set(machines)
    return tuple(fault for fault in faults if fault.machine not in gone and fault.peer not in gone)


def after_boot(faults: Iterable[Fault], machine: str) -> tuple[Fault, ...]:
    """The faults in force once `machine` was started: it is neither crashed nor frozen any more."""
    return tuple(fault for fault in faults if fault.machine != machine or fault.kind not in ENDED_BY_BOOT)


def read(home: Path) -> tuple[Fault, ...]:
    """The faults that are written down; unknown keys are passed over."""
    try:
        items: list[dict[str, Any]] = json.loads((home / "faults.json").read_text())
    except FileNotFoundError:
        return ()
    known = Fault.__dataclass_fields__
    return tuple(Fault(**{key: value for key, value in item.items() if key in known}) for item in items)


def write(home: Path, faults: Iterable[Fault]) -> None:
    """Write the faults down."""
    aside = home / "faults.json.new"
    aside.write_text(json.dumps([asdict(fault) for fault in faults]) + "\n")
    aside.replace(home / "faults.json")


def wished(kind: str, machines: Iterable[str], options: dict[str, Any]) -> tuple[Fault, ...]:
    """The faults that a request names. Options: `peers`, `only`, `port` for cut, `delay_ms`, `rate_kbit` for slow."""
    unknown = set(options) - {"peers", "only", "port", "delay_ms", "rate_kbit"}
    if kind not in KINDS or unknown:
        what = f"option {min(unknown)}" if unknown else f"kind {kind}"
        raise MachinesError(f"cannot apply fault: unknown {what} (expected {', '.join(KINDS)})")
    return tuple(fault for machine in machines for fault in _of_machine(Fault(kind, machine), options))


def _of_machine(fault: Fault, options: dict[str, Any]) -> tuple[Fault, ...]:
    if fault.kind == "cut":
        only = options.get("only") or ""
        if only not in ("", "in", "out"):
            raise MachinesError(f"cannot cut machine {fault.machine}: direction {only} (expected in or out)")
        port = int(options.get("port") or 0)
        if not 0 <= port <= 65535:
            raise MachinesError(f"cannot cut machine {fault.machine}: port {port} (expected 1 to 65535)")
        if port and only == "out":
            raise MachinesError(f"cannot cut machine {fault.machine}: what it sends has no port of its own")
        peers = [peer for peer in options.get("peers") or (EVERYTHING,) if peer != fault.machine]
        return tuple(replace(fault, peer=peer, only="in" if port else only, port=port) for peer in peers)
    if fault.kind == "slow":
        delay, rate = int(options.get("delay_ms") or 0), int(options.get("rate_kbit") or 0)
        return (replace(fault, delay_ms=delay if delay or rate else 100, rate_kbit=rate),)
    return (fault,)
