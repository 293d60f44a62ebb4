"""The bridge of a box and each machine's network namespace.

Knows: interface names, addresses and the rule that nothing is forwarded beyond the bridge.
Must not know: what runs in a namespace, or which faults there are (see `faults`).

A machine's namespace is made before it boots and has its address from the beginning; nothing in the machine configures
the network. The machine's default route leads to the host, which answers for its own addresses (the controller's and
the package proxy's) and forwards nothing: machines reach one another and the host.
"""

from __future__ import annotations

import ipaddress
import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from jujubox.box import Box, subnet_candidates
from jujubox.machines import host, locks
from jujubox.machines.errors import MachinesError

CLAIM_LOCK = Path("/run/jujubox-subnets.lock")


def free_subnet(candidates: Iterable[str], taken: Iterable[str]) -> str | None:
    """The first candidate that overlaps none of the networks `taken`."""
    networks = [ipaddress.ip_network(network, strict=False) for network in taken]
    return next((c for c in candidates if not any(ipaddress.ip_network(c).overlaps(n) for n in networks)), None)


async def claim(box: Box) -> Box:
    """Settle the box's subnet, make its bridge, and give back the box as it is now.

    A host-wide lock is held from choosing to having the address, so that two boxes do not choose the same.
    """
    async with locks.held(CLAIM_LOCK):
        taken = await _networks_but(box.bridge)
        if not box.settled:
            box = _settle(box, taken)
        elif free_subnet([box.subnet], taken) is None:
            raise MachinesError(
                f"cannot bring up the network {box.subnet}: this host has a route into it",
                "remove that route, or start anew with `jujubox down`",
            )
        if not await _is_up(box):
            await _make_bridge(box)
    return box


def _settle(box: Box, taken: list[str]) -> Box:
    subnet = free_subnet(subnet_candidates(str(box.home)), taken)
    if subnet is None:
        raise MachinesError("cannot choose a subnet: every /24 from 10.64.0.0 to 10.127.255.0 has a route on this host")
    box.home.mkdir(parents=True, exist_ok=True)
    if foreign := box.foreign_files():
        raise MachinesError(f"cannot use {box.home} as a home: there is {foreign[0]} (expected an empty directory)")
    aside = box.home / "box.json.new"
    aside.write_text(json.dumps({"subnet": subnet, "cache": str(box.cache)}) + "\n")
    aside.replace(box.home / "box.json")
    return Box.at(box.home, box.cache)


async def _networks_but(bridge: str) -> list[str]:
    routes: list[dict[str, Any]] = json.loads(await host.run("ip", "-j", "-4", "route", "show", "table", "all"))
    return [r["dst"] for r in routes if r["dst"] != "default" and r.get("dev") != bridge and r.get("type") != "local"]


async def _is_up(box: Box) -> bool:
    shown = await host.attempt(["ip", "-j", "-4", "address", "show", "dev", box.bridge, "up"])
    return shown.code == 0 and box.gateway.encode() in shown.stdout


async def _make_bridge(box: Box) -> None:
    """With a fixed hardware address: else it changes as machines come, and they lose the host for a while."""
    await host.attempt(["ip", "link", "delete", box.bridge])
    await ip(
        f"link add {box.bridge} address {hardware_address(box.gateway)} type bridge stp_state 0 forward_delay 0",
        f"address add {box.gateway}/24 dev {box.bridge}",
        f"link set {box.bridge} up",
    )
    await host.run("nft", "-f", "-", stdin=fence(box).encode())


def fence(box: Box) -> str:
    """The rules that keep the box's traffic on its bridge, whatever the host forwards otherwise."""
    return (
        f"add table inet {box.bridge}\ndelete table inet {box.bridge}\n"
        f"table inet {box.bridge} {{\n"
        "  chain forward {\n"
        "    type filter hook forward priority filter; policy accept;\n"
        f'    iifname "{box.bridge}" oifname != "{box.bridge}" drop\n'
        f'    oifname "{box.bridge}" iifname != "{box.bridge}" drop\n'
        "  }\n"
        "}\n"
    )


def hardware_address(address: str) -> str:
    """The hardware address that goes with an IPv4 address, so that a restarted machine is still found by its peers."""
    return "02:6a:" + ":".join(f"{byte:02x}" for byte in ipaddress.ip_address(address).packed)


def namespace(box: Box, instance: str) -> str:
    """The name of a machine's network namespace, below /run/netns."""
    return f"{box.bridge}-{instance}"


def port(box: Box, address: str) -> str:
    """The interface of a machine on the host's side, one per address of the subnet."""
    return f"{box.bridge}p{ipaddress.ip_address(address).packed[-1]}"


def relayed_port(box: Box, address: str) -> str:
    """The interface that stands on the bridge for a machine's port while what passes there is delayed (see `relay`)."""
    return f"{box.bridge}d{ipaddress.ip_address(address).packed[-1]}"


async def ip(*lines: str, inside: str | None = None) -> None:
    """Run a batch of `ip` commands, in a network namespace if one is named."""
    where = ["-n", inside] if inside else []
    await host.run("ip", *where, "-batch", "-", stdin="\n".join(lines).encode())


async def attach(box: Box, instance: str, address: str) -> None:
    """Make a machine's namespace afresh, connected to the bridge."""
    await detach(box, instance, address)
    space, here = namespace(box, instance), port(box, address)
    await ip(
        f"netns add {space}",
        f"link add {here} type veth peer name eth0 address {hardware_address(address)} netns {space}",
        f"link set {here} master {box.bridge} up",
    )
    await ip(
        "link set lo up",
        f"address add {address}/24 dev eth0",
        "link set eth0 up",
        f"route add default via {box.gateway}",
        inside=space,
    )


async def unplug(box: Box, address: str) -> None:
    """Silence a machine: from now on no packet of it arrives anywhere."""
    await host.attempt(["ip", "link", "set", port(box, address), "down"])


async def detach(box: Box, instance: str, address: str) -> None:
    """Remove a machine's namespace and its port."""
    for device in (port(box, address), relayed_port(box, address)):
        await host.attempt(["ip", "link", "delete", device])
    if os.path.exists(f"/run/netns/{namespace(box, instance)}"):
        await host.run("ip", "netns", "delete", namespace(box, instance))


async def remove(box: Box) -> None:
    """Remove the bridge, its rules and every namespace of the box."""
    for table in (f"inet {box.bridge}", f"bridge {box.bridge}"):
        await host.attempt(["nft", "delete", "table", *table.split()])
    for space in Path("/run/netns").glob(f"{box.bridge}-*"):
        await host.run("ip", "netns", "delete", space.name)
    for relayed in Path("/sys/class/net").glob(f"{box.bridge}d*"):
        await host.attempt(["ip", "link", "delete", relayed.name])
    await host.attempt(["ip", "link", "delete", box.bridge])
