"""The RegisterModel step: CreateModelPackage in a group, which the service makes when it is not there.

The SDK's register step names a group without creating it. Package and note are written in one transaction: a version
number is given once, so after a restart the step must know whether it has registered already.
"""

from __future__ import annotations

from collections.abc import Iterator

from emulator.arns import own
from emulator.errors import ServiceError
from emulator.pipelines import arguments as shapes
from emulator.pipelines.definition import Step
from emulator.pipelines.steps.base import Context, Done, StepFailed, Suspended, step_type

LOOK = 0.5
RUNNING = frozenset({"Pending", "InProgress"})


def check(step: Step) -> Iterator[str]:
    """The arguments are CreateModelPackage's."""
    yield from shapes.problems("CreateModelPackage", step.arguments, ())


@step_type("RegisterModel", check=check)
def run(context: Context) -> Done:
    """Register a version and wait for it. Properties: DescribeModelPackage's answer."""
    arn = context.record.get("_arn") or _register(context)
    described = context.call("DescribeModelPackage", {"ModelPackageName": arn})
    while described["ModelPackageStatus"] in RUNNING:
        if context.closing.wait(LOOK):
            raise Suspended
        described = context.call("DescribeModelPackage", {"ModelPackageName": arn})
    metadata = {"RegisterModel": {"Arn": arn}}
    if described["ModelPackageStatus"] != "Completed":
        raise StepFailed(f"ClientError: Model package {arn} ended as {described['ModelPackageStatus']}.", metadata)
    return Done(metadata, described)


def _register(context: Context) -> str:
    request = shapes.fit("CreateModelPackage", context.resolve(context.step.arguments))
    if "ModelPackageGroupName" in request:
        _ensure_group(context, own(context.scope, request["ModelPackageGroupName"], "model-package-group"))
    with context.tools.store.transaction():
        arn = str(context.call("CreateModelPackage", request)["ModelPackageArn"])
        context.note({"_arn": arn})
    return arn


def _ensure_group(context: Context, name: str) -> None:
    try:
        context.tools.call(context.scope, "sagemaker", "DescribeModelPackageGroup", {"ModelPackageGroupName": name})
    except ServiceError:
        context.call("CreateModelPackageGroup", {"ModelPackageGroupName": name})
