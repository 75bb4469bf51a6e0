"""The trial component that SageMaker makes for every job: ``<job>-aws-training-job`` and so on.

Made with the job, kept in step with its status and times until the job's end. Names and ``Source.SourceType`` are what
the SDK looks for (its lineage visualizer adds the suffix to the job's name to find the component).
"""

from __future__ import annotations

from typing import Any

from emulator import arns
from emulator.jobs.base import registered
from emulator.services import Services
from emulator.store.watching import Change

Record = dict[str, Any]

KIND = "TrialComponent"
SOURCES = {
    "TrainingJob": ("aws-training-job", "SageMakerTrainingJob"),
    "ProcessingJob": ("aws-processing-job", "SageMakerProcessingJob"),
    "TransformJob": ("aws-transform-job", "SageMakerTransformJob"),
}


def component_name(change: Change) -> str:
    """The name of a job's component."""
    return f"{change.name}-{SOURCES[change.kind][0]}"


def keep(change: Change, services: Services) -> Record:
    """The component of a job as it is after this change of the job: made, or brought up to date."""
    name = component_name(change)
    present = services.store.records.update(change.scope, KIND, name, _state(change))
    return present if present is not None else _make(change, services, name)


def _make(change: Change, services: Services, name: str) -> Record:
    now = arns.now()
    arn = arns.arn(change.scope, f"experiment-trial-component/{name}")
    record: Record = {
        "TrialComponentName": name,
        "TrialComponentArn": arn,
        "DisplayName": change.record.get("ExperimentConfig", {}).get("TrialComponentDisplayName", name),
        "Source": {"SourceArn": change.record[f"{change.kind}Arn"], "SourceType": SOURCES[change.kind][1]},
        "CreationTime": now,
        "LastModifiedTime": now,
        "CreatedBy": {},
        "LastModifiedBy": {},
        "Parameters": {},
        "InputArtifacts": {},
        "OutputArtifacts": {},
        **_state(change),
    }
    services.store.records.insert(change.scope, KIND, name, record, arn=arn)
    return record


def _state(change: Change) -> Record:
    job, kind = change.record, registered()[change.kind]
    status, secondary, reason = job[kind.status], job.get("SecondaryStatus"), job.get("FailureReason")
    message = f"Status: {status}, secondary status: {secondary or 'null'}, failure reason: {reason or 'null'}."
    times = {"StartTime": job.get(kind.start_time), "EndTime": job.get(kind.end_time)}
    return {
        "Status": {"PrimaryStatus": status, "Message": message},
        **{member: time for member, time in times.items() if time is not None},
    }
