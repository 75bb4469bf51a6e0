"""Parameters, references, functions, conditions, durations and retry delays: the pure parts."""

from __future__ import annotations

import json
from typing import Any

import pytest

from emulator.errors import ServiceError
from emulator.pipelines import arguments, cache, conditions, parameters, paths, retry
from emulator.pipelines.definition import parse
from emulator.pipelines.expressions import Known, Unresolved, resolve
from emulator.pipelines.graph import Schedule

PROCESSED = {
    "ProcessingOutputConfig": {"Outputs": [{"OutputName": "report", "S3Output": {"S3Uri": "s3://b/run/report"}}]},
    "FinalMetricDataList": [{"MetricName": "validation:rmse", "Value": 2.5}],
}
TEXT = json.dumps(
    {
        "Version": "2020-12-01",
        "Parameters": [
            {"Name": "count", "Type": "Integer", "DefaultValue": 2},
            {"Name": "rate", "Type": "Float"},
            {"Name": "flag", "Type": "Boolean", "DefaultValue": False},
            {"Name": "mode", "Type": "String", "DefaultValue": "a", "EnumValues": ["a", "b"]},
        ],
        "Steps": [
            {
                "Name": "eval",
                "Type": "Processing",
                "Arguments": {},
                "PropertyFiles": [{"PropertyFileName": "F", "OutputName": "report", "FilePath": "evaluation.json"}],
            }
        ],
    }
)
DEFINITION = parse(TEXT, ["Processing"])


def given(**values: str) -> list[dict[str, str]]:
    return [{"Name": name, "Value": value} for name, value in values.items()]


def known(**more: Any) -> Known:
    facts: dict[str, Any] = {
        "parameters": {"count": 2, "flag": True, "mode": "a"},
        "execution": {"PipelineName": "p"},
        "properties": {"eval": PROCESSED, "check": {"Outcome": True}},
        "steps": DEFINITION.steps,
        "read": {"s3://b/run/report/evaluation.json": {"m": {"mse": {"value": 4.5}}, "l": [{"a b": 1}]}}.__getitem__,
    }
    return Known(**(facts | more))


def get(text: str) -> dict[str, str]:
    return {"Get": text}


def json_get(path: str) -> dict[str, Any]:
    return {"Std:JsonGet": {"PropertyFile": get("Steps.eval.PropertyFiles.F"), "Path": path}}


def test_parameters_are_cast() -> None:
    values = parameters.bind(DEFINITION, given(count="7", rate="0.5", flag="True", mode="b"))
    assert values == {"count": 7, "rate": 0.5, "flag": True, "mode": "b"}
    stored = parameters.texts(values)
    assert {"Name": "flag", "Value": "true"} in stored
    assert parameters.values(DEFINITION, stored) == values


def test_all_wrong_parameters_are_told_at_once() -> None:
    with pytest.raises(ServiceError) as caught:
        parameters.bind(DEFINITION, given(count="7.5", flag="maybe", mode="c", ghost="1"))
    for expected in (
        "Unexpected type for parameter 'count'. Expected Integer but found '7.5'",
        "'flag'. Expected Boolean",
        "'mode' has value 'c'",
        "Unknown parameter 'ghost'",
        "Parameter 'rate' is undefined",
    ):
        assert expected in caught.value.message


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (get("Parameters.count"), 2),
        ({"deep": [get("Execution.PipelineName"), None, {"x": None}]}, {"deep": ["p", None, {}]}),
        (get("Steps.eval.ProcessingOutputConfig.Outputs['report'].S3Output.S3Uri"), "s3://b/run/report"),
        (get("Steps.eval.ProcessingOutputConfig.Outputs[0].OutputName"), "report"),
        (get("Steps.eval.FinalMetricDataList['validation:rmse'].Value"), 2.5),
        (get("Steps.check.Outcome"), True),
        (
            {"Std:Join": {"On": "-", "Values": ["a", 1, 2.5, get("Parameters.flag"), get("Steps.check.Outcome")]}},
            "a-1-2.5-true-true",
        ),
        (
            {"Std:Join": {"On": "", "Values": [{"Std:Join": {"On": "/", "Values": ["x", json_get("m.mse.value")]}}]}},
            "x/4.5",
        ),
        (json_get("m.mse.value"), 4.5),
        (json_get("$.l[0]['a b']"), 1),
        ({"Get": "Parameters.count", "Other": 1}, {"Get": "Parameters.count", "Other": 1}),
    ],
)
def test_expressions(value: Any, expected: Any) -> None:
    assert resolve(value, known()) == expected


@pytest.mark.parametrize(
    "value",
    [
        get("Steps.eval.Missing"),
        get("Steps.other.Anything"),
        get("Steps.eval.FinalMetricDataList['train:rmse'].Value"),
        get("Steps.eval.FinalMetricDataList[3]"),
        json_get("m.nope"),
        json_get("m.mse"),
        {"Std:Join": {"On": "", "Values": [get("Steps.eval.ProcessingOutputConfig")]}},
    ],
)
def test_what_leads_nowhere_is_unresolved(value: Any) -> None:
    with pytest.raises(Unresolved):
        resolve(value, known())


