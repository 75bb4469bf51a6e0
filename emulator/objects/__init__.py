"""S3 objects as a whole: rows of the store and bodies on disk, changed together.

``Objects`` is what the S3 handlers sit on, and what jobs use to read inputs without HTTP (:meth:`Objects.link`).
See ``blobs.py`` for crash safety and the fsync policy, ``parts.py`` for multipart uploads.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO

from emulator.aws.http import Readable
from emulator.errors import ServiceError
from emulator.objects.blobs import Blob, Blobs, Change, disk_full, duplicate, in_pieces, write_once
from emulator.objects.hashing import DEFAULT, Hasher, text
from emulator.objects.parts import Parts, no_such_upload
from emulator.store import Bucket, Entry, Part, Store, Upload

__all__ = ["Blob", "Change", "Objects", "no_such_bucket", "no_such_key", "no_such_upload"]

Condition = Callable[[Entry | None], None]
RETRIES = 10
SWEEP = 1000  # SQLite takes 32,766 values in a statement, and each name is there three times


class Objects:
    """Objects in ``folder``, indexed by ``store``. Making one sweeps what a crash left behind."""

    def __init__(self, folder: Path, store: Store) -> None:
        self._store = store
        self._blobs = Blobs(folder)
        self.parts = Parts(self._blobs, store)
        self._sweep()

    @contextmanager
    def change(self) -> Iterator[Change]:
        """Files and rows changed together: write blobs, then commit rows inside, last."""
        try:
            with self._blobs.change() as change:
                yield change
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode == sqlite3.SQLITE_FULL:
                raise disk_full() from error
            raise

    def bucket(self, name: str) -> Bucket:
        """The bucket, or 404 ``NoSuchBucket``."""
        found = self._store.buckets.get(name)
        if found is None:
            raise no_such_bucket(name)
        return found

    def put(
        self,
        bucket: str,
        key: str,
        stream: Readable,
        meta: dict[str, Any],
        *,
        algorithms: Sequence[str] = (DEFAULT,),
        verify: Callable[[Blob], None] = lambda blob: None,
        condition: Condition | None = None,
    ) -> Entry:
        """Store a body. ``verify`` sees the digests, ``condition`` the present version, at the moment of the commit."""
        with self.change() as change:
            blob = change.take(stream, algorithms)
            verify(blob)
            checked = {**meta, "Checksums": blob.checksums(algorithms), "ChecksumType": "FULL_OBJECT"}
            new = Entry(key, bucket, blob=blob.name, size=blob.size, etag=blob.md5, meta=checked, body=blob.body)
            return self.commit(change, new, condition)

    def commit(self, change: Change, new: Entry, condition: Condition | None = None) -> Entry:
        """Make ``new`` the newest version of its key; the entry as stored. ``NoSuchBucket`` if that went meanwhile."""
        with self._store.transaction():
            versioning = self.bucket(new.bucket).versioning
            if condition is not None:
                condition(self._store.objects.get(new.bucket, new.key))
            stored, dropped = self._store.objects.put(new, versioning)
            change.drop(dropped)
        return stored

    def copy(self, source: Entry, file: BinaryIO, new: Entry, algorithms: Sequence[str], condition: Condition) -> Entry:
        """Store the body of ``source`` (open as ``file``) once more as ``new``, read only if a digest is missing."""
        with self.change() as change:
            known = source.meta.get("Checksums", {})
            if "-" in source.etag or any(name not in known for name in algorithms):
                hasher = Hasher(algorithms)
                for piece in in_pieces(file):
                    hasher.update(piece)
                digests = hasher.digests()
                etag, checksums = digests["MD5"].hex(), {name: text(digests[name]) for name in algorithms}
            else:
                etag, checksums = source.etag, {name: known[name] for name in algorithms}
            meta = {**new.meta, "Checksums": checksums, "ChecksumType": "FULL_OBJECT"}
            blob = change.copy(source.blob, file) if source.blob else ""
            return self.commit(change, replace(new, blob=blob, body=source.body, etag=etag, meta=meta), condition)

    def begin(self, bucket: str, key: str, meta: dict[str, Any]) -> Upload:
        """Begin a multipart upload."""
        with self.change() as change:
            blob = change.create()
            with self._store.transaction():
                self.bucket(bucket)
                return self._store.uploads.insert(bucket, key, blob, meta)

    def complete(self, upload: Upload, parts: Sequence[Part], new: Entry, condition: Condition) -> Entry:
        """Make an object of an upload's parts; ``new`` lacks only its blob. ``NoSuchUpload`` if another was faster."""
        with self.change() as change, self.parts.joined(upload, parts, change) as blob, self._store.transaction():
            if self._store.uploads.get(upload.bucket, upload.key, upload.id) is None:
                raise no_such_upload()
            change.drop(name for name in self._store.uploads.delete(upload) if name != blob)
            return self.commit(change, replace(new, blob=blob), condition)

    def abort(self, upload: Upload) -> None:
        """Forget an upload and its parts, on disk too. ``NoSuchUpload`` if it is over already."""
        with self.change() as change, self._store.transaction():
            if self._store.uploads.get(upload.bucket, upload.key, upload.id) is None:
                raise no_such_upload()
            change.drop(self._store.uploads.delete(upload))

    def open(self, bucket: str, key: str, version: str | None = None) -> tuple[Entry | None, BinaryIO | None]:
        """The entry and its open body; no body for a delete marker, neither if there is no such object.

        Row and file are two steps: when the object is replaced between them, the file is gone and we look again.
        """
        for _ in range(RETRIES):
            entry = self._store.objects.get(bucket, key, version)
            if entry is None or entry.marker:
                return entry, None
            if entry.body is not None:
                return entry, BytesIO(entry.body)
            try:
                return entry, open(self._blobs.file(entry.blob), "rb", buffering=0)
            except FileNotFoundError:
                continue
        raise RuntimeError(f"the body of {bucket}/{key} is gone")

    def put_file(self, bucket: str, key: str, path: Path, **meta: Any) -> Entry:
        """Store a file as an object, for our own engines."""
        with open(path, "rb", buffering=0) as file:
            given = {"ContentType": "application/octet-stream", **meta}
            return self.put(bucket, key, file, given)

    def link(self, bucket: str, key: str, dest: Path) -> Entry:
        """Make ``dest`` the object's body without copying it: a reflink or a hard link, else a copy.

        ``dest`` must not exist; its folder must. A hard link **is** the stored body: its mode is 0444, and whoever
        could write through it all the same (root in a container) must get it on a read-only mount.
        """
        for _ in range(RETRIES):
            entry = self._store.objects.get(bucket, key)
            if entry is None or entry.marker:
                break
            try:
                if entry.body is None:
                    duplicate(self._blobs.path(entry.blob), dest)
                else:
                    write_once(entry.body, dest)
            except FileNotFoundError:
                if not dest.parent.is_dir():
                    raise
                continue
            return entry
        raise no_such_key(key)

    def close(self) -> None:
        """Let go of the files kept open."""
        self._blobs.close()

    def _sweep(self) -> None:
        names = self._blobs.pending()
        for begin in range(0, len(names), SWEEP):
            some = names[begin : begin + SWEEP]
            for name in {*some} - self._owned(some):
                self._blobs.path(name).unlink(missing_ok=True)
        self._blobs.settled()

    def _owned(self, names: list[str]) -> set[str]:
        marks = ", ".join("?" * len(names))
        tables = ("objects", "uploads", "parts")
        # blob != '' says no more, but lets the index of rows that have a file be used.
        sql = " UNION ".join(f"SELECT blob FROM {table} WHERE blob != '' AND blob IN ({marks})" for table in tables)
        return {blob for (blob,) in self._store.rows(sql, names * len(tables))}


def no_such_bucket(name: str) -> ServiceError:
    """S3's 404 for a bucket that is not there."""
    return ServiceError("NoSuchBucket", "The specified bucket does not exist", 404, {"BucketName": name})


def no_such_key(key: str) -> ServiceError:
    """S3's 404 for a key that is not there."""
    return ServiceError("NoSuchKey", "The specified key does not exist.", 404, {"Key": key})
