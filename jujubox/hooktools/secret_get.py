"""secret-get [<ID>] [--label L] [--peek|--refresh] [key[#base64]]: the content of a secret."""

from __future__ import annotations

from jujubox.agent.context.context import Context
from jujubox.flags import FlagSet, UsageError, refuse_more
from jujubox.hooktools.secret_flags import check_uri, decode
from jujubox.hooktools.tool import Invocation, Printed, Tool


def flags(flags: FlagSet) -> None:
    flags.string("label")
    flags.boolean("peek")
    flags.boolean("refresh")


async def run(context: Context, call: Invocation) -> Printed:
    args, label = list(call.args), str(call.flags["label"])
    uri = _uri(args, label)
    if call.flags["peek"] and call.flags["refresh"]:
        raise UsageError("specify one of --peek or --refresh but not both")
    key = args.pop(0) if args else ""
    refuse_more(args)
    content = await context.secrets.content(uri, label, bool(call.flags["refresh"]), bool(call.flags["peek"]))
    if key:
        return Printed(decode(content, key))
    return Printed({name: decode(content, name) for name in content})


def _uri(args: list[str], label: str) -> str:
    """Takes the URI off the arguments; with a label the only argument may also be the key."""
    if not args:
        if not label:
            raise UsageError("require either a secret URI or label")
        return ""
    if label and len(args) == 1:
        try:
            uri = check_uri(args[0])
        except UsageError:
            return ""
        args.pop(0)
        return uri
    return check_uri(args.pop(0))


TOOL = Tool("secret-get", "Get the content of a secret.", run, "[options] <ID> [key[#base64]]", flags, ("yaml", "json"))
