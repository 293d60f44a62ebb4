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
PGBACKREST_PORT = 8432
SOCKETS = "/var/run/postgresql"
PROGRAMS = ("etcd", "postgres", "pgbackrest")
"""Programs that have a certificate."""
PGDG_KEY = "/usr/share/postgresql-common/pgdg/apt.postgresql.org.asc"
PGDG_SOURCES = "/etc/apt/sources.list.d/pgdg.sources"
CREATE_CLUSTER = "/etc/postgresql-common/createcluster.conf"


def member_name(unit: str) -> str:
    """The name of a unit among the members of etcd and Patroni."""
    return unit.replace("/", "-")


def unit_name(member: str) -> str:
    """The unit of a member; the inverse of `member_name`."""
    return "/".join(member.rsplit("-", 1))


def bracketed(address: str) -> str:
    """An address as it stands in a URL."""
    return f"[{address}]" if ":" in address else address


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


def restored_key(application: str) -> str:
    """The key in etcd with the number of the last restore whose data took the place of what was before."""
    return f"/charm/{application}/restored"


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
    def pgbackrest_service(self) -> str:
        """pgBackRest's own server, through which units reach one another's data and a repository on one's disk."""
        return f"{self.application}-pgbackrest.service"

    def backup_service(self, kind: str) -> str:
        """The backup program at work on a `full`, `diff` or `incr` backup, or on `verify`."""
        return f"{self.application}-backup@{kind}.service"

    def backup_timer(self, kind: str) -> str:
        """What starts that program when it is time."""
        return f"{self.application}-backup-{kind}.timer"

    @property
    def backup_timers(self) -> tuple[str, ...]:
        return self.backup_timer("full"), self.backup_timer("incr")

    @property
    def backup_services(self) -> tuple[str, ...]:
        """Everything that the backup program does."""
        return tuple(map(self.backup_service, ("full", "diff", "incr", "verify")))

    @property
    def services(self) -> tuple[str, ...]:
        return self.etcd_service, self.patroni_service, self.watch_service, self.pgbackrest_service

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
        """The certificate of `etcd`, `postgres` or `pgbackrest`."""
        return f"{self.etc}/tls/{program}.crt"

    def key(self, program: str) -> str:
        return f"{self.etc}/tls/{program}.key"

    @property
    def ca(self) -> str:
        return f"{self.etc}/tls/ca.crt"

    @property
    def pgbackrest(self) -> str:
        """pgBackRest's configuration."""
        return self.rendered("pgbackrest.conf")

    @property
    def archive_push(self) -> str:
        """The program that PostgreSQL hands each segment of its log to. pgBackRest insists on its name in there."""
        return self.rendered("pgbackrest-push")

    @property
    def repository_ca(self) -> str:
        """The authorities of the machine that the repository is on."""
        return f"{self.etc}/tls/repository-ca.crt"

    @property
    def repository_key(self) -> str:
        """The private key for an SFTP server."""
        return f"{self.etc}/tls/repository.key"

    @property
    def backups(self) -> str:
        """A repository on this unit's own disk. It outlives the unit."""
        return f"/var/lib/{self.application}-backups"

    @property
    def backup_notes(self) -> str:
        """What the backup program has written down of its runs."""
        return f"{self.state}/backup-runs.json"

    @property
    def repository_seen(self) -> str:
        """What the observer service has seen of the repository last."""
        return f"/run/{self.application}-charm-repository"

    @property
    def dropped(self) -> str:
        """Touched when a segment of the log is given up because the disk is about to be full."""
        return f"{self.state}/archive/dropped"

    @property
    def push_error(self) -> str:
        """Why the last segment of the log could not be archived; not there while all can be."""
        return f"{self.state}/archive/error"

    @property
    def restored(self) -> str:
        """Where data is brought back, beside the data directory, until it takes its place."""
        return f"{self.data}.restored"

    @property
    def restore_service(self) -> str:
        """The program that brings data back."""
        return f"{self.application}-restore.service"

    @property
    def restore_notes(self) -> str:
        """What that program has written down."""
        return f"{self.state}/restore-notes.json"

    @property
    def work_notes(self) -> str:
        """What a dump, a load of one or a trial of a backup has written down."""
        return f"{self.state}/work-notes.json"

    def work_service(self, kind: str) -> str:
        """A `dump`, a `load` or a `check` at work; there is no file of it."""
        return f"{self.application}-{kind}.service"

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
        return self.etc, f"{self.etc}/tls", self.state, f"{self.state}/archive", self.etcd_data, self.backups, *inside

    @property
    def unit_files(self) -> tuple[str, ...]:
        """Every service and timer that the charm writes."""
        return (*self.services, self.backup_service(""), *self.backup_timers, self.restore_service)

    @property
    def managed(self) -> tuple[str, ...]:
        """Every file whose digest is observed."""
        names = (
            "etcd.env", "patroni.yml", "postgresql.conf", "pg_hba.conf", "pg_ident.conf", "watch.json",
            "pgbackrest.conf", "pgbackrest-push", "backup.json", "restore.json",
        )  # fmt: skip
        return (
            CREATE_CLUSTER,
            PGDG_SOURCES,
            *self.directories,
            *(self.rendered(name) for name in names),
            *(self.unit_file(service) for service in self.unit_files),
            *self.pooler_files,
            self.ca,
            self.repository_ca,
            self.repository_key,
            *(self.certificate(program) for program in PROGRAMS),
            *(self.key(program) for program in PROGRAMS),
        )
