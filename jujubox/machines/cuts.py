"""Cuts in the network, as packet filter rules.

Knows: which packets a cut loses, and nftables' language.
Must not know: how faults are recorded.

The rules are in the bridge family on the host, so that they hold whatever the machines do and outlive their restarts.
Packets vanish: nothing is reset or refused. Address resolution still answers, as it does behind a router that loses
packets: that way connections wait for their timeouts, the harder case.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from jujubox.box import Box
from jujubox.machines import host
from jujubox.machines.book import CONTROLLER, EVERYTHING, Fault


def lost(fault: Fault, addresses: Mapping[str, str], gateway: str) -> list[tuple[str, str, int]]:
    """(source, destination, TCP port) of the packets that a cut loses; an empty text is any address, 0 any packet."""
    here = addresses.get(fault.machine)
    there = {EVERYTHING: "", CONTROLLER: gateway}.get(fault.peer, addresses.get(fault.peer))
    if here is None or there is None:
        return []
    ways = {"out": [(here, there, fault.port)], "in": [(there, here, fault.port)]}
    return ways.get(fault.only, ways["out"] + ways["in"])


def rules(bridge: str, faults: Iterable[Fault], addresses: Mapping[str, str], gateway: str) -> str:
    """An nftables script that replaces all cuts of a box by those in `faults`."""
    table = f"table bridge {bridge}"
    ways = [way for fault in faults if fault.kind == "cut" for way in lost(fault, addresses, gateway)]
    if not ways:
        return f"add {table}\ndelete {table}\n"
    drops = "".join(
        f"    {_match('ip saddr', source)}{_match('ip daddr', destination)}{_match('tcp dport', port)}drop\n"
        for source, destination, port in dict.fromkeys(ways)
    )
    hooks = "".join(
        f"  chain {hook} {{ type filter hook {hook} priority filter; policy accept; jump cuts; }}\n"
        for hook in ("forward", "input", "output")
    )
    return f"add {table}\ndelete {table}\n{table} {{\n  chain cuts {{\n{drops}  }}\n{hooks}}}\n"


def _match(field: str, value: str | int) -> str:
    return f"{field} {value} " if value else ""


async def install(box: Box, faults: Iterable[Fault], addresses: Mapping[str, str]) -> None:
    """Have exactly the cuts in `faults`."""
    await host.run("nft", "-f", "-", stdin=rules(box.bridge, faults, addresses, box.gateway).encode())
