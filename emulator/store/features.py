"""Feature Store's rows: the newest record of each identifier (the online store), and what is not yet in Parquet.

A group is named by its ARN. An event never overwrites a newer one, whatever the order they come in; a soft delete is an
event too and leaves its time behind. What the offline store is to hold is queued in the transaction that changes the
online store and leaves the queue in the transaction that stores the Parquet file's object: once, whatever dies when.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import orjson

from emulator.store.database import Database

Values = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Online:
    """What the online store has of an identifier; ``expires`` is ``None`` for ever, ``values`` empty when deleted."""

    id: str
    event: float
    expires: float | None
    deleted: bool
    values: Values


@dataclass(frozen=True, slots=True)
class Queued:
    """A row of the offline store to be: ``called`` is when the API was; times are epoch seconds."""

    number: int
    arn: str
    event: float
    called: float
    deleted: bool
    values: Values


class Features:
    """The online store and the offline store's queue."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, arn: str, id: str, now: float) -> Online | None:
        """The record of an identifier, deleted ones too; ``None`` when there is none or its time is up."""
        row = self._database.row(
            "SELECT id, event, expires, deleted, record FROM features WHERE arn = ? AND id = ?"
            " AND (expires IS NULL OR expires > ?)",
            (arn, id, now),
        )
        return Online(row[0], row[1], row[2], bool(row[3]), orjson.loads(row[4])) if row else None

    def put(self, arn: str, new: Online, now: float) -> bool:
        """Store a record or a soft delete unless there is one of the same time or newer; whether it was stored."""
        with self._database.transaction() as connection:
            return (
                connection.execute(
                    "INSERT INTO features (arn, id, event, expires, deleted, record) VALUES (?, ?, ?, ?, ?, ?)"
                    " ON CONFLICT (arn, id) DO UPDATE SET event = excluded.event, expires = excluded.expires,"
                    " deleted = excluded.deleted, record = excluded.record"
                    " WHERE excluded.event > features.event OR features.expires <= ?",
                    (arn, new.id, new.event, new.expires, new.deleted, orjson.dumps(new.values).decode(), now),
                ).rowcount
                > 0
            )

    def replace(self, arn: str, new: Online) -> None:
        """Store a record over what is there, whatever its time; for changes the caller has checked."""
        with self._database.transaction() as connection:
            connection.execute("DELETE FROM features WHERE arn = ? AND id = ?", (arn, new.id))
            self.put(arn, new, new.event)

    def remove(self, arn: str, id: str) -> None:
        """Forget an identifier (hard delete)."""
        with self._database.transaction() as connection:
            connection.execute("DELETE FROM features WHERE arn = ? AND id = ?", (arn, id))

    def ids(self, arn: str, after: str | None, limit: int, now: float, deleted: bool) -> list[str]:
        """Identifiers in their order, behind ``after``; with ``deleted`` the soft deleted ones too."""
        rows = self._database.rows(
            "SELECT id FROM features WHERE arn = ? AND (?2 IS NULL OR id > ?2) AND (expires IS NULL OR expires > ?3)"
            " AND deleted <= ?4 ORDER BY id LIMIT ?5",
            (arn, after, now, deleted, limit),
        )
        return [id for (id,) in rows]

    def sweep(self, now: float) -> None:
        """Remove what has expired."""
        with self._database.transaction() as connection:
            connection.execute("DELETE FROM features WHERE expires <= ?", (now,))

    def clear(self, arn: str) -> None:
        """Remove the records of a group."""
        with self._database.transaction() as connection:
            connection.execute("DELETE FROM features WHERE arn = ?", (arn,))

    def queue(self, arn: str, event: float, called: float, deleted: bool, values: Values) -> None:
        """Append a row for the offline store."""
        with self._database.transaction() as connection:
            connection.execute(
                "INSERT INTO feature_queue (arn, event, called, deleted, record) VALUES (?, ?, ?, ?, ?)",
                (arn, event, called, deleted, orjson.dumps(values).decode()),
            )

    def queued(self, after: int, limit: int, arn: str = "") -> list[Queued]:
        """Rows for the offline store, oldest first, behind number ``after``; of one group or of all."""
        rows = self._database.rows(
            "SELECT id, arn, event, called, deleted, record FROM feature_queue"
            " WHERE id > ? AND (?2 = '' OR arn = ?2) ORDER BY id LIMIT ?3",
            (after, arn, limit),
        )
        return [
            Queued(number, group, event, called, bool(deleted), orjson.loads(record))
            for number, group, event, called, deleted, record in rows
        ]

    def rename_queue(self, arn: str, new: str) -> None:
        """Put all queued rows of a group to another name."""
        with self._database.transaction() as connection:
            connection.execute("UPDATE feature_queue SET arn = ? WHERE arn = ?", (new, arn))

    def drop(self, numbers: Collection[int]) -> None:
        """Take rows off the queue."""
        with self._database.transaction() as connection:
            connection.executemany("DELETE FROM feature_queue WHERE id = ?", [(number,) for number in numbers])
