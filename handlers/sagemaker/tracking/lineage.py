"""The lineage SageMaker records of a job at its end: artifacts of what went in and came out, associated with the job's
trial component.

Which properties become artifacts: developer guide, "Amazon SageMaker-created tracking entities". Inputs
``ContributedTo`` the component of every job, however it ended; outputs are ``Produced`` by jobs that have them. A URI
is taken as given, not per object below it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from emulator.arns import Scope
from emulator.services import Services
from emulator.store import Stored
from emulator.store.watching import Change
from handlers.sagemaker.lineage.entities import record_artifact, record_link

Record = dict[str, Any]
Things = Iterator[tuple[str, str]]
"""Pairs of a URI (which may be empty: there is none) and the type of its artifact."""


def record(change: Change, services: Services, component: Record) -> None:
    """Record a job that has ended. Doing it again adds nothing."""
    inputs, outputs = SIDES[change.kind]
    node = Stored(change.scope, "TrialComponent", "", component["TrialComponentArn"], "", component)
    for uri, kind in inputs(change.scope, services, change.record):
        if uri:
            record_link(services, record_artifact(services, change.scope, uri, kind), node, "ContributedTo")
    for uri, kind in outputs(change.record):
        if uri:
            record_link(services, node, record_artifact(services, change.scope, uri, kind), "Produced")


def _into_training(scope: Scope, services: Services, job: Record) -> Things:
    yield job.get("AlgorithmSpecification", {}).get("TrainingImage", ""), "Image"
    for channel in job.get("InputDataConfig", []):
        yield channel.get("DataSource", {}).get("S3DataSource", {}).get("S3Uri", ""), "DataSet"


def _out_of_training(job: Record) -> Things:
    yield job.get("ModelArtifacts", {}).get("S3ModelArtifacts", ""), "Model"
    yield job.get("CheckpointConfig", {}).get("S3Uri", ""), "Checkpoint"
    yield job.get("TensorBoardOutputConfig", {}).get("S3OutputPath", ""), "TensorBoard"


def _into_processing(scope: Scope, services: Services, job: Record) -> Things:
    yield job.get("AppSpecification", {}).get("ImageUri", ""), "Image"
    for item in job.get("ProcessingInputs", []):
        yield item.get("S3Input", {}).get("S3Uri", ""), "DataSet"
        for definition in ("AthenaDatasetDefinition", "RedshiftDatasetDefinition"):
            yield item.get("DatasetDefinition", {}).get(definition, {}).get("OutputS3Uri", ""), "DataSet"


def _out_of_processing(job: Record) -> Things:
    if job["ProcessingJobStatus"] == "Completed":
        for item in job.get("ProcessingOutputConfig", {}).get("Outputs", []):
            yield item.get("S3Output", {}).get("S3Uri", ""), "DataSet"


def _into_transform(scope: Scope, services: Services, job: Record) -> Things:
    yield job["TransformInput"]["DataSource"]["S3DataSource"]["S3Uri"], "DataSet"
    model = services.store.records.get(scope, "Model", job["ModelName"]) or {}
    for container in containers(model):
        yield container.get("Image", ""), "Image"
        yield container.get("ModelDataUrl", ""), "Model"


def _out_of_transform(job: Record) -> Things:
    if job["TransformJobStatus"] == "Completed":
        yield job["TransformOutput"]["S3OutputPath"], "DataSet"


def containers(model: Record) -> list[Record]:
    """The containers of a model, one or several."""
    return model.get("Containers") or ([model["PrimaryContainer"]] if "PrimaryContainer" in model else [])


SIDES: dict[str, tuple[Callable[[Scope, Any, Record], Things], Callable[[Record], Things]]] = {
    "TrainingJob": (_into_training, _out_of_training),
    "ProcessingJob": (_into_processing, _out_of_processing),
    "TransformJob": (_into_transform, _out_of_transform),
}
