"""Metrics that a training job prints: MetricDefinitions' regular expressions over every log line.

Log lines reach CloudWatch with tabs written as ``#011`` (the log agent does that), so regular expressions written
for AWS, those of the built-in algorithms included, say ``#011`` where the container printed a tab. Both are tried.

Expressions of that kind (``.*\\[[0-9]+\\].*#011train-rmse:``) take Python time that grows with the cube of the line's
length: a job that prints one long list would stand still. So a line is looked at only if it has the literal text that
the expression asks for.
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
        self._patterns = [(row["Name"], re.compile(row["Regex"]), literal(row["Regex"])) for row in definitions]
        self._last: dict[str, tuple[float, float]] = {}

    def feed(self, line: str, time: float) -> list[tuple[str, float]]:
        """Look at one log line seen at ``time`` (epoch seconds); returns the (name, value) pairs found in it."""
        texts = dict.fromkeys((line, line.replace("\t", "#011")))
        found = []
        for name, pattern, needle in self._patterns:
            matches = (pattern.search(text) for text in texts if needle in text)
            value = _value(next((match for match in matches if match), None))
            if value is not None:
                self._last[name] = (value, time)
                found.append((name, value))
        return found

    def final(self) -> list[dict[str, Any]]:
        """``FinalMetricDataList``: one entry per metric that was seen, in the order of the definitions."""
        names = dict.fromkeys(name for name, *_ in self._patterns)
        return [
            {"MetricName": name, "Value": self._last[name][0], "Timestamp": self._last[name][1]}
            for name in names
            if name in self._last
        ]


_TOKEN = re.compile(
    r"(?P<set>\[\^?\]?(?:\\.|[^\]\\])*\])|(?P<escape>\\.)|(?P<open>\()|(?P<close>\))"
    r"|(?P<many>[*?]|\{\d*,?\d*\})|(?P<one>.)",
    re.DOTALL,
)
_PLAIN = re.compile(r"[^.^$+|\[\](){}*?\\]|\\[^0-9A-Za-z]")


def literal(expression: str) -> str:
    """The longest text that every match of ``expression`` holds as it stands; ``""`` where none is certain.

    Only what stands outside of groups and sets is read; with alternatives or flags nothing is certain.
    """
    if "|" in expression or "(?" in expression.replace("(?:", ""):
        return ""
    runs, depth = [""], 0
    for token in _TOKEN.finditer(expression):
        kind, text = token.lastgroup, token.group()
        depth += (kind == "open") - (kind == "close")
        if kind == "many":  # what stands before it may be missing
            runs[-1] = runs[-1][:-1]
        if not depth and kind in {"one", "escape"} and _PLAIN.fullmatch(text):
            runs[-1] += text[-1]
        elif runs[-1]:
            runs.append("")
    return max(runs, key=len)


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
