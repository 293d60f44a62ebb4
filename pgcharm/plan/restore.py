"""Bringing the cluster's data back from a backup: each unit's part in it, one look at a time.

Knows: the order. Must not know: how anything is stopped, fetched or replayed. The argument: docs/decisions/restore.md.

1. The leader's intent is in the application's peer bag. Every unit stops its PostgreSQL and says so in its own bag, the
   primary last, once the others have, with its log archived to the end.
2. When all that stay have said so, the owner has a program bring the data back beside the old, and replay the log to
   the target. Until that is through nothing has been touched: if it fails, all go on with what they had.
3. Then the owner drops the cluster's state from etcd and notes the restore's number there, in one transaction; puts the
   restored data in place; starts Patroni on it, which becomes the primary, for nobody else runs.
4. The others see the number in etcd and a primary that is not themselves: they drop their data and clone.
"""

from __future__ import annotations

import json
from dataclasses import asdict

from pgcharm.backup.intent import DONE, FAILED, INTENT, SPOILT, STOPPED, Intent, Word, read_intent, read_word
from pgcharm.backup.names import STANZA, stanza_name
from pgcharm.backup.target import IMMEDIATE
from pgcharm.plan.files import PATRONI, POSTGRES, write_if_needed
from pgcharm.plan.patroni import patroni_inputs, reads, server_reads
from pgcharm.plan.restore_steps import CloseLog, EndWork, ForgetCluster, MoveData, NoteRestore, PutInPlace
from pgcharm.plan.settings import memory_in_use
from pgcharm.plan.situation import Part, Situation, digest, interpreter
from pgcharm.plan.steps import RemoveData, RemovePath, StartService, StopService
from pgcharm.plan.types import Block, Step, Wait
from pgcharm.plan.wanted import Wanted
from pgcharm.render.sizing import MB
from pgcharm.render.templates import render
from pgcharm.states import STREAMING

MARGIN = 256 << 20
"""Bytes that stay free beside the restored data."""
RESTORE = "the restore"
"""What is waited for while one is under way."""
LATE_SECONDS = 20.0
"""After so many seconds closing the log is tried again."""


def intent(s: Situation) -> Intent:
    """The last restore that was asked for."""
    return read_intent((s.o.juju.peers.application if s.o.juju.peers else {}).get(INTENT, ""))


def note(s: Situation) -> Word:
    """What this unit has written down of its part."""
    found = s.o.machine.memories.restore
    number = found.get("number", "0")
    return Word(int(number) if number.isdigit() else 0, found.get("state", ""), found.get("said", ""))


def words(s: Situation) -> dict[str, Word]:
    """What the other units that stay say."""
    others = s.o.juju.others
    return {unit: read_word(others.get(unit, {}).get(INTENT, "")) for unit in s.staying if unit != s.o.juju.unit}


def outcome(s: Situation, i: Intent) -> Word:
    """How the owner says that it ended, or whoever heard it say so; empty while it has not."""
    own = note(s) if i.owner == s.o.juju.unit else words(s).get(i.owner, Word())
    if own.number == i.number and own.state in (DONE, FAILED, SPOILT):
        return own
    return next((heard for heard in said(s, i) if heard.state == FAILED), Word())


def under_way(s: Situation) -> bool:
    """Whether this unit has a part in a restore that is not done."""
    i = intent(s)
    if not i.number or i.abandoned or outcome(s, i).state == FAILED:
        return False
    return note(s).number < i.number or note(s).state not in (DONE, FAILED)


def restoring(s: Situation) -> Part:
    """What this unit does about a restore; nothing where there is none."""
    i = intent(s)
    if not under_way(s):
        return Part((*tidy(s), *heard(s, i)))
    if replaced(s, i) and is_well(s):
        return Part((NoteRestore("its data is that of the restore", entries(i, DONE)),), final=True)
    if (found := outcome(s, i)).state == SPOILT:
        what = f"restore {i.number} failed: {found.reason}; the data before it is gone"
        return Part(blocks=(Block(what, "run the action restore again"),), final=True)
    mine = i.owner == s.o.juju.unit
    if mine and replaced(s, i) and not s.o.restoration.beside:
        return come_up(s)
    if not has_stopped(s):
        return stop(s, i)
    return bring_back(s, i) if mine else follow(s, i)


def replaced(s: Situation, i: Intent) -> bool:
    """Whether etcd says that the restored data has taken the place of the old."""
    return s.etcd is not None and s.etcd.restored == i.number


def is_well(s: Situation) -> bool:
    """Whether this unit is the primary or follows it: after the replacement that means that its data is the new one."""
    if s.etcd is None or not s.etcd.initialized or s.postgres is None:
        return False
    own = next((m for m in s.patroni.members if m.name == s.name), None) if s.patroni else None
    return (s.is_primary and s.etcd.primary == s.name) or (own is not None and own.state in STREAMING)


def has_stopped(s: Situation) -> bool:
    """Whether no PostgreSQL runs here, nor anything that would start one."""
    return not s.o.machine.services[s.layout.patroni_service].active and "postgres" not in s.o.data.programs


