"""Reads from a running PostgreSQL what `decide` works on.

Knows: PostgreSQL's system catalogues, versions 14 to 17. Must not know: what is wanted, who connects.
"""

from __future__ import annotations

import ipaddress
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

from psycopg2 import extensions

from pgcharm.clients import passwords
from pgcharm.clients.access import AccessRule
from pgcharm.clients.addresses import Network
from pgcharm.clients.catalogue import PUBLIC, Catalogue, DatabaseFact, DefaultGrant, Grants, RoleFact

Connect = Callable[[str], extensions.connection]
"""A database's name to a connection as superuser, with autocommit on."""

AT_ONCE = 4
"""Databases that are looked into at the same time: what one looks like inside is known only to a connection to it."""

_ROLES = """
    SELECT rolname, rolcanlogin, rolsuper, rolcreaterole OR rolcreatedb OR rolreplication OR rolbypassrls, rolpassword
      FROM pg_authid"""
_MEMBERS = """
    SELECT member.rolname, granted.rolname FROM pg_auth_members m
      JOIN pg_authid member ON member.oid = m.member JOIN pg_authid granted ON granted.oid = m.roleid"""
_DEFAULT_ROLES = """
    SELECT rolname, datname, unnest(setconfig) FROM pg_db_role_setting s
      JOIN pg_authid a ON a.oid = setrole JOIN pg_database d ON d.oid = setdatabase"""
_DATABASES = """
    SELECT d.datname, owner.rolname, coalesce(shobj_description(d.oid, 'pg_database'), ''),
           coalesce(grantee.rolname, 'PUBLIC'), acl.privilege_type
      FROM pg_database d JOIN pg_authid owner ON owner.oid = d.datdba
      LEFT JOIN LATERAL aclexplode(coalesce(d.datacl, acldefault('d', d.datdba))) acl ON true
      LEFT JOIN pg_authid grantee ON grantee.oid = acl.grantee
     WHERE d.datallowconn"""
_INSIDE = """
    SELECT array(SELECT nspname::text FROM pg_namespace),
           array(SELECT ARRAY[coalesce(grantee.rolname, 'PUBLIC'), acl.privilege_type]
                   FROM pg_namespace n
                  CROSS JOIN LATERAL aclexplode(coalesce(n.nspacl, acldefault('n', n.nspowner))) acl
                   LEFT JOIN pg_authid grantee ON grantee.oid = acl.grantee
                  WHERE n.nspname = 'public'),
           array(SELECT ARRAY[owner.rolname, d.defaclobjtype::text,
                              coalesce(grantee.rolname, 'PUBLIC'), acl.privilege_type]
                   FROM pg_default_acl d CROSS JOIN LATERAL aclexplode(d.defaclacl) acl
                   JOIN pg_authid owner ON owner.oid = d.defaclrole
                   LEFT JOIN pg_authid grantee ON grantee.oid = acl.grantee
                  WHERE d.defaclnamespace = 0),
           array(SELECT ARRAY[extname, nspname] FROM pg_extension JOIN pg_namespace n ON n.oid = extnamespace)"""
_RULES = """
    SELECT type, database, user_name, address, netmask, auth_method, error FROM pg_hba_file_rules"""


def read_catalogue(
    connect: Connect, inside: Iterable[str] = (), known: Mapping[str, DatabaseFact] = MappingProxyType({})
) -> Catalogue:
    """The facts of a cluster; of the databases `inside` also what is in them. Raises psycopg2.Error.

    Of those `known` it is taken from there what is in them.
    """
    with closing(connect("postgres")) as connection:
        roles, databases = _roles(connection), _databases(connection)
        available = frozenset(name for (name,) in _rows(connection, "SELECT name FROM pg_available_extensions"))
    names = sorted(set(inside) & set(databases) - set(known))
    with ThreadPoolExecutor(max_workers=AT_ONCE) as pool:
        contents = pool.map(lambda name: _inside(connect, name, databases[name]), names)
        databases.update(zip(names, contents, strict=True))
    for name in set(inside) & set(databases) & set(known):
        outside = databases[name]
        databases[name] = replace(known[name], owner=outside.owner, grants=outside.grants, comment=outside.comment)
    return Catalogue(roles, databases, available)


