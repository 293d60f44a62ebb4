"""The tables of a store, by its profile. Names that come in are checked and quoted."""

from pgstore.schema.statements import run

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

COMMON = """\
    id text COLLATE "C" PRIMARY KEY,
    rev integer NOT NULL DEFAULT 1,
    doc jsonb NOT NULL,
    ts_created timestamptz NOT NULL DEFAULT now(),
    ts_updated timestamptz NOT NULL DEFAULT now(),
    deleted_at timestamptz"""

PLACES = """\
    visibility integer GENERATED ALWAYS AS ((doc ->> 'visibility')::integer) STORED,
    geom geometry(Point, {srid}),
    geom_loc geometry(Polygon, {srid}),
    geom_mpoly geometry(MultiPolygon, {srid}),
    vertical_range numrange,
    temporal_range tstzrange"""

STATE = """\
    codec text COLLATE "C",
    state bytea"""

RESOURCE_INDEXES = """\
CREATE INDEX ix_{s}_type ON {t} (type_, id);
CREATE INDEX ix_{s}_state ON {t} (lcstate, availability, type_);
CREATE INDEX ix_{s}_available ON {t} (availability, type_);
CREATE INDEX ix_{s}_name ON {t} (name, id);
CREATE INDEX ix_{s}_created ON {t} (ts_created, id);
CREATE INDEX ix_{s}_updated ON {t} (ts_updated, id);
CREATE INDEX ix_{s}_like ON {t} USING gin (name gin_trgm_ops);
CREATE INDEX ix_{s}_doc ON {t} USING gin (doc jsonb_path_ops);
CREATE INDEX ix_{s}_terms ON {t} USING gin (pgstore_terms(doc));
CREATE INDEX ix_{s}_geom ON {t} USING gist (geom);
CREATE INDEX ix_{s}_loc ON {t} USING gist (geom_loc);
CREATE INDEX ix_{s}_mpoly ON {t} USING gist (geom_mpoly);
CREATE INDEX ix_{s}_vertical ON {t} USING gist (vertical_range);
CREATE INDEX ix_{s}_temporal ON {t} USING gist (temporal_range);
"""
SEARCH_INDEX = "CREATE INDEX ix_{s}_texts ON {t} USING gin (pgstore_texts(doc) gin_trgm_ops)"

EVENT_INDEXES = """\
CREATE INDEX ix_{s}_type ON {t} (type_, ts_created, id);
CREATE INDEX ix_{s}_origin ON {t} (origin, ts_created, id);
CREATE INDEX ix_{s}_origintype ON {t} (origin_type, ts_created);
CREATE INDEX ix_{s}_subtype ON {t} (sub_type, ts_created);
CREATE INDEX ix_{s}_created ON {t} (ts_created, id);
"""

PLAIN_INDEXES = """\
CREATE INDEX ix_{s}_type ON {t} (type_, id);
CREATE INDEX ix_{s}_name ON {t} (name, id);
CREATE INDEX ix_{s}_doc ON {t} USING gin (doc jsonb_path_ops);
"""

ASSOCIATIONS = """\
CREATE TABLE {t}_assoc (
{common},
{computed},
    retired boolean NOT NULL GENERATED ALWAYS AS (doc @> '{{"retired": true}}') STORED,
    CONSTRAINT {t}_assoc_subject FOREIGN KEY (s) REFERENCES {t} (id) ON DELETE CASCADE,
    CONSTRAINT {t}_assoc_object FOREIGN KEY (o) REFERENCES {t} (id) ON DELETE CASCADE,
    CONSTRAINT {t}_assoc_whole CHECK (s IS NOT NULL AND p IS NOT NULL AND o IS NOT NULL)
);
CREATE UNIQUE INDEX ix_{s}_assoc_once ON {t}_assoc (s, p, o) WHERE deleted_at IS NULL AND NOT retired;
CREATE INDEX ix_{s}_assoc_subjects ON {t}_assoc (s, p, ot);
CREATE INDEX ix_{s}_assoc_objects ON {t}_assoc (o, p, st);
CREATE INDEX ix_{s}_assoc_predicates ON {t}_assoc (p, st, ot);
"""

ENTRIES = """\
CREATE TABLE {t}_dir (
{common},
{computed},
    CONSTRAINT {t}_dir_whole CHECK (org IS NOT NULL AND parent IS NOT NULL AND key IS NOT NULL)
);
CREATE UNIQUE INDEX ix_{s}_dir_once ON {t}_dir (org, parent, key) WHERE deleted_at IS NULL;
CREATE INDEX ix_{s}_dir_parent ON {t}_dir (parent text_pattern_ops, key);
CREATE INDEX ix_{s}_dir_key ON {t}_dir (key);
CREATE INDEX ix_{s}_dir_doc ON {t}_dir USING gin (doc jsonb_path_ops);
"""

