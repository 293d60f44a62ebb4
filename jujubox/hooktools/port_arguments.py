"""The arguments of open-port and close-port, which are the same.

Source: internal/worker/uniter/runner/jujuc/ports.go and core/network/portrange.go of Juju.
"""

from __future__ import annotations

from jujubox.agent.context.ports import PortRange
from jujubox.flags import FlagSet, UsageError, quote, refuse_more
from jujubox.hooktools.tool import Invocation


def port_flags(flags: FlagSet) -> None:
    """Adds --endpoints, and --format which is accepted and ignored."""
    flags.string("endpoints")
    flags.string("format")


def port_range(text: str) -> PortRange:
    """`80`, `80/tcp`, `80-90/udp`, `icmp`. Raises UsageError."""
    ports, slash, protocol = text.lower().partition("/")
    if ports == "icmp" and not slash:
        return PortRange("icmp", -1, -1)
    protocol = protocol if slash else "tcp"
    if protocol not in ("tcp", "udp", "icmp"):
        raise UsageError(f'invalid protocol {quote(protocol)}, expected "tcp", "udp", or "icmp"')
    if protocol == "icmp":
        raise UsageError('protocol "icmp" doesn\'t support any ports; got ' + quote(ports))
    first, dash, last = ports.partition("-")
    bounds = _port(first), _port(last) if dash else _port(first)
    if not 0 < bounds[0] <= 65535 or not 0 < bounds[1] <= 65535:
        raise UsageError(f"port range bounds must be between 0 and 65535, got {bounds[0]}-{bounds[1]}")
    if bounds[0] > bounds[1]:
        raise UsageError(f"invalid port range {bounds[0]}-{bounds[1]}")
    return PortRange(protocol, *bounds)


def _port(text: str) -> int:
    if not text.lstrip("-").isdigit():
        raise UsageError(f"invalid port {quote(text)}: strconv.Atoi: parsing {quote(text)}: invalid syntax")
    return int(text)


def read_arguments(call: Invocation) -> tuple[PortRange, list[str]]:
    """The range, and the endpoints ([""] for all). Raises UsageError."""
    if not call.args:
        raise UsageError("no port or range specified")
    ports = port_range(call.args[0].strip())
    refuse_more(call.args[1:])
    endpoints = [name.strip() for name in str(call.flags["endpoints"]).split(",") if name.strip()]
    return ports, endpoints or [""]


def ignored_format(call: Invocation) -> str:
    """The warning about --format."""
    return "--format flag deprecated for command\n" if call.flags.given("format") else ""
