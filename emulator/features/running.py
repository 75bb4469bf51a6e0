"""One query run by DuckDB over a snapshot of its tables' objects, and its values as Athena writes them.

The objects are linked into a folder of the query's own, laid out by their keys, so that Hive partitions are found by
DuckDB itself; it may read nothing but that folder. DuckDB is imported by the first query.
"""

from __future__ import annotations

import importlib.util
import math
from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from emulator.errors import ServiceError
from emulator.features import layout, tables
from emulator.features.dialect import QueryError, Select
from emulator.store import Walk

if TYPE_CHECKING:
    from emulator.objects import Objects
    from emulator.store import Store

MISSING = "Queries over feature groups need DuckDB and sqlglot: pip install 'sagemaker-emulator[athena]'"
Config = dict[str, str | bool | int | float | list[str]]
LIMITS: Config = {"threads": 2, "memory_limit": "1GB"}
ALONE: Config = {"autoinstall_known_extensions": False, "autoload_known_extensions": False}
ROWS = 1000
PLAIN_FROM, PLAIN_TO = 1e-3, 1e7  # where Java prints a double without an exponent

Rows = Iterator[Sequence[str | None]]
Found = Callable[[str, str], dict[str, Any]]

# Hive's types as DuckDB's; array<...> is dealt with apart.
_HIVE = {"string": "VARCHAR", "bigint": "BIGINT", "int": "INTEGER", "integer": "INTEGER", "double": "DOUBLE"} | {
    name: name.upper() for name in ("boolean", "timestamp", "date", "float", "smallint", "tinyint")
}
_ATHENA = {"TIMESTAMP WITH TIME ZONE": "timestamp with time zone", "HUGEINT": "bigint", "FLOAT": "float"}


def available() -> bool:
    """Whether DuckDB and sqlglot are installed; does not import them."""
    return all(importlib.util.find_spec(name) is not None for name in ("duckdb", "sqlglot"))


class Running:
    """A connection of its own over the staged tables; :meth:`interrupt` may be called from another thread."""

    def __init__(self, store: Store, objects: Objects, folder: Path) -> None:
        import duckdb

        self._errors = duckdb.Error
        self._store = store
        self._objects = objects
        self._folder = folder
        self._connection = duckdb.connect(":memory:", config=LIMITS | ALONE)
        self._connection.execute("SET TimeZone = 'UTC'")
        self._connection.execute(f"SET allowed_directories = [{_text(str(folder))}]")
        self._connection.execute("SET enable_external_access = false")
        self._connection.execute("SET lock_configuration = true")

    def interrupt(self) -> None:
        """End the query; its :meth:`select` raises :class:`QueryError`."""
        self._connection.interrupt()

    def close(self) -> None:
        """Give the memory back."""
        self._connection.close()

    def select(self, statement: Select, found: Found) -> tuple[list[tuple[str, str]], Rows]:
        """Columns as (name, Athena's type), and the rows' values as text; ``found`` gives the tables."""
        for number, (database, name) in enumerate(statement.tables):
            files = self._stage(found(database, name), self._folder / str(number))
            self._view(found(database, name), files)
        try:
            self._connection.execute(statement.sql)
            columns = [(entry[0], _athena_type(str(entry[1]))) for entry in self._connection.description or ()]
        except self._errors as error:
            raise _failed(error) from error
        return columns, self._rows()

    def _rows(self) -> Rows:
        while True:
            try:
                rows = self._connection.fetchmany(ROWS)
            except self._errors as error:
                raise _failed(error) from error
            if not rows:
                return
            for row in rows:
                yield [text(value) for value in row]

    def _stage(self, table: dict[str, Any], folder: Path) -> list[str]:
        """Link a table's objects below ``folder``; their paths. Names that begin with ``_`` or ``.`` are no data."""
        bucket, prefix = layout.split_uri(table["Location"])
        ask, files = Walk(bucket, f"{prefix}/" if prefix else ""), []
        while True:
            page = self._store.objects.live(ask)
            for entry in page.rows:
                name = entry.key.removeprefix(ask.prefix)
                if entry.size and ".." not in name and not name.rsplit("/", 1)[-1].startswith(("_", ".")):
                    files.append(self._link(bucket, entry.key, folder / name))
            if not page.truncated:
                return [file for file in files if file]
            ask = Walk(bucket, ask.prefix, after=page.last)

    def _link(self, bucket: str, key: str, place: Path) -> str:
        place.parent.mkdir(parents=True, exist_ok=True)
        try:
            self._objects.link(bucket, key, place)
        except ServiceError:  # deleted since it was listed
            return ""
        return str(place)

    def _view(self, table: dict[str, Any], files: list[str]) -> None:
        """A view with exactly the table's columns, whatever the files have: features may have been added since."""
        own = {entry["Name"]: duck_type(entry["Type"]) for entry in table["Columns"]}
        keys = {entry["Name"]: "VARCHAR" for entry in table["PartitionKeys"] if entry["Name"] not in own}
        fields = (own | keys).items()
        source = (
            "SELECT " + ", ".join(f"CAST(NULL AS {kind}) AS {_name(name)}" for name, kind in fields) + " WHERE false"
        )
        if files:
            source += f" UNION ALL BY NAME SELECT * FROM {_reader(table, files)}"
        wanted = ", ".join(f"CAST({_name(name)} AS {kind}) AS {_name(name)}" for name, kind in fields)
        schema = _name(table["DatabaseName"])
        try:
            self._connection.execute(f"CREATE SCHEMA IF NOT EXISTS {schema}")
            self._connection.execute(f"CREATE VIEW {schema}.{_name(table['Name'])} AS SELECT {wanted} FROM ({source})")
        except self._errors as error:
            raise QueryError(f"HIVE_BAD_DATA: {table['Name']}: {_first_line(error)}") from error


