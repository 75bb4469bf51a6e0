"""The SQLite file: connections, transactions, and telling waiters about changes after they are committed.

Each thread has its own connection. Writers of this process queue on a lock rather than on SQLite's busy handler, which
polls with sleeps of up to 100 ms; ``busy_timeout`` remains for another process that looks into the file.
"""

from __future__ import annotations

import sqlite3
import threading
import weakref
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from emulator.store.schema import MIGRATIONS

BUSY_TIMEOUT = 10.0


class _Held:
    """A thread's connection and the transaction it is in; closed when the thread ends."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.connection = connection
        self.depth = 0
        self.after: list[Callable[[], None]] = []

    def __del__(self) -> None:
        self.connection.close()


class Database:
    """Connections and transactions on the file at ``path``; makes or migrates it. ``ValueError`` if it is too new."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path = path
        self._local = threading.local()
        self._all: weakref.WeakSet[_Held] = weakref.WeakSet()
        self._writing = threading.Lock()
        self._migrate()

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """One write transaction: all of it or, on any exception, nothing. An inner one joins the outer."""
        held = self._held()
        if held.depth:
            yield held.connection
            return
        with self._writing:
            self._begin(held)
            try:
                yield held.connection
            except BaseException:
                held.connection.execute("ROLLBACK")
                held.after.clear()
                raise
            else:
                self._commit(held)
            finally:
                held.depth = 0
        after, held.after = held.after, []
        for tell in after:
            tell()

    def after_commit(self, tell: Callable[[], None]) -> None:
        """Run ``tell`` once the present transaction is committed, not at all if it is rolled back."""
        held = self._held()
        if not held.depth:
            raise RuntimeError("after_commit outside a transaction")
        held.after.append(tell)

    def rows(self, sql: str, values: tuple[Any, ...] | list[Any] = ()) -> list[Any]:
        """All rows of a SELECT, on the caller's connection (within its transaction if there is one)."""
        return self._held().connection.execute(sql, values).fetchall()

    def row(self, sql: str, values: tuple[Any, ...] = ()) -> Any:
        """The first row of a SELECT, or None."""
        return self._held().connection.execute(sql, values).fetchone()

    def each(self, sql: str, values: tuple[Any, ...] | list[Any] = ()) -> Generator[Any, None, None]:
        """Rows of a SELECT one by one; a caller that stops early closes the generator, which frees the snapshot."""
        cursor = self._held().connection.execute(sql, values)
        try:
            yield from cursor
        finally:
            cursor.close()

    @property
    def in_transaction(self) -> bool:
        """Whether the calling thread is inside :meth:`transaction`."""
        return self._held().depth > 0

    def close(self) -> None:
        """Close every thread's connection. Threads that come later fail with ``sqlite3.ProgrammingError``."""
        for held in list(self._all):
            held.connection.close()

    @staticmethod
    def _begin(held: _Held) -> None:
        held.connection.execute("BEGIN IMMEDIATE")
        held.depth = 1

    @staticmethod
    def _commit(held: _Held) -> None:
        try:
            held.connection.execute("COMMIT")
        except sqlite3.Error:
            # A full disk fails the COMMIT and leaves the transaction open; the next one on this thread needs it gone.
            if held.connection.in_transaction:
                held.connection.execute("ROLLBACK")
            held.after.clear()
            raise

    def _held(self) -> _Held:
        held: _Held | None = getattr(self._local, "held", None)
        if held is None:
            held = self._local.held = _Held(self._connect())
            self._all.add(held)
        return held

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(
            self.path, timeout=BUSY_TIMEOUT, isolation_level=None, check_same_thread=False, cached_statements=256
        )
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
        return connection

    def _migrate(self) -> None:
        with self.transaction() as connection:
            version = connection.execute("PRAGMA user_version").fetchone()[0]
            if version > len(MIGRATIONS):
                raise ValueError(
                    f"{self.path} was written by a newer sagemaker-emulator (schema {version}; "
                    f"this one knows {len(MIGRATIONS)}): use that version or another --data-dir"
                )
            for number in range(version, len(MIGRATIONS)):
                for statement in MIGRATIONS[number].split(";\n"):
                    connection.execute(statement)
                connection.execute(f"PRAGMA user_version = {number + 1}")
