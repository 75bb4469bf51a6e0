"""Metrics that a training job prints: MetricDefinitions' regular expressions over every log line.

Log lines reach CloudWatch with tabs written as ``#011`` (the log agent does that), so regular expressions written
for AWS, those of the built-in algorithms included, say ``#011`` where the container printed a tab. Both are tried.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from typing import Any


class Metrics:
    """The last value of each metric of one job. Not thread-safe: the hosts' lines come in through one lock."""

    def __init__(self, definitions: Iterable[Mapping[str, str]]) -> None:
        """Compile; ``re.error`` on an expression Python cannot read."""
        self._patterns = [(row["Name"], re.compile(row["Regex"])) for row in definitions]
        self._last: dict[str, tuple[float, float]] = {}

    def feed(self, line: str, time: float) -> list[tuple[str, float]]:
        """Look at one log line seen at ``time`` (epoch seconds); returns the (name, value) pairs found in it."""
        spoken = line.replace("\t", "#011")
        found = []
        for name, pattern in self._patterns:
            value = _value(pattern.search(line) or (pattern.search(spoken) if spoken != line else None))
            if value is not None:
                self._last[name] = (value, time)
                found.append((name, value))
        return found

    def final(self) -> list[dict[str, Any]]:
        """``FinalMetricDataList``: one entry per metric that was seen, in the order of the definitions."""
        names = dict.fromkeys(name for name, _ in self._patterns)
        return [
            {"MetricName": name, "Value": self._last[name][0], "Timestamp": self._last[name][1]}
            for name in names
            if name in self._last
        ]


def _value(match: re.Match[str] | None) -> float | None:
    """The first group that took part (or the whole match) as a finite number, else ``None``."""
    if match is None:
        return None
    text = next((group for group in match.groups() if group is not None), match.group(0))
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None
