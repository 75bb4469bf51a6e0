"""Whether an answer, as botocore parsed it, is what the model says: types, required members, enums, patterns.

Not lengths: the model itself bounds some members of answers closer than those of the requests that they repeat.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from resource_inputs import matches

from emulator.aws import model

TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "boolean": (bool,),
    "integer": (int,),
    "long": (int,),
    "float": (int, float),
    "double": (int, float),
    "timestamp": (datetime,),
    "structure": (dict,),
    "map": (dict,),
    "list": (list,),
}
# Required by the model, and in AWS's answers only when the request had it or the job has ended.
OPTIONAL_IN_PRACTICE = {
    "ModelArtifacts",
    "EndpointName",
    "AIRecommendationOutputResult.S3OutputLocation",
    "DescribeCompilationJobResponse.InputConfig",  # a job of a model package has none
    "DescribeModelPackageOutput.ModelPackageName",  # a version in a group has none
    "BatchDescribeModelPackageSummary.InferenceSpecification",
}
# Patterns that nothing keeps: they admit no digit in the region, or name IAM where SageMaker or IoT is meant.
DISPROVED = {"DeviceArn", "DeviceFleetArn", "EdgeDeploymentPlanArn", "EdgePackagingJobArn", "IotRoleAlias"}
# Where a job has made nothing, a required place of what it made is empty.
EMPTY = {"DescribeCompilationJob.ModelArtifacts.S3ModelArtifacts"}


def check(service: str, operation: str, answer: dict[str, Any]) -> None:
    """Fail where an answer of 200 breaks its output shape."""
    shape = model.service(service).operation(operation).output_shape
    given = {member: value for member, value in answer.items() if member != "ResponseMetadata"}
    wrong = list(_wrong(shape, given, operation)) if shape else [f"{member}: not in the model" for member in given]
    assert not wrong, wrong


def _wrong(shape: Any, value: Any, path: str) -> Iterator[str]:
    """What is wrong with a value, at any depth."""
    kind = shape.type_name
    if kind == "blob":
        return
    if not isinstance(value, TYPES[kind]) or (kind != "boolean" and isinstance(value, bool)):
        yield f"{path}: {value!r} is no {kind}"
    elif kind == "structure":
        yield from _wrong_structure(shape, value, path)
    elif kind == "list":
        for number, item in enumerate(value):
            yield from _wrong(shape.member, item, f"{path}[{number}]")
    elif kind == "map":
        for key, item in value.items():
            yield from _wrong(shape.key, key, f"{path}[key]")
            yield from _wrong(shape.value, item, f"{path}[{key}]")
    elif kind == "string":
        yield from _wrong_string(shape, value, path)


def _wrong_structure(shape: Any, value: dict[str, Any], path: str) -> Iterator[str]:
    if shape.is_document_type:
        return
    for name in shape.required_members:
        if name not in value and not {name, f"{shape.name}.{name}"} & OPTIONAL_IN_PRACTICE:
            yield f"{path}.{name}: required and not there"
    for name, item in value.items():
        if name in shape.members:
            yield from _wrong(shape.members[name], item, f"{path}.{name}")
        else:
            yield f"{path}.{name}: not in the model"


def _wrong_string(shape: Any, value: str, path: str) -> Iterator[str]:
    if shape.enum and value not in shape.enum:
        yield f"{path}: {value!r} is not in {shape.enum}"
    if shape.name not in DISPROVED and not matches(shape, value) and not (path in EMPTY and not value):
        yield f"{path}: {value!r} does not match {shape.metadata['pattern']}"
