"""Whether the charm's files must be put in place or replaced.

Source: internal/worker/uniter/resolver.go (charmModified) of Juju.
"""

from __future__ import annotations

from jujubox.agent.operations import DeployCharm
from jujubox.agent.state import LocalState, UnitState
from jujubox.protocol import UnitView


def wanted(state: UnitState, remote: UnitView) -> bool:
    """Whether the model names another charm, or the same one with new resources."""
    seen = (state.charm_url, state.charm_modified_version)
    return seen != (remote.charm_url, remote.charm_modified_version)


def to(remote: UnitView) -> DeployCharm:
    """The upgrade to the charm that the model names."""
    return DeployCharm(remote.charm_url, remote.charm_sha256, remote.charm_modified_version, upgrade=True)


def resume(local: LocalState, remote: UnitView) -> DeployCharm | None:
    """The first deployment, or an upgrade that was under way when the agent stopped."""
    if local.unit.kind == "upgrade":
        return to(remote)
    if local.unit.kind == "install":
        return DeployCharm(remote.charm_url, remote.charm_sha256, remote.charm_modified_version, upgrade=False)
    return None
