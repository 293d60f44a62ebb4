"""network-get <binding> [-r ID] [--bind-address] [--ingress-address] [--egress-subnets]: addresses of a binding."""

from __future__ import annotations

from typing import Any

from jujubox.agent.context.calls import ToolError
from jujubox.agent.context.context import Context
from jujubox.flags import FlagSet, UsageError, quote, refuse_more
from jujubox.hooktools.relation_flag import given_relation, relation_flag
from jujubox.hooktools.tool import FLAG_FORMATS, Invocation, Printed, Tool


def flags(flags: FlagSet) -> None:
    relation_flag(flags)
    for name in ("primary-address", "bind-address", "ingress-address", "egress-subnets"):
        flags.boolean(name)


async def run(context: Context, call: Invocation) -> Printed:
    relation = given_relation(context, call.flags)
    if not call.args:
        raise UsageError("no arguments specified")
    binding = call.args[0]
    if not binding:
        raise UsageError("no binding name specified")
    refuse_more(call.args[1:])
    number = relation.id if relation is not None else None
    info = await context.calls("unit.network", binding=binding, relation=number)
    if not info or not (info.get("bind-addresses") or info.get("ingress-addresses")):
        raise ToolError(f"no network config found for binding {quote(binding)}")
    if call.flags["primary-address"]:
        return Printed(_bind_address(info))
    wanted = [name for name in ("bind-address", "ingress-address", "egress-subnets") if call.flags[name]]
    if not wanted:
        return Printed(info if call.flags["format"] == "json" else _as_yaml(info), sort=False)
    values = {name: _value(info, name) for name in wanted}
    return Printed(values[wanted[0]] if len(wanted) == 1 else values)


def _value(info: dict[str, Any], name: str) -> Any:
    if name == "bind-address":
        return _bind_address(info)
    if name == "ingress-address":
        found = info.get("ingress-addresses") or [""]
        return found[0]
    return info.get("egress-subnets") or []


def _bind_address(info: dict[str, Any]) -> str:
    for device in info.get("bind-addresses") or []:
        for address in device.get("addresses") or []:
            return str(address["value"])
    return ""


def _as_yaml(info: dict[str, Any]) -> dict[str, Any]:
    """YAML repeats some keys under older names."""
    devices = []
    for device in info.get("bind-addresses") or []:
        addresses = [{**address, "address": address["value"]} for address in device.get("addresses") or []]
        older = {"macaddress": device.get("mac-address", ""), "interfacename": device.get("interface-name", "")}
        devices.append({**device, "addresses": addresses, **older})
    return {**info, "bind-addresses": devices}


TOOL = Tool(
    "network-get",
    "Get network config.",
    run,
    "[options] <binding-name> [--ingress-address] [--bind-address] [--egress-subnets]",
    flags,
    FLAG_FORMATS,
)
