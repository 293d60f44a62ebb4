"""Where a system's database is and who works in it: from a URL, a configuration, or a relation's data.

Two users: the *regular* one reads and writes; the *admin* one (the schema user) makes databases and tables.

    settings = from_url("postgresql://ion:secret@10.1.0.10,10.1.0.11", admin="postgresql://ion_admin:secret@...")
    settings = from_configuration({"server": {"postgresql": {"host": "10.1.0.10", "username": "ion", ...}}})
    settings = from_relation(unit_databags, "my-app/0", sysname="demo")
    settings = from_database_relation(application_databag, secret_content, sysname="demo")

Knows: the forms that settings come in. Must not know: whether any of it is true. No repr shows a password.
"""

from __future__ import annotations

import getpass
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from pgclient import Misconfigured, NotYet, Options, Target, from_pgsql, from_postgresql_client, parse
from pgstore.errors import BadRequest, Unavailable

APPLICATION = "pgstore"


@dataclass(frozen=True)
class Settings:
    """How to reach a cluster as either user."""

    regular: Target
    admin: Target
    database: str = ""
    """What a system's database is called besides its sysname; empty: nothing more."""
    default_database: str = "postgres"
    """Where the admin user connects to make and drop databases."""
    options: Options = field(default_factory=Options)

    def regular_in(self, database: str) -> Target:
        """The regular user's way into one database."""
        return _within(self.regular, database)

    def admin_in(self, database: str) -> Target:
        """The admin user's."""
        return _within(self.admin, database)

    @property
    def regular_user(self) -> str:
        return self.regular.options.get("user") or getpass.getuser()


def from_url(url: str, *, admin: str | None = None, options: Options | None = None, **more: str) -> Settings:
    """Two connection strings, as URLs or in libpq's keywords. Without `admin` the regular user does everything."""
    try:
        regular = parse(url)
        return Settings(regular, parse(admin) if admin else regular, options=options or Options(), **more)
    except Misconfigured as error:
        raise BadRequest(str(error)) from error


def from_configuration(configuration: Mapping[str, Any], server: str = "postgresql") -> Settings:
    """The mapping that the Pyon container's configuration file holds: `server.postgresql`.

    Keys: host (several with commas), port, username, password, admin_username, admin_password, default_database,
    database, connection_pool_max, sslmode.
    """
    found = _section(configuration, server)
    known = {
        "type", "host", "port", "username", "password", "admin_username", "admin_password", "default_database",
        "database", "connection_pool_max", "sslmode",
    }  # fmt: skip
    if unknown := sorted(set(found) - known):
        raise BadRequest(
            f"cannot read server.{server}: unknown keys {', '.join(unknown)} (expected {', '.join(known)})"
        )
    where = {"host": str(found.get("host", "localhost")), "port": str(found.get("port", 5432))}
    if found.get("sslmode"):
        where["sslmode"] = str(found["sslmode"])
    regular = _login(found.get("username", "ion"), found.get("password"))
    admin = _login(found.get("admin_username") or getpass.getuser(), found.get("admin_password"))
    return Settings(
        parse("", **where, **regular),
        parse("", **where, **admin),
        str(found.get("database") or ""),
        str(found.get("default_database") or "postgres"),
        Options(pool_size=int(found.get("connection_pool_max", 5))),
    )


def from_relation(
    bags: Iterable[Mapping[str, str]], unit: str, options: Options | None = None, *, sysname: str = ""
) -> Settings:
    """The databags of the server's units in a relation of interface `pgsql` that asked for this `sysname`.

    Raises `Unavailable` while the relation does not say enough. A server offers a database of its own choice until it
    has heard what is wished for: only units that show the sysname count, to the letter.
    """
    kept = [dict(bag) for bag in bags]
    if sysname:
        kept = [bag for bag in kept if bag.get("sysname") == sysname]
        if not kept:
            raise Unavailable(f"cannot use the relation yet: no unit of the server shows the sysname {sysname!r:.80}")
    target = from_pgsql(kept, unit)
    if isinstance(target, NotYet):
        raise Unavailable(f"cannot use the relation yet: {target.why}")
    admin = next((bag for bag in kept if bag.get("schema_user") and unit in bag.get("allowed-units", "").split()), None)
    schema = target
    if admin:
        schema = _as_user(target, admin["schema_user"], admin.get("schema_password", ""))
    only = target.options.get("dbname") or "postgres"  # these users are let into no other
    return Settings(target, schema, default_database=only, options=options or Options())


def from_database_relation(
    bag: Mapping[str, str],
    secret: Mapping[str, str] | None = None,
    options: Options | None = None,
    *,
    sysname: str = "",
) -> Settings:
    """The server's application databag in a relation of interface `postgresql_client`, and what `secret-user` holds.

    There is one user, who acts as the owner of the one database: it does the admin's work as well. Raises `Unavailable`
    while the relation does not say enough; of a server that was asked for a `sysname`, until it shows that.
    """
    if sysname and bag.get("sysname") != sysname:
        raise Unavailable(f"cannot use the relation yet: the server does not show the sysname {sysname!r:.80}")
    target = from_postgresql_client(bag, secret)
    if isinstance(target, NotYet):
        raise Unavailable(f"cannot use the relation yet: {target.why}")
    only = target.options.get("dbname")
    if not only:
        raise Unavailable("cannot use the relation yet: the server does not show database")
    return Settings(target, target, default_database=only, options=options or Options())


def _section(configuration: Mapping[str, Any], server: str) -> Mapping[str, Any]:
    servers = configuration.get("server", {})
    found = servers.get(server) if isinstance(servers, Mapping) else None
    if not isinstance(found, Mapping):
        raise BadRequest(f"cannot read the configuration: it has no server.{server} (expected a mapping)")
    return found


def _login(user: Any, password: Any) -> dict[str, str]:
    return {"user": str(user), **({"password": str(password)} if password else {})}


def _within(target: Target, database: str) -> Target:
    more = {"dbname": database, "application_name": f"{APPLICATION}:{database}"[:63]}
    return replace(target, options={**target.options, **more})


def _as_user(target: Target, user: str, password: str) -> Target:
    return replace(target, options={**target.options, "user": user, "password": password})
