"""Regular expressions over log lines."""

from __future__ import annotations

import re

import pytest

from emulator.images.algorithms import metric_definitions
from emulator.jobs.metrics import Metrics, literal


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


@pytest.mark.parametrize(
    ("expression", "text"),
    [
        (r".*\[[0-9]+\].*#011train-rmse:([-+]?[0-9]*\.?[0-9]+(?:[eE][-+]?[0-9]+)?).*", "#011train-rmse:"),
        (r"loss: (-?\d+\.\d+);", "loss: "),
        (r"a=(x y z)b*c{0,2}cc?d+e", "a="),
        (r"x\.y = \d", "x.y = "),
        (r"los?s = (\S+)", "s = "),
        (r'\{"loss": (.*)}|'[:-1], '{"loss": '),
        (r'{"mean loss": (\S+)}', '"mean loss": '),
        (r"[]ab]c[^]]d(e[)]f)gh", "gh"),
        (r"loss=(\d+)|error=(\d+)", ""),
        (r"(?i)LOSS=(\d+)", ""),
        (r"\d+", ""),
    ],
)
def test_what_a_line_must_hold(expression: str, text: str) -> None:
    assert literal(expression) == text


def test_long_lines_cost_next_to_nothing() -> None:
    metrics = Metrics(metric_definitions("683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:1.7-1"))
    assert metrics.feed("[1], " * 50_000, 1.0) == []  # hours, were every expression tried on it
    assert metrics.feed("[7]\ttrain-rmse:1e-3\tvalidation-rmse:.5", 1.0) == [
        ("train:rmse", 0.001),
        ("validation:rmse", 0.5),
    ]
