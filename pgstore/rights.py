"""What the regular user may do with each table of a system, and what to run where that is too little.

Knows: which rights the migrations grant. Must not know: versions, extensions.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pgclient import Cluster
from pgstore.door import explained
from pgstore.findings import Finding
from pgstore.settings import Settings
from pgstore.sql import cataloguing
from pgstore.sql.sentences import quoted

_WHAT = "rights of the regular user"
_CATALOGUE = "SELECT to_regclass('public.pgstore_stores')::text"
_USAGE = "SELECT has_schema_privilege('public', 'USAGE')"
_RIGHTS = """\
SELECT name, asked, to_regclass(place) IS NOT NULL, coalesce(has_table_privilege(to_regclass(place), asked), false)
FROM unnest(%s::text[], %s::text[]) WITH ORDINALITY AS wanted(name, asked, number), format('public.%%I', name) AS place
ORDER BY number"""


async def look(settings: Settings, database: str, user: str) -> list[Finding]:
    """Findings about both users' one database; none before the first migration."""
    with explained():
        async with Cluster(settings.admin_in(database), options=settings.options) as admin:
            if await admin.fetch_value(_CATALOGUE) is None:
                return []
            shapes = [cataloguing.shape(row) for row in await admin.fetch(cataloguing.LIST.text)]
        wanted = [(name, right) for name, rights in cataloguing.rights(shapes) for right in rights]
        async with Cluster(settings.regular_in(database), options=settings.options) as regular:
            if not await regular.fetch_value(_USAGE):
                mended = f"GRANT USAGE ON SCHEMA public TO {quoted(user)}"
                return [Finding(_WHAT, False, f"{user} may not use schema public (as admin: {mended})")]
            rows = await regular.fetch(_RIGHTS, tuple(map(list, zip(*wanted, strict=True))))
    return list(about(user, rows))


def about(user: str, seen: Sequence[tuple[str, str, bool, bool]]) -> Iterator[Finding]:
    """From table, right, whether the table is there, whether the user has the right.

    >>> print(*about("ion", [("ion_a", "SELECT", True, True), ("ion_a", "INSERT", True, False)]))
    WRONG  rights of the regular user: ion may not INSERT on ion_a (as admin: GRANT INSERT ON "ion_a" TO "ion")
    """
    missing: dict[str, list[str]] = {}
    for table, right, is_there, may in seen:
        lacking = missing.setdefault(table, [])
        if is_there and not may:
            lacking.append(right)
    gone = {table for table, _, is_there, _ in seen if not is_there}
    for table, lacking in missing.items():
        told = ", ".join(lacking)
        if table in gone:
            yield Finding(f"table {table}", False, "it is not there (bring it back from a backup)")
        elif lacking:
            mended = f"GRANT {told} ON {quoted(table)} TO {quoted(user)}"
            yield Finding(_WHAT, False, f"{user} may not {told} on {table} (as admin: {mended})")
    if not gone and not any(missing.values()):
        yield Finding(_WHAT, True, f"{user} may work with {len(missing)} tables")