@pytest.mark.parametrize("text", ["a[", "a['b]", "a..b", "a[x]"])
def test_malformed_paths(text: str) -> None:
    with pytest.raises(paths.PathError):
        paths.parse(text)


def compare(kind: str, left: Any, right: Any) -> dict[str, Any]:
    return {"Type": kind, "LeftValue": left, "RightValue": right}


@pytest.mark.parametrize(
    ("items", "expected"),
    [
        ([compare("Equals", 1, 1.0)], True),
        ([compare("Equals", "1", "1")], True),
        ([compare("GreaterThan", "1", "3")], False),
        ([compare("GreaterThanOrEqualTo", 3, 3)], True),
        ([compare("LessThan", json_get("m.mse.value"), get("Parameters.count"))], False),
        ([compare("LessThanOrEqualTo", 2.0, 2)], True),
        ([compare("Equals", get("Steps.check.Outcome"), True), compare("LessThan", 1, 2)], True),
        ([compare("LessThan", 1, 2), compare("LessThan", 2, 1)], False),
        ([{"Type": "In", "QueryValue": get("Parameters.mode"), "Values": ["b", "a"]}], True),
        ([{"Type": "Not", "Condition": {"Type": "In", "QueryValue": 3, "Values": [1, 2]}}], True),
        ([{"Type": "Or", "Conditions": [compare("Equals", 1, 2), compare("Equals", 2, 2)]}], True),
    ],
)
def test_conditions(items: list[Any], expected: bool) -> None:
    assert conditions.evaluate(items, known()) is expected


@pytest.mark.parametrize(
    "item", [compare("Equals", "1", 1), compare("LessThan", True, False), compare("Equals", 1, True)]
)
def test_operands_of_different_types_fail(item: Any) -> None:
    with pytest.raises(Unresolved):
        conditions.evaluate([item], known())


def test_values_are_fitted_to_the_operation() -> None:
    fitted = arguments.fit(
        "CreateTrainingJob",
        {
            "HyperParameters": {"depth": 5, "eta": 0.1, "flag": True, "name": "x"},
            "ResourceConfig": {"InstanceCount": "2", "InstanceType": "ml.m5.large"},
            "EnableNetworkIsolation": "true",
        },
    )
    assert fitted["HyperParameters"] == {"depth": "5", "eta": "0.1", "flag": "true", "name": "x"}
    assert fitted["ResourceConfig"]["InstanceCount"] == 2
    assert fitted["EnableNetworkIsolation"] is True


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("P30d", 2592000),
        ("T12H", 43200),
        ("30dT5h", 2610000),
        ("PT1M30S", 90),
        ("P1M", 2592000),
        ("soon", None),
        ("", None),
    ],
)
def test_durations(text: str, expected: float | None) -> None:
    assert cache.seconds(text) == expected


def test_retry_policies() -> None:
    policies = [
        {"ExceptionType": ["SageMaker.CAPACITY_ERROR"], "IntervalSeconds": 2, "BackoffRate": 3.0, "MaxAttempts": 2},
        {"ExceptionType": ["Step.THROTTLING"], "IntervalSeconds": 30, "ExpireAfterMin": 1},
    ]
    assert [retry.delay(policies, "CapacityError", n, 0) for n in (1, 2, 3)] == [2, 6, None]
    assert [retry.delay(policies, "ThrottlingException", 1, at) for at in (0, 45)] == [30, None]
    assert retry.delay(policies, "AlgorithmError", 1, 0) is None


def schedule(*items: dict[str, Any]) -> Schedule:
    return Schedule(parse(json.dumps({"Version": "2020-12-01", "Steps": items}), ["Fail", "Condition"]))


def item(name: str, *depends_on: str, kind: str = "Fail", **arguments: Any) -> dict[str, Any]:
    return {"Name": name, "Type": kind, "Arguments": arguments, "DependsOn": list(depends_on)}


def test_schedule_follows_dependencies() -> None:
    plan = schedule(item("last", "left", "right"), item("right", "first"), item("left", "first"), item("first"))
    assert plan.ready() == ["first"]
    plan.finish("first")
    assert plan.ready() == ["right", "left"]
    plan.finish("left")
    assert plan.ready() == []
    plan.finish("right")
    assert plan.ready() == ["last"]


@pytest.mark.parametrize(("outcome", "runs"), [(True, {"a", "after"}), (False, {"b"})])
def test_schedule_skips_the_other_branch_and_what_needs_it(outcome: bool, runs: set[str]) -> None:
    nested = item("inner", kind="Condition", IfSteps=[item("deep")])
    plan = schedule(
        item("c", kind="Condition", IfSteps=[item("a")], ElseSteps=[item("b")]),
        item("d", kind="Condition", IfSteps=[nested]),
        item("after", "a"),
    )
    assert set(plan.ready()) == {"c", "d"}
    plan.finish("d", False)
    plan.finish("c", outcome)
    ran = set(found := plan.ready())
    for name in found:
        plan.finish(name)
    ran.update(plan.ready())
    assert ran == runs
    assert {"inner", "deep"} <= plan.skipped
