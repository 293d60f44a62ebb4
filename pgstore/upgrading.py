"""Bring a database and its stores to this library's version, inside of the schema user's transaction.

Knows: which versions are there. Must not know: what a migration does.
"""

from __future__ import annotations

from pgclient import Transaction
from pgstore.findings import Finding
from pgstore.names import table_name, version_table
from pgstore.schema import migrating
from pgstore.schema.profiles import StoreShape
from pgstore.sql import cataloguing
from pgstore.sql.sentences import quoted

_LOCK = "SELECT pg_advisory_xact_lock(hashtext('pgstore'))"
_EXTENSIONS = "SELECT count(*) FROM pg_extension WHERE extname IN ('postgis', 'pg_trgm', 'btree_gist')"
_LEFT = "SELECT gid FROM pg_prepared_xacts WHERE database = current_database() ORDER BY 1"


async def upgrade(tx: Transaction, regular_user: str) -> None:
    """The database first, then each store. One at a time, whoever else does the same."""
    await tx.execute(_LOCK)
    version = await _version(tx, migrating.DATABASE_VERSION_TABLE)
    if migrating.is_behind(migrating.DATABASE, version):
        script = migrating.script(
            migrating.DATABASE,
            version,
            migrating.DATABASE_VERSION_TABLE,
            regular=quoted(regular_user),
            extensions=await tx.fetch_value(_EXTENSIONS) != 3,
        )
        await tx.execute(script.encode())
    for shape in await _shapes(tx):
        await upgrade_store(tx, shape, regular_user)


async def upgrade_store(tx: Transaction, shape: StoreShape, regular_user: str) -> None:
    """Make or change the tables of one store."""
    table = table_name(shape.name)
    version = await _version(tx, version_table(table))
    if not migrating.is_behind(migrating.STORE, version):
        return
    script = migrating.script(
        migrating.STORE,
        version,
        version_table(table),
        table=table,
        profile=shape.profile.value,
        srid=shape.srid,
        search=shape.search,
        regular=quoted(regular_user),
    )
    await tx.execute(script.encode())


async def versions(tx: Transaction) -> list[Finding]:
    """Whether the migrations are all done, and which prepared transactions nobody finished."""
    findings = []
    for line, table in [
        (migrating.DATABASE, migrating.DATABASE_VERSION_TABLE),
        *((migrating.STORE, version_table(table_name(shape.name))) for shape in await _shapes(tx)),
    ]:
        version = await _version(tx, table)
        findings.append(Finding(table, not migrating.is_behind(line, version), f"version {version}"))
    return findings + [Finding("prepared transaction", False, row[0]) for row in await tx.fetch(_LEFT)]


async def _shapes(tx: Transaction) -> list[StoreShape]:
    """None before the first migration."""
    if not await _version(tx, migrating.DATABASE_VERSION_TABLE):
        return []
    return [cataloguing.shape(row) for row in await tx.fetch(cataloguing.LIST.text)]


async def _version(tx: Transaction, table: str) -> str | None:
    """The version that a version table holds; None where there is none."""
    if not await tx.fetch_value("SELECT to_regclass(%s)::text", (f"public.{table}",)):
        return None
    version: str = await tx.fetch_value(cataloguing.version(table).text)
    return version
