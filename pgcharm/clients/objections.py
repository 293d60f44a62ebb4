"""Requests that are well-formed and still cannot be met: together with other clients', or with what exists.

Knows: requests, the catalogue. Must not know: how a request is met. Each question gives a reason, or None.
"""

from __future__ import annotations

from collections.abc import Iterable

from pgcharm.clients import names
from pgcharm.clients.catalogue import Catalogue
from pgcharm.clients.request import Extension, Refusal, Request


def sort_out(
    requests: Iterable[Request], catalogue: Catalogue | None
) -> tuple[tuple[Request, ...], tuple[Refusal, ...]]:
    """The requests that can be met together, and the others with reasons. Systems, then older relations go first."""
    accepted: list[Request] = []
    refused: list[Refusal] = []
    for request in sorted(requests, key=lambda request: (not request.sysname, request.relation)):
        reason = objection(request, accepted, catalogue)
        if reason is None:
            accepted.append(request)
        else:
            refused.append(Refusal(request.relation, request.endpoint.name, request.application, reason))
    return tuple(sorted(accepted, key=lambda request: request.relation)), tuple(refused)


def objection(request: Request, accepted: Iterable[Request], catalogue: Catalogue | None) -> str | None:
    """Why `request` cannot be met beside those `accepted`."""
    return _against_clients(request, accepted) or (None if catalogue is None else _against_facts(request, catalogue))


def _against_clients(request: Request, accepted: Iterable[Request]) -> str | None:
    for other in accepted:
        if other.database != request.database:
            continue
        if other.sysname and not request.sysname and not request.endpoint.superuser:
            return f"database {request.database} is that of sysname {other.sysname} ({other.application} asked for it)"
        for extension in request.extensions:
            if clash := _schema_clash(extension, other):
                return clash
    return None


def _schema_clash(extension: Extension, other: Request) -> str | None:
    for theirs in other.extensions:
        both_say = theirs.name == extension.name and theirs.schema and extension.schema
        if both_say and theirs.schema != extension.schema:
            return (
                f"extension {extension.name} in schema {extension.schema}: "
                f"{other.application} asked for it in {theirs.schema}"
            )
    return None


def _against_facts(request: Request, catalogue: Catalogue) -> str | None:
    return next((reason for role in request.roles if (reason := _role_objection(role, catalogue))), None) or next(
        (reason for e in request.extensions if (reason := _extension_objection(e, request, catalogue))), None
    )


def _role_objection(role: str, catalogue: Catalogue) -> str | None:
    fact = catalogue.roles.get(role)
    if fact is None:
        return None
    if fact.powerful:
        return f"role {names.shown(role)} can do more than touch its own objects"
    return f"role {names.shown(role)} is somebody's login" if fact.login else None


def _extension_objection(extension: Extension, request: Request, catalogue: Catalogue) -> str | None:
    if extension.name not in catalogue.available:
        return f"extension {names.shown(extension.name)} is not available on this machine"
    database = catalogue.databases.get(request.database)
    schema = database.extensions.get(extension.name) if database else None
    if schema and extension.schema and schema != extension.schema:
        return f"extension {extension.name} is in schema {schema} already (asked for in {extension.schema})"
    return None
