"""All operations of the five services, with inputs made from the model: valid ones are answered as AWS answers, never
with 500 or more; one broken constraint is named, with its member, in AWS's words and under the service's code.

In this process, through the application's WSGI door: the engines are not started, so jobs stay queued. That what is
created can be described, listed, updated and deleted is tests/resources/test_rows.py's.
"""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Iterator
from datetime import datetime
from functools import cache, partial
from typing import Any

import conforming
import pytest
import resource_inputs as inputs
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from shape_strategies import UNREAD, Fault, faults, remember, valid
from test_rows import PLAIN, make

from emulator.app import App
from emulator.aws import model, registry
from emulator.aws.registry import Does
from emulator.config import Settings
from tests import raw_calls

# Of a service's broken constraints; what it models for them.
CODES = {
    "sagemaker": "ValidationException",
    "sagemaker-runtime": "ValidationError",
    "sagemaker-featurestore-runtime": "ValidationError",
    "sagemaker-metrics": "ValidationException",
    "sagemaker-a2i-runtime": "ValidationException",
}
# No model lists these, and boto's waiters and the SDK look for them.
UNLISTED = {
    "sagemaker": {"ValidationException"},
    "sagemaker-metrics": {"ValidationException", "ResourceNotFoundException"},
}
ORDER = ("Create", "Import", "Register", "Put", "Add", "Update", "Describe", "List", "Start", "Stop", "Delete")

quick = settings(
    max_examples=5,
    deadline=None,
    derandomize=True,
    database=None,
    phases=(Phase.generate,),
    suppress_health_check=list(HealthCheck),
)

FAIL = {"Name": "Fail", "Type": "Fail", "Arguments": {"ErrorMessage": "no"}}
FAILING = json.dumps({"Version": "2020-12-01", "Metadata": {}, "Parameters": [], "Steps": [FAIL]})
OUTPUT = {"S3OutputPath": "s3://bucket/output"}
CLUSTER = {"InstanceCount": 1, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 1}
# What no row of the table can be made from the model alone, or is an engine's.
MADE_OTHERWISE: dict[str, dict[str, Any]] = {
    "CreatePipeline": {"PipelineName": "walked", "PipelineDefinition": FAILING},
    "CreateTrainingJob": {
        "TrainingJobName": "walked",
        "AlgorithmSpecification": {"TrainingImage": "image:1", "TrainingInputMode": "File"},
        "OutputDataConfig": OUTPUT,
        "ResourceConfig": CLUSTER,
    },
    "CreateModelPackage": {"ModelPackageGroupName": "modelpackagegroupwalked"},
}


def rank(name: str) -> int:
    """What makes things comes first, what removes them last."""
    return next((place for place, verb in enumerate(ORDER) if name.startswith(verb)), 7)


OPERATIONS = [
    (service, name)
    for service in CODES
    for name in sorted(model.service(service).operation_names, key=lambda name: (rank(name), name))
]


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    """An application with one resource of every kind in it."""
    made = App(Settings(data_dir=tmp_path_factory.mktemp("walk"), executor="process", hold=False, pace=0))
    for row in PLAIN:
        make(row, partial(call, made), f"{row.noun.lower()[:20]}walked")
    for operation, members in MADE_OTHERWISE.items():
        call(made, operation, **inputs.minimal(operation, **members))
    yield made
    made.close()


def call(app: App, operation: str, **params: Any) -> dict[str, Any]:
    """The answer to a call that must succeed; its texts, and the call's, are remembered."""
    status, answer = raw_calls.ask(app, "sagemaker", operation, params)
    assert status == 200, (operation, params, answer)
    conforming.check("sagemaker", operation, answer)
    shapes = model.service("sagemaker").operation(operation)
    remember(shapes.input_shape, params)
    if shapes.output_shape:
        remember(shapes.output_shape, answer)
    return answer


def input_of(service: str, name: str) -> Any:
    return model.service(service).operation(name).input_shape


