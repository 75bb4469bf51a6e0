"""Metrics of trial components: put in batches by the SDK's ``Run.log_metric``, read back as statistics over periods.

The x axis of times is in milliseconds (``sagemaker.mlflow`` hands it to MLflow as it comes), that of iterations the
step; values that were put without one count from 0 in the order they came. The name of a component is given in lower
case, whatever case it has.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from statistics import fmean, pstdev
from typing import Any

from emulator import arns
from emulator.aws.call import Call
from emulator.aws.registry import EXECUTES, operation
from emulator.errors import ServiceError
from emulator.services import Services
from emulator.store.metrics import Point
from handlers.sagemaker.tracking import summaries

SERVICE = "sagemaker-metrics"
OLDEST = 14 * 86400
NEWEST = 2 * 3600
PERIODS = {"OneMinute": 60, "FiveMinute": 300, "OneHour": 3600}

STATISTICS: Mapping[str, Callable[[Sequence[float]], float]] = {
    "Min": min,
    "Max": max,
    "Avg": fmean,
    "Count": len,
    "StdDev": pstdev,
    "Last": lambda values: values[-1],
}

Record = dict[str, Any]


@operation(SERVICE, "BatchPutMetrics", does=EXECUTES)
def batch_put_metrics(call: Call, services: Services) -> Record:
    """Append values to a component that is there; those whose time is too far from now are told of and left out."""
    now = arns.now()
    good, errors = [], []
    for index, given in enumerate(call.params["MetricData"]):
        if now - OLDEST <= given["Timestamp"] <= now + NEWEST and math.isfinite(given["Value"]):
            good.append((given["MetricName"], Point(given["Timestamp"], given.get("Step"), given["Value"])))
        else:
            errors.append({"Code": "VALIDATION_ERROR", "MetricIndex": index})
    with services.store.transaction():
        component = _component(call, services, call.params["TrialComponentName"])
        if good:
            summaries.add(services, call.scope, component, good)
    return {"Errors": errors} if errors else {}


@operation(SERVICE, "BatchGetMetrics", does=EXECUTES)
def batch_get_metrics(call: Call, services: Services) -> Record:
    """One series per query."""
    return {"MetricQueryResults": [_result(call, services, query) for query in call.params["MetricQueries"]]}


def _result(call: Call, services: Services, query: Record) -> Record:
    iterations = query["XAxisType"] == "IterationNumber"
    if iterations != (query["Period"] == "IterationNumber"):
        text = f"Period {query['Period']} does not go with XAxisType {query['XAxisType']}."
        return {"Status": "ValidationError", "Message": text, "XAxisValues": [], "MetricValues": []}
    arn = _series_of(call, services, query["ResourceArn"])
    points = services.store.metrics.series(arn, query["MetricName"])
    groups: dict[int, list[float]] = {}
    for place, point in enumerate(points):
        at = _step(point, place) if iterations else _bucket(point.time, PERIODS[query["Period"]])
        if query.get("Start", at) <= at <= query.get("End", at):
            groups.setdefault(at, []).append(point.value)
    statistic = STATISTICS[query["MetricStat"]]
    axis = sorted(groups)
    return {"Status": "Complete", "XAxisValues": axis, "MetricValues": [float(statistic(groups[at])) for at in axis]}


def _step(point: Point, place: int) -> int:
    return place if point.step is None else point.step


def _bucket(time: float, period: int) -> int:
    return int(time // period) * period * 1000


def _series_of(call: Call, services: Services, arn: str) -> str:
    """The component of a resource: itself, or that of a job; none of another account or region."""
    resource = arn.removeprefix(arns.arn(call.scope, ""))
    kind, _, name = resource.partition("/")
    if resource == arn:
        return ""
    if kind.endswith("-job"):
        return arns.arn(call.scope, f"experiment-trial-component/{name}-aws-{kind}")
    stored = services.store.records.get(call.scope, summaries.KIND, name)
    return str(stored["TrialComponentArn"]) if stored else arn


def _component(call: Call, services: Services, name: str) -> Record:
    records = services.store.records
    found = records.get(call.scope, summaries.KIND, name) or records.spelled(call.scope, summaries.KIND, name)
    if found is None:
        raise ServiceError("ResourceNotFoundException", f"TrialComponent '{name}' does not exist.", 404)
    return found
