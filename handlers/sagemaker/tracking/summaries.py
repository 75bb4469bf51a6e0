"""What a trial component tells of its metrics: a summary per series, kept in its record so that Search sees it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from emulator.arns import Scope
from emulator.services import Services
from emulator.store.metrics import Point

Record = dict[str, Any]

KIND = "TrialComponent"


def add(services: Services, scope: Scope, component: Record, points: Iterable[tuple[str, Point]]) -> None:
    """Append values to a component's series and bring its summaries up to date, in one transaction."""
    arn = component["TrialComponentArn"]
    with services.store.transaction():
        services.store.metrics.put(arn, points)
        source = component.get("Source", {}).get("SourceArn", arn)
        metrics = [
            {
                "MetricName": found.name,
                "SourceArn": source,
                "TimeStamp": found.time,
                "Min": found.smallest,
                "Max": found.largest,
                "Last": found.last,
                "Count": found.count,
                "Avg": found.average,
                "StdDev": found.deviation,
            }
            for found in services.store.metrics.summaries(arn)
        ]
        services.store.records.update(scope, KIND, component["TrialComponentName"], {"Metrics": metrics}, touch=False)
