"""What Juju tells: configuration, leadership, units, the bags of peers and clients.

Knows: which hook tools to ask. Must not know: what the bags mean.
"""

from __future__ import annotations

import os

from pgcharm.adapters import juju as tools
from pgcharm.cluster import PEER_ENDPOINT
from pgcharm.observation import Event, Juju, Peers
from pgcharm.observe.relations import observe_clients

_LAST_HOOKS = ("stop", "remove", "pgdata-storage-detaching")


def observe_juju(event: Event) -> Juju:
    """Juju's answers, once for each hook."""
    unit = tools.unit()
    application = unit.split("/")[0]
    model, model_uuid = tools.model()
    goal = tools.goal_units()
    leader = tools.is_leader()
    return Juju(
        unit=unit,
        application=application,
        model=model,
        model_uuid=model_uuid,
        charm_dir=os.environ.get("CHARM_DIR", os.getcwd()),
        leader=leader,
        address=tools.address(PEER_ENDPOINT),
        config=tools.config(),
        goal=goal,
        peers=_peers(unit, application),
        clients=observe_clients(event.name, unit, model_uuid, leader),
        stopping=event.name in _LAST_HOOKS or (goal or {}).get(unit) == "dying",
        opened_ports=tools.opened_ports(),
        storage=tools.storage("pgdata"),
    )


def _peers(unit: str, application: str) -> Peers | None:
    for relation in tools.relations(PEER_ENDPOINT):
        return Peers(
            id=relation,
            mine=tools.bag(PEER_ENDPOINT, relation, unit),
            application=tools.bag(PEER_ENDPOINT, relation, application, application=True),
            others={
                other: tools.bag(PEER_ENDPOINT, relation, other)
                for other in tools.remote_units(PEER_ENDPOINT, relation)
            },
        )
    return None
