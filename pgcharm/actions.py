"""Actions: each answers a question of the operator's.

Knows: what an action prints. Must not know: how anything was found out.
"""

from __future__ import annotations

from collections.abc import Callable

from pgcharm.adapters import juju as tools
from pgcharm.cycle import explain
from pgcharm.layout import unit_name
from pgcharm.observation import Event
from pgcharm.observe import observe, observe_juju
from pgcharm.plan.status import size
from pgcharm.view import Unknown, known


def explain_plan(event: Event) -> None:
    """What the unit would do next, and why."""
    tools.action_result({"plan": explain(event).text()})


def cluster_status(event: Event) -> None:
    """The cluster as this unit sees it."""
    o = observe(event, observe_juju(event))
    results = {}
    if isinstance(o.patroni, Unknown):
        results["members"] = f"unknown: {o.patroni.why}"
    else:
        results["members"] = "\n".join(
            f"{unit_name(m.name)}: {m.role}, {m.state}, timeline {m.timeline}"
            + (f", {size(m.lag)} behind" if m.lag is not None and m.role != "primary" else "")
            for m in o.patroni.value.members
        )
    etcd = known(o.etcd)
    if etcd is None:
        results["etcd"] = f"unknown: {o.etcd.why}" if isinstance(o.etcd, Unknown) else ""
    else:
        results["etcd"] = "\n".join(
            f"{m.name or m.peer_url}: {'learner' if m.learner else 'voter'}"
            + (", leads" if m.id == etcd.leader else "")
            + (", does not answer" if (m.name or m.peer_url) in etcd.down else "")
            for m in etcd.members
        )
    patroni = known(o.patroni)
    if patroni and patroni.settings:
        results["settings"] = "\n".join(f"{name}: {value}" for name, value in sorted(patroni.settings.items()))
    tools.action_result(results)


ACTIONS: dict[str, Callable[[Event], None]] = {"explain": explain_plan, "cluster-status": cluster_status}
