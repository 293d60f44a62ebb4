"""What a unit does about backups: its part in reaching one another's data, the stanza, timers, backups that are due.

Knows: who does what, and when a backup is due though nobody asks. Must not know: how any of it is done.
Nothing here takes long: a backup is begun, and goes on by itself.
"""

from __future__ import annotations

from pgcharm.backup.facts import FULL, INCREMENTAL, KINDS, Looked
from pgcharm.backup.repository import PATH, Lacking, Repository
from pgcharm.backup.schedule import HOUR, read_calendar
from pgcharm.layout import SOCKETS
from pgcharm.plan.backup_files import calendars, host_options, peers, pgbackrest_conf, server_reads, timer
from pgcharm.plan.backup_steps import FillArchive, MakeStanza, NotePassphrase, ReloadService, StartBackup
from pgcharm.plan.repository import backup_unit, is_local, keeper, keeps, maker, proof, repository, stanza, where
from pgcharm.plan.situation import Part, Situation, digest
from pgcharm.plan.steps import StartService, StopService
from pgcharm.plan.types import Step, Wait
from pgcharm.states import CLONING
from pgcharm.view import known

AGAIN = 20.0
"""Seconds after which a stanza that could not be made is tried again."""
RETRY = 120.0
"""The same for a backup that nobody has asked for."""
FILL_AGAIN_SECONDS = 60.0
"""After an archive could not be read for what the primary before has left."""
DROPPED = "archive-dropped"
"""The key of a unit's peer bag that says when it last gave up a segment of the log."""
SEEN = "repository-seen"
"""The key of a unit's peer bag that says which stanza it sees, and where."""
SERVER = "pgbackrest"
"""Under which name it is noted down what pgBackRest's server has read."""


def backups(s: Situation) -> Part:
    """Everything about backups, once PostgreSQL serves."""
    if s.layout.pgbackrest not in s.o.machine.files or s.secrets is None:
        return Part()
    serving = server(s)
    if s.postgres is None or s.patroni is None or serving:
        return Part(serving)
    made = stanza_made(s)
    return made if made.steps or made.waits else Part((*noted(s), *timers(s), *filled(s), *begun(s)))


def server(s: Situation) -> tuple[Step, ...]:
    """pgBackRest's own server runs and knows the other units. Without any it would end at once: nobody to admit."""
    service, loads = s.layout.pgbackrest_service, {SERVER: server_reads(s)}
    if not peers(s):
        reason = "there is no other unit"
        return (StopService(reason, service),) if s.o.machine.services[service].active else ()
    if not s.o.machine.services[service].active:
        return (StartService("the other units reach this one's data through it", service, "", loads),)
    if s.o.machine.memories.loaded.get(SERVER) != loads[SERVER]:
        return (ReloadService("what it has to know of the other units has changed", service, loads),)
    return ()


def looked(s: Situation) -> Looked | None:
    """The repository as it was seen last, where that is of the stanza in use, and of the place in use.

    While the place cannot be told, the one before is in use still.
    """
    found, now = known(s.o.repository) if s.o.repository else None, repository(s)
    if found is None or found.stanza.name != stanza(s):
        return None
    return found if isinstance(now, Lacking) or found.place == where(s, now) else None


def is_ours(s: Situation, seen: Looked) -> bool:
    """Whether the stanza is this cluster's own."""
    system = s.etcd.system if s.etcd else ""
    return not seen.stanza.systems or not system or seen.stanza.systems[-1] == system


def stanza_made(s: Situation) -> Part:
    """The stanza is made where the repository answers and has none: never over another cluster's."""
    found, seen = repository(s), looked(s)
    if seen is None or not seen.answers or seen.stanza.exists or isinstance(found, Lacking) or s.primary is None:
        return Part()
    if maker(s) != s.o.juju.unit or seen_elsewhere(s) or has_gone(s, found, seen):
        return Part()
    if not fresh(s, found, seen):
        return Part(waits=(Wait("the repository", "it has not been looked at with these settings yet"),))
    noted = s.o.machine.memories.backup
    if noted.get("failed") and 0 <= s.o.machine.uptime - float(noted.get("at", "0")) < AGAIN:
        return Part(waits=(Wait("the repository", noted["failed"], AGAIN),))
    system = s.etcd.system if s.etcd else ""
    return Part((MakeStanza("there is none yet", stanza(s), found.place, reach_primary(s), system),))


def seen_elsewhere(s: Situation) -> str:
    """A unit that sees the stanza in the same place, where this unit does not: then the places are not the same."""
    found, seen = repository(s), looked(s)
    if isinstance(found, Lacking) or seen is None or not fresh(s, found, seen):
        return ""
    if not seen.answers or seen.stanza.exists:
        return ""
    others = s.o.juju.others
    return next((unit for unit in s.staying if others.get(unit, {}).get(SEEN) == proof(s, found)), "")


def has_gone(s: Situation, found: Repository, seen: Looked) -> bool:
    """Whether this unit has seen the stanza in a directory that has none now: something else is mounted, or nothing."""
    known_there = s.o.machine.memories.backup.get("proved") == proof(s, found)
    return found.kind == PATH and not seen.stanza.exists and known_there and fresh(s, found, seen)


