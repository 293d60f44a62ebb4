"""Can these settings work? Each user is tried, and everything that is wrong is said at once.

Knows: what the store needs of a server. Must not know: how it is mended.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from pgclient import Cluster, Options, Target
from pgstore import rights
from pgstore.door import explained
from pgstore.errors import Unavailable
from pgstore.findings import Finding, Report
from pgstore.settings import Settings
from pgstore.sql.sentences import quoted

OLDEST_SERVER = 140000
OLDEST_POSTGIS = 3
_ABOUT = """\
SELECT current_setting('server_version_num')::int, pg_is_in_recovery(), current_user,
       coalesce((SELECT rolsuper OR rolcreatedb FROM pg_roles WHERE rolname = current_user), false),
       coalesce((SELECT rolsuper FROM pg_roles WHERE rolname = current_user), false),
       has_database_privilege(current_database(), 'CREATE')"""
_EXTENSIONS = """\
SELECT name, coalesce(installed_version, default_version), installed_version IS NOT NULL
FROM pg_available_extensions WHERE name IN ('postgis', 'pg_trgm', 'btree_gist')"""


@dataclass(frozen=True)
class _Seen:
    """What one user sees of the server."""

    version: int
    is_standby: bool
    user: str
    may_make_databases: bool
    is_superuser: bool
    may_create: bool
    extensions: Mapping[str, tuple[str, bool]]


async def preflight(settings: Settings, database: str, *, timeout: float = 5.0) -> Report:
    """Both users, the server's version, PostGIS, rights. Waits for nobody longer than `timeout`."""
    hurried = replace(settings, options=replace(settings.options, patience=timeout))
    findings: list[Finding] = []
    there = await _look(findings, "admin user", hurried.admin_in(database), hurried.options)
    exists = not isinstance(there, Unavailable)
    if not exists and there.trouble.value == "no such database":  # type: ignore[union-attr]
        findings.pop()
        findings.append(Finding("database", True, f"{database} is not there yet"))
        target = hurried.admin_in(settings.default_database)
        there = await _look(findings, "admin user", target, hurried.options)
    if isinstance(there, _Seen):
        findings += _about_server(there)
        findings.append(_about_admin(there, exists))
        findings += _about_extensions(there)
    where = database if exists else settings.default_database
    let_in = await _look(findings, "regular user", hurried.regular_in(where), hurried.options)
    if exists and isinstance(there, _Seen) and isinstance(let_in, _Seen):
        findings += await rights.look(hurried, database, let_in.user)
    return Report(tuple(findings))


async def _look(findings: list[Finding], who: str, target: Target, options: Options) -> _Seen | Unavailable:
    user = target.options.get("user", "")
    try:
        with explained():
            async with Cluster(target, options=options) as cluster:
                about = await cluster.fetch_one(_ABOUT)
                extensions = await cluster.fetch(_EXTENSIONS)
    except Unavailable as error:
        findings.append(Finding(who, False, _refusal(user, target.options.get("dbname", ""), error)))
        return error
    findings.append(Finding(who, True, f"{user} can log in to {target.options.get('dbname')}"))
    found = {name: (version, installed) for name, version, installed in extensions}
    return _Seen(about[0], about[1], about[2], about[3], about[4], about[5], found)


def _refusal(user: str, database: str, error: Unavailable) -> str:
    seen = str(error).splitlines()[0]
    if "permission denied for database" in str(error):
        return f"{user} may not connect (as admin: GRANT CONNECT ON DATABASE {quoted(database)} TO {quoted(user)})"
    return f"{user}: {error.trouble.value} ({seen})"


def _about_server(seen: _Seen) -> list[Finding]:
    version = f"{seen.version // 10000}.{seen.version % 10000}"
    return [
        Finding("server", seen.version >= OLDEST_SERVER, f"PostgreSQL {version} (expected 14 or later)"),
        Finding("role of the server", not seen.is_standby, "standby" if seen.is_standby else "primary"),
    ]


def _about_admin(seen: _Seen, exists: bool) -> Finding:
    if exists:
        told = "may" if seen.may_create else "may not"
        return Finding("rights of the admin user", seen.may_create, f"{seen.user} {told} create in the database")
    told = "may" if seen.may_make_databases else "may not"
    return Finding("rights of the admin user", seen.may_make_databases, f"{seen.user} {told} create databases")


def _about_extensions(seen: _Seen) -> list[Finding]:
    findings = []
    for name in ("postgis", "pg_trgm", "btree_gist"):
        version, installed = seen.extensions.get(name, ("", False))
        new_enough = bool(version) and (name != "postgis" or int(version.split(".")[0]) >= OLDEST_POSTGIS)
        can_be_made = installed or seen.is_superuser or name != "postgis"
        told = f"{version} {'installed' if installed else 'available'}" if version else "not on the server"
        if version and not can_be_made:
            told += f", and {seen.user} is no superuser, who could create it"
        findings.append(Finding(f"extension {name}", new_enough and can_be_made, told))
    return findings
