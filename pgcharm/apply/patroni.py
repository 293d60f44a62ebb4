"""Steps on Patroni and, through it, on PostgreSQL's process."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from pgcharm.adapters import host, juju
from pgcharm.adapters.web import WebError
from pgcharm.apply.holding import clients_held
from pgcharm.apply.means import Means, Perform
from pgcharm.plan import steps
from pgcharm.plan.types import Step


class NotYet(RuntimeError):
    """What was waited for has not come about in time."""


def wait_for(seconds: float, what: str, seen: Callable[[], str | None]) -> None:
    """Wait until `seen()` is None; it says what is the case as long as it is not. Raises NotYet."""
    end = time.monotonic() + seconds
    while (still := seen()) is not None:
        if time.monotonic() >= end:
            raise NotYet(f"cannot wait longer for {what}: {still} (expected within {seconds:.0f} s)")
        time.sleep(0.3)


def await_patroni(step: steps.AwaitPatroni, means: Means) -> bool:
    def seen() -> str | None:
        try:
            state = means.patroni.state()
        except (WebError, OSError) as error:
            return str(error)
        role, status = str(state.get("role")), str(state.get("state"))
        good = status == "running" and (not step.primary or role in ("primary", "master", "leader"))
        return None if good else f"it is {status or 'starting'}, {role}"

    wait_for(step.seconds, "PostgreSQL", seen)
    return False


def reload_patroni(step: steps.ReloadPatroni, means: Means) -> bool:
    means.patroni.reload()
    means.note("loaded", {"patroni": step.inputs})
    return True


def change_settings(step: steps.ChangeSettings, means: Means) -> bool:
    means.patroni.change_settings(step.changes)
    return True


def switch_over(step: steps.SwitchOver, means: Means) -> bool:
    """Patroni answers when the other member has taken over. A refusal is no failure: a clean stop hands over too."""
    try:
        with clients_held(means, step, step.poolers):
            means.patroni.switch_over(step.leader, "" if step.anybody else step.candidate)
    except WebError as error:
        juju.log(f"cannot {step.says()}: {error}; the role goes over when PostgreSQL stops", "WARNING")
        return False
    return True


def stop_postgres(step: steps.StopPostgres, _: Means) -> bool:
    if not Path(step.data, "postmaster.pid").exists():
        return False
    stop = (f"{step.binaries}/pg_ctl", "stop", "--pgdata", step.data, "--mode", "fast", "--wait", "--timeout", "100")
    host.run("runuser", "-u", "postgres", "--", *stop, timeout=120)
    return True


PERFORM: dict[type[Step], Perform] = {
    steps.AwaitPatroni: await_patroni,
    steps.ReloadPatroni: reload_patroni,
    steps.ChangeSettings: change_settings,
    steps.SwitchOver: switch_over,
    steps.StopPostgres: stop_postgres,
}
