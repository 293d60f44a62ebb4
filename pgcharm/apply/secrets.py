"""The step that makes the application's secrets."""

from __future__ import annotations

import secrets
import time

from pgcharm import tls
from pgcharm.adapters import juju
from pgcharm.apply.means import Means, Perform
from pgcharm.clients.passwords import new_key
from pgcharm.cluster import SECRET_LABEL
from pgcharm.observe.secrets import keep_in_hand
from pgcharm.plan import steps
from pgcharm.plan.types import Step


def make_secrets(step: steps.MakeSecrets, _: Means) -> bool:
    if juju.secret(SECRET_LABEL) is not None:
        return False
    certificate, key = tls.make_authority(f"{step.application} cluster", time.time())
    content = {
        **{name: secrets.token_urlsafe(24) for name in ("superuser", "replication", "rewind")},
        "client-key": new_key(),
        "ca-certificate": certificate,
        "ca-key": key,
    }
    juju.add_secret(SECRET_LABEL, content)
    keep_in_hand(content)
    return True


PERFORM: dict[type[Step], Perform] = {steps.MakeSecrets: make_secrets}