def answered(app: App, service: str, name: str, params: dict[str, Any]) -> None:
    """An answer with all required members, or a modelled error in AWS's form; never 500 or more."""
    status, answer = raw_calls.ask(app, service, name, params)
    assert status < 500, (params, answer)
    does = registry.does(service, name)
    if status < 300:
        assert does != refused_as(does), f"{name} is said to be refused, and is not"
        conforming.check(service, name, answer)
        return
    code = answer["Error"]["Code"]
    assert code in known_codes(service), (params, answer)
    message = answer["Error"]["Message"]
    assert message
    if message.startswith(f"{name} is not supported"):
        assert does == refused_as(does), f"{name} is refused, and not said to be"
    assert "failed to satisfy constraint" not in answer["Error"]["Message"] or "must not be null" in str(answer)


def refused_as(does: Does | None) -> Does:
    """A refusal for the reason given."""
    return registry.refused(does.note if does else "")


def known_codes(service: str) -> set[str]:
    """A service's errors; an operation answers more of them than the model lists for it (ListTags: none at all)."""
    return UNLISTED.get(service, set()) | {shape.error_code for shape in model.service(service).model.error_shapes}


@pytest.mark.parametrize(("service", "name"), OPERATIONS)
def test_valid_inputs_are_answered(service: str, name: str, app: App) -> None:
    shape = input_of(service, name)
    if shape is None:
        return answered(app, service, name, {})
    answered(app, service, name, {member: inputs.value(shape.members[member]) for member in shape.required_members})

    @quick
    @given(valid(shape))
    def check(params: dict[str, Any]) -> None:
        answered(app, service, name, params)

    check()


def refused(app: App, service: str, name: str, params: dict[str, Any], fault: Fault) -> None:
    unread = fault.kind in UNREAD
    body = json.dumps(written(fault.spoil(params))).encode() if fault.kind == "type" else None
    status, answer = raw_calls.ask(app, service, name, params if body else fault.spoil(params), body)
    code, message = answer["Error"]["Code"], answer["Error"]["Message"]
    assert (status, code) == (400, "SerializationException" if unread else CODES[service]), (fault, answer)
    assert message
    assert unread or f"at '{fault.path}' failed to satisfy constraint: " in message, (fault, message)
    assert fault.rule in message, (fault, message)


def written(value: Any) -> Any:
    """A value as it stands in a JSON body."""
    if isinstance(value, dict):
        return {name: written(item) for name, item in value.items()}
    if isinstance(value, list):
        return [written(item) for item in value]
    if isinstance(value, datetime):
        return value.timestamp()
    return b64encode(value).decode() if isinstance(value, bytes) else value


@cache
def full(service: str, name: str) -> dict[str, Any]:
    """An input with all members, five structures deep."""
    return {member: inputs.rich(shape) for member, shape in input_of(service, name).members.items()}


@cache
def chosen() -> dict[tuple[str, str], list[Fault]]:
    """The faults to be tried of each operation: all of its own members; below them those of each shape where it is met
    first, and of every kind the deepest one. Answers to the others come from the same checkers."""
    met: dict[tuple[str, str], Fault] = {}
    found = {}
    for service, name in OPERATIONS:
        every = list(faults(input_of(service, name), full(service, name))) if input_of(service, name) else []
        deepest = {fault.kind: fault for fault in sorted(every, key=lambda fault: fault.depth)}
        for fault in every:
            met.setdefault((fault.kind, fault.of), fault)
        found[service, name] = [it for it in every if it.depth == 1 or it in (deepest[it.kind], met[it.kind, it.of])]
    return found


@pytest.mark.parametrize(("service", "name"), OPERATIONS)
def test_a_broken_constraint_is_named(service: str, name: str, app: App) -> None:
    shape = input_of(service, name)
    if shape is None:
        return
    for fault in chosen()[service, name]:
        refused(app, service, name, full(service, name), fault)

    @quick
    @given(st.data())
    def check(data: st.DataObject) -> None:
        params = data.draw(valid(shape))
        found = [fault for fault in faults(shape, params) if fault.kind != "type"]
        if found:
            refused(app, service, name, params, data.draw(st.sampled_from(found)))

    check()


def test_every_kind_of_fault_is_tried_three_structures_deep() -> None:
    tried = [fault for found in chosen().values() for fault in found]
    kinds = {fault.kind for fault in tried}
    assert len(kinds) == 12
    assert {fault.kind for fault in tried if fault.depth >= 3} == kinds - {"union"}  # the model has none so deep
