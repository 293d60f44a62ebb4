"""What a view of one type selects.

Knows: the main table. Must not know: who makes the view.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Text, literal, select
from sqlalchemy.dialects.postgresql import ARRAY

from pgstore.errors import BadRequest
from pgstore.query.columns import columns, field
from pgstore.schema.profiles import StoreShape
from pgstore.schema.tables import tables
from pgstore.sql.sentences import sentence


def body(shape: StoreShape, type_name: str, fields: Sequence[str]) -> tuple[str, dict[str, Any]]:
    """The query, and the parameters that a view has to have written into it."""
    main, known = tables(shape).main, columns(shape.profile.value)
    if "type_" not in main.c:
        raise BadRequest(f"cannot make a view of store {shape.name}: its documents have no type")
    chosen: list[Any] = [
        main.c.id,
        main.c.rev,
        *([main.c.name] if "name" in main.c else []),
        main.c.ts_created,
        main.c.ts_updated,
    ]
    taken = {column.name for column in chosen}
    for name in fields:
        column, path = field(name, known)
        if column not in taken or not column:
            value = (
                main.c[column]
                if column
                else main.c.doc.op("#>>", return_type=Text())(literal(list(path), ARRAY(Text())))
            )
            chosen.append(value.label(name))
            taken.add(name)
    said = sentence(select(*chosen).where(main.c.type_ == literal(type_name, Text()), main.c.deleted_at.is_(None)))
    return said.text, dict(said.fixed)
