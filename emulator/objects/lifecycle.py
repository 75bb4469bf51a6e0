"""Lifecycle rules carried out: what expires, what moves to another storage class, which uploads are given up.

Days are counted as S3 counts them: from the object's time on, and then to the next midnight (UTC). Locked versions
stay. A run goes through whole buckets, page by page; it is made at the start, every hour, and at any moment a test
names (``POST /_emulator/s3/lifecycle``). Source: "Lifecycle configuration elements" in the S3 user guide.
"""

from __future__ import annotations

import logging
import math
import sqlite3
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any

from emulator.arns import now
from emulator.errors import ServiceError
from emulator.objects import Objects
from emulator.store import Bucket, Entry, Store, Walk

log = logging.getLogger(__name__)

KIND = "BucketLifecycleConfiguration"
Tell = Callable[[Bucket, str, Entry], None]
DAY = 24 * 3600
LAST = 253_402_214_400  # 9999-12-31: no answer can tell a later day, and rules may have any number of them
HOUR = 3600.0
CLOSE_SECONDS = 2.0


class Lifecycle:
    """Runs the rules of all buckets; a thread does it every hour between :meth:`start` and :meth:`close`.

    ``tell`` hears of everything done, in the words of S3's event notifications (``LifecycleExpiration:Delete``).
    """

    def __init__(self, objects: Objects, store: Store, tell: Tell = lambda bucket, event, entry: None) -> None:
        self._tell = tell
        self._objects = objects
        self._store = store
        self._closed = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Run now and every hour."""
        self._thread = threading.Thread(target=self._work, name="lifecycle", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """No further runs; one under way ends after its present key."""
        self._closed.set()
        if self._thread is not None:
            self._thread.join(CLOSE_SECONDS)

    def _work(self) -> None:
        while not self._closed.is_set():
            try:
                self.run(now())
            except sqlite3.Error:  # a full disk: the rules stay due
                log.exception("lifecycle rules could not be carried out")
            self._closed.wait(HOUR)

    def run(self, at: float) -> dict[str, int]:
        """Do what is due at a moment (epoch seconds); how often what was done."""
        done: Counter[str] = Counter()
        for bucket, document in self._store.buckets.having(KIND):
            rules = [rule for rule in document.get("Rules", ()) if rule.get("Status") == "Enabled"]
            for rule in rules:
                done.update(self._uploads(bucket, rule, at))
            for versions in self._keys(bucket):
                done.update(self._key(bucket, rules, versions, at))
                if self._closed.is_set():
                    break
        return dict(done)

    def _keys(self, bucket: Bucket) -> Iterator[list[Entry]]:
        """The versions of each key, the newest first."""
        found: list[Entry] = []
        ask, version = Walk(bucket.name), ""
        while not self._closed.is_set():
            page = self._store.objects.versions(ask, version)
            for entry in page.rows:
                if found and found[0].key != entry.key:
                    yield found
                    found = []
                found.append(entry)
            if not page.truncated:
                break
            ask, version = replace(ask, after=page.rows[-1].key), page.rows[-1].version
        if found:
            yield found

    def _key(self, bucket: Bucket, rules: list[Mapping[str, Any]], versions: list[Entry], at: float) -> Iterator[str]:
        newest = versions[0]
        for rule in rules:
            for number, entry in enumerate(versions[1:]):
                if applies(rule, entry) and outdated(rule, versions[number], number, at) and free(entry, at):
                    yield self._remove(bucket, entry, at)
            if not applies(rule, newest):
                continue
            if newest.marker:
                alone = len(versions) == 1
                if alone and rule.get("Expiration", {}).get("ExpiredObjectDeleteMarker"):
                    yield self._remove(bucket, newest, at)
                    return
            elif due(rule.get("Expiration", {}), newest.modified, at):
                yield self._expire(bucket, newest)
                return
            else:
                yield from self._move(bucket, rule, newest, at)

    def _expire(self, bucket: Bucket, entry: Entry) -> str:
        with self._objects.change() as change, self._store.transaction():
            present = self._store.objects.get(bucket.name, entry.key)
            if present is None or not same(present, entry):
                return "kept"
            marker, blobs = self._store.objects.delete(bucket.name, entry.key, bucket.versioning)
            change.drop(blobs)
        if marker is None:
            self._tell(bucket, "LifecycleExpiration:Delete", entry)
        else:
            self._tell(bucket, "LifecycleExpiration:DeleteMarkerCreated", marker)
        return "expired"

    def _remove(self, bucket: Bucket, entry: Entry, at: float) -> str:
        with self._objects.change() as change, self._store.transaction():
            present = self._store.objects.get(bucket.name, entry.key, entry.version)
            if present is None or not same(present, entry) or not free(present, at):
                return "kept"
            change.drop(self._store.objects.delete_version(entry.bucket, entry.key, entry.version)[1])
        self._tell(bucket, "LifecycleExpiration:Delete", entry)
        return "removed"

    def _move(self, bucket: Bucket, rule: Mapping[str, Any], entry: Entry, at: float) -> Iterator[str]:
        moves = [one for one in rule.get("Transitions", ()) if due(one, entry.modified, at)]
        if not moves:
            return
        name = max(moves, key=lambda one: one.get("Days", 0))["StorageClass"]
        if entry.meta.get("StorageClass", "STANDARD") == name:
            return
        with self._store.transaction():
            present = self._store.objects.get(bucket.name, entry.key, entry.version)
            if present is None or not same(present, entry):
                return
            self._store.objects.set_meta(replace(present, meta={**present.meta, "StorageClass": name}))
        self._tell(bucket, "LifecycleTransition", present)
        yield "moved"

    def _uploads(self, bucket: Bucket, rule: Mapping[str, Any], at: float) -> Iterator[str]:
        days = rule.get("AbortIncompleteMultipartUpload", {}).get("DaysAfterInitiation")
        for upload in self._store.uploads.of(bucket.name) if days else ():
            if upload.key.startswith(conditions(rule).get("Prefix", "")) and midnight(upload.created, days) <= at:
                with suppress(ServiceError):  # it was completed or aborted just now
                    self._objects.abort(upload)
                    yield "aborted"


def same(present: Entry, entry: Entry) -> bool:
    """Whether a version is what it was when the run came by. Its row id does not tell: the next row may get it."""
    return (present.version, present.latest, present.modified, present.blob) == (
        entry.version,
        entry.latest,
        entry.modified,
        entry.blob,
    )


def conditions(rule: Mapping[str, Any]) -> dict[str, Any]:
    """A rule's filter in one form: Prefix, Tags, ObjectSizeGreaterThan, ObjectSizeLessThan."""
    found = rule.get("Filter", {"Prefix": rule.get("Prefix", "")})
    found = {**found, **found.get("And", {})}
    return {**found, "Tags": [*found.get("Tags", ()), *([found["Tag"]] if "Tag" in found else ())]}


