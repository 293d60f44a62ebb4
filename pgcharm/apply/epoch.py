"""Steps with which etcd is begun again.

Knows: in which order it is done, so that a crash between any two steps leaves either the old state or the new.
"""

from __future__ import annotations

from pathlib import Path

from pgcharm.adapters import etcd_restore, host, juju
from pgcharm.apply.means import Means, Perform
from pgcharm.cluster import PEER_ENDPOINT
from pgcharm.layout import epoch_key, gone_key
from pgcharm.plan import epoch_steps
from pgcharm.plan.types import Step


def freeze(step: epoch_steps.FreezeEtcd, means: Means) -> bool:
    """First it stops; what it held is noted down then. Without the note it will simply be started again."""
    changed = host.ensure_service_stopped(step.service)
    means.note("etcd", {"frozen": dict(step.held)})
    return changed


def thaw(_: epoch_steps.ThawEtcd, means: Means) -> bool:
    means.note("etcd", {"frozen": None})
    return True


def restore(step: epoch_steps.RestoreEtcd, means: Means) -> bool:
    """Data that is there under its name is complete, and may have been used: it is never made again."""
    if not Path(step.target, "member").is_dir():
        partial = f"{step.target}.partial"
        first = etcd_restore.Beginning(step.name, step.peer_url, step.token)
        prefix = f"/service/{means.layout.application}"
        gone = [f"{prefix}/leader", *([f"{prefix}/sync"] if step.drop_sync else [])]
        if step.drop_sync:
            juju.log(f"{step.says()}: units that had more are gone for good, commits may be lost", "WARNING")
        epoch = epoch_key(means.layout.application), str(step.number)
        etcd_restore.make(step.source, partial, first)
        etcd_restore.clean(partial, first, means.credentials, gone, epoch)
        host.ensure_absent(step.target)
        etcd_restore.settle(partial, step.target)
    means.note("etcd", {"epoch": step.number, "frozen": None})
    return True


def adopt(step: epoch_steps.AdoptEpoch, means: Means) -> bool:
    means.note("etcd", {"epoch": step.number, "frozen": None})
    return True


def claim(step: epoch_steps.ClaimEpoch, _: Means) -> bool:
    juju.write_bag(PEER_ENDPOINT, step.relation, {"epoch": str(step.epoch)}, application=True)
    return True


def ban(step: epoch_steps.BanUnit, means: Means) -> bool:
    means.etcd().put(gone_key(means.layout.application, step.unit), "removed from the model")
    return True


PERFORM: dict[type[Step], Perform] = {
    epoch_steps.FreezeEtcd: freeze,
    epoch_steps.ThawEtcd: thaw,
    epoch_steps.RestoreEtcd: restore,
    epoch_steps.AdoptEpoch: adopt,
    epoch_steps.ClaimEpoch: claim,
    epoch_steps.BanUnit: ban,
}
