"""Waiting on conditions, never on time.

Knows: how to ask again until an answer pleases, and how a model looks when nothing happens in it.
Must not know: how an answer comes about.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

import jubilant

T = TypeVar("T")


def until(ask: Callable[[], T], pleases: Callable[[T], bool], *, timeout: float = 60, delay: float = 0.1) -> T:
    """The first answer that pleases. Raises TimeoutError with the last answer in its text."""
    deadline = time.monotonic() + timeout
    while True:
        answer = ask()
        if pleases(answer):
            return answer
        if time.monotonic() > deadline:
            raise TimeoutError(f"cannot see the condition come true within {timeout:g} s: last answer {answer!r}")
        time.sleep(delay)


def quiet(juju: jubilant.Juju, *applications: str, timeout: float = 120) -> jubilant.Status:
    """Wait until all units are active and all agents have been idle for a moment."""
    return juju.wait(
        lambda status: jubilant.all_active(status, *applications) and jubilant.all_agents_idle(status, *applications),
        error=lambda status: jubilant.any_error(status, *applications),
        delay=0.4,
        successes=3,
        timeout=timeout,
    )


def workload(status: jubilant.Status, unit: str) -> tuple[str, str]:
    """Workload status and message of a unit; empty when the unit is not there."""
    application = status.apps.get(unit.split("/")[0])
    found = application.units.get(unit) if application else None
    return (found.workload_status.current, found.workload_status.message) if found else ("", "")


def await_workload(juju: jubilant.Juju, unit: str, current: str, message: str = "", timeout: float = 60) -> None:
    """Wait until the unit shows this workload status, and this message if one is given."""

    def shown(seen: tuple[str, str]) -> bool:
        return seen[0] == current and (not message or seen[1] == message)

    until(lambda: workload(juju.status(), unit), shown, timeout=timeout, delay=0.3)


def await_gone(juju: jubilant.Juju, *names: str, timeout: float = 90) -> None:
    """Wait until none of these units, applications and machines is in the status any more."""

    def left() -> list[str]:
        status = juju.status()
        present = set(status.apps) | set(status.machines)
        present |= {unit for application in status.apps.values() for unit in application.units}
        return [name for name in names if name in present]

    until(left, lambda names: not names, timeout=timeout, delay=0.3)
