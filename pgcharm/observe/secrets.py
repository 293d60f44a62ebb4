"""The application's secrets, as Juju has them.

Knows: the secret's label and fields. Must not know: what they are used for.
"""

from __future__ import annotations

from pgcharm import tls
from pgcharm.adapters import juju as tools
from pgcharm.clients.passwords import ClientKey
from pgcharm.cluster import CLUSTER_ROLES, SECRET_LABEL
from pgcharm.observation import Secrets
from pgcharm.view import Unknown, View

FIELDS = ("superuser", "replication", "rewind", "client-key", "ca-certificate", "ca-key")

_in_hand: dict[str, str] = {}
"""What this hook has read or created; what it created Juju has when the hook has succeeded."""


def keep_in_hand(content: dict[str, str]) -> None:
    """Use this content for the rest of the hook that created it."""
    _in_hand.update(content)


def observe_secrets() -> View[Secrets | None] | Unknown:
    """The secrets, or why there are none."""
    try:
        content = dict(_in_hand) or tools.secret(SECRET_LABEL)
    except tools.HookToolError as error:
        return Unknown(str(error))
    if content is None:
        return View(None)
    if missing := [name for name in FIELDS if name not in content]:
        return Unknown(f"the cluster's secret has no {', '.join(missing)}")
    keep_in_hand(content)
    return View(
        Secrets(
            superuser=content["superuser"],
            replication=content["replication"],
            rewind=content["rewind"],
            client_key=ClientKey.from_text(content["client-key"]),
            ca_certificate=content["ca-certificate"],
            ca_key=content["ca-key"],
            ca_fingerprint=tls.fingerprint(content["ca-certificate"]),
            generation=int(content.get("generation", "1")),
            previous={name: content[f"previous-{name}"] for name in CLUSTER_ROLES if f"previous-{name}" in content},
        )
    )
