"""A slow network for one machine.

Knows: queueing disciplines, and what this kernel has of them.
Must not know: how faults are recorded.

netem delays packets and limits the rate. Where a kernel lacks it, a process between the machine and the bridge delays
them (`relay`), and tbf limits the rate.
"""

from __future__ import annotations

import sys

from jujubox.box import Box
from jujubox.machines import host, network, relay
from jujubox.machines.errors import MachinesError

QUEUE = "400ms"
"""How long a packet waits before a narrow line at most: one that waits longer is lost, as in a router, and its sender
slows down. With a longer queue whoever sends much silences everybody else."""


def netem(delay_ms: int, rate_kbit: int) -> list[str]:
    """The discipline that delays by `delay_ms` each way and limits to `rate_kbit` (0: not)."""
    limit = ["rate", f"{rate_kbit}kbit"] if rate_kbit else []
    return ["netem", "limit", "10000", "delay", f"{delay_ms}ms", *limit]


def tbf(rate_kbit: int) -> list[str]:
    """The discipline that only limits the rate."""
    burst = max(1600, rate_kbit * 1000 // 8 // 100)
    return ["tbf", "rate", f"{rate_kbit}kbit", "burst", str(burst), "latency", QUEUE]


async def slow(box: Box, instance: str, address: str, delay_ms: int, rate_kbit: int) -> None:
    """Slow a machine's network in both directions; 0 for not. Raises MachinesError."""
    await undo(box, instance, address)
    discipline = netem(delay_ms, rate_kbit)
    if not await _has_netem():
        if delay_ms:
            await _relay(box, address, delay_ms)
        discipline = tbf(rate_kbit) if rate_kbit else []
    for end in _ends(box, instance, address) if discipline else ():
        await host.run(*end[0], "tc", "qdisc", "replace", "dev", end[1], "root", *discipline)


async def undo(box: Box, instance: str, address: str) -> None:
    """Give a machine its full network back."""
    for end in _ends(box, instance, address):
        await host.attempt([*end[0], "tc", "qdisc", "delete", "dev", end[1], "root"])
    await host.attempt(["ip", "link", "delete", network.relayed_port(box, address)])
    await host.attempt(["ip", "link", "set", network.port(box, address), "master", box.bridge])


async def _relay(box: Box, address: str, delay_ms: int) -> None:
    """Put a process between a machine's port and the bridge. Raises MachinesError."""
    here, there = network.port(box, address), network.relayed_port(box, address)
    await host.run(sys.executable, "-I", relay.__file__, here, there, str(delay_ms))
    await network.ip(f"link set {here} nomaster", f"link set {there} master {box.bridge} up")


async def _has_netem() -> bool:
    """Tried in a network namespace of its own, where it changes nothing."""
    trial = ["unshare", "--net", "tc", "qdisc", "add", "dev", "lo", "root", *netem(1, 0)]
    return (await host.attempt(trial)).code == 0


def _ends(box: Box, instance: str, address: str) -> tuple[tuple[list[str], str], ...]:
    if not address:
        raise MachinesError(f"cannot slow machine {instance}: it has no address")
    return (
        ([], network.port(box, address)),
        (["ip", "netns", "exec", network.namespace(box, instance)], "eth0"),
    )
