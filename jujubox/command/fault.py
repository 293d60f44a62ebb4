"""Faults of machines: crash, freeze, cut, slow, fill-disk; heal them; list them.

jujubox fault crash 0                      power cut; `heal 0` starts it again
jujubox fault cut 0                        machine 0 hears nobody and nobody hears it
jujubox fault cut 0 --from 1,controller    ... only these; --only out loses just what 0 sends, --only in what it gets
jujubox fault cut 0 --port 8008            only what is sent to this TCP port of machine 0 is lost
jujubox fault slow 1 --delay 200ms --rate 2000
jujubox fault heal                         all machines; or `heal 0 1`
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from jujubox.box import Box
from jujubox.command import controller_process, named
from jujubox.flags import Flags, FlagSet, UsageError
from jujubox.machines import Faults, Machines
from jujubox.machines.book import CONTROLLER, EVERYTHING, KINDS

USAGE = """\
crash|freeze|fill-disk MACHINE...
       jujubox fault cut MACHINE... [--from PEER,...] [--only in|out] [--port N]
           PEER: a machine, controller, everything
       jujubox fault slow MACHINE... [--delay 100ms] [--rate KBIT]
       jujubox fault heal [MACHINE...]
       jujubox fault list"""


def flags(known: FlagSet) -> None:
    """The command's own flags."""
    known.string("m", "model")
    known.string("from", repeated=True)
    known.string("only")
    known.integer("port")
    known.duration("delay")
    known.integer("rate")


def run(given: Flags) -> int:
    """Through the controller where it runs, so that it knows; else directly."""
    words = given.args or [""]
    box = Box.from_environment()
    if words == ["list"]:
        print("\n".join(map(told, Faults(Machines(box)).list())) or "no faults")
        return 0
    if words[0] not in (*KINDS, "heal") or (words[0] != "heal" and len(words) < 2):
        raise UsageError(f"expected one of {', '.join(KINDS)} with machines, or heal, or list")
    instances = named.resolve(box, words[1:], given["model"])
    if words[0] == "heal":
        healed = _heal(box, instances)
        print(f"healed: {' '.join(healed)}" if healed else "nothing to heal")
        return 0
    _apply(box, words[0], instances, _options(box, words[0], given))
    return 0


def _options(box: Box, kind: str, given: Flags) -> dict[str, Any]:
    if kind == "cut":
        names = [name for text in given["from"] for name in text.split(",") if name]
        places = [name for name in names if name in (CONTROLLER, EVERYTHING)]
        others = [name for name in names if name not in places]
        peers = [*places, *named.resolve(box, others, given["model"])]
        return {"peers": peers, "only": given["only"], "port": given["port"]}
    if kind == "slow":
        return {"delay_ms": round((given["delay"] or 0) * 1000), "rate_kbit": given["rate"]}
    return {}


def _apply(box: Box, kind: str, instances: Sequence[str], options: dict[str, Any]) -> None:
    if controller_process.answers(box):
        named.call(box, "box.fault", kind=kind, machines=instances, options=options)
    else:
        asyncio.run(Faults(Machines(box)).apply(kind, instances, options))


def _heal(box: Box, instances: Sequence[str]) -> Sequence[str]:
    if controller_process.answers(box):
        return named.call(box, "box.heal", machines=instances) or []
    return asyncio.run(Faults(Machines(box)).heal(instances or None))


def told(fault: dict[str, Any]) -> str:
    """One fault in one line."""
    words = [fault["machine"], fault["kind"]]
    if fault["kind"] == "cut":
        words += [{"out": "to", "in": "from"}.get(fault["only"], "from and to"), fault["peer"]]
        words += ["at port", str(fault["port"])] * bool(fault["port"])
    if fault["kind"] == "slow":
        words += [f"{fault['delay_ms']} ms"] * bool(fault["delay_ms"]) + [f"{fault['rate_kbit']} kbit/s"] * bool(
            fault["rate_kbit"]
        )
    return " ".join(words)