def _reader(table: dict[str, Any], files: list[str]) -> str:
    listed = "[" + ", ".join(_text(file) for file in files) + "]"
    if table["Format"] == tables.PARQUET:
        partitions = {entry["Name"] for entry in table["PartitionKeys"]} - {entry["Name"] for entry in table["Columns"]}
        # A feature may be called like a partition; then the feature it is.
        hive = str(len(partitions) == len(table["PartitionKeys"])).lower()
        return f"read_parquet({listed}, union_by_name = true, hive_partitioning = {hive}, hive_types_autocast = false)"
    columns = ", ".join(f"{_text(entry['Name'])}: 'VARCHAR'" for entry in table["Columns"])
    given = table["Properties"]
    options = {
        "delim": given.get("separatorChar", ","),
        "quote": given.get("quoteChar", '"'),
        "escape": given.get("escapeChar", "\\"),
    }
    said = ", ".join(f"{name} = {_text(value[-1:])}" for name, value in options.items())
    return f"read_csv({listed}, header = false, auto_detect = false, columns = {{{columns}}}, {said})"


def duck_type(hive: str) -> str:
    """A Hive type as DuckDB's."""
    plain = hive.strip().lower()
    if plain.startswith("array<"):
        return f"{duck_type(plain[len('array<') : -1])}[]"
    return _HIVE.get(plain.partition("(")[0], "VARCHAR") if not plain.startswith("decimal") else plain.upper()


def _athena_type(duck: str) -> str:
    if duck.endswith("[]"):
        return "array"
    return _ATHENA.get(duck, duck.partition("(")[0].lower())


def text(value: Any) -> str | None:
    """A value as Athena's result files have it; ``None`` for NULL."""
    if value is None:
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return java_double(value)
    if isinstance(value, datetime):
        zone = " UTC" if value.tzinfo else ""
        return value.replace(tzinfo=None).isoformat(" ", "milliseconds") + zone
    if isinstance(value, list):
        return "[" + ", ".join("null" if item is None else text(item) or "" for item in value) + "]"
    return value.isoformat() if isinstance(value, date) else str(value)


def java_double(value: float) -> str:
    """A double as Java prints it: ``1.0E10`` where Python says ``10000000000.0``."""
    if not math.isfinite(value):
        return {"nan": "NaN", "inf": "Infinity"}.get(repr(value), "-Infinity")
    if value == 0 or PLAIN_FROM <= abs(value) < PLAIN_TO:
        return repr(value)
    sign, digits, _ = Decimal(repr(value)).normalize().as_tuple()
    shown = "".join(map(str, digits))
    exponent = Decimal(repr(value)).adjusted()
    return f"{'-' if sign else ''}{shown[0]}.{shown[1:] or '0'}E{exponent}"


def _failed(error: Exception) -> QueryError:
    return QueryError(f"SYNTAX_ERROR: {_first_line(error)}")


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0]


def _name(identifier: str) -> str:
    return '"' + identifier.replace('"', '""') + '"'


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"
