"""Valid inputs made from botocore's model: required members (and, on demand, all members of a call's first level).

Strings are taken from a list of plausible values, the first that meets the shape's length and pattern; a shape that
none of them meets is an error, so that the list grows with the table.
"""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache
from typing import Any

import regex

from emulator.aws import model

PLAUSIBLE = (
    "generated",
    "1",
    "true",
    "s3://bucket/prefix/key",
    "https://example.com/repository.git",
    "arn:aws:iam::123456789012:role/service-role/Role",
    "arn:aws:sagemaker:us-east-1:123456789012:cluster/abcdefghijkl",
    "arn:aws:sagemaker:us-east-1:123456789012:human-task-ui/generated",
    "arn:aws:sagemaker:us-east-1:123456789012:workteam/private-crowd/generated",
    "arn:aws:sagemaker:us-east-1:123456789012:model/generated",
    "arn:aws:sagemaker:us-east-1:123456789012:endpoint/generated",
    "arn:aws:secretsmanager:us-east-1:123456789012:secret:generated",
    "123456789012.dkr.ecr.us-east-1.amazonaws.com/image:1",
    "/opt/ml/processing/generated",
    "arn:aws:sagemaker:us-east-1:123456789012:mlflow-app/app-ABCDEFGHIJKL",
    "arn:aws:sagemaker:us-east-1:123456789012:partner-app/app-ABCDEFGHIJKL",
    "sg-0123456789abcdef0",
    "notebook-al2-v2",
    "1.0",
    "123456789012",
    "d-abcdefghijkl",
    "arn:aws:sso:::instance/ssoins-0123456789abcdef",
    "Tue:03:30",
    "10.0.0.0/8",
    "{}",
    "ZWNobyBnZW5lcmF0ZWQ=",
    "mig-1g.5gb",
    "arn:aws:sagemaker:us-east-1:123456789012:artifact/0123456789abcdef",
    "arn:aws:sagemaker:us-east-1:aws:hub-content/SageMakerPublicHub/Model/generated",
    "arn:aws:sagemaker:us-east-1:aws:hub-content/SageMakerPublicHub/DataSet/generated",
    "text/csv",
    "us-east-1a",
    "fs-0123456789abcdef0",
    "fs-0123456789abcdef0.fsx.us-east-1.amazonaws.com",
    "eni-0123456789abcdef0",
    "i-0123456789abcdef0",
    "vol-0123456789abcdef0",
    "ami-0123456789abcdef0",
    "vpc-0123456789abcdef0",
    "subnet-0123456789abcdef0",
    "01234567-89ab-cdef-0123-456789abcdef",
    "us-east-1_abcdefghi",
    "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
    "US",
    "arn:aws:kms:us-east-1:123456789012:key/01234567-89ab-cdef-0123-456789abcdef",
    "arn:aws:eks:us-east-1:123456789012:cluster/generated",
    "arn:aws:sns:us-east-1:123456789012:generated",
    "arn:aws:lambda:us-east-1:123456789012:function:generated",
    "arn:aws:codewhisperer:us-east-1:123456789012:profile/GENERATED",
    "arn:aws:sso::123456789012:application/ssoins-0123456789abcdef/apl-0123456789abcdef",
    "arn:aws:sagemaker:us-east-1:123456789012:extension/sagemaker-generated/cluster/abcdefghijkl",
    "arn:aws:sagemaker:us-east-1:123456789012:flow-definition/generated",
    "arn:aws:sagemaker:us-east-1:123456789012:image/generated",
    "arn:aws:sagemaker:us-east-1:123456789012:image-version/generated/1",
    "arn:aws:sagemaker:us-east-1:123456789012:model-card/generated/export-job/generated",
    "arn:aws:sagemaker:us-east-1:123456789012:model-package/generated/1",
    "arn:aws:sagemaker:us-east-1:123456789012:model-package-group/generated",
    "arn:aws:sagemaker:us-east-1:123456789012:pipeline/generated",
    "arn:aws:sagemaker:us-east-1:123456789012:pipeline/generated/execution/abcdefghijkl",
    "arn:aws:sagemaker:us-east-1:123456789012:reserved-capacity/generated",
    "arn:aws:sagemaker:us-east-1:123456789012:studio-lifecycle-config/generated",
    "arn:aws:sagemaker:us-east-1:123456789012:training-plan/generated",
    "1.0.0",
    "1H",
    "p50",
    "4K",
    "PT1H",
    "Python 3.11",
    "DisplayName",
    "UserName",
    "ml.u-p5.48xlarge",
    "dzd-abcdefghijkl",
    "arn:aws:sagemaker:us-east-1:123456789012:hyper-parameter-tuning-job/generated",
    "arn:aws:sagemaker:us-east-1:123456789012:inference-experiment/generated",
    "arn:aws:sagemaker:us-east-1:123456789012:inference-component/generated",
    "arn:aws:sagemaker:us-east-1:123456789012:endpoint-config/generated",
)