def applies(rule: Mapping[str, Any], entry: Entry) -> bool:
    """Whether a rule's filter means this version."""
    wanted = conditions(rule)
    return (
        entry.key.startswith(wanted.get("Prefix", ""))
        and all(tag in entry.meta.get("Tags", ()) for tag in wanted["Tags"])
        and wanted.get("ObjectSizeGreaterThan", -1) < entry.size < wanted.get("ObjectSizeLessThan", math.inf)
    )


def due(action: Mapping[str, Any], since: float, at: float) -> bool:
    """Whether an action by Days or Date is to be done."""
    if "Days" in action:
        return midnight(since, action["Days"]) <= at
    return "Date" in action and bool(action["Date"] <= at)


def expiry(rules: Iterable[Mapping[str, Any]], entry: Entry) -> tuple[float, str] | None:
    """When the current version ``entry`` is to expire, and by which rule's id: the first of all that mean it."""
    found = [
        (midnight(entry.modified, action["Days"]) if "Days" in action else action["Date"], rule.get("ID", ""))
        for rule in rules
        if rule.get("Status") == "Enabled"
        and {"Days", "Date"} & (action := rule.get("Expiration", {})).keys()
        and applies(rule, entry)
    ]
    return min(found, default=None)


def outdated(rule: Mapping[str, Any], newer: Entry, number: int, at: float) -> bool:
    """Whether the ``number``-th noncurrent version, which ``newer`` replaced, is to go."""
    action = rule.get("NoncurrentVersionExpiration", {})
    if "NoncurrentDays" not in action or number < action.get("NewerNoncurrentVersions", 0):
        return False
    return midnight(newer.modified, action["NoncurrentDays"]) <= at


def midnight(since: float, days: float) -> float:
    """The first midnight after so many days."""
    return min(math.ceil((since + days * DAY) / DAY) * DAY, LAST)


def free(entry: Entry, at: float) -> bool:
    """Whether no lock holds a version."""
    held = entry.meta.get("ObjectLockLegalHoldStatus") == "ON"
    return not held and bool(entry.meta.get("ObjectLockRetainUntilDate", 0) <= at)
