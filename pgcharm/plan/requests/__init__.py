"""What actions ask for: one function a request, from the situation to steps, or to a refusal that says why not.

Knows: which request is answered where. Must not know: how a step is carried out, or what an action prints.
A refusal says what was seen, what was expected, and what to do next. The steps are carried out once, in order.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from pgcharm.observation import Request
from pgcharm.plan.requests.backup import backup, delete_backup, verify_backup
from pgcharm.plan.requests.clients import drop_database, rotate_client_password
from pgcharm.plan.requests.logical import check
from pgcharm.plan.requests.pause import pause, resume
from pgcharm.plan.requests.recovery import recover_quorum
from pgcharm.plan.requests.reinitialize import reinitialize
from pgcharm.plan.requests.restart import restart
from pgcharm.plan.requests.restore import restore
from pgcharm.plan.requests.rotation import forget_revision, rotate_passwords
from pgcharm.plan.requests.switchover import switch_over
from pgcharm.plan.requests.upgrade import ask_upgrade
from pgcharm.plan.situation import Part, Situation
from pgcharm.plan.types import Refusal

__all__ = ["REQUESTS", "answer"]

Answer = Part | Refusal

REQUESTS: Mapping[str, Callable[[Situation, Request], Answer]] = {
    "switchover": switch_over,
    "upgrade": ask_upgrade,
    "restart": restart,
    "reinitialize": reinitialize,
    "pause": pause,
    "resume": resume,
    "rotate-passwords": rotate_passwords,
    "rotate-client-password": rotate_client_password,
    "drop-database": drop_database,
    "recover-quorum": recover_quorum,
    "backup": backup,
    "verify-backup": verify_backup,
    "delete-backup": delete_backup,
    "restore": restore,
    "restore-check": check,
}

BY_JUJU: Mapping[str, Callable[[Situation, Request], Answer]] = {"secret-remove": forget_revision}
"""What Juju itself asks for, in a hook."""


def answer(s: Situation, request: Request) -> Answer:
    """The steps that make true what is asked for, or why that is not done."""
    if s.o.juju.stopping:
        return Refusal(f"cannot {request.name}: {s.o.juju.unit} is leaving (run it on another unit)")
    return {**REQUESTS, **BY_JUJU}[request.name](s, request)
