"""What a trial component tells of its metrics: a summary per series, kept in its record so that Search sees it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from emulator.arns import Scope
from emulator.services import Services
from emulator.store.metrics import Point, Summary

Record = dict[str, Any]

KIND = "TrialComponent"


def add(services: Services, scope: Scope, component: Record, points: Sequence[tuple[str, Point]]) -> None:
    """Append values to a component's series and bring the summaries of these up to date, in one transaction."""
    arn, name = component["TrialComponentArn"], component["TrialComponentName"]
    source = component.get("Source", {}).get("SourceArn", arn)
    with services.store.transaction():
        services.store.metrics.put(arn, points)
        changed = services.store.metrics.summaries(arn, {metric for metric, _ in points})

        def merged(record: Record) -> Record:
            told = {metric["MetricName"]: metric for metric in record.get("Metrics", [])}
            told |= {summary.name: _told(summary, source) for summary in changed}
            return {"Metrics": [told[metric] for metric in sorted(told)]}

        services.store.records.update(scope, KIND, name, merged, touch=False)


def _told(summary: Summary, source: str) -> Record:
    return {
        "MetricName": summary.name,
        "SourceArn": source,
        "TimeStamp": summary.time,
        "Min": summary.smallest,
        "Max": summary.largest,
        "Last": summary.last,
        "Count": summary.count,
        "Avg": summary.average,
        "StdDev": summary.deviation,
    }
