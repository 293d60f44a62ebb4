"""Which packages a unit needs.

Knows: how distributions split and name them. Must not know: which are installed.

    >>> wanted_packages("debian", "12", "15", "C.UTF-8")
    ('postgresql-15', 'postgresql-15-postgis-3', 'pgbackrest', 'etcd-server', 'etcd-client')
"""

from __future__ import annotations

POOLER = "pgbouncer"
DISTRIBUTION_SERVICES = ("etcd.service", "postgresql.service", "pgbackrest.service", "pgbouncer.service")
"""What the packages would start by themselves."""


def wanted_packages(
    distribution: str, release: str, version: str, locale: str, pooler: bool = False
) -> tuple[str, ...]:
    """Names for apt. Recommended packages are not needed; `locales` only for a locale that libc lacks."""
    etcd = ("etcd",) if (distribution, release) == ("ubuntu", "22.04") else ("etcd-server", "etcd-client")
    extra = (*(() if built_in(locale) else ("locales",)), *((POOLER,) if pooler else ()))
    return (f"postgresql-{version}", f"postgresql-{version}-postgis-3", "pgbackrest", *etcd, *extra)


def upgraded_packages(distribution: str, release: str, version: str) -> tuple[str, ...]:
    """Packages that a minor upgrade takes to the newest version, as far as they are installed."""
    wanted = wanted_packages(distribution, release, version, "C", pooler=True)
    return (*wanted, f"postgresql-client-{version}", "postgresql-common", "libpq5")


def built_in(locale: str) -> bool:
    """Whether libc has the locale without anything generated."""
    return locale in ("C", "POSIX") or locale.lower().replace("-", "") == "c.utf8"