DEEPEST = 5

NOWHERE = (
    "no-such-thing",
    "d-nosuchthing0",
    "arn:aws:sagemaker:us-east-1:123456789012:no-such/thing",
    "arn:aws:sagemaker:us-east-1:123456789012:artifact/no-such-thing",
)


def minimal(operation: str, service: str = "sagemaker", /, **given: Any) -> dict[str, Any]:
    """The required members of an operation's input; ``given`` wins and may add to it."""
    shape = model.service(service).operation(operation).input_shape
    made = {name: value(shape.members[name]) for name in (shape.required_members if shape else ()) if name not in given}
    return made | given


def required(operation: str) -> list[str]:
    """The members that a call must have."""
    return list(model.service("sagemaker").operation(operation).input_shape.required_members)


def full(operation: str, **given: Any) -> dict[str, Any]:
    """All members of the first level, each with its required members."""
    shape = model.service("sagemaker").operation(operation).input_shape
    return {name: value(member) for name, member in shape.members.items() if name not in given} | given


def missing(operation: str, member: str) -> Any:
    """A valid value for the member that names a resource, and that nothing has."""
    shape = model.service("sagemaker").operation(operation).input_shape.members[member]
    pattern = shape.metadata.get("pattern")
    for text in () if shape.enum else NOWHERE:
        if not pattern or regex.fullmatch(pattern, text):
            return text
    return value(shape)


def value(shape: Any) -> Any:
    """A valid value of a shape."""
    kind = shape.type_name
    if kind == "structure":
        return _structure(shape)
    if kind == "list":
        return [value(shape.member)] * max(1, shape.metadata.get("min", 1))
    if kind == "map":
        return {value(shape.key): value(shape.value)}
    if kind == "string":
        return _string(shape)
    if kind in {"integer", "long", "float", "double"}:
        return max(shape.metadata.get("min", 1), min(1, shape.metadata.get("max", 1)))
    return {"boolean": True, "timestamp": datetime(2024, 1, 2, tzinfo=UTC), "blob": b"x"}[kind]


def _structure(shape: Any) -> dict[str, Any]:
    names = list(shape.required_members)
    if shape.is_tagged_union and not names:
        names = [next(iter(shape.members))]
    return {name: value(shape.members[name]) for name in names}


def _string(shape: Any) -> str:
    return str(shape.enum[0]) if shape.enum else texts(shape)[0]


@cache
def texts(shape: Any) -> list[str]:
    """All plausible values that meet a shape's length and pattern, at least one."""
    least, most = bounds(shape)
    padded = [text.ljust(least, "x") for text in PLAUSIBLE]
    found = [text for text in padded if len(text) <= most and matches(shape, text)]
    assert found, f"no plausible value for {shape.name}: {shape.metadata}"
    return found


def bounds(shape: Any) -> tuple[int, int]:
    """The least and the greatest length of a string."""
    return shape.metadata.get("min", 0), shape.metadata.get("max", 1 << 20)


def matches(shape: Any, text: str) -> bool:
    """Whether a text keeps a shape's pattern, which is Java's: no letter, digit or space beyond ASCII."""
    pattern = shape.metadata.get("pattern")
    if not pattern:
        return True
    pattern = pattern.replace(r"\uD800\uDC00-\uDBFF\uDFFF", r"\U00010000-\U0010FFFF")
    return bool(regex.fullmatch(pattern, text, 0 if r"\p{" in pattern else regex.ASCII))


def rich(shape: Any, depth: int = 0, other: bool = False) -> Any:
    """A valid value with all members that it can have, as deep as five structures go; of a union the first.

    ``other``: another value than without, where there is more than one.
    """
    kind = shape.type_name
    if kind == "structure":
        names = list(shape.members) if depth < DEEPEST else list(shape.required_members)
        names = names[:1] if shape.is_tagged_union else names
        return {name: rich(shape.members[name], depth + 1, other) for name in names}
    if kind == "list":
        return [rich(shape.member, depth + 1, other)] * max(1, shape.metadata.get("min", 1))
    if kind == "map":
        return {rich(shape.key, depth, other): rich(shape.value, depth + 1, other)}
    return _another(shape) if other else value(shape)


def _another(shape: Any) -> Any:
    """A valid scalar that is not the one of :func:`value`, if there is one."""
    kind = shape.type_name
    if kind == "string":
        return str(shape.enum[-1]) if shape.enum else texts(shape)[-1]
    if kind == "boolean":
        return False
    if kind in {"integer", "long", "float", "double"}:
        return min(value(shape) + 1, shape.metadata.get("max", 2))
    return value(shape)
