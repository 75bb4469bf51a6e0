"""Buckets and their sub-resources (policy, CORS, tagging …), which are kept as the documents the API takes.

Bucket names are unique over all accounts, as on AWS.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import orjson

from emulator.arns import Scope, now
from emulator.store.database import Database
from emulator.store.records import Exists

MOST_KNOWN = 1_000
LARGE = 16 << 10
"""Characters of a document that is read anew each time: a thousand lifecycle rules are a megabyte."""
COLUMNS = "name, account, region, created, versioning, object_lock"
POLICY = "(SELECT document FROM bucket_configs WHERE bucket = name AND kind = 'BucketPolicy' AND id = '')"

#: Whether the bucket has lifecycle rules.
RULED = (
    "EXISTS (SELECT 1 FROM bucket_configs WHERE bucket = name AND kind = 'BucketLifecycleConfiguration' AND id = '')"
)


@dataclass(frozen=True, slots=True)
class Bucket:
    """A bucket. ``versioning`` is empty (never switched on), ``Enabled`` or ``Suspended``; ``policy`` is its policy's
    text, or empty, ``ruled`` whether it has lifecycle rules: most requests ask for both, so they come with the row."""

    name: str
    account: str
    region: str
    created: float
    versioning: str = ""
    object_lock: bool = False
    policy: str = ""
    ruled: bool = False


class Buckets:
    """Rows of ``buckets`` and ``bucket_configs``."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._known: dict[Any, Any] = {}

    def insert(self, scope: Scope, name: str, *, object_lock: bool = False) -> Bucket:
        """Make a bucket; raises :class:`Exists`. Object lock switches versioning on for good."""
        bucket = Bucket(name, scope.account, scope.region, now(), "Enabled" if object_lock else "", object_lock)
        try:
            with self._changing() as connection:
                connection.execute(
                    f"INSERT INTO buckets ({COLUMNS}) VALUES (?, ?, ?, ?, ?, ?)",
                    (name, bucket.account, bucket.region, bucket.created, bucket.versioning, object_lock),
                )
        except sqlite3.IntegrityError:
            raise Exists(name) from None
        return bucket

    def get(self, name: str) -> Bucket | None:
        """The bucket, or None."""
        found: Bucket | None = self._read(name, lambda: self._row(name))
        return found

    def page(
        self, account: str, *, prefix: str = "", region: str = "", after: str = "", limit: int = -1
    ) -> list[Bucket]:
        """Buckets of an account by name; ``limit`` -1 is all of them."""
        rows = self._database.rows(
            f"SELECT {COLUMNS}, NULL, 0 FROM buckets WHERE account = ?1 AND name > ?2"
            " AND substr(name, 1, length(?3)) = ?3 AND (?4 = '' OR region = ?4) ORDER BY name LIMIT ?5",
            (account, after, prefix, region, limit),
        )
        return [_bucket(row) for row in rows]

    def delete(self, name: str) -> None:
        """Remove the bucket and its configurations. That it is empty is the caller's check, in one transaction."""
        with self._changing() as connection:
            connection.execute("DELETE FROM bucket_configs WHERE bucket = ?", (name,))
            connection.execute("DELETE FROM buckets WHERE name = ?", (name,))

    def set_versioning(self, name: str, status: str) -> None:
        """``Enabled`` or ``Suspended``; there is no way back to empty."""
        with self._changing() as connection:
            connection.execute("UPDATE buckets SET versioning = ? WHERE name = ?", (status, name))

    def set_object_lock(self, name: str) -> None:
        """Switch object lock on; there is no way back."""
        with self._changing() as connection:
            connection.execute("UPDATE buckets SET object_lock = 1 WHERE name = ?", (name,))

    def put_config(self, name: str, kind: str, document: Any, config_id: str = "") -> None:
        """Store a sub-resource, replacing the one of this kind and id."""
        with self._changing() as connection:
            connection.execute(
                "INSERT INTO bucket_configs (bucket, kind, id, document) VALUES (?1, ?2, ?3, ?4)"
                " ON CONFLICT (bucket, kind, id) DO UPDATE SET document = excluded.document",
                (name, kind, config_id, orjson.dumps(document).decode()),
            )

    def config(self, name: str, kind: str, config_id: str = "") -> Any:
        """The document of a sub-resource, or None."""
        if config_id:
            text = self._document(name, kind, config_id)
        else:
            text = self._read((name, kind), lambda: self._document(name, kind, ""))
        return orjson.loads(text) if text else None

    def configs(self, name: str, kind: str) -> list[Any]:
        """All documents of a kind that has ids, by id."""
        rows = self._database.rows(
            "SELECT document FROM bucket_configs WHERE bucket = ? AND kind = ? ORDER BY id", (name, kind)
        )
        return [orjson.loads(document) for (document,) in rows]

    def having(self, kind: str) -> list[tuple[Bucket, Any]]:
        """All buckets with a sub-resource of this kind, and the documents."""
        rows = self._database.rows("SELECT bucket, document FROM bucket_configs WHERE kind = ?", (kind,))
        found = [(self.get(name), orjson.loads(document)) for name, document in rows]
        return [(bucket, document) for bucket, document in found if bucket is not None]

    def delete_config(self, name: str, kind: str, config_id: str = "") -> bool:
        """Remove a sub-resource; whether there was one."""
        with self._changing() as connection:
            return (
                connection.execute(
                    "DELETE FROM bucket_configs WHERE bucket = ? AND kind = ? AND id = ?", (name, kind, config_id)
                ).rowcount
                > 0
            )

    def _row(self, name: str) -> Bucket | None:
        row = self._database.row(f"SELECT {COLUMNS}, {POLICY}, {RULED} FROM buckets WHERE name = ?", (name,))
        return _bucket(row) if row else None

    def _document(self, name: str, kind: str, config_id: str) -> str | None:
        sql = "SELECT document FROM bucket_configs WHERE bucket = ? AND kind = ? AND id = ?"
        row = self._database.row(sql, (name, kind, config_id))
        return row[0] if row else None

    def _read(self, what: Any, load: Callable[[], Any]) -> Any:
        """What :data:`_known` has, or ``load`` finds; every S3 request asks for the same three or four rows. A
        transaction sees what it has written itself, and nothing that was read before it. Of a bucket that is not
        there nothing is remembered: its name may be anything."""
        if self._database.in_transaction:
            return load()
        known = self._known  # what is loaded while somebody changes it goes where nobody looks any more
        found = known.get(what, known)
        if found is known:
            if len(known) >= MOST_KNOWN:
                known.clear()
            found = load()
            if isinstance(found, str) and len(found) > LARGE:
                return found
            if found is not None or (isinstance(what, tuple) and what[0] in known):
                known[what] = found
        return found

    @contextmanager
    def _changing(self) -> Iterator[sqlite3.Connection]:
        """A transaction that changes buckets or their configurations."""
        with self._database.transaction() as connection:
            self._database.after_commit(self._forget)
            yield connection

    def _forget(self) -> None:
        self._known = {}


def _bucket(row: Any) -> Bucket:
    name, account, region, created, versioning, object_lock, policy, ruled = row
    text = orjson.loads(policy) if policy else ""
    return Bucket(name, account, region, created, versioning, bool(object_lock), text, bool(ruled))