def word(s: Situation) -> str | None:
    """This unit's word."""
    i, noted = intent(s), note(s)
    if under_way(s) and has_stopped(s) and (noted.number < i.number or not noted.state):
        return str(Word(i.number, STOPPED))
    return str(noted) if noted.state else None


def late(s: Situation, i: Intent) -> list[str]:
    """Units that stay and have not stopped."""
    return [unit for unit, said in words(s).items() if said.number < i.number]


def stop(s: Situation, i: Intent) -> Part:
    """Stop; the primary when all others have, so that no other takes its place meanwhile."""
    reason = f"restore {i.number} brings the data back {i.says()}"
    serving = s.is_primary or (s.etcd is not None and s.etcd.primary == s.name)
    if serving and (behind := late(s, i)):
        return Part(
            waits=(Wait(RESTORE, f"{', '.join(behind)} has not stopped yet; the primary stops last"),), final=True
        )
    if serving and s.is_primary and s.postgres is not None and i.kind != IMMEDIATE and not i.foreign:
        closing = close_log(s, i)
        if closing is not None:
            return closing
    steps: tuple[Step, ...] = (StopService(reason, s.layout.patroni_service),)
    return Part((*steps, EndWork("nobody may work on it now", s.layout.data)), final=True)


def close_log(s: Situation, i: Intent) -> Part | None:
    """Archive the log to its end, so that any moment until now can be reached; None where that is done."""
    noted = s.o.machine.memories.restore if note(s).number == i.number else {}
    if noted.get("closed") == "yes":
        return None
    tried = float(noted.get("tried") or "-inf")
    if 0 <= s.o.machine.uptime - tried < LATE_SECONDS:
        why = s.o.archiver.error.strip().splitlines()
        text = f"the log cannot be archived: {why[-1][:160]}" if why else "the log is being archived"
        return Part(waits=(Wait(RESTORE, text),), final=True)
    assert s.postgres is not None
    return Part((CloseLog("what is not archived cannot be brought back", s.postgres.port, i.number),), final=True)


def bring_back(s: Situation, i: Intent) -> Part:
    """The owner's part, once nobody runs."""
    if (behind := late(s, i)) and not replaced(s, i):
        hint = "a unit whose machine is lost has to be removed by force"
        return Part(waits=(Wait(RESTORE, f"{', '.join(behind)} has not stopped yet ({hint})"),), final=True)
    seen = s.o.restoration
    if seen.number == i.number and seen.state == "done":
        return put_in_place(s, i)
    if seen.number == i.number and seen.state == "failed":
        state = FAILED if place(s, i) == "beside" and s.o.data.present else SPOILT
        said = NoteRestore("it cannot be brought back", entries(i, state, seen.said))
        return Part((StopService("it has ended", s.layout.restore_service), said), final=True)
    if not place(s, i):
        return Part((choose_place(s, i),), final=True)
    moved: tuple[Step, ...] = ()
    if place(s, i) == "inside" and s.o.data.present and not seen.beside:
        moved = (MoveData("there is no room beside it", s.layout.data, s.layout.restored),)
    if steps := (*moved, *run(s, i)):
        return Part(steps, final=True)
    return Part(waits=(Wait(RESTORE, seen.said if seen.number == i.number else "it begins"),), final=True)


def place(s: Situation, i: Intent) -> str:
    """Where the data is brought back, `beside` the old or `inside` its place; empty before that is settled."""
    return s.o.machine.memories.restore.get("place", "") if note(s).number == i.number else ""


def choose_place(s: Situation, i: Intent) -> NoteRestore:
    """Beside the old data where there is room; else in its place, with what of it is still the same."""
    seen = s.o.restoration
    if s.o.data.present and (seen.room < i.size + MARGIN or seen.tablespaces):
        why = "the old data has tablespaces elsewhere" if seen.tablespaces else "the disk has no room for both"
        return NoteRestore(why, {**entries(i), "place": "inside"})
    return NoteRestore("the disk has room for both", {**entries(i), "place": "beside"})


def run(s: Situation, i: Intent) -> tuple[Step, ...]:
    """The program, from its files as they are now."""
    wanted = (task(s, i), unit_file(s))
    written = tuple(step for file in wanted if (step := write_if_needed(s, file)))
    service, inputs = s.layout.restore_service, digest(*(file.content for file in wanted))
    started = s.o.machine.memories.started_with.get(service) == inputs
    if started and s.o.machine.services[service].active and not written:
        return ()
    return (*written, StartService("it brings the data back", service, inputs))


def task(s: Situation, i: Intent) -> Wanted:
    """What the program is told."""
    found = {
        "number": i.number,
        "pgbackrest": s.layout.pgbackrest,
        "data": s.layout.restored,
        "binaries": s.layout.binaries,
        "notes": s.layout.restore_notes,
        "again": s.layout.again,
        "archive": not i.foreign,
        "settings": [["shared_buffers", f"{max(16, memory_in_use(s) // 4 // MB)}MB"]],
        **{
            key: value
            for key, value in asdict(i).items()
            if key in ("stanza", "backup", "kind", "time", "timeline", "size")
        },
    }
    return Wanted(s.layout.rendered("restore.json"), json.dumps(found, indent=1) + "\n")


