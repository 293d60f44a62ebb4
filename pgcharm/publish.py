"""Tells the world: databags, ports, workload version, status. Last in every hook.

Knows: how a publication is written. Must not know: why it says what it says.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

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
    uris: dict[int, dict[str, str]] = defaultdict(dict)
    for secret in given:
        uri = tools.give_secret(secret.uri, secret.label, secret.content, f"{secret.endpoint}:{secret.relation}")
        uris[secret.relation][secret.key] = uri
        tools.write_bag(secret.endpoint, secret.relation, {secret.key: uri}, application=True)
    for settings in told:
        if settings.unit:
            tools.write_bag(settings.endpoint, settings.relation, settings.unit)
        if settings.application and juju.leader:
            words = with_uris(settings.application, uris[settings.relation])
            tools.write_bag(settings.endpoint, settings.relation, words, application=True)
    if publication.secret_labels is not None:
        tools.remove_secrets("client-", publication.secret_labels)


def with_uris(words: Mapping[str, str | None], uris: Mapping[str, str]) -> dict[str, str | None]:
    """What is to be written, with the URIs of secrets that were made just now in place of their names.

    >>> with_uris({"requests": '[{"secret-user": "{secret-user}"}]'}, {"secret-user": "secret:1"})
    {'requests': '[{"secret-user": "secret:1"}]'}
    """
    found = dict(words)
    for key, uri in uris.items():
        found = {word: text and text.replace(f"{{{key}}}", uri) for word, text in found.items()}
    return found


def publish_ports(wanted: tuple[int, ...], opened: tuple[str, ...]) -> None:
    """Open what is served, close what is not served any more."""
    seen = {int(port.split("/")[0]) for port in opened if port.endswith("/tcp")}
    for port in sorted(set(wanted) - seen):
        tools.open_port(port)
    if wanted:
        for port in sorted(seen - set(wanted)):
            tools.close_port(port)