def seen_word(s: Situation) -> str | None:
    """Which stanza this unit sees, and where. It goes on saying so until it has looked again."""
    found, seen = repository(s), looked(s)
    if isinstance(found, Lacking) or seen is None or not seen.stanza.exists or not is_ours(s, seen):
        return None
    word, said = proof(s, found), s.o.juju.peers.mine.get(SEEN) if s.o.juju.peers else None
    return word if word == said or fresh(s, found, seen) else None


def reach_primary(s: Situation) -> dict[str, str]:
    """How pgBackRest reaches the primary; nothing where it is this unit."""
    if s.primary is None or s.primary.name == s.name:
        return {}
    place = {"path": s.layout.data, "port": str(s.primary.port), "socket-path": SOCKETS}
    return {**host_options(s, s.primary.host), **place}


def noted(s: Situation) -> tuple[Step, ...]:
    """That the repository could be read is noted down with its passphrase: another one later is a mistake."""
    found, seen = repository(s), looked(s)
    if isinstance(found, Lacking) or seen is None or not fresh(s, found, seen):
        return ()
    if not seen.stanza.exists or not is_ours(s, seen):
        return ()
    proved = proof(s, found)
    if s.o.machine.memories.backup.get("proved") == proved or wrong_cipher(found, seen):
        return ()
    return (NotePassphrase("it has been read", found.passphrase if keeps(s) else "", proved),)


def fresh(s: Situation, found: Repository, seen: Looked) -> bool:
    """Whether it was seen with the configuration as it is to be: before that, it may have been another repository."""
    return seen.config == pgbackrest_conf(s, found).digest


def wrong_cipher(found: Repository, seen: Looked) -> bool:
    """Whether one of both is encrypted and the other is not."""
    return bool(found.passphrase) != (seen.stanza.cipher not in ("", "none"))


def timers(s: Situation) -> tuple[Step, ...]:
    """One unit has the timers."""
    mine = backup_unit(s) == s.o.juju.unit
    steps: list[Step] = []
    for kind, calendar in calendars(s).items():
        name = s.layout.backup_timer(kind)
        active = s.o.machine.services[name].active
        if mine and calendar:
            inputs = digest(timer(s, kind).content)
            if not active or s.o.machine.memories.started_with.get(name) != inputs:
                steps.append(StartService("this unit makes the backups", name, inputs))
        elif active:
            steps.append(StopService(why_stop(s, calendar), name))
    return tuple(steps)


def why_stop(s: Situation, calendar: str) -> str:
    return f"{backup_unit(s)} makes the backups" if calendar else "there is no schedule"


def filled(s: Situation) -> tuple[Step, ...]:
    """After a promotion, or in a new place: what the primary before has not archived any more, or not there.

    An archive that cannot be read keeps a hook waiting for half a minute, so it is tried again later only; and one on
    the disk of a unit that leaves, not at all.
    """
    seen = looked(s)
    if not s.is_primary or s.patroni is None or seen is None or not seen.stanza.exists or not is_ours(s, seen):
        return ()
    timeline, noted = s.patroni.timeline, s.o.machine.memories.backup
    step = FillArchive("it may not be there", stanza(s), s.layout.data, timeline, seen.place)
    if timeline < 2 or noted.get("filled") == step.word():
        return ()
    if is_local(s) and keeper(s) not in s.staying:
        return ()
    if 0 <= s.o.now - float(noted.get("tried-to-fill") or 0) < FILL_AGAIN_SECONDS:
        return ()
    return (step,)


def begun(s: Situation) -> tuple[Step, ...]:
    """A backup that is due though nobody asks for it."""
    kind, reason = due(s)
    if not kind or is_busy(s):
        return ()
    return (StartBackup(reason, s.layout.backup_service(kind), kind),)


def due(s: Situation) -> tuple[str, str]:
    """Which backup is due now, and why: the first one, one that was missed, one after a gap; empty where none is."""
    seen = looked(s)
    if backup_unit(s) != s.o.juju.unit or seen is None or not seen.stanza.exists or not is_ours(s, seen):
        return "", ""
    last = s.o.runs.last
    if last is not None and (last.ended > seen.at or (not last.ok and s.o.now - last.started < RETRY)):
        return "", ""
    if is_cloning(s) or not any(calendars(s).values()):
        return "", ""
    newest = seen.stanza.newest
    if newest is None:
        return FULL, "there is none yet"
    if gap(s) > newest.start:
        return INCREMENTAL, "the archive has a gap since the last one"
    if newest.stop + interval(s) + HOUR < s.o.now:
        return INCREMENTAL, "the last one is older than the schedule says"
    return "", ""


def is_busy(s: Situation) -> bool:
    """Whether the backup program is at work on this unit. Of others pgBackRest knows: it takes a lock in the primary.

    What was seen of pgBackRest's own lock is too old to tell.
    """
    return any(s.o.machine.services[s.layout.backup_service(kind)].active for kind in KINDS)


def is_cloning(s: Situation) -> bool:
    """Whether a unit is on its way in: a clone and a backup at once would slow each other down."""
    return any(member.state == CLONING for member in (s.patroni.members if s.patroni else ()))


def interval(s: Situation) -> float:
    """Seconds that may lie between two backups as the schedule says; endless where there is none."""
    return min((read_calendar(each).longest for each in calendars(s).values() if each), default=float("inf"))


def gap(s: Situation) -> float:
    """When any unit last gave up a segment of the log; 0 where none did."""
    others = s.o.juju.others
    said = [bag.get(DROPPED, "") for bag in others.values()]
    return max([s.o.archiver.dropped, *(float(text) for text in said if text.isdigit())])
