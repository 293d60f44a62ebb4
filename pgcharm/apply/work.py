"""The step that has a program dump, load or try a backup, and stays with it for a while."""

from __future__ import annotations

import os
from pathlib import Path

from pgcharm.adapters import host, juju, work
from pgcharm.apply.means import Means, Perform
from pgcharm.plan.requests.steps import FollowWork
from pgcharm.plan.types import Step


class Busy(RuntimeError):
    """Another of its kind is at work."""


def follow_work(step: FollowWork, means: Means) -> bool:
    service = means.layout.work_service(step.kind)
    if host.services([service])[service].active:
        raise Busy("another one is under way on this unit (expected none; wait for it)")
    place = f"/run/{means.layout.application}-{step.kind}.json"
    host.ensure_file(place, step.task, "root", "root", 0o600)
    Path(means.layout.work_notes).unlink(missing_ok=True)
    removes = (f"{means.layout.data}.trial", f"/run/{means.layout.application}-trial") if step.kind == "check" else ()
    environment = {
        "PYTHONPATH": os.environ.get("CHARM_DIR", os.getcwd()),
        "PYTHONDONTWRITEBYTECODE": "1",
        "PATH": f"{means.layout.binaries}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    }
    work.begin(service, (means.layout.python, "-m", "pgcharm.restoring", step.kind, place), environment, removes)
    work.follow(service, means.layout.work_notes, step.seconds, juju.action_log)
    return True


PERFORM: dict[type[Step], Perform] = {FollowWork: follow_work}
