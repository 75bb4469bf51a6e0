"""Regular expressions over log lines."""

from __future__ import annotations

import re

import pytest

from emulator.jobs.metrics import Metrics


def test_last_value_of_each_metric_in_the_order_of_the_definitions() -> None:
    metrics = Metrics([{"Name": "b", "Regex": r"b=(\S+)"}, {"Name": "a", "Regex": r"a=(\S+)"}])
    assert metrics.feed("a=1 b=2", 10.0) == [("b", 2.0), ("a", 1.0)]
    metrics.feed("a=0.5e-1", 11.5)
    assert metrics.final() == [
        {"MetricName": "b", "Value": 2.0, "Timestamp": 10.0},
        {"MetricName": "a", "Value": 0.05, "Timestamp": 11.5},
    ]


@pytest.mark.parametrize("expression", [r"#011validation-rmse:(\S+)", r"\tvalidation-rmse:(\S+)"])
def test_a_tab_is_also_what_the_log_agent_makes_of_it(expression: str) -> None:
    metrics = Metrics([{"Name": "rmse", "Regex": expression}])
    assert metrics.feed("[3]\ttrain-rmse:1.5\tvalidation-rmse:2.25", 1.0) == [("rmse", 2.25)]


@pytest.mark.parametrize("line", ["loss=abc", "loss=nan", "loss=inf", "nothing"])
def test_what_is_not_a_finite_number_is_no_metric(line: str) -> None:
    metrics = Metrics([{"Name": "loss", "Regex": r"loss=(\S+)"}])
    assert metrics.feed(line, 1.0) == []
    assert metrics.final() == []


def test_the_first_group_that_took_part_is_the_value() -> None:
    assert Metrics([{"Name": "m", "Regex": r"x=(\d+)|y=(\d+)"}]).feed("y=7", 1.0) == [("m", 7.0)]
    assert Metrics([{"Name": "m", "Regex": r"\d+"}]).feed("epoch 7", 1.0) == [("m", 7.0)]


def test_an_unreadable_expression_is_refused() -> None:
    with pytest.raises(re.error):
        Metrics([{"Name": "m", "Regex": "("}])
