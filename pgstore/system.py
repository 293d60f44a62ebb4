"""One system: its database, and the stores in it.

    async with System("demo", from_url("postgresql://ion@10.1.0.10,10.1.0.11", admin="...")) as system:
        await system.create()
        resources = await system.get_datastore("resources")

Knows: the order of making and dropping. Must not know: what is in a store.
"""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, TypeVar

import psycopg

from pgclient import Cluster, HostStatistics, Transaction
from pgstore import dumping, upgrading
from pgstore.databases import Databases
from pgstore.door import Door, explained
from pgstore.errors import BadRequest, NotFound
from pgstore.faces.backing import Backing
from pgstore.findings import Report
from pgstore.ids import TimeOrderedIds, unique_id
from pgstore.names import database_name, local_name, scope_name, scoped_name, view_name
from pgstore.places.rules import Rules
from pgstore.preflight import preflight
from pgstore.schema.profiles import Profile, StoreShape, profile_of
from pgstore.settings import Settings
from pgstore.sql import cataloguing, viewing
from pgstore.sql.sentences import quoted
from pgstore.store import make

T = TypeVar("T")


class System:
    """The database of one sysname. Opening it connects to nothing yet."""

    def __init__(
        self, sysname: str, settings: Settings, *, rules: Rules | None = None, ordered_ids: bool = False
    ) -> None:
        self.scope = scope_name(sysname)
        self.database = database_name(sysname, settings.database)
        self.settings = settings
        self._rules = rules or Rules()
        self._new_id = TimeOrderedIds().make if ordered_ids else unique_id
        self._regular = Cluster(settings.regular_in(self.database), options=settings.options)
        self._door = Door(self._regular)
        self.databases = Databases(settings)
        self._known: dict[str, StoreShape] = {}

    def __repr__(self) -> str:
        return f"System({self.scope}, database {self.database})"

    async def __aenter__(self) -> System:
        await self.open()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def open(self) -> None:
        await self._regular.open()

    async def close(self) -> None:
        await self._regular.close()

    # The database.

    async def exists(self) -> bool:
        return await self.databases.exists(self.database)

    async def create(self) -> None:
        """Make what is missing: the database, its extensions, functions and catalogue; bring old ones up to date."""
        await self.databases.ensure(self.database)
        async with self._as_admin() as admin:
            await admin.run(lambda tx: upgrading.upgrade(tx, self.settings.regular_user))

    async def drop(self, *, force: bool = False) -> None:
        """Drop the database. If somebody is connected, `BadRequest` says who, unless `force` ends their sessions."""
        await self._regular.close()
        self._known.clear()
        await self.databases.drop(self.database, force=force)

    # Stores.

    async def list_datastores(self) -> list[str]:
        """Names with the prefix of the system."""
        return [scoped_name(shape.name, self.scope) for shape in await self._list()]

    async def describe(self) -> list[StoreShape]:
        """Name, profile, reference system of each store."""
        return await self._list()

    async def find_datastore(self, name: str, *, rules: Rules | None = None) -> Any:
        """The store; raises `NotFound` if it is missing."""
        return self._store(await self._require(name), rules)

    async def datastore_exists(self, name: str) -> bool:
        local = local_name(name, self.scope)
        return any(shape.name == local for shape in await self._list())

    async def create_datastore(
        self, name: str, profile: Profile | str | None = None, *, srid: int = 4326, search: bool = False
    ) -> Any:
        """Make a store. `srid` is that of its geometries; `search` indexes all texts, for `all_match`."""
        local = local_name(name, self.scope)
        shape = StoreShape(local, profile_of(local, profile), srid, search)

        async def work(tx: Transaction) -> None:
            if not await tx.fetch(cataloguing.ADD.text, cataloguing.add(shape)):
                raise BadRequest(f"cannot create store {scoped_name(local, self.scope)}: it exists")
            await upgrading.upgrade_store(tx, shape, self.settings.regular_user)

        async with self._as_admin() as admin:
            await admin.run(work)
        return self._store(shape, None)

    async def get_datastore(
        self, name: str, profile: Profile | str | None = None, *, rules: Rules | None = None
    ) -> Any:
        """The store, made if it is missing; raises `BadRequest` if it has another profile than the one asked for."""
        local = local_name(name, self.scope)
        shape = self._known.get(local) or await self._find(local)
        if shape is None:
            with contextlib.suppress(BadRequest):  # somebody else was faster
                await self.create_datastore(local, profile)
            shape = await self._find(local)
        if shape is None:
            raise NotFound(f"cannot find store {scoped_name(local, self.scope)}")
        if profile is not None and profile_of(local, profile) is not shape.profile:
            raise BadRequest(f"cannot use store {local} as {profile!s}: it is {shape.profile.value}")
        return self._store(shape, rules)

    async def delete_datastore(self, name: str) -> None:
        """Drop the tables of exactly this store."""
        shape = await self._require(name)

        async def work(tx: Transaction) -> None:
            for table in cataloguing.all_tables(shape):
                await tx.execute(f"DROP TABLE IF EXISTS {quoted(table)} CASCADE".encode())
            await tx.execute(cataloguing.REMOVE.text, {"name": shape.name})

        async with self._as_admin() as admin:
            await admin.run(work)
        self._known.pop(shape.name, None)

    async def clear_datastore(self, name: str) -> None:
        """Delete everything in exactly this store, for good."""
        tables = ", ".join(quoted(table) for table in cataloguing.all_tables(await self._require(name))[:-1])
        async with self._as_admin() as admin:
            await admin.run(lambda tx: tx.execute(f"TRUNCATE {tables}".encode()))

    async def create_view(self, name: str, type_name: str, fields: Sequence[str] = ()) -> str:
        """An SQL view of one type, for people and other programs; `fields` are dotted paths. The view's name."""
        shape = await self._require(name)
        view = view_name(shape.name, type_name)
        body, parameters = viewing.body(shape, type_name, fields)
        async with self._as_admin() as admin, admin.connection() as session:
            text = psycopg.AsyncClientCursor(session).mogrify(body, parameters)
            await session.execute(f"CREATE OR REPLACE VIEW {quoted(view)} AS {text}".encode())
            regular = quoted(self.settings.regular_user)
            await session.execute(f"GRANT SELECT ON {quoted(view)} TO {regular}".encode())
        return view

    async def query(self, statement: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Rows of a query of the caller's own, as the regular user, in a read-only transaction."""
        with explained():
            async with self._regular.transaction(read_only=True) as tx:
                return await tx.fetch(statement.encode(), parameters or None)

    def statistics(self) -> tuple[HostStatistics, ...]:
        """Connections and counts of each host, those of the regular user."""
        return self._regular.statistics()

    async def preflight(self, *, timeout: float = 5.0) -> Report:
        """Both users, versions, rights: everything that is wrong, at once."""
        return await preflight(self.settings, self.database, timeout=timeout)

    async def check(self) -> Report:
        """The preflight, then whether database and stores are at this version, and what two-phase commits left."""
        findings = list((await self.preflight()).findings)
        if all(finding.is_well for finding in findings) and await self.exists():
            async with self._as_admin() as admin:
                findings += await admin.run(upgrading.versions)
        return Report(tuple(findings))

    @contextlib.asynccontextmanager
    async def transaction(self) -> AsyncIterator[Transaction]:
        """Several calls as one: `store.within(tx)` is a store inside of it. Nothing holds if the block raises."""
        with explained():
            async with self._regular.transaction() as tx:
                yield tx

    async def run(self, work: Callable[[Transaction], Awaitable[T]]) -> T:
        """The same for work that may be begun again, as after a failover."""
        with explained():
            return await self._regular.run(work)

    async def dump(self, directory: Path, name: str | None = None, tell: dumping.Progress | None = None) -> int:
        """Write one store, or all, below a directory; go on where an interrupted call ended. How many documents.

        Raises `BadRequest` if that dump is there already, whole: another day's goes into another directory.
        """
        shapes = [await self._require(name)] if name else await self._list()
        if shapes and all(dumping.is_finished(directory, shape.name) for shape in shapes):
            raise BadRequest(
                f"cannot dump into {directory}: a whole dump is there (expected none, or an interrupted one)\n"
                "hint: name an empty directory"
            )
        return sum([await dumping.dump_store(self._store(shape, None), directory, tell or _quiet) for shape in shapes])

    async def load(self, directory: Path, name: str | None = None, tell: dumping.Progress | None = None) -> int:
        """Read a dump back, stores made where they are missing, documents kept where they exist. How many there are."""
        count = 0
        for described in dumping.described(directory):
            shape = described.shape
            if name and local_name(name, self.scope) != shape.name:
                continue
            if not await self.datastore_exists(shape.name):
                await self.create_datastore(shape.name, shape.profile, srid=shape.srid, search=shape.search)
            store = await self.get_datastore(shape.name, shape.profile)
            count += await dumping.load_store(store, described.path, tell or _quiet)
        await self.vacuum(name)
        return count

    async def vacuum(self, name: str | None = None) -> list[str]:
        """VACUUM (ANALYZE) a store's tables, or all stores'; the names of the tables."""
        shapes = [await self._require(name)] if name else await self._list()
        done = []
        async with self._as_admin() as admin, admin.connection() as session:
            for table in (table for shape in shapes for table in cataloguing.all_tables(shape)[:-1]):
                await session.execute(f"VACUUM (ANALYZE) {quoted(table)}".encode())
                done.append(table)
        return done

    compact_datastore = vacuum

    def _store(self, shape: StoreShape, rules: Rules | None) -> Any:
        self._known[shape.name] = shape
        return make(Backing(self._door, shape, self.scope, rules or self._rules, self._new_id))

    async def _list(self) -> list[StoreShape]:
        return [cataloguing.shape(row) for row in await self._door.fetch(cataloguing.LIST)]

    async def _find(self, local: str) -> StoreShape | None:
        return next((shape for shape in await self._list() if shape.name == local), None)

    async def _require(self, name: str) -> StoreShape:
        local = local_name(name, self.scope)
        shape = await self._find(local)
        if shape is None:
            raise NotFound(f"cannot find store {scoped_name(local, self.scope)} in {self.database}")
        return shape

    @contextlib.asynccontextmanager
    async def _as_admin(self) -> AsyncIterator[Cluster]:
        """The admin user's sessions, for as long as they are needed."""
        admin = Cluster(self.settings.admin_in(self.database), options=self.settings.options)
        with explained():
            async with admin:
                yield admin


def _quiet(_store: str, _count: int) -> None:
    """Nobody wants to know."""
