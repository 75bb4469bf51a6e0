"""The Model step: CreateModel, under a name we make."""

from __future__ import annotations

from collections.abc import Iterator

from emulator.errors import ServiceError
from emulator.pipelines import arguments as shapes
from emulator.pipelines.definition import Step
from emulator.pipelines.steps.base import Context, Done, step_type
from emulator.pipelines.steps.jobs import job_name


def check(step: Step) -> Iterator[str]:
    """The arguments are CreateModel's, without the name."""
    yield from shapes.problems("CreateModel", step.arguments, ("ModelName",))


@step_type("Model", check=check)
def run(context: Context) -> Done:
    """Create the model, unless the run before a restart did. Properties: DescribeModel's answer."""
    name = context.record.get("_name") or job_name(context, "ModelName")
    context.note({"_name": name})
    if not (context.record.get("_name") and _exists(context, name)):
        resolved = shapes.fit("CreateModel", context.resolve(context.step.arguments))
        context.call("CreateModel", {**resolved, "ModelName": name})
    described = context.call("DescribeModel", {"ModelName": name})
    return Done({"Model": {"Arn": described["ModelArn"]}}, described)


def _exists(context: Context, name: str) -> bool:
    try:
        context.tools.call(context.scope, "sagemaker", "DescribeModel", {"ModelName": name})
    except ServiceError:
        return False
    return True
