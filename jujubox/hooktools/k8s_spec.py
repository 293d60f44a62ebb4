"""k8s-spec-get, k8s-raw-get and their like, with their older names: refused on machines. Juju 3.6 only."""

from __future__ import annotations

from jujubox.agent.context.calls import ToolError
from jujubox.agent.context.context import Context
from jujubox.flags import FlagSet
from jujubox.hooktools.tool import Invocation, Tool

NAMES = ("k8s-spec-get", "k8s-spec-set", "k8s-raw-get", "k8s-raw-set", "pod-spec-get", "pod-spec-set")


def flags(flags: FlagSet) -> None:
    flags.string("file")
    flags.string("k8s-resources")


async def run(context: Context, call: Invocation) -> None:
    if call.flags["file"]:
        call.read_file(call.flags["file"])
    raise ToolError(f"application of unit {context.unit} is not on Kubernetes")


TOOLS = tuple(Tool(name, "Kubernetes only.", run, "[options]", flags, personality="3.6") for name in NAMES)
