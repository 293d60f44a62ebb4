"""Where things are on a unit, and what they are called: all from the application's name and PostgreSQL's version.

Knows: paths, names, ports. Must not know: what is in a file, or whether it exists.

    >>> Layout("postgresql", "15").data
    '/var/lib/postgresql/15/postgresql'
    >>> member_name("postgresql/3"), unit_name("postgresql-3")
    ('postgresql-3', 'postgresql/3')
"""

from __future__ import annotations

from dataclasses import dataclass

ETCD_CLIENT_PORT = 2379
ETCD_PEER_PORT = 2380
PATRONI_PORT = 8008
SOCKETS = "/var/run/postgresql"
PGDG_KEY = "/usr/share/postgresql-common/pgdg/apt.postgresql.org.asc"
PGDG_SOURCES = "/etc/apt/sources.list.d/pgdg.sources"
DISTRIBUTION_SERVICES = ("etcd.service", "postgresql.service", "pgbouncer.service")
"""What the distribution's packages would start by themselves."""
CREATE_CLUSTER = "/etc/postgresql-common/createcluster.conf"


def member_name(unit: str) -> str:
    """The name of a unit among the members of etcd and Patroni."""
    return unit.replace("/", "-")


def unit_name(member: str) -> str:
    """The unit of a member; the inverse of `member_name`."""
    return "/".join(member.rsplit("-", 1))


def turn_key(application: str) -> str:
    """The key in etcd that says whose turn it is to take a PostgreSQL down on purpose."""
    return f"/charm/{application}/turn"


def epoch_key(application: str) -> str:
    """The key in etcd that says how many times its cluster was begun again."""
    return f"/charm/{application}/epoch"


def hold_key(application: str) -> str:
    """The key in etcd that says that poolers have to hold their clients back, while the primary is being changed."""
    return f"/charm/{application}/hold"


def held_key(application: str, member: str = "") -> str:
    """The key in etcd with which a member says that its pooler does; without one, what all such keys begin with."""
    return f"/charm/{application}/held/{member}"


def gone_key(application: str, unit: str = "") -> str:
    """The key in etcd that says that a unit is gone for good; without a unit, what all such keys begin with."""
    return f"/charm/{application}/gone/{member_name(unit) if unit else ''}"


@dataclass(frozen=True)
class Layout:
    """Paths and names of one application on its machine."""

    application: str
    version: str
    """PostgreSQL's major version."""
    storage: str = ""
    epoch: int = 0
    """The epoch of etcd that this unit belongs to."""

    @property
    def home(self) -> str:
        """What the launcher made: the virtual environment."""
        return f"/opt/{self.application}-charm"

    @property
    def python(self) -> str:
        return f"{self.home}/venv/bin/python"

    @property
    def etc(self) -> str:
        return f"/etc/{self.application}-charm"

    @property
    def state(self) -> str:
        return f"/var/lib/{self.application}-charm"

    @property
    def memory(self) -> str:
        """Where the unit writes down what it did."""
        return f"{self.state}/memory.json"

    @property
    def etcd_data(self) -> str:
        """etcd's data. Each epoch has a directory of its own, so that what belongs to an older one is never started."""
        return self.etcd_data_of(self.epoch)

    def etcd_data_of(self, epoch: int) -> str:
        return f"{self.state}/etcd-{epoch}" if epoch else f"{self.state}/etcd"

    @property
    def etcd_copy(self) -> str:
        """Where a copy of etcd's data is read."""
        return f"{self.state}/etcd-copy.partial"

    @property
    def remnant(self) -> str:
        """What was read of it last."""
        return f"/run/{self.application}-charm-remnant"

    @property
    def silence(self) -> str:
        """Since when etcd has had no quorum."""
        return f"/run/{self.application}-charm-silence"

    @property
    def data(self) -> str:
        """PostgreSQL's data directory."""
        if self.storage:
            return f"{self.storage}/{self.version}/{self.application}"
        return f"/var/lib/postgresql/{self.version}/{self.application}"

    @property
    def binaries(self) -> str:
        return f"/usr/lib/postgresql/{self.version}/bin"

    @property
    def etcd_service(self) -> str:
        return f"{self.application}-etcd.service"

    @property
    def patroni_service(self) -> str:
        return f"{self.application}-patroni.service"

    @property
    def watch_service(self) -> str:
        return f"{self.application}-watch.service"

    @property
    def services(self) -> tuple[str, ...]:
        return self.etcd_service, self.patroni_service, self.watch_service

    @property
    def pooler_service(self) -> str:
        """The pooler in front of the primary."""
        return f"{self.application}-pooler.service"

    @property
    def reads_service(self) -> str:
        """The pooler in front of this unit's own server."""
        return f"{self.application}-pooler-reads.service"

    @property
    def pooler_services(self) -> tuple[str, ...]:
        return self.pooler_service, self.reads_service

    @property
    def pooler_files(self) -> tuple[str, ...]:
        names = ("pooler.ini", "pooler-reads.ini", "pooler_hba.conf", "pooler_users.txt", "pooler_databases.txt")
        return (*map(self.rendered, names), *map(self.unit_file, self.pooler_services))

    @property
    def pooler_target(self) -> str:
        """Where the observer service writes to which server each database's clients are led."""
        return f"{self.state}/pooler-target.ini"

    @property
    def pooler_sockets(self) -> str:
        """Where the poolers' consoles are."""
        return f"/run/{self.application}-pooler"

    def rendered(self, name: str) -> str:
        """The path of a rendered file in the charm's own /etc directory, e.g. `patroni.yml`."""
        return f"{self.etc}/{name}"

    def unit_file(self, service: str) -> str:
        return f"/etc/systemd/system/{service}"

    def certificate(self, program: str) -> str:
        """The certificate of `etcd` or `postgres`."""
        return f"{self.etc}/tls/{program}.crt"

    def key(self, program: str) -> str:
        return f"{self.etc}/tls/{program}.key"

    @property
    def ca(self) -> str:
        return f"{self.etc}/tls/ca.crt"

    @property
    def etcd_join(self) -> str:
        """What etcd needs to know at its very first start only."""
        return f"{self.state}/etcd-join.env"

    @property
    def again(self) -> str:
        """Where the charm notes when it wants to be woken again."""
        return f"/run/{self.application}-charm-again"

    @property
    def directories(self) -> tuple[str, ...]:
        """Every directory whose owner and mode are observed."""
        inside = (f"{self.storage}/{self.version}",) if self.storage else ()
        return self.etc, f"{self.etc}/tls", self.state, self.etcd_data, *inside

    @property
    def managed(self) -> tuple[str, ...]:
        """Every file whose digest is observed."""
        names = ("etcd.env", "patroni.yml", "postgresql.conf", "pg_hba.conf", "pg_ident.conf", "watch.json")
        return (
            CREATE_CLUSTER,
            PGDG_SOURCES,
            *self.directories,
            *(self.rendered(name) for name in names),
            *(self.unit_file(service) for service in self.services),
            *self.pooler_files,
            self.ca,
            *(self.certificate(program) for program in ("etcd", "postgres")),
            *(self.key(program) for program in ("etcd", "postgres")),
        )
