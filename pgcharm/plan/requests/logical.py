"""What is asked for about logical dumps, and about a trial of a backup: work that a program does outside of hooks.

Knows: where and when it may be done. Must not know: how.
"""

from __future__ import annotations

import json
import re
import time
from typing import Any

from pgcharm.backup.repository import Lacking
from pgcharm.backup.target import IMMEDIATE, LATEST, Target, Unreachable, choose
from pgcharm.clients.names import shown
from pgcharm.layout import SOCKETS
from pgcharm.observation import Request
from pgcharm.plan.repository import keeper, keeps, repository, stanza
from pgcharm.plan.requests.steps import FollowWork
from pgcharm.plan.restore import MARGIN, under_way
from pgcharm.plan.settings import memory_in_use
from pgcharm.plan.situation import Part, Situation
from pgcharm.plan.types import Refusal
from pgcharm.render.sizing import MB
from pgcharm.view import View, why_unknown

_NAME = re.compile(r"[^\x00-\x1f/]{1,63}")
_ID = re.compile(r"\d{8}-\d{6}L")


def dump(s: Situation, request: Request) -> Part | Refusal:
    """Dump a database, or all, into the repository."""
    if why := why_not(s):
        return Refusal(f"cannot dump: {why}")
    if not keeps(s):
        return Refusal(f"cannot dump: the repository is on {keeper(s)}'s disk (expected that unit; run it there)")
    name = request.text("database")
    if name and not _NAME.fullmatch(name):
        return Refusal(f"cannot dump {shown(name)}: no database can have that name (expected one of list-databases)")
    made = time.strftime("%Y%m%d-%H%M%S", time.gmtime(s.o.now)) + "L"
    return work(s, request, "dump", id=made, database=name)


def load(s: Situation, request: Request) -> Part | Refusal:
    """Bring one database back from a dump, under its own name or another."""
    name, target = request.text("database"), request.text("as") or request.text("database")
    if why := why_not(s) or (
        "" if s.is_primary else f"{s.o.juju.unit} is not the primary (run it on {s.primary_unit})"
    ):
        return Refusal(f"cannot load a dump: {why}")
    if not _ID.fullmatch(request.text("dump")):
        return Refusal(
            f"cannot load {shown(request.text('dump'))}: it is no dump (expected one that list-backups names)"
        )
    if not _NAME.fullmatch(name) or not _NAME.fullmatch(target):
        return Refusal(
            "cannot load a dump: database is empty (expected the one to bring back; as= gives it another name)"
        )
    if target in ("postgres", "template0", "template1"):
        return Refusal(f"cannot load into {target}: it is the server's own (expected another name; add as=NAME)")
    assert s.postgres is not None
    there = target in s.postgres.catalogue.databases
    if there and not request.yes("overwrite"):
        return Refusal(
            f"cannot load into {shown(target)}: there is such a database (expected none; add as=NAME, or "
            "overwrite=true to replace it)"
        )
    more = {"id": request.text("dump"), "database": name, "target": target, "overwrite": request.yes("overwrite")}
    return work(s, request, "load", **more)


def check(s: Situation, request: Request) -> Part | Refusal:
    """Restore a backup into a directory of its own, start it, look into it, and remove it."""
    seen = s.o.restorable
    if under_way(s):
        return Refusal("cannot try a backup: a restore is under way (expected none; see juju status)")
    if not isinstance(seen, View):
        return Refusal(f"cannot try a backup: {why_unknown(seen) if seen else 'nobody has looked'}")
    replay = request.yes("replay") and not request.text("backup")
    kind = LATEST if replay else IMMEDIATE
    try:
        chosen = choose(seen.value.stanza, seen.value.archive, Target(kind), request.text("backup"), s.o.now)
    except Unreachable as error:
        return Refusal(f"cannot try a backup: {error}")
    if s.o.restoration.room < chosen.size + MARGIN:
        return Refusal(
            f"cannot try the backup {chosen.id}: {s.o.restoration.room} bytes are free (expected "
            f"{chosen.size + MARGIN}; run it on a unit with a larger disk)"
        )
    more = {"number": 0, "backup": chosen.id, "type": kind, "size": chosen.size, "data": f"{s.layout.data}.trial"}
    return work(
        s, request, "check", settings=[["shared_buffers", f"{max(16, memory_in_use(s) // 16 // MB)}MB"]], **more
    )


def why_not(s: Situation) -> str:
    """Why this unit can do nothing with dumps now; empty where it can."""
    if under_way(s):
        return "a restore is under way (expected none; see juju status)"
    if isinstance(found := repository(s), Lacking):
        return found.what
    if s.postgres is None:
        return f"{why_unknown(s.o.postgres)} (expected PostgreSQL to run here; run it on another unit)"
    return ""


def work(s: Situation, request: Request, kind: str, **more: Any) -> Part:
    """The program at work, with everything that it has to know; nothing of it is secret."""
    told = {
        "kind": kind,
        "pgbackrest": s.layout.pgbackrest,
        "stanza": stanza(s),
        "port": s.postgres.port if s.postgres else s.options.listen_port,
        "sockets": SOCKETS,
        "binaries": s.layout.binaries,
        "notes": s.layout.work_notes,
        "unit": s.o.juju.unit,
        **more,
    }
    wait = float(request.number("wait") or 1)
    return Part((FollowWork("the operator asks for it", kind, json.dumps(told, indent=1) + "\n", wait),))
