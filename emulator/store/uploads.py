"""Multipart uploads under way: one row each, and one row per part that arrived whole.

An upload id begins with its time, so uploads of one key list in the order they began. ``blob`` is the file in which
parts are put side by side, ``stride`` bytes apart (see ``emulator/objects/parts.py``).
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field, replace
from typing import Any

import orjson

from emulator.arns import now
from emulator.store.database import Database
from emulator.store.listing import Listing, Source, Walk, walk

COLUMNS = "key, bucket, id, created, blob, stride, meta"
SOURCE = Source(f"SELECT {COLUMNS} FROM uploads")


@dataclass(frozen=True, slots=True)
class Upload:
    """An upload. ``stride`` is 0 until the first part came; ``meta`` becomes the object's."""

    key: str
    bucket: str
    id: str
    created: float
    blob: str
    stride: int = 0
    meta: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Part:
    """A part: ``size`` bytes at ``offset`` of ``blob``; ``checksums`` are base64 by algorithm."""

    number: int
    blob: str
    offset: int
    size: int
    etag: str
    modified: float = 0.0
    checksums: dict[str, str] = field(default_factory=dict)


class Uploads:
    """Rows of ``uploads`` and ``parts``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def insert(self, bucket: str, key: str, blob: str, meta: dict[str, Any]) -> Upload:
        """Begin an upload; its id is new."""
        created = now()
        upload = Upload(key, bucket, f"{int(created * 1000):012x}{secrets.token_hex(24)}", created, blob, 0, meta)
        with self._database.transaction() as connection:
            connection.execute(
                f"INSERT INTO uploads ({COLUMNS}) VALUES (?, ?, ?, ?, ?, 0, ?)",
                (key, bucket, upload.id, created, blob, orjson.dumps(meta).decode()),
            )
        return upload

    def get(self, bucket: str, key: str, upload_id: str) -> Upload | None:
        """The upload, if it is of this bucket and key; else None."""
        row = self._database.row(
            f"SELECT {COLUMNS} FROM uploads WHERE id = ? AND bucket = ? AND key = ?", (upload_id, bucket, key)
        )
        return _upload(row) if row else None

    def page(self, ask: Walk) -> Listing:
        """A page of uploads by key and time; ``ask.after_id`` is an upload id."""
        page = walk(self._database, SOURCE, ask)
        page.rows = [_upload(row) for row in page.rows]
        return page

    def of(self, bucket: str) -> list[Upload]:
        """All uploads of a bucket."""
        return [
            _upload(row) for row in self._database.rows(f"SELECT {COLUMNS} FROM uploads WHERE bucket = ?", (bucket,))
        ]

    def settle_stride(self, upload_id: str, size: int) -> int:
        """The distance between parts in the shared file: the first caller's size decides."""
        with self._database.transaction() as connection:
            connection.execute("UPDATE uploads SET stride = ? WHERE id = ? AND stride = 0", (size, upload_id))
            row = connection.execute("SELECT stride FROM uploads WHERE id = ?", (upload_id,)).fetchone()
        return row[0] if row else 0

    def put_part(self, upload_id: str, part: Part) -> list[str]:
        """Store a part, replacing the one of its number; the blob that is free now, if any. An empty list also when
        the shared file still holds the old one's bytes."""
        checksums = orjson.dumps(part.checksums).decode()
        with self._database.transaction() as connection:
            old = connection.execute(
                "SELECT blob FROM parts WHERE upload = ? AND number = ? AND blob !="
                " (SELECT blob FROM uploads WHERE id = ?1)",
                (upload_id, part.number),
            ).fetchall()
            connection.execute(
                "INSERT OR REPLACE INTO parts VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (upload_id, part.number, part.blob, part.offset, part.size, part.etag, part.modified, checksums),
            )
        return [blob for (blob,) in old]

    def parts(self, upload_id: str, after: int = 0, limit: int = -1) -> list[Part]:
        """Parts by number, those above ``after``."""
        rows = self._database.rows(
            "SELECT number, blob, offset, size, etag, modified, checksums FROM parts"
            " WHERE upload = ? AND number > ? ORDER BY number LIMIT ?",
            (upload_id, after, limit),
        )
        return [replace(Part(*row[:6]), checksums=orjson.loads(row[6])) for row in rows]

    def part(self, upload_id: str, number: int) -> Part | None:
        """One part, or None."""
        found = self.parts(upload_id, number - 1, 1)
        return found[0] if found and found[0].number == number else None

    def delete(self, upload: Upload) -> list[str]:
        """Forget an upload and its parts; all the blobs it had."""
        with self._database.transaction() as connection:
            rows = connection.execute("DELETE FROM parts WHERE upload = ? RETURNING blob", (upload.id,)).fetchall()
            connection.execute("DELETE FROM uploads WHERE id = ?", (upload.id,))
        return list({upload.blob, *(blob for (blob,) in rows)})


def _upload(row: Any) -> Upload:
    key, bucket, upload_id, created, blob, stride, meta = row
    return Upload(key, bucket, upload_id, created, blob, stride, orjson.loads(meta))
