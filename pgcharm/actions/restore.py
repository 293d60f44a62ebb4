"""The answer of action restore: what will happen now, or what would. Pure.

Knows: how it reads. Must not know: how anything is done.
"""

from __future__ import annotations

from pgcharm.cycle import Outcome
from pgcharm.observation import Request
from pgcharm.plan import plan
from pgcharm.plan.requests.restore import Proposal, propose, room_words
from pgcharm.plan.requests.steps import FollowWork
from pgcharm.plan.restore import intent
from pgcharm.plan.situation import situation
from pgcharm.plan.status import size
from pgcharm.plan.types import Refusal


def restored(outcome: Outcome) -> dict[str, str] | Refusal:
    """What was noted down, or would be."""
    s = situation(outcome.before)
    request = outcome.before.event.request
    assert request is not None
    if request.text("dump"):
        return worked(outcome)
    if request.yes("abandon"):
        return {
            "restore": str(intent(s).number),
            "next": "every unit goes on with the data that it has: see juju status",
        }
    found = propose(s, request)
    assert isinstance(found, Proposal), found
    return {**told(found), "old-data": room_words(s, found.intent.size), **following(request, found, s.staying)}


def worked(outcome: Outcome) -> dict[str, str] | Refusal:
    """What came of a dump, a load of one or a trial of a backup."""
    step = next(step for step in plan(outcome.before).steps if isinstance(step, FollowWork))
    work = outcome.after.work
    if work.kind != step.kind or work.begun < outcome.before.now - 1:
        return Refusal(f"cannot {step.says()}: the program has written nothing down (see juju debug-log)")
    if work.state == "failed":
        return Refusal(f"cannot {step.says()}: {work.said}")
    if work.state != "done":
        service = situation(outcome.after).layout.work_service(step.kind)
        return {"state": work.said, "next": f"it goes on: see systemctl status {service} on the unit"}
    return {"state": work.said, **work.results}


def told(found: Proposal) -> dict[str, str]:
    i = found.intent
    chosen = next(each for each in found.restorable.stanza.backups if each.id == i.backup)
    return {
        "restore": str(i.number),
        "to": i.time or ("the end of the backup" if i.kind == "immediate" else "the newest that is archived"),
        "backup": f"{chosen.id} ({chosen.kind})",
        "size": size(i.size),
        "reachable": found.reachable,
        "from": i.stanza,
        "backups-afterwards": found.own,
    }


def following(request: Request, found: Proposal, units: tuple[str, ...]) -> dict[str, str]:
    others = [unit for unit in units if unit != found.intent.owner]
    clone = f", then {', '.join(others)} clone" if others else ""
    steps = f"{' and '.join(units)} stop, {found.intent.owner} brings the data back{clone}"
    if request.yes("dry-run"):
        return {"would": steps}
    return {"next": f"{steps}: see juju status"}
