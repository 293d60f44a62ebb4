"""status-get [--include-data] [--application]: the unit's or the application's status."""

from __future__ import annotations

from typing import Any

from jujubox.agent.context.calls import ToolError
from jujubox.agent.context.context import Context
from jujubox.agent.context.leadership import NOT_LEADER
from jujubox.flags import FlagSet, refuse_more
from jujubox.hooktools.tool import FLAG_FORMATS, Invocation, Printed, Tool


def flags(flags: FlagSet) -> None:
    flags.boolean("application")
    flags.boolean("include-data")


async def run(context: Context, call: Invocation) -> Printed:
    refuse_more(call.args)
    with_data = bool(call.flags["include-data"])
    if call.flags["application"]:
        return await _application(context, with_data, call.flags["format"])
    status = await context.status()
    if call.flags["format"] == "smart" and not with_data:
        return Printed(status["status"])
    return Printed(_details(status, with_data))


async def _application(context: Context, with_data: bool, format: str) -> Printed:
    if not await context.leadership.leads():
        raise ToolError(f"finding application status: {NOT_LEADER}")
    found = await context.application_status()
    if format == "smart":
        return Printed(found["application"]["status"])
    units = {unit: _details(status, with_data) for unit, status in found["units"].items()}
    return Printed({"application-status": {**_details(found["application"], with_data), "units": units}})


def _details(status: dict[str, Any], with_data: bool) -> dict[str, Any]:
    details: dict[str, Any] = {"status": status["status"]}
    if with_data:
        details |= {"message": status.get("message", ""), "status-data": status.get("data") or {}}
    return details


TOOL = Tool("status-get", "Print status information.", run, "[options]", flags, FLAG_FORMATS)