def unit_file(s: Situation) -> Wanted:
    text = render(
        "restore.service.j2",
        application=s.o.juju.application,
        charm_dir=s.o.juju.charm_dir,
        python=interpreter(s),
        configuration=s.layout.rendered("restore.json"),
        binaries=s.layout.binaries,
    )
    return Wanted(s.layout.unit_file(s.layout.restore_service), text)


def put_in_place(s: Situation, i: Intent) -> Part:
    """The target is reached: from here on there is no way back."""
    if s.etcd is None:
        return Part(waits=(Wait(RESTORE, "etcd has no quorum"),), final=True)
    steps: list[Step] = [StopService("it is through", s.layout.restore_service)]
    if not replaced(s, i):
        steps.append(ForgetCluster("the data that it is about is not used any more", i.number))
    steps.append(PutInPlace("the target is reached", i.number, s.layout.restored, s.layout.data))
    return Part((*steps, *start(s)), final=True)


def come_up(s: Situation) -> Part:
    """The owner's Patroni makes a cluster of the restored data."""
    if not s.o.machine.services[s.layout.patroni_service].active:
        return Part(start(s), final=True)
    state = s.patroni.state if s.patroni else "not there yet"
    return Part(waits=(Wait(RESTORE, f"the data is in place, PostgreSQL is {state}"),), final=True)


def start(s: Situation) -> tuple[Step, ...]:
    loads = {PATRONI: reads(s), POSTGRES: server_reads(s)}
    return (StartService("the restored data begins here", s.layout.patroni_service, patroni_inputs(s), loads),)


def follow(s: Situation, i: Intent) -> Part:
    """Another unit's part: its data goes once somebody else serves with the restored one."""
    if not replaced(s, i) or s.etcd is None or not s.etcd.initialized or s.etcd.primary in ("", s.name):
        return Part(waits=(Wait(RESTORE, f"{i.owner} brings the data back {i.says()}"),), final=True)
    gone = (RemoveData("the restored data is cloned in its place", s.layout.data),) if s.o.data.present else ()
    return Part((*gone, NoteRestore("it clones", entries(i, DONE))))


def tidy(s: Situation) -> tuple[Step, ...]:
    """What a restore that is over has left."""
    steps: list[Step] = []
    if s.o.machine.services[s.layout.restore_service].active:
        steps.append(StopService("the restore is over", s.layout.restore_service))
    if s.o.restoration.beside:
        steps.append(RemovePath("the restore that it was for is over", s.layout.restored))
    return tuple(steps)


def heard(s: Situation, i: Intent) -> tuple[Step, ...]:
    """That a restore has failed every unit remembers, so that it stays so when its owner is removed."""
    if not i.number or i.abandoned or note(s).number >= i.number:
        return ()
    return (NoteRestore("its owner says so", entries(i, FAILED, outcome(s, i).reason)),)


def entries(i: Intent, state: str = "", said: str = "") -> dict[str, str]:
    """What is written down: all of it, in place of what was."""
    return {"number": str(i.number), **({"state": state} if state else {}), **({"said": said} if said else {})}


def intent_words(s: Situation) -> dict[str, str | None]:
    """As leader: another owner where that one is gone before it was through; and the stanza after a foreign restore."""
    i = intent(s)
    if not i.number or i.abandoned:
        return {}
    if i.owner not in s.staying and s.o.juju.goal is not None and not {DONE, FAILED} & {w.state for w in said(s, i)}:
        owner = next(iter(s.staying), s.o.juju.unit)
        again = asdict(i) | {"number": i.number + 1, "owner": owner}
        return {INTENT: str(Intent(**again))}
    if i.foreign and outcome(s, i).state == DONE:
        return {STANZA: f"{stanza_name(s.o.juju.application, s.o.juju.model_uuid)}-{i.number}"}
    return {}


def said(s: Situation, i: Intent) -> list[Word]:
    """All units' words about a restore."""
    return [each for each in (note(s), *words(s).values()) if each.number == i.number]


def restore_status(s: Situation) -> tuple[str, str]:
    """What the leader says of a restore for all, and the level; empty where there is none to speak of."""
    i = intent(s)
    if not i.number or i.abandoned:
        return "", "active"
    found = outcome(s, i)
    if found.state == FAILED:
        return f"restore {i.number} failed, the data is as before: {found.reason}", "active"
    if found.state == SPOILT:
        return f"restore {i.number} failed: {found.reason}", "blocked"
    if not under_way(s) or found.state == DONE:
        return "", "active"
    stopped = [unit for unit, each in words(s).items() if each.number == i.number] + [s.o.juju.unit] * has_stopped(s)
    how = s.o.restoration.said if i.owner == s.o.juju.unit and s.o.restoration.number == i.number else ""
    progress = how or f"{len(stopped)} of {len(s.staying)} units have stopped"
    return f"restoring {i.says()} on {i.owner}: {progress}", "maintenance"
