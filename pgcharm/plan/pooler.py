"""This unit's poolers: one in front of the primary, one in front of the unit's own server, for reading.

Knows: which files and services they are, when they let in whom they should, and when they may stop.
Must not know: how one is told anything, or where the primary is: the observer service sees to that.
"""

from __future__ import annotations

from dataclasses import replace

from pgcharm.clients import passwords
from pgcharm.clients.access import access_rules
from pgcharm.clients.cluster import Cluster
from pgcharm.clients.decision import pooled_requests
from pgcharm.clients.pooling import Pooling
from pgcharm.clients.request import Request
from pgcharm.layout import SOCKETS
from pgcharm.packages import POOLER as PACKAGE
from pgcharm.plan.situation import Situation, digest
from pgcharm.plan.wanted import Wanted
from pgcharm.render.templates import render

POOLER = "pooler"
"""Who has to be told to read the poolers' files again."""
PREPARES = 1, 21
"""The first version that carries prepared statements from one server connection to the next."""


def wants(s: Situation) -> bool:
    """Whether the operator wants poolers."""
    return s.options.pooler != "off" and s.secrets is not None


def pools(s: Situation) -> bool:
    """Whether this unit should have poolers, and can."""
    return wants(s) and PACKAGE in s.o.machine.packages


def runs(s: Situation) -> bool:
    """Whether a pooler runs, wanted or not."""
    services = s.o.machine.services
    return any(services[name].active for name in s.layout.pooler_services)


def pooling(s: Situation, unpooled: Cluster) -> Pooling | None:
    """The poolers, while there are any or should be."""
    if not pools(s) and not runs(s):
        return None
    port = s.options.pooler_port
    hosts = tuple(sorted(member.host for member in unpooled.places))
    found = Pooling(port, port + 1, s.options.pooler_default, pools(s), hosts=hosts)
    return replace(found, admits=admits(s, unpooled, found))


def admits(s: Situation, unpooled: Cluster, found: Pooling) -> bool:
    """Whether both poolers run and have read whom to let in."""
    requests = requests_through(s, unpooled, found)
    services = s.o.machine.services
    running = all(services[name].active for name in s.layout.pooler_services)
    return running and pools(s) and s.o.machine.memories.loaded.get(POOLER) == reads(s, requests)


def requests_through(s: Situation, unpooled: Cluster, found: Pooling) -> tuple[Request, ...]:
    """The clients that may come through a pooler."""
    return pooled_requests(s.o.juju.clients, replace(unpooled, pooling=found))


def pooler_files(s: Situation, requests: tuple[Request, ...]) -> tuple[Wanted, ...]:
    """Every file of the poolers."""
    return (*read_files(s, requests), pooler_unit(s), reads_unit(s))


def read_files(s: Situation, requests: tuple[Request, ...]) -> tuple[Wanted, ...]:
    """The files that the poolers and those who lead them read."""
    databases = tuple(sorted({request.database for request in requests}))
    names = Wanted(s.layout.rendered("pooler_databases.txt"), "".join(f"{name}\n" for name in databases))
    return (
        configuration(s, "pooler.ini", s.options.pooler_port, target=s.layout.pooler_target),
        configuration(s, "pooler-reads.ini", s.options.pooler_port + 1, databases=databases),
        pooler_hba(s, requests),
        pooler_users(s, requests),
        names,
    )


def configuration(s: Situation, name: str, port: int, target: str = "", databases: tuple[str, ...] = ()) -> Wanted:
    text = render(
        "pooler.ini.j2",
        port=port,
        sockets=s.layout.pooler_sockets,
        hba=s.layout.rendered("pooler_hba.conf"),
        users=s.layout.rendered("pooler_users.txt"),
        mode=s.options.pooler,
        size=s.options.pooler_size,
        clients=s.options.pooler_clients,
        prepares=version_of(s.o.machine.packages.get(PACKAGE, "")) >= PREPARES,
        certificate=s.layout.certificate("postgres"),
        key=s.layout.key("postgres"),
        ca=s.layout.ca,
        server_tls="verify-full" if target else "disable",
        target=target,
        databases=databases,
        server_sockets=SOCKETS,
        server_port=s.postgres.port if s.postgres else s.options.listen_port,
    )
    return Wanted(s.layout.rendered(name), text, reader=POOLER)


def pooler_hba(s: Situation, requests: tuple[Request, ...]) -> Wanted:
    """The same lines as in pg_hba.conf, of the clients that may come this way."""
    text = render("pooler_hba.conf.j2", clients=access_rules(requests, s.options.require_tls))
    return Wanted(s.layout.rendered("pooler_hba.conf"), text, "postgres", "postgres", 0o640, POOLER)


def pooler_users(s: Situation, requests: tuple[Request, ...]) -> Wanted:
    """Verifiers, as PostgreSQL has them: with them a pooler asks for a password, and knows none."""
    key = s.secrets.client_key if s.secrets else None
    told = passwords.generations(s.o.juju.peers.application if s.o.juju.peers else {})
    users = {user for request in requests for user in (request.user, request.schema_user) if user}
    lines = [(user, passwords.verifier(key, user, told.get(user, 0))) for user in sorted(users)] if key else []
    text = render("pooler_users.txt.j2", users=lines)
    return Wanted(s.layout.rendered("pooler_users.txt"), text, "postgres", "postgres", 0o600, POOLER)


def pooler_unit(s: Situation) -> Wanted:
    return service(s, s.layout.pooler_service, "the primary", "pooler.ini", s.layout.pooler_target)


def reads_unit(s: Situation) -> Wanted:
    return service(s, s.layout.reads_service, "this unit's own server", "pooler-reads.ini")


def service(s: Situation, name: str, what: str, file: str, target: str = "") -> Wanted:
    text = render(
        "pooler.service.j2",
        application=s.o.juju.application,
        what=what,
        configuration=s.layout.rendered(file),
        target=target,
    )
    return Wanted(s.layout.unit_file(name), text)


def reads(s: Situation, requests: tuple[Request, ...]) -> str:
    """The digest of what the poolers read."""
    certificate = s.o.machine.files.get(s.layout.certificate("postgres"))
    texts = (wanted.content for wanted in read_files(s, requests) if wanted.reader == POOLER)
    return digest(*texts, certificate.digest if certificate else "")


def inputs(s: Situation) -> str:
    """The digest of what only a restart of the poolers can change."""
    return digest(pooler_unit(s).content, reads_unit(s).content, str(s.options.pooler_port))


def version_of(package: str) -> tuple[int, ...]:
    """The first two numbers of a package's version.

    >>> version_of("1.18.0-1+deb12u1"), version_of("")
    ((1, 18), ())
    """
    numbers = package.split("-")[0].split(".")[:2]
    return tuple(int(number) for number in numbers if number.isdigit())
