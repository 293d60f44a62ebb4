"""What actions ask for about backups: one more, one less, or whether they can be read.

Knows: where and when each may be done. Must not know: how.
"""

from __future__ import annotations

from pgcharm.backup.facts import FULL, VERIFY, Backup, StanzaInfo
from pgcharm.backup.repository import Lacking
from pgcharm.observation import Request
from pgcharm.plan.backup import is_busy, is_ours, looked
from pgcharm.plan.repository import keeper, keeps, repository, stanza
from pgcharm.plan.requests.logical import dump
from pgcharm.plan.requests.steps import DeleteBackup, FollowBackup
from pgcharm.plan.restore import under_way
from pgcharm.plan.situation import Part, Situation
from pgcharm.plan.types import Refusal


def backup(s: Situation, request: Request) -> Part | Refusal:
    """Begin a backup, and stay with it for a while."""
    if request.text("type") == "logical":
        return dump(s, request)
    kind = request.text("type") or FULL
    return begin(s, request, kind, "make a backup")


def verify_backup(s: Situation, request: Request) -> Part | Refusal:
    """Begin to read all of the repository, and stay with it for a while."""
    return begin(s, request, VERIFY, "verify the backups")


def begin(s: Situation, request: Request, kind: str, what: str) -> Part | Refusal:
    """The backup program at work, where nothing speaks against it."""
    if why := why_not(s) or why_not_now(s, kind):
        return Refusal(f"cannot {what}: {why}")
    service = s.layout.backup_service(kind)
    return Part((FollowBackup("the operator asks for it", service, kind, float(request.number("wait") or 1)),))


def delete_backup(s: Situation, request: Request) -> Part | Refusal:
    """A backup that is not needed any more, and those that rest on it."""
    name = request.text("id")
    seen = looked(s)
    if why := why_not(s) or ("a backup is under way (expected none; wait for it)" if is_busy(s) else ""):
        return Refusal(f"cannot delete the backup {name}: {why}")
    assert seen is not None
    chosen = next((each for each in seen.stanza.backups if each.id == name), None)
    if chosen is None:
        known = ", ".join(each.id for each in seen.stanza.backups) or "there is none"
        return Refusal(f"cannot delete the backup {name}: there is no such backup (expected one of: {known})")
    if why := why_keep(seen.stanza, chosen, request.yes("force")):
        return Refusal(f"cannot delete the backup {name}: {why}")
    gone = (name, *dependents(seen.stanza, name))
    return Part((DeleteBackup("the operator asks for it", stanza(s), name, gone),))


def why_keep(seen: StanzaInfo, chosen: Backup, force: bool) -> str:
    """Why a backup stays; empty where it may go."""
    full = [each.id for each in seen.backups if each.kind == FULL]
    if chosen.kind == FULL and full[-1:] == [chosen.id]:
        return "it is the newest full backup, and what is archived rests on it (expected a newer one; run backup first)"
    if (resting := dependents(seen, chosen.id)) and not force:
        return f"{', '.join(resting)} need it and would go too (expected none that does; add force=true)"
    return ""


def dependents(seen: StanzaInfo, name: str) -> tuple[str, ...]:
    """Backups that cannot be restored without this one."""
    return tuple(each.id for each in seen.backups if name in (*each.references, each.prior) and each.id != name)


def why_not(s: Situation) -> str:
    """Why this unit can do nothing about backups now; empty where it can."""
    found, seen = repository(s), looked(s)
    if isinstance(found, Lacking):
        return found.what
    if under_way(s):
        return "a restore is under way (expected none; see juju status)"
    if not keeps(s):
        return f"the repository is on {keeper(s)}'s disk (expected that unit; run it there)"
    if seen is None:
        return "the repository has not been looked at yet (expected an answer; try again in some seconds)"
    if not seen.answers:
        return f"the repository cannot be read: {seen.stanza.message} (expected {found.place} to answer)"
    if not seen.stanza.exists:
        return f"there is no stanza {stanza(s)} yet (expected it to be made by itself; see juju status)"
    if not is_ours(s, seen):
        return f"the stanza {stanza(s)} is another cluster's, of system identifier {seen.stanza.systems[-1]}"
    return ""


def why_not_now(s: Situation, kind: str) -> str:
    """Why another run may not begin now; empty where it may."""
    if is_busy(s):
        return "another backup is under way (expected none; wait for it)"
    if kind != VERIFY and s.primary is None:
        return "no primary is known (expected one that runs; see action cluster-status)"
    return ""
