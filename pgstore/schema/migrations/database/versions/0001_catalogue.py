"""What all stores of a database share: extensions, functions, the catalogue."""

from pgstore.schema.statements import run

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

EXTENSIONS = """\
CREATE EXTENSION IF NOT EXISTS postgis SCHEMA public;
CREATE EXTENSION IF NOT EXISTS pg_trgm SCHEMA public;
CREATE EXTENSION IF NOT EXISTS btree_gist SCHEMA public;
"""

TERMS = """\
-- What a document can be found by besides its columns and attributes: n: the types of what it holds; of each
-- alternative id NS:ID, a: the whole, w: NS (_ where it has none) and i: ID.
CREATE FUNCTION pgstore_terms(doc jsonb) RETURNS text[] LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
SELECT ARRAY(
    SELECT 'n:' || (part.value ->> 'type_')
    FROM jsonb_each(CASE jsonb_typeof(doc) WHEN 'object' THEN doc ELSE '{}' END) AS part
    WHERE jsonb_typeof(part.value) = 'object' AND part.value ? 'type_'
) || ARRAY(
    SELECT unnest(CASE strpos(alt, ':')
        WHEN 0 THEN ARRAY['a:_:' || alt, 'w:_', 'i:' || alt]
        ELSE ARRAY['a:' || alt, 'w:' || split_part(alt, ':', 1), 'i:' || substr(alt, strpos(alt, ':') + 1)]
    END)
    FROM jsonb_array_elements_text(
        CASE jsonb_typeof(doc -> 'alt_ids') WHEN 'array' THEN doc -> 'alt_ids' ELSE '[]' END
    ) AS alt
)
$$;
"""

TEXTS = """\
-- The texts and numbers on the first level of a document, 500 characters of each, without the system's own.
CREATE FUNCTION pgstore_texts(doc jsonb) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
SELECT coalesce(string_agg(left(part.value #>> '{}', 500), chr(10) ORDER BY part.key), '')
FROM jsonb_each(CASE jsonb_typeof(doc) WHEN 'object' THEN doc ELSE '{}' END) AS part
WHERE jsonb_typeof(part.value) IN ('string', 'number')
  AND part.key NOT IN ('type_', 'lcstate', 'availability', 'visibility', 'ts_created', 'ts_updated')
$$;
"""

HISTORY = """\
-- Keeps what an UPDATE replaced. Arguments: the table of the history, the kind of document.
CREATE FUNCTION pgstore_keep_history() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format(
        'INSERT INTO %I.%I (kind, id, rev, doc, deleted_at, ts_updated, replaced_at) '
        'SELECT $1, id, rev, doc, deleted_at, ts_updated, now() FROM gone', TG_TABLE_SCHEMA, TG_ARGV[0]
    ) USING TG_ARGV[1];
    RETURN NULL;
END
$$;
"""

TABLES = """\
CREATE TABLE pgstore_stores (
    name text COLLATE "C" PRIMARY KEY,
    profile text COLLATE "C" NOT NULL,
    srid integer NOT NULL,
    search boolean NOT NULL,
    ts_created timestamptz NOT NULL
);
CREATE TABLE pgstore_queries (
    store text COLLATE "C" REFERENCES pgstore_stores (name) ON DELETE CASCADE,
    name text COLLATE "C",
    query jsonb NOT NULL,
    parameters jsonb NOT NULL,
    description text COLLATE "C" NOT NULL,
    PRIMARY KEY (store, name)
);
"""


def upgrade(regular: str, extensions: bool) -> None:
    """`regular` is the quoted role that works with the stores; `extensions`: whether they are to be made."""
    for part in (EXTENSIONS if extensions else "", TERMS, TEXTS, HISTORY, TABLES):
        if part:
            run(part)
    run(f"GRANT USAGE ON SCHEMA public TO {regular}")
    run(f"GRANT SELECT ON pgstore_stores, pgstore_version TO {regular}")
    run(f"GRANT SELECT, INSERT, UPDATE, DELETE ON pgstore_queries TO {regular}")
