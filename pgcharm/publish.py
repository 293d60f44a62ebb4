"""Tells the world: databags, ports, workload version, status. Last in every hook.

Knows: how a publication is written. Must not know: why it says what it says.
"""

from __future__ import annotations

from pgcharm.adapters import juju as tools
from pgcharm.observation import Juju
from pgcharm.observe.relations import forget_clients
from pgcharm.plan.types import Publication


def publish(publication: Publication, juju: Juju) -> None:
    """Write what differs from what was seen; statuses always, because they cannot be seen cheaply."""
    publish_relations(publication, juju)
    for refusal in publication.refusals:
        tools.log(refusal, "WARNING")
    publish_ports(publication.ports, juju.opened_ports)
    if publication.version:
        tools.set_version(publication.version)
    tools.set_status(publication.status.level, publication.status.message)
    if publication.application_status is not None:
        status = publication.application_status
        tools.set_status(status.level, status.message, application=True)


def publish_relations(publication: Publication, juju: Juju) -> None:
    """Databags, and the secrets that they name."""
    given = [secret for secret in publication.secrets if juju.leader]
    told = publication.relations
    names = [(each.endpoint, each.relation) for each in told] + [(each.endpoint, each.relation) for each in given]
    forget_clients(juju.unit, names)
    for secret in given:
        uri = tools.give_secret(secret.uri, secret.label, secret.content, f"{secret.endpoint}:{secret.relation}")
        tools.write_bag(secret.endpoint, secret.relation, {secret.key: uri}, application=True)
    for settings in told:
        if settings.unit:
            tools.write_bag(settings.endpoint, settings.relation, settings.unit)
        if settings.application and juju.leader:
            tools.write_bag(settings.endpoint, settings.relation, settings.application, application=True)
    if publication.secret_labels is not None:
        tools.remove_secrets("client-", publication.secret_labels)


def publish_ports(wanted: tuple[int, ...], opened: tuple[str, ...]) -> None:
    """Open what is served, close what is not served any more."""
    seen = {int(port.split("/")[0]) for port in opened if port.endswith("/tcp")}
    for port in sorted(set(wanted) - seen):
        tools.open_port(port)
    if wanted:
        for port in sorted(seen - set(wanted)):
            tools.close_port(port)
