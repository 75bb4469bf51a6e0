"""The offline store: takes rows off the queue and writes them as Parquet objects, soon, or at once when asked to.

AWS buffers for up to 15 minutes; here a row waits two seconds at most, or until there are enough for a batch. The
file's object and the rows' leaving the queue are one transaction: a kill at any moment loses no row and writes none
twice. A group whose bucket is gone is ``Blocked`` (as AWS models it), its rows stay queued, and the next write tries
again. There is a thread only while rows wait.

A group may be deleted while rows of it wait, and another made under its ARN; so they are then put to the name of a
record of kind ``FeatureGroupRest``, which has of the group what it takes to write them, and goes with the last of them.
"""

from __future__ import annotations

import io
import logging
import threading
import uuid
from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Any

from emulator.arns import Scope, now
from emulator.errors import ServiceError
from emulator.features import layout, parquet
from emulator.objects.hashing import DEFAULT
from emulator.store import Entry

if TYPE_CHECKING:
    from emulator.objects import Change, Objects
    from emulator.store import Store, Stored
    from emulator.store.features import Queued

log = logging.getLogger(__name__)

REST = "FeatureGroupRest"
BATCH = 5000
SECONDS = 2.0
CLOSE_SECONDS = 5.0


class Offline:
    """Writes what is queued. All methods may be called from any thread."""

    def __init__(self, store: Store, objects: Objects) -> None:
        self._store = store
        self._objects = objects
        self._changed = threading.Condition()
        self._flushing = threading.Lock()
        self._thread: threading.Thread | None = None
        self._new = 0
        self._open = False

    def start(self) -> None:
        """Begin to write, what an earlier server left first."""
        with self._changed:
            self._open = True
        if self._store.features.queued(0, 1):
            self.wake()

    def wake(self) -> None:
        """A row has been queued (and committed)."""
        with self._changed:
            self._new += 1
            if self._new == BATCH:
                self._changed.notify_all()
            if self._open and self._thread is None:
                self._thread = threading.Thread(target=self._work, name="offline-store", daemon=True)
                self._thread.start()

    def close(self) -> None:
        """Leave the rest to the next server."""
        with self._changed:
            self._open = False
            self._changed.notify_all()
            thread = self._thread
        if thread is not None:
            thread.join(CLOSE_SECONDS)

    def flush(self, arn: str = "") -> None:
        """Write all that is queued, of one group or of all; groups that cannot be written keep their rows."""
        last = 0
        with self._flushing:
            while rows := self._store.features.queued(last, BATCH, arn):
                last = rows[-1].number
                for group, queued in groupby(sorted(rows, key=lambda row: row.arn), key=lambda row: row.arn):
                    self._write(group, list(queued))
            self._tidy()

    def keep(self, scope: Scope, group: Mapping[str, Any]) -> None:
        """See to it that what is still queued of a group is written although the group goes; in the transaction that
        deletes it."""
        arn = group["FeatureGroupArn"]
        if self._store.features.queued(0, 1, arn):
            rest = f"{arn}#{uuid.uuid4().hex}"
            record = {member: group[member] for member in ("FeatureDefinitions", "OfflineStoreConfig")}
            self._store.records.insert(scope, REST, rest, record, arn=rest)
            self._store.features.rename_queue(arn, rest)
            self._store.after_commit(self.wake)

    def _work(self) -> None:
        while self._wait():
            try:
                self.flush()
            except Exception:  # the thread's edge: a full disk, say; the rows are still there for the next time
                log.exception("the offline store could not be written")

    def _wait(self) -> bool:
        """Let rows gather for a while; False, and the thread is gone, when there are none or the server closes."""
        with self._changed:
            if self._new:
                self._changed.wait_for(lambda: not self._open or self._new >= BATCH, SECONDS)
            if not self._open or not self._new:
                self._thread = None
                return False
            self._new = 0
            return True

    def _write(self, arn: str, rows: Sequence[Queued]) -> None:
        group = self._store.records.by_arn(arn)
        numbers = [row.number for row in rows]
        if group is None:  # written by a version that kept nothing of a deleted group
            self._store.features.drop(numbers)
            return
        try:
            self._put(group.record, rows, numbers)
        except ServiceError as error:
            self._block(group, error, numbers)
        except Exception as error:  # the edge of one group's work: the other groups' rows must not wait for it
            log.exception("the offline store of %s could not be written", group.name)
            self._status(group, {"Status": "Blocked", "BlockedReason": f"{type(error).__name__}: {error}"[:1024]})
        else:
            self._status(group, {"Status": "Active"})

    def _block(self, group: Stored, error: ServiceError, numbers: Sequence[int]) -> None:
        """A group's rows wait for its bucket; those of a deleted group would for ever."""
        if group.kind == REST:
            log.warning("%s: %d last records are lost: %s", group.name.partition("#")[0], len(numbers), error.message)
            self._store.features.drop(numbers)
        else:
            self._status(group, {"Status": "Blocked", "BlockedReason": error.message[:1024]})

    def _tidy(self) -> None:
        for rest in list(self._store.records.every(REST)):
            if not self._store.features.queued(0, 1, rest.arn):
                self._store.records.delete(rest.scope, REST, rest.name)

    def _put(self, group: dict[str, Any], rows: Sequence[Queued], numbers: Sequence[int]) -> None:
        if not parquet.available():
            raise ServiceError("ValidationException", parquet.MISSING)
        uri = group["OfflineStoreConfig"]["S3StorageConfig"]["ResolvedOutputS3Uri"]
        self._objects.bucket(layout.split_uri(uri)[0])  # a blocked group's rows are not encoded at every flush
        with self._objects.change() as change:
            entries = list(self._entries(change, group, rows))
            with self._store.transaction():
                for entry in entries:
                    self._objects.commit(change, entry)
                self._store.features.drop(numbers)

    def _entries(self, change: Change, group: dict[str, Any], rows: Sequence[Queued]) -> Iterable[Entry]:
        uri = group["OfflineStoreConfig"]["S3StorageConfig"]["ResolvedOutputS3Uri"]
        bucket, folder = layout.split_uri(uri)
        ordered = sorted(rows, key=lambda row: layout.partition(row.event))
        for partition, part in groupby(ordered, key=lambda row: layout.partition(row.event)):
            within = sorted(part, key=lambda row: row.number)
            data = parquet.encode(group["FeatureDefinitions"], within, now())
            blob = change.write(io.BytesIO(data), (DEFAULT,))
            key = f"{folder}/{partition}/{layout.file_name(max(row.event for row in within))}"
            meta = {
                "ContentType": "binary/octet-stream",
                "Checksums": blob.checksums((DEFAULT,)),
                "ChecksumType": "FULL_OBJECT",
            }
            yield Entry(key, bucket, blob=blob.name, size=blob.size, etag=blob.md5, meta=meta)

    def _status(self, group: Stored, status: dict[str, Any]) -> None:
        def change(record: dict[str, Any]) -> dict[str, Any] | None:
            return None if record.get("OfflineStoreStatus") == status else {"OfflineStoreStatus": status}

        self._store.records.update(group.scope, group.kind, group.name, change, touch=False)
