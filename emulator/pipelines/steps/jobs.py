"""Steps that are a SageMaker job: one row each. The step creates the job, waits for its end, and has its description
as properties.

The job's name is noted before the job is created, so a restart finds the job again by name and never starts a second
one beside it. A job that could not outlive the server (process executor) is run anew, as another attempt. The names we
make follow the service's: ``pipelines-<execution id>-<step>-<random>``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from emulator.arns import short_id, tail
from emulator.errors import ServiceError
from emulator.jobs.base import ENDED
from emulator.pipelines import arguments as shapes
from emulator.pipelines import cache
from emulator.pipelines.definition import Step
from emulator.pipelines.steps.base import INTERRUPTED, Context, Done, StepFailed, StepStopped, Suspended, add

LOOK = 0.5  # seconds between looks at the stop flags while a job runs
MAX_NAME = 63


@dataclass(frozen=True, slots=True)
class Row:
    """A job resource: ``TrainingJob`` gives CreateTrainingJob, TrainingJobName, TrainingJobStatus and so on.

    ``metadata`` is its member in the step's Metadata; ``cached`` the request members in the cache key.
    """

    type: str
    resource: str
    metadata: str
    cached: tuple[str, ...]

    @property
    def name(self) -> str:
        """The request member that holds the job's name."""
        return f"{self.resource}Name"

    @property
    def status(self) -> str:
        """The describe member that holds the job's status."""
        return f"{self.resource}Status"


def job_step(type_: str, resource: str, *, cached: tuple[str, ...] = (), metadata: str = "") -> None:
    """Register a step type that runs a job of a resource."""
    row = Row(type_, resource, metadata or resource, cached)

    def run(context: Context) -> Done:
        return run_job(context, row)

    def check(step: Step) -> Iterator[str]:
        yield from shapes.problems(f"Create{row.resource}", step.arguments, (row.name,))

    add(type_, run, check)


def run_job(context: Context, row: Row) -> Done:
    """Create the job, or find the one a run before a restart created, and see it through."""
    name = context.record.get("_name") or job_name(context, row.name)
    request = _request(context, row, name)
    key = cache.key(context, row.cached, request)
    hit = cache.find(context, key)
    if hit:
        return hit
    context.note({"_name": name})
    arn = _create(context, row, request)
    metadata = {row.metadata: {"Arn": arn}}
    context.note({"_name": name, "Metadata": metadata})
    described = _wait(context, row, name)
    _judge(context, row, described, metadata)
    done = Done(metadata, described)
    cache.keep(context, key, done)
    return done


def job_name(context: Context, member: str) -> str:
    """A new name; a name in the arguments is the user's own prefix (``use_custom_job_prefix``)."""
    execution = tail(context.execution_arn)
    step = re.sub(r"[^a-zA-Z0-9]+", "-", context.step.name).strip("-")
    own = context.step.arguments.get(member)
    head = f"{context.resolve(own)}-{execution}" if own else f"pipelines-{execution}-{step}"
    return f"{head[: MAX_NAME - 11].rstrip('-')}-{short_id(10)}"


def _request(context: Context, row: Row, name: str) -> dict[str, Any]:
    resolved = context.resolve(context.step.arguments, **{row.name: name})
    request = {**shapes.fit(f"Create{row.resource}", resolved), row.name: name}
    return {**_experiment(context), **request}


def _experiment(context: Context) -> dict[str, Any]:
    """The trial of this execution, in which the job's component goes, unless that trial could not be made."""
    config = context.known.experiment
    trial = context.tools.store.records.get(context.scope, "Trial", config.get("TrialName", ""))
    if trial is None or trial["ExperimentName"] != config.get("ExperimentName"):
        return {}
    return {"ExperimentConfig": {member: config[member] for member in ("ExperimentName", "TrialName")}}


def _create(context: Context, row: Row, request: Mapping[str, Any]) -> str:
    found = _describe(context, row, request[row.name]) if context.record.get("_name") else None
    if found is None:
        if context.stopping.is_set():
            raise StepStopped
        found = context.call(f"Create{row.resource}", request)
    return str(found[f"{row.resource}Arn"])


def _describe(context: Context, row: Row, name: str) -> dict[str, Any] | None:
    try:
        return context.tools.call(context.scope, "sagemaker", f"Describe{row.resource}", {row.name: name})
    except ServiceError:
        return None


def _wait(context: Context, row: Row, name: str) -> dict[str, Any]:
    """Block until the job has ended; stops it when the execution is being stopped. Returns its description."""
    records, asked = context.tools.store.records, False
    while True:
        if context.closing.is_set():
            raise Suspended
        if context.stopping.is_set() and not asked:
            asked = True
            _stop(context, row, name)
        record = records.wait(context.scope, row.resource, name, lambda found: found[row.status] in ENDED, LOOK)
        if record is None:
            raise StepFailed(f"ClientError: {row.resource} {name} was deleted while its step was running.")
        if record[row.status] in ENDED:
            return context.call(f"Describe{row.resource}", {row.name: name})


def _stop(context: Context, row: Row, name: str) -> None:
    context.note({"StepStatus": "Stopping"})
    try:
        context.tools.call(context.scope, "sagemaker", f"Stop{row.resource}", {row.name: name})
    except ServiceError:
        return  # it ended between our look and our call


def _judge(context: Context, row: Row, described: Mapping[str, Any], metadata: Mapping[str, Any]) -> None:
    status, reason = described[row.status], str(described.get("FailureReason", ""))
    if status == "Failed" and context.record.get("_name") and reason.startswith("InternalServerError"):
        raise StepFailed(reason, metadata, kind=INTERRUPTED)
    if status == "Stopped":
        if context.stopping.is_set():
            raise StepStopped
        reason = reason or f"{row.resource} was stopped."
    if status != "Completed":
        kind = reason.split(":", 1)[0]
        prefixed = reason if kind in {"ClientError", "InternalServerError"} else f"ClientError: {reason}"
        raise StepFailed(prefixed.rstrip(), metadata, kind=kind)


# The members of the cache key: the developer guide's table in "Caching pipeline steps".
job_step("Processing", "ProcessingJob", cached=("AppSpecification", "Environment", "ProcessingInputs"))
job_step(
    "Training",
    "TrainingJob",
    cached=(
        "AlgorithmSpecification",
        "CheckpointConfig",
        "DebugHookConfig",
        "DebugRuleConfigurations",
        "Environment",
        "HyperParameters",
        "InputDataConfig",
    ),
)
job_step("Transform", "TransformJob", cached=("DataProcessing", "Environment", "ModelName", "TransformInput"))
