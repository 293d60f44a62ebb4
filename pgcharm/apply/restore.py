"""Steps with which the cluster's data is brought back.

Knows: what has to be looked at once more before data is moved. Must not know: whose turn it is.
"""

from __future__ import annotations

import time
from contextlib import closing
from pathlib import Path

from pgcharm.adapters import host, juju, postgres
from pgcharm.apply.data import STOP_SECONDS, NotOurs
from pgcharm.apply.means import Means, Perform
from pgcharm.backup.intent import INTENT
from pgcharm.cluster import PEER_ENDPOINT
from pgcharm.layout import restored_key
from pgcharm.plan import restore_steps as steps
from pgcharm.plan.types import Step

KEPT = ("config", "members/")
"""What etcd keeps of the database cluster: its settings; members go by themselves when they stop."""


def ask_restore(step: steps.AskRestore, _: Means) -> bool:
    """The controller has it when the action has ended well; then it wakes every unit, this one too."""
    juju.write_bag(PEER_ENDPOINT, step.relation, {INTENT: str(step.intent)}, application=True)
    return True


def close_log(step: steps.CloseLog, means: Means) -> bool:
    """Wait a moment for the archive. What takes longer is looked at again in a later hook."""
    end = time.monotonic() + step.seconds
    with closing(postgres.local(step.port)) as connection:
        postgres.rows(connection, "SELECT pg_current_xact_id()")
        ((last,),) = postgres.rows(connection, "SELECT pg_walfile_name(pg_switch_wal())")
        archived = False
        while not archived and time.monotonic() < end:
            ((archived,),) = postgres.rows(
                connection, "SELECT coalesce(last_archived_wal >= %s, false) FROM pg_stat_archiver", (last,)
            )
            time.sleep(0.2)
    closed = "yes" if archived else ""
    means.note("restore", {"number": str(step.number), "closed": closed, "tried": str(host.uptime())})
    return True


def end_work(step: steps.EndWork, _: Means) -> bool:
    return host.ensure_nobody_works_on(step.path, STOP_SECONDS)


def move_data(step: steps.MoveData, means: Means) -> bool:
    be_still(step.source, means)
    if host.is_empty(step.source) or Path(step.target).exists():
        return False
    Path(step.source).rename(step.target)
    return True


def forget_cluster(step: steps.ForgetCluster, means: Means) -> bool:
    """In one transaction with the number that says so: nobody ever sees one without the other."""
    endpoint = means.etcd()
    mark = restored_key(means.layout.application)
    if endpoint.get(mark).get(mark) == str(step.number):
        return False
    prefix = f"/service/{means.layout.application}/"
    gone = [key for key in endpoint.get(prefix) if not key.removeprefix(prefix).startswith(KEPT)]
    endpoint.replace(gone, mark, str(step.number))
    return True


def put_in_place(step: steps.PutInPlace, means: Means) -> bool:
    """Data that is not there under its name has been put in place before."""
    mark = restored_key(means.layout.application)
    if means.etcd().get(mark).get(mark) != str(step.number):
        raise NotOurs(f"cannot touch {step.target}: etcd does not say that restore {step.number} takes its place")
    if not Path(step.source).is_dir():
        return False
    be_still(step.target, means)
    if not host.is_empty(step.target):
        aside = host.ensure_set_aside(step.target, f"before-restore-{step.number}")
        juju.log(f"the data before the restore is in {aside}; remove it when nobody needs it any more", "WARNING")
    host.ensure_absent(step.target)
    Path(step.source).rename(step.target)
    return True


def be_still(path: str, means: Means) -> None:
    """Raises NotOurs where Patroni might use the data."""
    service = means.layout.patroni_service
    if host.services([service])[service].active:
        raise NotOurs(f"cannot touch {path}: Patroni is running (expected it to be stopped)")
    host.ensure_nobody_works_on(path, STOP_SECONDS)


def note_restore(step: steps.NoteRestore, means: Means) -> bool:
    means.note("restore", step.entries)
    return True


PERFORM: dict[type[Step], Perform] = {
    steps.AskRestore: ask_restore,
    steps.CloseLog: close_log,
    steps.EndWork: end_work,
    steps.MoveData: move_data,
    steps.ForgetCluster: forget_cluster,
    steps.PutInPlace: put_in_place,
    steps.NoteRestore: note_restore,
}