def _inside(connect: Connect, name: str, fact: DatabaseFact) -> DatabaseFact:
    with closing(connect(name)) as connection:
        return read_contents(connection, fact)


def read_contents(connection: extensions.connection, fact: DatabaseFact) -> DatabaseFact:
    """`fact` with what is inside the database of `connection`, in one question."""
    ((schemas, public, default_grants, found),) = _rows(connection, _INSIDE)
    return replace(
        fact,
        public_schema=frozenset(map(_pair, public)) if "public" in schemas else None,
        default_grants=frozenset(DefaultGrant(*row) for row in default_grants),
        extensions=dict(found),
        schemas=frozenset(schemas),
    )


def _pair(row: list[str]) -> tuple[str, str]:
    return row[0], row[1]


def read_loaded_access(connect: Connect) -> frozenset[AccessRule] | None:
    """The rules that the running server has loaded; None while the file is newer, or has a mistake in it."""
    with closing(connect("postgres")) as connection:
        ((path, loaded),) = _rows(
            connection, "SELECT current_setting('hba_file'), extract(epoch FROM pg_conf_load_time())::float8"
        )
        rows = _rows(connection, _RULES)
    if Path(path).stat().st_mtime > loaded or any(row[6] for row in rows):
        return None
    return frozenset(rule for row in rows if (rule := _rule(*row[:6])) is not None)


def _rule(
    kind: str, databases: list[str], users: list[str], address: str | None, netmask: str | None, method: str
) -> AccessRule | None:
    if kind not in ("host", "hostssl") or address is None or netmask is None or len(databases) != 1:
        return None
    database = None if databases[0] == "all" else databases[0]
    return AccessRule(kind, database, tuple(users), _network(address, netmask), method)


def _network(address: str, netmask: str) -> Network:
    length = int(ipaddress.ip_address(netmask)).bit_count()
    return ipaddress.ip_network((address, length), strict=False)


def _rows(connection: extensions.connection, query: str) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(query)
        return cursor.fetchall()


def _roles(connection: extensions.connection) -> dict[str, RoleFact]:
    member_of: dict[str, set[str]] = defaultdict(set)
    for member, group in _rows(connection, _MEMBERS):
        member_of[member].add(group)
    default_roles: dict[str, dict[str, str]] = defaultdict(dict)
    for role, database, setting in _rows(connection, _DEFAULT_ROLES):
        name, _, value = setting.partition("=")
        if name == "role":
            default_roles[role][database] = value
    rows = _rows(connection, _ROLES)
    powerful = _powerful({name for name, _, superuser, able, _ in rows if superuser or able}, member_of)
    return {
        name: RoleFact(
            login=login,
            superuser=superuser,
            powerful=name in powerful,
            salt=passwords.salt_of(stored),
            member_of=frozenset(member_of[name]),
            default_roles=default_roles[name],
        )
        for name, login, superuser, _, stored in rows
    }


def _powerful(roles: set[str], member_of: dict[str, set[str]]) -> set[str]:
    """`roles`, PostgreSQL's own `pg_` roles, and whoever is a member of one of them."""
    found = set(roles)
    while True:
        more = {
            member
            for member, groups in list(member_of.items())
            if any(group in found or group.startswith("pg_") for group in groups)
        }
        if more <= found:
            return found
        found |= more


def _databases(connection: extensions.connection) -> dict[str, DatabaseFact]:
    owners: dict[str, tuple[str, str]] = {}
    grants: dict[str, set[tuple[str, str]]] = defaultdict(set)
    for name, owner, comment, grantee, privilege in _rows(connection, _DATABASES):
        owners[name] = owner, comment
        if privilege:
            grants[name].add((grantee or PUBLIC, privilege))
    return {name: DatabaseFact(owner, _frozen(grants[name]), comment) for name, (owner, comment) in owners.items()}


def _frozen(grants: set[tuple[str, str]]) -> Grants:
    return frozenset(grants)
