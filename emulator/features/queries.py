"""Athena's query executions over our tables: a record each (kind ``QueryExecution``), run in the background.

The result is a CSV object at the query's OutputLocation, every value quoted and NULL left empty, as Athena writes it;
the record keeps its columns, so that GetQueryResults can read the rows back. A query that was under way when the server
died is run again by the next one: its result has the same name.
"""

from __future__ import annotations

import logging
import shutil
import tempfile
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from emulator.arns import Scope, now
from emulator.errors import ServiceError
from emulator.features import layout, tables
from emulator.features.dialect import CreateTable, DropTable, QueryError, Select, ShowTables, Statement, parse
from emulator.features.running import Rows, Running

if TYPE_CHECKING:
    from emulator.features.offline import Offline
    from emulator.objects import Objects
    from emulator.store import Store

log = logging.getLogger(__name__)

KIND = "QueryExecution"
STATUS = "_Status"
RUNNING = ("QUEUED", "RUNNING")
AT_ONCE = 2
CLOSE_SECONDS = 5.0

Record = dict[str, Any]


class Abandoned(Exception):
    """The server is closing: the record stays as it is, for the next one."""


class Queries:
    """Runs queries. All methods may be called from any thread and return at once."""

    def __init__(self, store: Store, objects: Objects, offline: Offline, work: Path) -> None:
        self._store = store
        self._objects = objects
        self._offline = offline
        self._work = work / "queries"
        self._turns = threading.BoundedSemaphore(AT_ONCE)
        self._running: dict[str, Running] = {}
        self._threads: set[threading.Thread] = set()
        self._lock = threading.Lock()
        self._closing = False

    def start(self) -> None:
        """Run again what an earlier server left unfinished."""
        shutil.rmtree(self._work, ignore_errors=True)
        for stored in self._store.records.every(KIND, RUNNING):
            self.submit(stored.scope, stored.name)

    def submit(self, scope: Scope, id: str) -> None:
        """Run the query whose record has just been stored."""
        thread = threading.Thread(target=self._run, args=(scope, id), name="query", daemon=True)
        with self._lock:
            self._threads.add(thread)
        thread.start()

    def stop(self, scope: Scope, id: str) -> None:
        """Cancel a query; nothing happens to one that has ended."""
        self._end(scope, id, "CANCELLED")
        with self._lock:
            running = self._running.get(id)
        if running is not None:
            running.interrupt()

    def close(self) -> None:
        """Leave unfinished queries to the next server."""
        with self._lock:
            self._closing = True
            running, threads = list(self._running.values()), list(self._threads)
        for query in running:
            query.interrupt()
        for thread in threads:
            thread.join(CLOSE_SECONDS / max(1, len(threads)))

    def _run(self, scope: Scope, id: str) -> None:
        try:
            with self._turns:
                self._execute(scope, id)
        except Abandoned:
            pass
        except QueryError as error:
            self._end(scope, id, "FAILED", str(error))
        except ServiceError as error:
            self._end(scope, id, "FAILED", error.message)
        except Exception as error:  # the thread's edge: a bug must end the query
            log.exception("query %s failed inside the emulator", id)
            self._end(scope, id, "FAILED", f"GENERIC_INTERNAL_ERROR: {type(error).__name__}: {error}")
        finally:
            with self._lock:
                self._threads.discard(threading.current_thread())

    def _execute(self, scope: Scope, id: str) -> None:
        def begin(record: Record) -> Record | None:
            return {STATUS: "RUNNING"} if record[STATUS] == "QUEUED" else None

        record = self._store.records.update(scope, KIND, id, begin, status="RUNNING")
        if record is None or record[STATUS] not in RUNNING:
            return
        began = now()
        context = record["QueryExecutionContext"]
        statement = parse(record["Query"], context.get("Database") or layout.DATABASE)
        self._work.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=self._work) as folder:
            columns = self._answer(scope, id, record, statement, Path(folder))
        milliseconds = round((now() - began) * 1000)
        self._end(scope, id, "SUCCEEDED", columns=columns, milliseconds=milliseconds)

    def _answer(
        self, scope: Scope, id: str, record: Record, statement: Statement, folder: Path
    ) -> list[tuple[str, str]]:
        """Do what the statement says and store its result; the result's columns."""
        if isinstance(statement, Select):
            return self._select(scope, id, record, statement, folder)
        rows: list[str] = []
        if isinstance(statement, CreateTable):
            self._create(scope, statement)
        elif isinstance(statement, DropTable):
            if not tables.remove(self._store, scope, statement.database, statement.name) and not statement.if_there:
                raise QueryError(f"FAILED: SemanticException [Error 10001]: Table not found {statement.name}")
        elif isinstance(statement, ShowTables):
            rows = [table["Name"] for table in tables.every(self._store, scope, statement.database)]
        place = folder / "result.txt"
        place.write_text("".join(f"{row}\n" for row in rows))
        self._objects.put_file(*layout.split_uri(record["_Output"]), place, ContentType="text/plain")
        return [("tab_name", "string")] if isinstance(statement, ShowTables) else []

    def _select(self, scope: Scope, id: str, record: Record, statement: Select, folder: Path) -> list[tuple[str, str]]:
        self._offline.flush()

        def found(database: str, name: str) -> Record:
            table = tables.get(self._store, scope, database, name)
            if table is None:
                raise QueryError(f"TABLE_NOT_FOUND: Table '{layout.CATALOG.lower()}.{database}.{name}' does not exist")
            return table

        running = Running(self._store, self._objects, folder)
        with self._lock:
            self._running[id] = running
        try:
            columns, rows = running.select(statement, found)
            place = folder / "result.csv"
            write_csv(place, [name for name, _ in columns], rows)
        except QueryError:
            if self._closing:
                raise Abandoned from None
            raise
        finally:
            with self._lock:
                del self._running[id]
            running.close()
        self._objects.put_file(*layout.split_uri(record["_Output"]), place, ContentType="application/octet-stream")
        return columns

    def _create(self, scope: Scope, statement: CreateTable) -> None:
        fields = [{"Name": name, "Type": kind.lower()} for name, kind in statement.columns]
        table = tables.new(
            statement.database,
            statement.name,
            fields,
            statement.location,
            tables.CSV,
            Properties=statement.properties,
        )
        if not tables.add(self._store, scope, table) and not statement.if_missing:
            raise QueryError(f"FAILED: Execution Error: AlreadyExistsException: Table {statement.name} already exists")

    def _end(
        self,
        scope: Scope,
        id: str,
        status: str,
        reason: str = "",
        columns: Sequence[tuple[str, str]] = (),
        milliseconds: int = 0,
    ) -> None:
        def end(record: Record) -> Record | None:
            if record[STATUS] not in RUNNING:
                return None
            told = {"_Columns": list(columns), "_Milliseconds": milliseconds, "_Ended": now()}
            return {STATUS: status, **told, **({"_Reason": reason} if reason else {})}

        self._store.records.update(scope, KIND, id, end, status=status)


def write_csv(place: Path, names: Sequence[str], rows: Rows) -> None:
    """A result file: all values quoted, NULL as nothing."""
    with place.open("w", encoding="utf-8", newline="") as file:
        file.write(_line(names))
        for row in rows:
            file.write(_line(row))


def _line(values: Sequence[str | None]) -> str:
    return ",".join("" if value is None else '"' + value.replace('"', '""') + '"' for value in values) + "\n"
