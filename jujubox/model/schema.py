"""The tables of the model. Knows columns and keys only.

`model` is models.id everywhere. Times are seconds since the epoch. Columns that end in `_json` hold JSON text.
"""

SCHEMA = """
CREATE TABLE IF NOT EXISTS facts (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS sequences (
    model INTEGER NOT NULL, name TEXT NOT NULL, next INTEGER NOT NULL, PRIMARY KEY (model, name)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS models (
    id INTEGER PRIMARY KEY, uuid TEXT NOT NULL UNIQUE, name TEXT NOT NULL UNIQUE, life TEXT NOT NULL DEFAULT 'alive',
    created REAL NOT NULL, config_json TEXT NOT NULL DEFAULT '{}', constraints_json TEXT NOT NULL DEFAULT '{}',
    force INTEGER NOT NULL DEFAULT 0);
CREATE TABLE IF NOT EXISTS machines (
    model INTEGER NOT NULL, id TEXT NOT NULL, life TEXT NOT NULL DEFAULT 'alive', instance TEXT NOT NULL,
    base TEXT NOT NULL, hostname TEXT NOT NULL, address TEXT NOT NULL, token TEXT NOT NULL, boot_id TEXT NOT NULL
    DEFAULT '',
    provisioned INTEGER NOT NULL DEFAULT 0, manual INTEGER NOT NULL DEFAULT 0, force INTEGER NOT NULL DEFAULT 0,
    agent_started INTEGER NOT NULL DEFAULT 0, reboot INTEGER NOT NULL DEFAULT 0,
    constraints_json TEXT NOT NULL DEFAULT '{}', created REAL NOT NULL,
    PRIMARY KEY (model, id)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS charms (
    model INTEGER NOT NULL, url TEXT NOT NULL, name TEXT NOT NULL, revision INTEGER NOT NULL, sha256 TEXT NOT NULL,
    documents_json TEXT NOT NULL, created REAL NOT NULL, PRIMARY KEY (model, url)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS applications (
    model INTEGER NOT NULL, name TEXT NOT NULL, life TEXT NOT NULL DEFAULT 'alive', charm_url TEXT NOT NULL,
    charm_modified INTEGER NOT NULL DEFAULT 0, force_charm INTEGER NOT NULL DEFAULT 0, base TEXT NOT NULL,
    subordinate INTEGER NOT NULL DEFAULT 0, config_json TEXT NOT NULL DEFAULT '{}', trust INTEGER NOT NULL DEFAULT 0,
    exposed_json TEXT, constraints_json TEXT NOT NULL DEFAULT '{}', bindings_json TEXT NOT NULL DEFAULT '{}',
    storage_json TEXT NOT NULL DEFAULT '{}', created REAL NOT NULL, PRIMARY KEY (model, name)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS units (
    model INTEGER NOT NULL, name TEXT NOT NULL, application TEXT NOT NULL, number INTEGER NOT NULL, machine TEXT,
    life TEXT NOT NULL DEFAULT 'alive', principal TEXT NOT NULL DEFAULT '', charm_url TEXT NOT NULL DEFAULT '',
    resolved TEXT NOT NULL DEFAULT '', workload_version TEXT NOT NULL DEFAULT '', agent_known INTEGER NOT NULL
    DEFAULT 0,
    force_at REAL, destroy_storage INTEGER NOT NULL DEFAULT 0, state_json TEXT NOT NULL DEFAULT '{}',
    charm_state_json TEXT NOT NULL DEFAULT '{}', last_commit TEXT NOT NULL DEFAULT '', created REAL NOT NULL,
    PRIMARY KEY (model, name)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS units_by_application ON units (model, application);
CREATE INDEX IF NOT EXISTS units_by_machine ON units (model, machine);
CREATE TABLE IF NOT EXISTS relations (
    model INTEGER NOT NULL, id INTEGER NOT NULL, life TEXT NOT NULL DEFAULT 'alive', interface TEXT NOT NULL,
    scope TEXT NOT NULL, status TEXT NOT NULL DEFAULT 'joining', since REAL NOT NULL, PRIMARY KEY (model, id))
    WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS relation_endpoints (
    model INTEGER NOT NULL, relation INTEGER NOT NULL, application TEXT NOT NULL, endpoint TEXT NOT NULL,
    role TEXT NOT NULL, PRIMARY KEY (model, relation, role, application)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS relations_by_application ON relation_endpoints (model, application);
CREATE TABLE IF NOT EXISTS relation_members (
    model INTEGER NOT NULL, relation INTEGER NOT NULL, unit TEXT NOT NULL, application TEXT NOT NULL,
    present INTEGER NOT NULL, PRIMARY KEY (model, relation, unit)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS members_by_unit ON relation_members (model, unit);
CREATE TABLE IF NOT EXISTS databags (
    model INTEGER NOT NULL, relation INTEGER NOT NULL, owner TEXT NOT NULL, settings_json TEXT NOT NULL,
    version INTEGER NOT NULL, PRIMARY KEY (model, relation, owner)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS leases (
    model INTEGER NOT NULL, application TEXT NOT NULL, holder TEXT NOT NULL, expires REAL NOT NULL,
    PRIMARY KEY (model, application)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS leader_settings (
    model INTEGER NOT NULL, application TEXT NOT NULL, settings_json TEXT NOT NULL, version INTEGER NOT NULL,
    PRIMARY KEY (model, application)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS lease_claims (
    model INTEGER NOT NULL, application TEXT NOT NULL, unit TEXT NOT NULL, asked REAL NOT NULL,
    PRIMARY KEY (model, application, unit)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS statuses (
    model INTEGER NOT NULL, entity TEXT NOT NULL, kind TEXT NOT NULL, status TEXT NOT NULL,
    message TEXT NOT NULL DEFAULT '', data_json TEXT NOT NULL DEFAULT '{}', since REAL NOT NULL,
    PRIMARY KEY (model, entity, kind)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS status_history (
    id INTEGER PRIMARY KEY, model INTEGER NOT NULL, entity TEXT NOT NULL, kind TEXT NOT NULL, status TEXT NOT NULL,
    message TEXT NOT NULL, data_json TEXT NOT NULL, since REAL NOT NULL);
CREATE INDEX IF NOT EXISTS history_by_entity ON status_history (model, entity, id);
CREATE TABLE IF NOT EXISTS ports (
    model INTEGER NOT NULL, unit TEXT NOT NULL, endpoint TEXT NOT NULL, range TEXT NOT NULL,
    PRIMARY KEY (model, unit, endpoint, range)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS secrets (
    model INTEGER NOT NULL, id TEXT NOT NULL, owner_kind TEXT NOT NULL, owner TEXT NOT NULL, label TEXT NOT NULL
    DEFAULT '',
    description TEXT NOT NULL DEFAULT '', rotate TEXT NOT NULL DEFAULT 'never', rotates REAL,
    rotated_revision INTEGER NOT NULL DEFAULT 0, auto_prune INTEGER NOT NULL DEFAULT 0, latest INTEGER NOT NULL,
    created REAL NOT NULL, updated REAL NOT NULL, PRIMARY KEY (model, id)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS secrets_by_owner ON secrets (model, owner_kind, owner);
CREATE TABLE IF NOT EXISTS secret_revisions (
    model INTEGER NOT NULL, id TEXT NOT NULL, revision INTEGER NOT NULL, content_json TEXT NOT NULL, checksum TEXT
    NOT NULL,
    expires REAL, due REAL, created REAL NOT NULL, PRIMARY KEY (model, id, revision)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS secret_consumers (
    model INTEGER NOT NULL, id TEXT NOT NULL, unit TEXT NOT NULL, label TEXT NOT NULL DEFAULT '', revision INTEGER
    NOT NULL,
    PRIMARY KEY (model, id, unit)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS consumers_by_unit ON secret_consumers (model, unit);
CREATE TABLE IF NOT EXISTS secret_grants (
    model INTEGER NOT NULL, id TEXT NOT NULL, target TEXT NOT NULL, relation INTEGER NOT NULL,
    PRIMARY KEY (model, id, target, relation)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS storage (
    model INTEGER NOT NULL, id TEXT NOT NULL, name TEXT NOT NULL, kind TEXT NOT NULL, pool TEXT NOT NULL,
    size INTEGER NOT NULL, unit TEXT, machine TEXT, location TEXT NOT NULL DEFAULT '', life TEXT NOT NULL DEFAULT
    'alive',
    attachment TEXT NOT NULL DEFAULT 'alive', state TEXT NOT NULL DEFAULT 'pending', destroy INTEGER NOT NULL DEFAULT 0,
    since REAL NOT NULL, PRIMARY KEY (model, id)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS storage_by_unit ON storage (model, unit);
CREATE TABLE IF NOT EXISTS operations (
    model INTEGER NOT NULL, id INTEGER NOT NULL, summary TEXT NOT NULL, fail TEXT NOT NULL DEFAULT '', name TEXT
    NOT NULL,
    params_json TEXT NOT NULL, enqueued REAL NOT NULL, PRIMARY KEY (model, id)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS tasks (
    model INTEGER NOT NULL, id INTEGER NOT NULL, operation INTEGER NOT NULL, receiver TEXT NOT NULL, kind TEXT NOT NULL,
    name TEXT NOT NULL, params_json TEXT NOT NULL, parallel INTEGER NOT NULL, execution_group TEXT NOT NULL,
    status TEXT NOT NULL, message TEXT NOT NULL DEFAULT '', results_json TEXT NOT NULL DEFAULT '{}',
    enqueued REAL NOT NULL, started REAL, completed REAL, PRIMARY KEY (model, id)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS tasks_by_receiver ON tasks (model, receiver, status);
CREATE INDEX IF NOT EXISTS tasks_by_operation ON tasks (model, operation);
CREATE TABLE IF NOT EXISTS task_log (
    number INTEGER PRIMARY KEY, model INTEGER NOT NULL, task INTEGER NOT NULL, time REAL NOT NULL, message TEXT NOT
    NULL);
CREATE INDEX IF NOT EXISTS log_by_task ON task_log (model, task);
CREATE TABLE IF NOT EXISTS resources (
    model INTEGER NOT NULL, application TEXT NOT NULL, name TEXT NOT NULL, filename TEXT NOT NULL, sha256 TEXT NOT NULL,
    size INTEGER NOT NULL, uploaded REAL NOT NULL, PRIMARY KEY (model, application, name)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS offers (
    model INTEGER NOT NULL, name TEXT NOT NULL, uuid TEXT NOT NULL UNIQUE, application TEXT NOT NULL,
    endpoints_json TEXT NOT NULL, PRIMARY KEY (model, name)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS remote_applications (
    model INTEGER NOT NULL, name TEXT NOT NULL, life TEXT NOT NULL DEFAULT 'alive', url TEXT NOT NULL,
    offer_uuid TEXT NOT NULL, endpoints_json TEXT NOT NULL, created REAL NOT NULL, PRIMARY KEY (model, name))
    WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS names_abroad (
    model INTEGER NOT NULL, application TEXT NOT NULL, name TEXT NOT NULL UNIQUE, PRIMARY KEY (model, application))
    WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS far_ends (
    model INTEGER NOT NULL, relation INTEGER NOT NULL, application TEXT NOT NULL, far_model INTEGER NOT NULL,
    far_relation INTEGER NOT NULL, known_as TEXT NOT NULL, offer TEXT NOT NULL, PRIMARY KEY (model, relation))
    WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS egress (
    model INTEGER NOT NULL, relation INTEGER NOT NULL, subnets_json TEXT NOT NULL, PRIMARY KEY (model, relation))
    WITHOUT ROWID;
"""
