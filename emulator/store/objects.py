"""The index of S3 objects: one row per version of a key; the bodies are files (``emulator/objects``).

Methods that take rows away return the blobs that nobody owns any more; whoever calls them unlinks those files after
the commit. ``version`` is ``null`` for objects written while versioning is not enabled.
"""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass, field, replace
from typing import Any

import orjson

from emulator.store.database import Database
from emulator.store.listing import Listing, Source, Walk, walk

NULL = "null"
COLUMNS = "key, bucket, version, latest, marker, blob, size, etag, modified, meta, id"
BODY = ("blob", "size", "etag", "modified", "meta", "body")
CHANGED = ", ".join(f"{name} = ?" for name in BODY)
INSERT = f"INSERT INTO objects (key, bucket, version, latest, marker, {', '.join(BODY)}) VALUES ({'?, ' * 10}?)"
LIVE = Source(f"SELECT {COLUMNS} FROM objects", "latest = 1 AND marker = 0")
VERSIONS = Source(f"SELECT {COLUMNS} FROM objects", newest_first=True)


@dataclass(slots=True)
class Entry:
    """One version of an object. ``etag`` has no quotes; ``meta`` holds headers, metadata, checksums, tags, parts.
    ``body`` is that of a small object, which has no ``blob``; pages of listings come without. ``modified`` is as
    fine as the clock, so that it tells two writes apart.

    Nobody changes one (``replace`` makes another); it is not frozen because that triples the time to make it, and a
    page of a listing makes a thousand.
    """

    key: str
    bucket: str
    version: str = NULL
    latest: bool = True
    marker: bool = False
    blob: str = ""
    size: int = 0
    etag: str = ""
    modified: float = 0.0
    meta: dict[str, Any] = field(default_factory=dict)
    id: int = 0
    body: bytes | None = None


class ObjectIndex:
    """Rows of ``objects``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, bucket: str, key: str, version: str | None = None) -> Entry | None:
        """The newest version (which may be a delete marker), or the one asked for; None if there is none."""
        condition = "latest = 1" if version is None else "version = ?"
        row = self._database.row(
            f"SELECT {COLUMNS}, body FROM objects WHERE bucket = ? AND key = ? AND {condition} ORDER BY id DESC",
            (bucket, key) if version is None else (bucket, key, version),
        )
        return entry(row[:-1], row[-1]) if row else None

    def put(self, new: Entry, versioning: str) -> tuple[Entry, list[str]]:
        """Make ``new`` the newest version of its key, as the bucket's versioning asks; gives it its version and id."""
        version, modified = _version() if versioning == "Enabled" else NULL, new.modified or time.time()
        stored = replace(new, version=version, modified=modified)
        with self._database.transaction() as connection:
            if not versioning and (old := self._only(new)):
                stored.id, blob = old
                connection.execute(f"UPDATE objects SET {CHANGED} WHERE id = ?", (*_body(stored), stored.id))
                return stored, [blob] if blob else []
            dropped = self._remove(new.bucket, new.key, NULL) if versioning == "Suspended" else []
            if versioning:
                connection.execute(
                    "UPDATE objects SET latest = 0 WHERE bucket = ? AND key = ? AND latest = 1", (new.bucket, new.key)
                )
            values = (new.key, new.bucket, version, 1, new.marker, *_body(stored))
            stored.id = connection.execute(INSERT, values).lastrowid or 0
        return stored, dropped

    def delete(self, bucket: str, key: str, versioning: str) -> tuple[Entry | None, list[str]]:
        """A DELETE without version: removes the object, or hides it behind a delete marker, which is returned."""
        if versioning:
            return self.put(Entry(key, bucket, marker=True), versioning)
        with self._database.transaction():
            return None, self._remove(bucket, key, NULL)

    def delete_version(self, bucket: str, key: str, version: str) -> tuple[Entry | None, list[str]]:
        """Remove one version for good; the next newest takes its place. The removed one, or None."""
        with self._database.transaction() as connection:
            found = self.get(bucket, key, version)
            if found is None:
                return None, []
            dropped = self._remove(bucket, key, version)
            if found.latest:
                connection.execute(
                    "UPDATE objects SET latest = 1 WHERE id ="
                    " (SELECT id FROM objects WHERE bucket = ? AND key = ? ORDER BY id DESC LIMIT 1)",
                    (bucket, key),
                )
            return found, dropped

    def set_meta(self, changed: Entry) -> None:
        """Write ``meta`` of a version again (tagging, holds). Its time and ETag stay."""
        with self._database.transaction() as connection:
            connection.execute("UPDATE objects SET meta = ? WHERE id = ?", (_dump(changed.meta), changed.id))

    def empty(self, bucket: str) -> bool:
        """Whether the bucket holds nothing, not even an old version or a delete marker."""
        return self._database.row("SELECT 1 FROM objects WHERE bucket = ? LIMIT 1", (bucket,)) is None

    def live(self, ask: Walk) -> Listing:
        """A page of what GET would find; the rows are :class:`Entry`."""
        return _entries(walk(self._database, LIVE, ask))

    def versions(self, ask: Walk, after_version: str = "") -> Listing:
        """A page of all versions and delete markers, the newest of a key first."""
        marker = self.get(ask.bucket, ask.after, after_version) if after_version else None
        return _entries(walk(self._database, VERSIONS, replace(ask, after_id=marker.id) if marker else ask))

    def _only(self, new: Entry) -> tuple[int, str] | None:
        """Row id and blob of the one version a key has in a bucket that was never versioned: it is written over, which
        costs half of what a new row does."""
        found: tuple[int, str] | None = self._database.row(
            "SELECT id, blob FROM objects WHERE bucket = ? AND key = ?", (new.bucket, new.key)
        )
        return found

    def _remove(self, bucket: str, key: str, version: str) -> list[str]:
        with self._database.transaction() as connection:
            rows = connection.execute(
                "DELETE FROM objects WHERE bucket = ? AND key = ? AND version = ? RETURNING blob",
                (bucket, key, version),
            ).fetchall()
        return [blob for (blob,) in rows if blob]


def entry(row: Any, body: bytes | None = None) -> Entry:
    """A row of :data:`COLUMNS` as an :class:`Entry`."""
    key, bucket, version, latest, marker, blob, size, etag, modified, meta, id_ = row
    return Entry(
        key, bucket, version, latest == 1, marker == 1, blob, size, etag, modified, orjson.loads(meta), id_, body
    )


def _entries(page: Listing) -> Listing:
    page.rows = [entry(row) for row in page.rows]
    return page


def _body(new: Entry) -> tuple[str, int, str, float, str, bytes | None]:
    """The values of :data:`BODY`."""
    return new.blob, new.size, new.etag, new.modified, _dump(new.meta), new.body


def _dump(meta: dict[str, Any]) -> str:
    return orjson.dumps(meta).decode()


def _version() -> str:
    return secrets.token_urlsafe(24)
