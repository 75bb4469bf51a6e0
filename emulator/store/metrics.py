"""Metrics of trial components: every value that was put, by series (the component's ARN and the metric's name).

A value has a time and, mostly, a step. Summaries are computed where they are asked for: a series has at most some
thousand values, and SQLite aggregates those in a millisecond.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import orjson

from emulator.store.database import Database


@dataclass(frozen=True, slots=True)
class Point:
    """One value of a metric: epoch seconds, the step (``None`` without one), the value."""

    time: float
    step: int | None
    value: float


@dataclass(frozen=True, slots=True)
class Summary:
    """What DescribeTrialComponent tells of a series; ``deviation`` is that of the whole population."""

    name: str
    time: float
    smallest: float
    largest: float
    last: float
    count: int
    average: float
    deviation: float


class Metrics:
    """All series."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def put(self, arn: str, points: Iterable[tuple[str, Point]]) -> None:
        """Append named values, in the order they were measured."""
        with self._database.transaction() as connection:
            connection.executemany(
                "INSERT INTO metrics (arn, name, time, step, value) VALUES (?, ?, ?, ?, ?)",
                [(arn, name, at.time, at.step, at.value) for name, at in points],
            )

    def series(self, arn: str, name: str) -> list[Point]:
        """The values of a series by time; those of the same time as they came."""
        rows = self._database.rows(
            "SELECT time, step, value FROM metrics WHERE arn = ? AND name = ? ORDER BY time, id", (arn, name)
        )
        return [Point(time, step, value) for time, step, value in rows]

    def summaries(self, arn: str, names: Iterable[str]) -> list[Summary]:
        """A summary of each of these series of a component, by name."""
        rows = self._database.rows(
            "SELECT name, max(time), min(value), max(value), count(*), avg(value), avg(value * value),"
            " (SELECT value FROM metrics last WHERE last.arn = metrics.arn AND last.name = metrics.name"
            "  ORDER BY time DESC, id DESC LIMIT 1)"
            " FROM metrics WHERE arn = ? AND name IN (SELECT value FROM json_each(?)) GROUP BY name ORDER BY name",
            (arn, orjson.dumps(list(names)).decode()),
        )
        return [
            Summary(name, time, low, high, last, count, mean, math.sqrt(max(0.0, squares - mean * mean)))
            for name, time, low, high, count, mean, squares, last in rows
        ]

    def drop(self, arn: str) -> None:
        """Forget all series of a deleted component."""
        with self._database.transaction() as connection:
            connection.execute("DELETE FROM metrics WHERE arn = ?", (arn,))
