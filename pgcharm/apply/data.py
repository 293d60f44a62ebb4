"""Steps that take PostgreSQL's data directory out of use. They look once more before they do: another member has to
hold the primary's role at this moment, and nobody may be at work on the data.
"""

from __future__ import annotations

import time

from pgcharm.adapters import host, juju
from pgcharm.apply.means import Means, Perform
from pgcharm.layout import member_name
from pgcharm.plan import steps
from pgcharm.plan.types import Step

STOP_SECONDS = 30.0


class NotOurs(RuntimeError):
    """The data must not be touched now."""


def set_aside(step: steps.SetAside, means: Means) -> bool:
    if not be_sure(step.path, means):
        return False
    place = host.ensure_set_aside(step.path, time.strftime("%Y%m%dT%H%M%S", time.gmtime()))
    juju.log(f"the old data is in {place}; remove it when nobody needs it any more", "WARNING")
    return True


def remove_data(step: steps.RemoveData, means: Means) -> bool:
    return be_sure(step.path, means) and host.ensure_data_absent(step.path)


def be_sure(path: str, means: Means) -> bool:
    """Whether there is data that may be taken away. Raises NotOurs where it may not."""
    key = f"/service/{means.layout.application}/leader"
    primary = means.etcd().get(key).get(key, "")
    own = member_name(juju.unit())
    if primary in ("", own):
        raise NotOurs(f"cannot touch {path}: the primary is {primary or 'not known'} (expected another unit)")
    if host.services([means.layout.patroni_service])[means.layout.patroni_service].active:
        raise NotOurs(f"cannot touch {path}: Patroni is running (expected it to be stopped)")
    host.ensure_nobody_works_on(path, STOP_SECONDS)
    return not host.is_empty(path)


PERFORM: dict[type[Step], Perform] = {steps.SetAside: set_aside, steps.RemoveData: remove_data}
