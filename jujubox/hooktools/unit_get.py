"""unit-get private-address|public-address."""

from __future__ import annotations

from jujubox.agent.context.context import Context
from jujubox.flags import UsageError, quote, refuse_more
from jujubox.hooktools.tool import FLAG_FORMATS, Invocation, Printed, Tool


async def run(context: Context, call: Invocation) -> Printed:
    if not call.args:
        raise UsageError("no setting specified")
    setting = call.args[0]
    if setting not in ("private-address", "public-address"):
        raise UsageError(f"unknown setting {quote(setting)}")
    refuse_more(call.args[1:])
    info = await context.calls("unit.network", binding="juju-info", relation=None)
    return Printed((info.get("ingress-addresses") or [""])[0])


TOOL = Tool("unit-get", "Print public-address or private-address.", run, "[options] <setting>", formats=FLAG_FORMATS)
