"""The terms of a document by a function that keeps its plan: every document that is written goes through it."""

from pgstore.schema.statements import run

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

TERMS = """\
-- What a document can be found by besides its columns and attributes: n: the types of what it holds; of each
-- alternative id NS:ID, a: the whole, w: NS (_ where it has none) and i: ID. As before, in half the time.
CREATE OR REPLACE FUNCTION pgstore_terms(doc jsonb) RETURNS text[] LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
    found jsonb := jsonb_path_query_array(
        doc, 'strict $.* ? (@.type() == "object" && exists (@.type_)).type_', silent => true
    );
    terms text[] := '{}';
    alt text;
    cut integer;
BEGIN
    FOR at IN 0 .. jsonb_array_length(found) - 1 LOOP
        terms := terms || ('n:' || (found ->> at));
    END LOOP;
    found := doc -> 'alt_ids';
    IF jsonb_typeof(found) = 'array' THEN
        FOR at IN 0 .. jsonb_array_length(found) - 1 LOOP
            alt := found ->> at;
            cut := strpos(alt, ':');
            IF cut = 0 THEN
                terms := terms || ARRAY['a:_:' || alt, 'w:_', 'i:' || alt];
            ELSE
                terms := terms || ARRAY['a:' || alt, 'w:' || left(alt, cut - 1), 'i:' || substr(alt, cut + 1)];
            END IF;
        END LOOP;
    END IF;
    RETURN terms;
END
$$;
"""


def upgrade(**_: object) -> None:
    """Indexes stay as they are: what the function returns has not changed."""
    run(TERMS)
