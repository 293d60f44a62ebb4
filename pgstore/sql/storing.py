"""Statements about stored queries.

Knows: their table. Must not know: what is in a query.
"""

from __future__ import annotations

from sqlalchemy import Text, bindparam, cast, delete, select
from sqlalchemy.dialects.postgresql import JSONB, insert

from pgstore.schema.tables import queries
from pgstore.sql.sentences import sentence

_STORE, _NAME = bindparam("store", type_=Text()), bindparam("name", type_=Text())
_WHOLE = select(queries.c.name, queries.c.query, queries.c.parameters, queries.c.description)
_ADDED = insert(queries).values(
    store=_STORE,
    name=_NAME,
    query=cast(bindparam("query", type_=Text()), JSONB()),
    parameters=cast(bindparam("parameters", type_=Text()), JSONB()),
    description=bindparam("description", type_=Text()),
)

SAVE = sentence(
    _ADDED.on_conflict_do_update(
        index_elements=[queries.c.store, queries.c.name],
        set_={name: _ADDED.excluded[name] for name in ("query", "parameters", "description")},
    )
)
READ = sentence(_WHOLE.where(queries.c.store == _STORE, queries.c.name == _NAME))
LIST = sentence(_WHOLE.where(queries.c.store == _STORE).order_by(queries.c.name))
DELETE = sentence(delete(queries).where(queries.c.store == _STORE, queries.c.name == _NAME))
