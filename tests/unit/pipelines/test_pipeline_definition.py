"""Reading and checking definitions: everything wrong with one is told at once."""

from __future__ import annotations

import json
from typing import Any

import pytest

from emulator.errors import ServiceError
from emulator.pipelines import checks, steps
from emulator.pipelines.definition import Branch

RUNNABLE = {name: kind.check for name, kind in steps.types().items()}


def step(name: str, kind: str = "Fail", arguments: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    return {"Name": name, "Type": kind, "Arguments": arguments or {"ErrorMessage": "x"}, **more}


def model(name: str, image: Any = "image", **more: Any) -> dict[str, Any]:
    arguments = {"ExecutionRoleArn": "arn:aws:iam::123456789012:role/r", "PrimaryContainer": {"Image": image}}
    return step(name, "Model", arguments, **more)


def read(*items: dict[str, Any], **top: Any) -> Any:
    return checks.read(json.dumps({"Version": "2020-12-01", "Steps": list(items), **top}), RUNNABLE)


def problems(*items: dict[str, Any], **top: Any) -> str:
    with pytest.raises(ServiceError) as caught:
        read(*items, **top)
    assert caught.value.code == "ValidationException"
    assert caught.value.message.startswith("Unable to parse pipeline definition. ")
    return caught.value.message


def condition(name: str, yes: list[Any], no: list[Any], left: Any = 1) -> dict[str, Any]:
    tests = [{"Type": "Equals", "LeftValue": left, "RightValue": 1}]
    return step(name, "Condition", {"Conditions": tests, "IfSteps": yes, "ElseSteps": no})


def test_steps_of_branches_are_flattened() -> None:
    definition = read(condition("c", [model("a")], [condition("d", [model("b")], [])]))
    assert {name: one.branch for name, one in definition.steps.items()} == {
        "c": None,
        "a": Branch("c", True),
        "d": Branch("c", False),
        "b": Branch("d", True),
    }


@pytest.mark.parametrize("text", ["", "{", "[]", '"x"', "null", '{"Version": "2020-12-01", "Steps": {}}'])
def test_what_is_no_definition_is_refused(text: str) -> None:
    with pytest.raises(ServiceError, match="Unable to parse pipeline definition"):
        checks.read(text, RUNNABLE)


def test_all_form_problems_at_once() -> None:
    text = problems(
        step("twice"),
        step("twice"),
        step("bad name"),
        step("what", "Whatever"),
        step("tune", "Tuning"),
        {"Name": "empty", "Type": "Fail"},
        Version="2019-01-01",
        Parameters=[
            {"Name": "n", "Type": "Integer", "DefaultValue": "five"},
            {"Name": "n", "Type": "Integer"},
            {"Name": "b", "Type": "Integer", "DefaultValue": True},
            {"Name": "e", "Type": "String", "DefaultValue": "c", "EnumValues": ["a", "b"]},
            {"Name": "t", "Type": "Number"},
        ],
    )
    for expected in (
        "Version must be",
        "'twice' is used twice",
        "'bad name'",
        "'what' has unknown Type 'Whatever'",
        "Step 'tune' is of type 'Tuning', which sagemaker-emulator does not run yet",
        "'empty' has no Arguments",
        "DefaultValue 'five' of parameter 'n' isn't of the expected type 'Integer'",
        "'n' is declared twice",
        "DefaultValue True of parameter 'b'",
        "is not in its EnumValues",
        "'t' has unknown Type 'Number'",
    ):
        assert expected in text


def test_all_reference_problems_at_once() -> None:
    text = problems(
        model("a", {"Get": "Parameters.Nope"}, DependsOn=["ghost"]),
        model("b", {"Get": "Steps.phantom.ModelName"}),
        model("c", {"Get": "Execution.Weather"}),
        model("d", {"Get": "Nowhere.x"}),
        model("e", {"Std:Join": {"On": "/"}}),
        model("f", {"Std:Upper": {}}),
        model("g", {"Std:JsonGet": {"PropertyFile": {"Get": "Steps.a.PropertyFiles.F"}, "Path": "x"}}),
        condition("h", [], [], {"Get": "Parameters.Neither"}),
    )
    for expected in (
        "Step 'a' refers to parameter 'Nope', which is not declared",
        "Step 'a' depends on step 'ghost', which is not in the pipeline",
        "Step 'b' refers to step 'phantom', which is not in the pipeline",
        "unknown execution variable 'Weather'",
        "'Nowhere.x' is not a valid reference",
        "Std:Join expects a list of Values",
        "'Std:Upper' is not a known function",
        "step 'a' has no property file 'F'",
        "Step 'h' refers to parameter 'Neither', which is not declared",
    ):
        assert expected in text


def test_nothing_may_depend_on_a_fail_step() -> None:
    assert "after can not depends on stop" in problems(step("stop"), model("after", DependsOn=["stop"]))


def test_a_cycle_is_named() -> None:
    text = problems(model("a", {"Get": "Steps.b.ModelName"}), model("b", DependsOn=["a"]))
    assert "Cycle detected" in text
    assert "a -> b -> a" in text or "b -> a -> b" in text


def test_a_step_that_needs_its_own_branch_is_a_cycle() -> None:
    assert "Cycle" in problems(condition("c", [model("a")], [], {"Get": "Steps.a.ModelName"}))


def test_arguments_are_checked_against_the_operation() -> None:
    arguments = {
        "ModelName": "m",
        "TransformInputs": {},
        "MaxPayloadInMB": "six",
        "BatchStrategy": {"Get": "Parameters.p"},
    }
    text = problems(step("t", "Transform", arguments), Parameters=[{"Name": "p", "Type": "String"}])
    assert "Unknown Argument member 'TransformInputs'" in text
    assert "Property 'MaxPayloadInMB' with value 'six' isn't of the expected type 'Integer'" in text
    assert "Missing required Argument member 'TransformInput'" in text


@pytest.mark.parametrize(
    "bad",
    [
        [],
        [{"Type": "Like", "LeftValue": 1, "RightValue": 1}],
        [{"Type": "Equals", "LeftValue": 1}],
        [{"Type": "In", "QueryValue": 1, "Values": 1}],
        [{"Type": "Not", "Condition": {"Type": "Or"}}],
        "x",
    ],
)
def test_malformed_conditions_are_refused(bad: Any) -> None:
    assert "ondition" in problems(step("c", "Condition", {"Conditions": bad, "IfSteps": [], "ElseSteps": []}))
