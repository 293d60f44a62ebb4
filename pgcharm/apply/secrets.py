"""The steps that make the application's secrets, and make the passwords in them anew."""

from __future__ import annotations

import secrets
import time

from pgcharm import tls
from pgcharm.adapters import juju
from pgcharm.apply.means import Means, Perform
from pgcharm.clients.passwords import new_key
from pgcharm.cluster import CLUSTER_ROLES, SECRET_LABEL
from pgcharm.observe.secrets import keep_in_hand
from pgcharm.plan import steps
from pgcharm.plan.requests.steps import ForgetRevision, RotatePasswords
from pgcharm.plan.types import Step


def make_secrets(step: steps.MakeSecrets, _: Means) -> bool:
    if juju.secret(SECRET_LABEL) is not None:
        return False
    certificate, key = tls.make_authority(f"{step.application} cluster", time.time())
    content = {
        **new_passwords(),
        "client-key": new_key(),
        "ca-certificate": certificate,
        "ca-key": key,
    }
    juju.add_secret(SECRET_LABEL, content)
    keep_in_hand(content)
    return True


def rotate_passwords(step: RotatePasswords, _: Means) -> bool:
    """What is written here counts when Juju has it, in a later hook: the rest of this one goes on with what was."""
    content = juju.secret(SECRET_LABEL) or {}
    if content.get("generation") == str(step.generation):
        return False
    previous = {f"previous-{name}": content[name] for name in CLUSTER_ROLES}
    juju.change_secret(SECRET_LABEL, {**content, **previous, **new_passwords(), "generation": str(step.generation)})
    return True


def forget_revision(step: ForgetRevision, _: Means) -> bool:
    juju.remove_secret_revision(step.secret, step.revision)
    return True


def new_passwords() -> dict[str, str]:
    return {name: secrets.token_urlsafe(24) for name in CLUSTER_ROLES}


PERFORM: dict[type[Step], Perform] = {
    steps.MakeSecrets: make_secrets,
    RotatePasswords: rotate_passwords,
    ForgetRevision: forget_revision,
}
