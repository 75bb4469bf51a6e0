"""Athena's SQL taken apart and said in DuckDB's: sqlglot does the translating, what it lacks is added here.

A statement becomes one of :class:`Select`, :class:`CreateTable`, :class:`DropTable` or :class:`ShowTables`; everything
else Athena knows is refused with a text that says so. sqlglot is imported by the first query.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from emulator.features import layout


class QueryError(Exception):
    """The query fails; the text is Athena's StateChangeReason."""


@dataclass(frozen=True, slots=True)
class Select:
    """A query: DuckDB's SQL, and the (database, table) pairs it reads, in lower case."""

    sql: str
    tables: Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class CreateTable:
    """``CREATE EXTERNAL TABLE``: columns as (name, Hive type), where the data lies, and the CSV reader's properties."""

    database: str
    name: str
    columns: Sequence[tuple[str, str]]
    location: str
    properties: dict[str, str]
    if_missing: bool


@dataclass(frozen=True, slots=True)
class DropTable:
    """``DROP TABLE``."""

    database: str
    name: str
    if_there: bool


@dataclass(frozen=True, slots=True)
class ShowTables:
    """``SHOW TABLES``."""

    database: str


Statement = Select | CreateTable | DropTable | ShowTables

# Oracle's time patterns, which Trino's Teradata functions take (the SDK's as_of() uses them), as strptime's.
_PATTERNS = (("yyyy", "%Y"), ("hh24", "%H"), ("mi", "%M"), ("ss", "%S"), ("mm", "%m"), ("dd", "%d"))


def parse(text: str, database: str) -> Statement:
    """One statement of Athena's; ``database`` is that of names without one. Raises :class:`QueryError`."""
    import sqlglot
    from sqlglot import exp

    logging.getLogger("sqlglot").setLevel(logging.ERROR)  # it warns of every command it keeps as text
    try:
        statements = [found for found in sqlglot.parse(text, read="athena") if found is not None]
    except sqlglot.errors.SqlglotError as error:
        raise QueryError(f"SYNTAX_ERROR: {_plain(str(error))}") from error
    if len(statements) != 1:
        raise QueryError("SYNTAX_ERROR: Only one sql statement is allowed.")
    tree: Any = statements[0]
    if isinstance(tree, exp.Query):
        return _select(exp, tree, database)
    if isinstance(tree, exp.Create) and tree.kind == "TABLE" and tree.find(exp.LocationProperty):
        return _create(exp, tree, database)
    if isinstance(tree, exp.Drop) and tree.args.get("kind") == "TABLE":
        table = tree.this
        return DropTable(_database(table, database), table.name.lower(), bool(tree.args.get("exists")))
    words = text.replace(";", " ").replace("`", " ").replace('"', " ").split()
    if [word.upper() for word in words[:2]] == ["SHOW", "TABLES"]:
        return ShowTables(words[3].lower() if len(words) > len(("SHOW", "TABLES", "IN")) else database.lower())
    raise QueryError(f"NOT_SUPPORTED: sagemaker-emulator does not run {words[0].upper()} statements of this form.")


def _select(exp: Any, tree: Any, database: str) -> Select:
    local = {cte.alias_or_name.lower() for cte in tree.find_all(exp.CTE)}
    used = []
    for table in tree.find_all(exp.Table):
        if not table.name or (table.name.lower() in local and not table.db):
            continue
        used.append((_database(table, database), table.name.lower()))
        table.set("catalog", None)
        table.set("db", exp.to_identifier(used[-1][0], quoted=True))
        table.set("this", exp.to_identifier(used[-1][1], quoted=True))
    return Select(tree.transform(_adapted).sql(dialect="duckdb"), list(dict.fromkeys(used)))


def _adapted(node: Any) -> Any:
    """What sqlglot leaves as it is: ``to_timestamp(text, pattern)``, two arguments where DuckDB has one."""
    from sqlglot import exp

    arguments = node.expressions if isinstance(node, exp.Anonymous) else []
    if arguments and node.name.lower() == "to_timestamp" and len(arguments) == 2 and arguments[1].is_string:
        return exp.Anonymous(
            this="strptime", expressions=[arguments[0], exp.Literal.string(_pattern(arguments[1].name))]
        )
    return node


def _pattern(text: str) -> str:
    for oracle, unix in _PATTERNS:
        text = text.replace(oracle, unix)
    return text


def _create(exp: Any, tree: Any, database: str) -> CreateTable:
    table = tree.find(exp.Table)
    properties = {
        found.name: found.args["value"].name for found in tree.find_all(exp.Property) if "value" in found.args
    }
    return CreateTable(
        database=_database(table, database),
        name=table.name.lower(),
        columns=[
            (column.name.lower(), column.args["kind"].sql(dialect="hive")) for column in tree.find_all(exp.ColumnDef)
        ],
        location=tree.find(exp.LocationProperty).this.name,
        properties=properties,
        if_missing=bool(tree.args.get("exists")),
    )


def _database(table: Any, default: str) -> str:
    catalog = table.catalog.lower()
    if catalog and catalog != layout.CATALOG.lower():
        raise QueryError(f"CATALOG_NOT_FOUND: Catalog '{catalog}' does not exist")
    return (table.db or default).lower()


def _plain(text: str) -> str:
    """sqlglot underlines with terminal codes."""
    return text.replace("\x1b[4m", "").replace("\x1b[0m", "").splitlines()[0]
