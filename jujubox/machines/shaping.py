"""A slow network for one machine.

Knows: queueing disciplines, and what this kernel has of them.
Must not know: how faults are recorded.

netem delays packets, tbf limits the rate. A kernel without netem cannot delay: the rate is then limited to what one
connection reaches over a line with that delay, a window of 1 MiB for each round trip, and a note says so. A line so
narrow that it delays small packets as much would be another fault: a segment of PostgreSQL's log, 16 MiB for each
standby, would fill it for minutes.
"""

from __future__ import annotations

from jujubox.box import Box
from jujubox.machines import host, network
from jujubox.machines.errors import MachinesError

WINDOW_BITS = 1024 * 1024 * 8
QUEUE = "400ms"
"""How long a packet waits before a narrow line at most: one that waits longer is lost, as in a router, and its sender
slows down. With a longer queue whoever sends much silences everybody else."""


def netem(delay_ms: int, rate_kbit: int) -> list[str]:
    """The discipline that delays by `delay_ms` each way and limits to `rate_kbit` (0: not)."""
    limit = ["rate", f"{rate_kbit}kbit"] if rate_kbit else []
    return ["netem", "limit", "10000", "delay", f"{delay_ms}ms", *limit]


def tbf(delay_ms: int, rate_kbit: int) -> tuple[list[str], str]:
    """The discipline that only limits the rate, and a note on what it does not do."""
    note = ""
    if delay_ms:
        by_delay = max(1, WINDOW_BITS // (2 * delay_ms))
        rate_kbit = min(rate_kbit, by_delay) if rate_kbit else by_delay
        note = f"this kernel has no netem: limited to {rate_kbit} kbit/s instead of a delay of {delay_ms} ms"
    burst = max(1600, rate_kbit * 1000 // 8 // 100)
    return ["tbf", "rate", f"{rate_kbit}kbit", "burst", str(burst), "latency", QUEUE], note


async def slow(box: Box, instance: str, address: str, delay_ms: int, rate_kbit: int) -> str:
    """Slow a machine's network in both directions; a note if the kernel cannot do all that was asked for."""
    discipline, note = netem(delay_ms, rate_kbit), ""
    if not await _has_netem():
        discipline, note = tbf(delay_ms, rate_kbit)
    for end in _ends(box, instance, address):
        await host.run(*end[0], "tc", "qdisc", "replace", "dev", end[1], "root", *discipline)
    return note


async def undo(box: Box, instance: str, address: str) -> None:
    """Give a machine its full network back."""
    for end in _ends(box, instance, address):
        await host.attempt([*end[0], "tc", "qdisc", "delete", "dev", end[1], "root"])


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
