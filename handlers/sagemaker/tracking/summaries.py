"""What a trial component tells of its metrics: a summary per series, kept in its record so that Search sees it.

A put brings the summaries up to date from what they were and the new values alone; the series are not read again.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from emulator.arns import Scope
from emulator.services import Services
from emulator.store.metrics import Point

Record = dict[str, Any]

KIND = "TrialComponent"


def add(services: Services, scope: Scope, component: Record, points: Sequence[tuple[str, Point]]) -> None:
    """Append values to a component's series and bring the summaries of these up to date, in one transaction."""
    arn, name = component["TrialComponentArn"], component["TrialComponentName"]
    source = component.get("Source", {}).get("SourceArn", arn)

    def extended(record: Record) -> Record:
        told = {metric["MetricName"]: metric for metric in record.get("Metrics", [])}
        for metric, point in points:
            told[metric] = _grown(told[metric], point) if metric in told else _first(metric, source, point)
        return {"Metrics": [told[metric] for metric in sorted(told)]}

    with services.store.transaction():
        services.store.metrics.put(arn, points)
        services.store.records.update(scope, KIND, name, extended, touch=False)


def _first(metric: str, source: str, point: Point) -> Record:
    same = dict.fromkeys(("Min", "Max", "Last", "Avg"), point.value)
    return {"MetricName": metric, "SourceArn": source, "TimeStamp": point.time, "Count": 1, "StdDev": 0.0, **same}


def _grown(told: Record, point: Point) -> Record:
    """A summary with one more value. ``Last`` is the value of the latest time, of several the one put last; ``StdDev``
    is that of the whole population, by Welford's recurrence in a form that does not overflow before its result does."""
    before, count = told["Count"], told["Count"] + 1
    step = point.value / count - told["Avg"] / count
    newest = {"TimeStamp": point.time, "Last": point.value} if point.time >= told["TimeStamp"] else {}
    return told | {
        "Min": min(told["Min"], point.value),
        "Max": max(told["Max"], point.value),
        "Count": count,
        "Avg": told["Avg"] + step,
        "StdDev": math.hypot(told["StdDev"] * math.sqrt(before / count), step * math.sqrt(before)),
        **newest,
    }
