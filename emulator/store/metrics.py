"""Metrics of trial components: every value that was put, by series (the component's ARN and the metric's name).

A value has a time and, mostly, a step. What sums up a series is not computed from here but kept with its component
(``handlers/sagemaker/tracking/summaries.py``), so that a put costs the same however long the series is.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from emulator.store.database import Database


@dataclass(frozen=True, slots=True)
class Point:
    """One value of a metric: epoch seconds, the step (``None`` without one), the value."""

    time: float
    step: int | None
    value: float


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

    def drop(self, arn: str) -> None:
        """Forget all series of a deleted component."""
        with self._database.transaction() as connection:
            connection.execute("DELETE FROM metrics WHERE arn = ?", (arn,))