HISTORY = """\
CREATE TABLE {t}_hist (
    kind text COLLATE "C",
    id text COLLATE "C",
    rev integer,
    doc jsonb NOT NULL,
    deleted_at timestamptz,
    ts_updated timestamptz NOT NULL,
    replaced_at timestamptz NOT NULL,
    PRIMARY KEY (kind, id, rev)
);
"""
TRIGGER = """\
CREATE TRIGGER keep_history AFTER UPDATE ON {table} REFERENCING OLD TABLE AS gone
FOR EACH STATEMENT EXECUTE FUNCTION pgstore_keep_history('{t}_hist', '{kind}')
"""

ATTACHMENTS = """\
CREATE TABLE {t}_att (
    docid text COLLATE "C" REFERENCES {t} (id) ON DELETE CASCADE,
    name text COLLATE "C",
    rev integer NOT NULL,
    content_type text COLLATE "C",
    size bigint NOT NULL,
    digest bytea NOT NULL,
    ts_updated timestamptz NOT NULL,
    PRIMARY KEY (docid, name)
);
CREATE TABLE {t}_att_data (
    docid text COLLATE "C",
    name text COLLATE "C",
    n integer,
    data bytea NOT NULL,
    PRIMARY KEY (docid, name, n),
    FOREIGN KEY (docid, name) REFERENCES {t}_att (docid, name) ON DELETE CASCADE
);
ALTER TABLE {t}_att_data ALTER data SET STORAGE EXTERNAL;
"""


def upgrade(table: str, profile: str, srid: int, search: bool, regular: str) -> None:
    """`table` needs no quotes, `regular` is quoted."""
    resources = profile in ("RESOURCES", "DIRECTORY")
    _main(table, profile, srid, search)
    made = [table]
    if resources:
        made += _associations_and_entries(table)
    if profile not in ("EVENTS", "STATE"):
        made += _history(table, resources)
    if resources or profile in ("OBJECTS", "FILES"):
        run(ATTACHMENTS.format(t=table))
        made += [f"{table}_att", f"{table}_att_data"]
    run(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {', '.join(made)} TO {regular}")
    run(f"GRANT SELECT ON {table}_version TO {regular}")


def _main(table: str, profile: str, srid: int, search: bool) -> None:
    indexes = PLAIN_INDEXES
    more = _computed(("type_", "name"))
    if profile in ("RESOURCES", "DIRECTORY"):
        more = _computed(("type_", "lcstate", "availability", "name")) + ",\n" + PLACES.format(srid=srid)
        indexes = RESOURCE_INDEXES + (SEARCH_INDEX if search else "")
    elif profile == "EVENTS":
        more, indexes = _computed(("type_", "origin", "origin_type", "sub_type", "actor_id")), EVENT_INDEXES
    elif profile == "STATE":
        more, indexes = STATE, "CREATE INDEX ix_{s}_updated ON {t} (ts_updated)"
    run(f"CREATE TABLE {table} (\n{COMMON},\n{more}\n)")
    run(indexes.format(t=table, s=_plain(table)))


def _associations_and_entries(table: str) -> list[str]:
    run(ASSOCIATIONS.format(t=table, s=_plain(table), common=COMMON, computed=_computed(("s", "st", "p", "o", "ot"))))
    run(ENTRIES.format(t=table, s=_plain(table), common=COMMON, computed=_computed(("org", "parent", "key"))))
    return [f"{table}_assoc", f"{table}_dir"]


def _history(table: str, resources: bool) -> list[str]:
    run(HISTORY.format(t=table))
    kinds = {table: "resource"}
    if resources:
        kinds |= {f"{table}_assoc": "association", f"{table}_dir": "entry"}
    for each, kind in kinds.items():
        run(TRIGGER.format(t=table, table=each, kind=kind))
    return [f"{table}_hist"]


def _plain(table: str) -> str:
    """The store's name: no store's index can be called like another's table, or like another's index."""
    return table.removeprefix("ion_")


def _computed(fields: tuple[str, ...]) -> str:
    return ",\n".join(
        f"""    {field} text COLLATE "C" GENERATED ALWAYS AS (doc ->> '{field}') STORED""" for field in fields
    )
