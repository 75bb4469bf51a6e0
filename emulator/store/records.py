"""Resources: one row each, the whole Describe answer as JSON text beside the columns that lists filter and sort on.

A record is keyed by (scope, kind, name), e.g. (account and region, ``TrainingJob``, ``my-job``). Members that begin
with ``_`` are ours and never leave through the API. Times are epoch seconds; a value of ``None`` is never stored.
"""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

import orjson

from emulator.arns import Scope, now
from emulator.store.database import Database
from emulator.store.query import Page, Query, Stored
from emulator.store.watching import Change

Key = tuple[Scope, str, str]
Tell = Callable[[sqlite3.Connection, Change], None]
Changes = Mapping[str, Any] | Callable[[dict[str, Any]], Mapping[str, Any] | None]

COLUMNS = "account, region, kind, name, arn, status, record"
MOST_AT_ONCE = 500


class Exists(Exception):
    """A record of this scope, kind and name is there already."""


class Records:
    """All operations on resource rows. Each is one transaction, or part of the caller's.

    ``tell`` is called within it for every insert and update (watching.py).
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._waiters: dict[Key, list[threading.Event]] = {}
        self._lock = threading.Lock()
        self.tell: Tell = lambda connection, change: None

    def insert(
        self,
        scope: Scope,
        kind: str,
        name: str,
        record: Mapping[str, Any],
        *,
        arn: str = "",
        status: str = "",
        parent: str = "",
    ) -> None:
        """Add a record; raises :class:`Exists`. The times it sorts by come from the record, else from the clock."""
        created = record.get("CreationTime", now())
        modified = record.get("LastModifiedTime", created)
        values = (*scope, kind, name, arn, status, parent, created, modified, _dump(record))
        try:
            with self._database.transaction() as connection:
                connection.execute(
                    "INSERT INTO records (account, region, kind, name, arn, status, parent, created, modified, record)"
                    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                    values,
                )
                self._changed((Scope(*scope), kind, name))
                self.tell(connection, Change(Scope(*scope), kind, name, None, dict(record)))
        except sqlite3.IntegrityError:
            raise Exists(f"{kind} {name}") from None

    def get(self, scope: Scope, kind: str, name: str) -> dict[str, Any] | None:
        """The record, or None."""
        row = self._database.row(
            "SELECT record FROM records WHERE account = ? AND region = ? AND kind = ? AND name = ?",
            (*scope, kind, name),
        )
        return orjson.loads(row[0]) if row else None

    def stored(self, scope: Scope, kind: str, name: str) -> Stored | None:
        """The record with its row's columns, or None."""
        row = self._database.row(
            f"SELECT {COLUMNS} FROM records WHERE account = ? AND region = ? AND kind = ? AND name = ?",
            (*scope, kind, name),
        )
        return _stored(row) if row else None

    def spelled(self, scope: Scope, kind: str, name: str) -> dict[str, Any] | None:
        """The record of that name whatever its case, or None; found by names alone, without reading the others."""
        row = self._database.row(
            "SELECT record FROM records WHERE account = ? AND region = ? AND kind = ? AND lower(name) = lower(?)",
            (*scope, kind, name),
        )
        return orjson.loads(row[0]) if row else None

    def by_arn(self, arn: str, scope: Scope | None = None) -> Stored | None:
        """The record that was inserted with this ARN, or None; with ``scope`` only one of that account and region."""
        row = self._database.row(f"SELECT {COLUMNS} FROM records WHERE arn = ? AND arn != ''", (arn,))
        found = _stored(row) if row else None
        return found if found is None or scope in {None, found.scope} else None

    def update(
        self, scope: Scope, kind: str, name: str, changes: Changes, *, status: str | None = None, touch: bool = True
    ) -> dict[str, Any] | None:
        """Read, change and write in one transaction; returns the record as it then is, or None if there is none.

        ``changes`` is merged at the top level; a value of ``None`` removes the member. A callable gets the present
        record and returns changes, or ``None`` to leave everything as it is (``status`` too). ``status`` sets the
        status column; ``touch`` sets ``LastModifiedTime`` to now unless the changes carry it.
        """
        with self._database.transaction() as connection:
            before = self.get(scope, kind, name)
            if before is None:
                return None
            given = changes(before) if callable(changes) else changes
            if given is None:
                return before
            merged = {**before, **({"LastModifiedTime": now()} if touch else {}), **given}
            record = {member: value for member, value in merged.items() if value is not None}
            connection.execute(
                "UPDATE records SET record = ?, status = coalesce(?, status), modified = coalesce(?, modified)"
                " WHERE account = ? AND region = ? AND kind = ? AND name = ?",
                (_dump(record), status, record.get("LastModifiedTime"), *scope, kind, name),
            )
            self._changed((Scope(*scope), kind, name))
            self.tell(connection, Change(Scope(*scope), kind, name, before, record))
            return record

    def delete(self, scope: Scope, kind: str, name: str) -> bool:
        """Remove the record; whether there was one. Its tags are the caller's to drop."""
        with self._database.transaction() as connection:
            found = connection.execute(
                "DELETE FROM records WHERE account = ? AND region = ? AND kind = ? AND name = ?", (*scope, kind, name)
            ).rowcount
            self._changed((Scope(*scope), kind, name))
        return found > 0

    def list(self, scope: Scope, kind: str, query: Query) -> Page:
        """One page of the records of a kind. ``ValidationException`` on a token that is not ours."""
        end, values = query.sql(scope, kind)
        rows = self._database.rows(f"SELECT {COLUMNS}, {query.sort}, id FROM records {end}", values)
        token = query.token_after(*rows[query.limit - 1][-2:]) if len(rows) > query.limit else None
        return Page([_stored(row) for row in rows[: query.limit]], token)

    def sift(self, scope: Scope, kind: str, query: Query, keep: Callable[[Stored], bool]) -> Page:
        """As :meth:`list`, with a filter no index serves. It applies before paging: only the last page is short."""
        found: list[Stored] = []
        place: Any = ()
        for stored, at in self._walk(scope, kind, query):
            if keep(stored):
                if len(found) == query.limit:
                    return Page(found, query.token_after(*place))
                found.append(stored)
                place = at
        return Page(found, None)

    def each(self, scope: Scope, kind: str, query: Query) -> Iterator[Stored]:
        """All that a query means, from all its pages; ``limit`` is how many are read at a time."""
        return (stored for stored, _ in self._walk(scope, kind, query))

    def _walk(self, scope: Scope, kind: str, query: Query) -> Iterator[tuple[Stored, Any]]:
        """All that a query means, each with its place in the order; more and more is read at a time."""
        while True:
            end, values = query.sql(scope, kind)
            rows = self._database.rows(f"SELECT {COLUMNS}, {query.sort}, id FROM records {end}", values)
            for row in rows[: query.limit]:
                yield _stored(row), row[-2:]
            if len(rows) <= query.limit:
                return
            token = query.token_after(*rows[query.limit - 1][-2:])
            query = replace(query, token=token, limit=min(4 * query.limit, MOST_AT_ONCE))

    def every(self, kind: str | None = None, statuses: Collection[str] = ()) -> Iterator[Stored]:
        """Records of all scopes, oldest first; ``kind`` and ``statuses`` narrow it. For recovery and the console."""
        where, values = ["1"], []
        if kind is not None:
            where.append("kind = ?")
            values.append(kind)
        if statuses:
            where.append(f"status IN ({', '.join('?' * len(statuses))})")
            values += statuses
        rows = self._database.rows(f"SELECT {COLUMNS} FROM records WHERE {' AND '.join(where)} ORDER BY id", values)
        return map(_stored, rows)

    def wait(
        self, scope: Scope, kind: str, name: str, done: Callable[[dict[str, Any]], bool], timeout: float
    ) -> dict[str, Any] | None:
        """Block until ``done(record)``, the record is gone, or ``timeout`` seconds passed; the record as last seen.

        ``done`` only ever sees committed states. Must not be called inside a transaction, which would hide the change.
        """
        if self._database.in_transaction:
            raise RuntimeError("wait inside a transaction would never see the change")
        key = (Scope(*scope), kind, name)
        changed = threading.Event()
        with self._lock:
            self._waiters.setdefault(key, []).append(changed)
        try:
            return self._wait(key, done, time.monotonic() + timeout, changed)
        finally:
            with self._lock:
                self._waiters[key].remove(changed)
                if not self._waiters[key]:
                    del self._waiters[key]

    def _wait(
        self, key: Key, done: Callable[[dict[str, Any]], bool], deadline: float, changed: threading.Event
    ) -> dict[str, Any] | None:
        while True:
            changed.clear()
            record = self.get(*key)
            left = deadline - time.monotonic()
            if record is None or done(record) or left <= 0:
                return record
            changed.wait(left)

    def _changed(self, key: Key) -> None:
        self._database.after_commit(partial(self._tell, key))

    def _tell(self, key: Key) -> None:
        with self._lock:
            for event in self._waiters.get(key, ()):
                event.set()


def _stored(row: Any) -> Stored:
    return Stored(Scope(row[0], row[1]), row[2], row[3], row[4], row[5], orjson.loads(row[6]))


def _dump(record: Mapping[str, Any]) -> str:
    return orjson.dumps(record).decode()
