"""The SQL of the data base, as a list of migrations: entry N takes a file from version N to N + 1.

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

MIGRATIONS = (RECORDS,)
