"""Edges of the lineage graph: one row per pair of entities, which are named by their ARNs."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from emulator.arns import Scope
from emulator.store.database import Database
from emulator.store.query import digest_of, position_of, token_of
from emulator.store.records import Exists

COLUMNS = "source, destination, source_type, destination_type, type, created"
SORTS = frozenset({"source", "destination", "source_type", "destination_type", "created"})
BATCH = 500
"""How many ARNs one SELECT names: below SQLite's limit on variables."""


@dataclass(frozen=True, slots=True)
class Association:
    """An edge from ``source`` to ``destination``; ``type`` is ``ContributedTo``, ``Produced`` …, or empty."""

    source: str
    destination: str
    source_type: str
    destination_type: str
    type: str
    created: float


@dataclass(frozen=True, slots=True)
class Edges:
    """What ListAssociations asks: ``filters`` are columns and their values, times exclusive bounds."""

    filters: Mapping[str, str]
    created_after: float | None = None
    created_before: float | None = None
    sort: str = "created"
    descending: bool = True
    limit: int = 10
    token: str | None = None


class Associations:
    """Rows of ``associations``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, scope: Scope, edge: Association) -> None:
        """Store an edge; raises :class:`Exists` when the two are associated already."""
        values = (edge.source, edge.destination, edge.source_type, edge.destination_type, edge.type, edge.created)
        try:
            with self._database.transaction() as connection:
                connection.execute(
                    f"INSERT INTO associations (account, region, {COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                    (*scope, *values),
                )
        except sqlite3.IntegrityError:
            raise Exists(f"{edge.source} {edge.destination}") from None

    def remove(self, scope: Scope, source: str, destination: str) -> bool:
        """Remove an edge of this account and region; whether there was one."""
        with self._database.transaction() as connection:
            return (
                connection.execute(
                    "DELETE FROM associations WHERE source = ? AND destination = ? AND account = ? AND region = ?",
                    (source, destination, *scope),
                ).rowcount
                > 0
            )

    def drop(self, arn: str) -> None:
        """Remove all edges of an entity."""
        with self._database.transaction() as connection:
            connection.execute("DELETE FROM associations WHERE source = ?1 OR destination = ?1", (arn,))

    def any(self, arn: str) -> bool:
        """Whether an entity has edges."""
        return (
            self._database.row("SELECT 1 FROM associations WHERE source = ?1 OR destination = ?1 LIMIT 1", (arn,))
            is not None
        )

    def around(self, arns: Collection[str], column: str) -> Iterator[Association]:
        """All edges that have one of the entities in ``column`` (``source`` or ``destination``), oldest first."""
        given = list(arns)
        for start in range(0, len(given), BATCH):
            batch = given[start : start + BATCH]
            marks = ", ".join("?" * len(batch))
            for row in self._database.rows(
                f"SELECT {COLUMNS} FROM associations WHERE {column} IN ({marks}) ORDER BY id", batch
            ):
                yield Association(*row)

    def page(self, scope: Scope, ask: Edges) -> tuple[list[Association], str | None]:
        """A page of edges and the token of the next one. ``ValidationException`` on a token that is not ours."""
        if ask.sort not in SORTS:
            raise ValueError(f"cannot sort by {ask.sort!r}")
        where, values = _filters(ask)
        digest = digest_of(where, values, ask.sort, ask.descending)
        if ask.token is not None:
            where.append(f"({ask.sort}, id) {'<' if ask.descending else '>'} (?, ?)")
            values += position_of(ask.token, digest, float if ask.sort == "created" else str)
        order = "DESC" if ask.descending else "ASC"
        clause = " AND ".join(["account = ?", "region = ?", *where])
        rows = self._database.rows(
            f"SELECT {COLUMNS}, {ask.sort}, id FROM associations WHERE {clause}"
            f" ORDER BY {ask.sort} {order}, id {order} LIMIT ?",
            [*scope, *values, ask.limit + 1],
        )
        token = token_of(digest, *rows[ask.limit - 1][-2:]) if len(rows) > ask.limit else None
        return [Association(*row[:6]) for row in rows[: ask.limit]], token


def _filters(ask: Edges) -> tuple[list[str], list[Any]]:
    where = [f"{column} = ?" for column in ask.filters]
    values: list[Any] = list(ask.filters.values())
    for sql, bound in (("created > ?", ask.created_after), ("created < ?", ask.created_before)):
        if bound is not None:
            where.append(sql)
            values.append(bound)
    return where, values
