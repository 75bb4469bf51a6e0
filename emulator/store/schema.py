"""The SQL of the data base, as a list of migrations: entry N takes a file from version N to N + 1. An entry is never
changed once it is in the history (a test holds their digests): what was wrong with one is mended by a further one.

Every sort and filter of the List operations has an index that ends, as every SQLite index does, with the row id;
so pages follow (value, id) and never skip or repeat a row while others are inserted. Text is compared by its UTF-8
bytes, which is also S3's order of keys.
"""

from __future__ import annotations

RECORDS = """
CREATE TABLE records (
    id INTEGER PRIMARY KEY,
    account TEXT NOT NULL,
    region TEXT NOT NULL,
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    arn TEXT NOT NULL,
    status TEXT NOT NULL,
    parent TEXT NOT NULL,
    created REAL NOT NULL,
    modified REAL NOT NULL,
    record TEXT NOT NULL
);
CREATE UNIQUE INDEX records_name ON records (account, region, kind, name);
CREATE INDEX records_created ON records (account, region, kind, created);
CREATE INDEX records_modified ON records (account, region, kind, modified);
CREATE INDEX records_status ON records (account, region, kind, status, created);
CREATE INDEX records_parent ON records (account, region, kind, parent, created) WHERE parent != '';
CREATE INDEX records_arn ON records (arn) WHERE arn != '';
CREATE INDEX records_kind_status ON records (kind, status);

CREATE TABLE tags (
    arn TEXT NOT NULL,
    key TEXT NOT NULL,
    value TEXT NOT NULL,
    position INTEGER NOT NULL,
    PRIMARY KEY (arn, key)
) WITHOUT ROWID;
"""

# An object's row is one version of a key. The newest of a key has the highest id and ``latest``; a delete marker has
# no blob. ``live`` is what GET and ListObjects see. A blob is a file in the folder of bodies, named once: the row that
# names it owns it (parts of one upload may share one, at different offsets).
S3 = """
CREATE TABLE buckets (
    name TEXT PRIMARY KEY,
    account TEXT NOT NULL,
    region TEXT NOT NULL,
    created REAL NOT NULL,
    versioning TEXT NOT NULL,
    object_lock INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE bucket_configs (
    bucket TEXT NOT NULL,
    kind TEXT NOT NULL,
    id TEXT NOT NULL,
    document TEXT NOT NULL,
    PRIMARY KEY (bucket, kind, id)
) WITHOUT ROWID;

CREATE TABLE objects (
    id INTEGER PRIMARY KEY,
    bucket TEXT NOT NULL,
    key TEXT NOT NULL,
    version TEXT NOT NULL,
    latest INTEGER NOT NULL,
    marker INTEGER NOT NULL,
    blob TEXT NOT NULL,
    size INTEGER NOT NULL,
    etag TEXT NOT NULL,
    modified REAL NOT NULL,
    meta TEXT NOT NULL
);
CREATE INDEX objects_versions ON objects (bucket, key, id DESC);
CREATE INDEX objects_live ON objects (bucket, key) WHERE latest = 1 AND marker = 0;

CREATE TABLE uploads (
    id TEXT PRIMARY KEY,
    bucket TEXT NOT NULL,
    key TEXT NOT NULL,
    created REAL NOT NULL,
    blob TEXT NOT NULL,
    stride INTEGER NOT NULL,
    meta TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX uploads_key ON uploads (bucket, key, id);

CREATE TABLE parts (
    upload TEXT NOT NULL,
    number INTEGER NOT NULL,
    blob TEXT NOT NULL,
    offset INTEGER NOT NULL,
    size INTEGER NOT NULL,
    etag TEXT NOT NULL,
    modified REAL NOT NULL,
    checksums TEXT NOT NULL,
    PRIMARY KEY (upload, number)
) WITHOUT ROWID;
"""

# Edges of the lineage graph. A pair of entities has one edge whatever its type; ARNs carry account and region, the
# columns are for ListAssociations. Entities are looked up by what they stand for.
ASSOCIATIONS = """
CREATE TABLE associations (
    id INTEGER PRIMARY KEY,
    account TEXT NOT NULL,
    region TEXT NOT NULL,
    source TEXT NOT NULL,
    destination TEXT NOT NULL,
    source_type TEXT NOT NULL,
    destination_type TEXT NOT NULL,
    type TEXT NOT NULL,
    created REAL NOT NULL
);
CREATE UNIQUE INDEX associations_pair ON associations (source, destination);
CREATE INDEX associations_destination ON associations (destination);
CREATE INDEX associations_created ON associations (account, region, created);
CREATE INDEX records_source ON records (account, region, kind, json_extract(record, '$.Source.SourceUri'), created)
    WHERE kind IN ('Action', 'Artifact', 'Context');
"""

# When a record's status changes next by itself (emulator/store/cycles.py).
CYCLES = """
ALTER TABLE records ADD COLUMN due REAL;
CREATE INDEX records_due ON records (due) WHERE due IS NOT NULL;
"""

# A group's online store and the queue of its offline store (emulator/store/features.py); metric series by trial
# component (emulator/store/metrics.py).
SERIES = """
CREATE TABLE features (
    arn TEXT NOT NULL,
    id TEXT NOT NULL,
    event REAL NOT NULL,
    expires REAL,
    deleted INTEGER NOT NULL,
    record TEXT NOT NULL,
    PRIMARY KEY (arn, id)
);
CREATE INDEX features_expires ON features (expires) WHERE expires IS NOT NULL;

CREATE TABLE feature_queue (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    arn TEXT NOT NULL,
    event REAL NOT NULL,
    called REAL NOT NULL,
    deleted INTEGER NOT NULL,
    record TEXT NOT NULL
);

CREATE TABLE metrics (
    id INTEGER PRIMARY KEY,
    arn TEXT NOT NULL,
    name TEXT NOT NULL,
    time REAL NOT NULL,
    step INTEGER,
    value REAL NOT NULL
);
CREATE INDEX metrics_series ON metrics (arn, name, time);
"""

# The table of metrics was changed after files had been made with it, so it has one of two shapes: the older has no id,
# and -1 for no step, which no caller can give. Rows keep their order, that of the id or of the time.
METRICS = """
CREATE TABLE points (
    id INTEGER PRIMARY KEY,
    arn TEXT NOT NULL,
    name TEXT NOT NULL,
    time REAL NOT NULL,
    step INTEGER,
    value REAL NOT NULL
);
INSERT INTO points (arn, name, time, step, value) SELECT arn, name, time, nullif(step, -1), value FROM metrics;
DROP TABLE metrics;
ALTER TABLE points RENAME TO metrics;
CREATE INDEX metrics_series ON metrics (arn, name, time);
"""

# The body of a small object, beside its row; NULL: it is in a file (emulator/objects).
BODIES = """
ALTER TABLE objects ADD COLUMN body BLOB;
"""

# Who owns a file that a crash left in doubt (emulator/objects): without it the next start reads every row, which since
# they hold bodies was 2 s for 300,000 of 3 KB.
BLOBS = """
CREATE INDEX objects_blob ON objects (blob) WHERE blob != '';
"""

MIGRATIONS = (RECORDS + S3, CYCLES, ASSOCIATIONS, SERIES, METRICS, BODIES, BLOBS)
