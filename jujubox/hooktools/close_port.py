"""close-port <port>[/proto] | a-b[/proto] | icmp [--endpoints e1,e2]: when the hook succeeds."""

from __future__ import annotations

from jujubox.agent.context.context import Context
from jujubox.hooktools.port_arguments import ignored_format, port_flags, read_arguments
from jujubox.hooktools.tool import Answer, Invocation, Tool


async def run(context: Context, call: Invocation) -> Answer:
    ports, endpoints = read_arguments(call)
    for endpoint in endpoints:
        await context.ports.close(ports, endpoint)
    return Answer(0, stderr=ignored_format(call))


TOOL = Tool(
    "close-port",
    "Register a request to close a port or port range.",
    run,
    "[options] <port>[/<protocol>] or <from>-<to>[/<protocol>] or icmp",
    port_flags,
)
