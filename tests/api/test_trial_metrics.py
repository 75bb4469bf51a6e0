"""Metrics of trial components: put in batches, summed up by Describe, read back as statistics."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from random import Random
from statistics import fmean, pstdev
from typing import Any

import pytest
from botocore.exceptions import ClientError

Client = Callable[..., Any]


class Component:
    """A trial component and the client of its metrics."""

    def __init__(self, client: Client) -> None:
        self.name = f"Component-{uuid.uuid4().hex[:12]}"
        self.sagemaker, self.metrics = client("sagemaker"), client("sagemaker-metrics")
        self.arn = self.sagemaker.create_trial_component(TrialComponentName=self.name)["TrialComponentArn"]
        self.now = int(time.time() // 3600) * 3600

    def put(self, *values: float, step: bool = True, apart: int = 40) -> dict[str, Any]:
        """Values of ``loss``, some seconds apart."""
        data = [
            {"MetricName": "loss", "Value": value, "Timestamp": self.now + apart * number}
            | ({"Step": number} if step else {})
            for number, value in enumerate(values)
        ]
        answer: dict[str, Any] = self.metrics.batch_put_metrics(TrialComponentName=self.name.lower(), MetricData=data)
        return answer

    def get(self, stat: str, axis: str = "IterationNumber", period: str = "IterationNumber", **more: int) -> Any:
        query = {"MetricName": "loss", "ResourceArn": self.arn, "MetricStat": stat, "Period": period, "XAxisType": axis}
        (result,) = self.metrics.batch_get_metrics(MetricQueries=[query | more])["MetricQueryResults"]
        return result


@pytest.fixture
def component(client: Client) -> Component:
    return Component(client)


def test_summaries_grow_with_every_put(component: Component) -> None:
    random = Random(7)
    values = [random.gauss(3, 2) for _ in range(120)]
    for start in range(0, len(values), 8):
        component.put(*values[start : start + 8])
    (found,) = component.sagemaker.describe_trial_component(TrialComponentName=component.name)["Metrics"]
    assert (found["Min"], found["Max"], found["Count"]) == (min(values), max(values), len(values))
    assert found["Avg"] == pytest.approx(fmean(values))
    assert found["StdDev"] == pytest.approx(pstdev(values))
    assert found["Last"] == values[-1]  # every put has the same times: of the latest, what came last


@pytest.mark.parametrize(("values", "deviation"), [((1e9, 1e9 + 1), 0.5), ((1.7e308, -1.7e308), 1.7e308)])
def test_large_values_have_their_deviation(component: Component, values: tuple[float, ...], deviation: float) -> None:
    for _ in range(10):
        component.put(*values)
    (found,) = component.sagemaker.describe_trial_component(TrialComponentName=component.name)["Metrics"]
    assert found["StdDev"] == pytest.approx(deviation)


def test_describe_sums_up(component: Component) -> None:
    component.put(4.0, 2.0, 6.0)
    component.put(8.0, step=False, apart=0)
    (found,) = component.sagemaker.describe_trial_component(TrialComponentName=component.name)["Metrics"]
    assert {member: found[member] for member in ("MetricName", "Min", "Max", "Avg", "Count", "Last")} == {
        "MetricName": "loss",
        "Min": 2.0,
        "Max": 8.0,
        "Avg": 5.0,
        "Count": 4,
        "Last": 6.0,
    }
    assert found["StdDev"] == pytest.approx(5**0.5)
    assert found["TimeStamp"].timestamp() == component.now + 80


def test_values_at_the_same_time_all_count(component: Component) -> None:
    component.put(1.0, 2.0, 3.0, step=False, apart=0)
    result = component.get("Last")
    assert (result["XAxisValues"], result["MetricValues"]) == ([0, 1, 2], [1.0, 2.0, 3.0])


def test_statistics_over_periods(component: Component) -> None:
    component.put(1.0, 3.0, 5.0, 9.0)
    by_minute = component.get("Avg", "Timestamp", "OneMinute")
    start = component.now * 1000
    assert by_minute["XAxisValues"] == [start, start + 60_000, start + 120_000]
    assert by_minute["MetricValues"] == [2.0, 5.0, 9.0]
    assert component.get("Count", "Timestamp", "OneHour")["MetricValues"] == [4.0]
    assert component.get("Max", Start=1, End=2)["MetricValues"] == [3.0, 5.0]
    assert component.get("Min", "Timestamp")["Status"] == "ValidationError"


def test_times_far_off_are_refused_one_by_one(component: Component) -> None:
    errors = component.put(1.0, 2.0, apart=30 * 86400)["Errors"]
    assert errors == [{"Code": "VALIDATION_ERROR", "MetricIndex": 1}]
    assert component.get("Last")["MetricValues"] == [1.0]


def test_no_such_component(component: Component) -> None:
    component.name = "nothing-of-that-name"
    with pytest.raises(ClientError, match="nothing-of-that-name"):
        component.put(1.0)


def test_metrics_go_with_their_component(component: Component) -> None:
    component.put(1.0)
    component.sagemaker.delete_trial_component(TrialComponentName=component.name)
    assert component.get("Last")["MetricValues"] == []
