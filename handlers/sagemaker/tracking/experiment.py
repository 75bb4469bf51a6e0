"""A job's trial component in the light of its ExperimentConfig: parameters, metrics, artifacts and its trial.

Names of parameters and artifacts (``SageMaker.InstanceType``, ``SageMaker.ModelArtifact``) are those that
``ExperimentAnalytics`` of the SDK shows as columns in AWS's examples. A hyperparameter that is a number is one here.
A job with an experiment but no trial gets a trial of its own (SDK, ``experiment_config`` of ``Estimator.fit``).
"""

from __future__ import annotations

import json
import math
import re
from typing import Any

from emulator import arns
from emulator.arns import Scope
from emulator.jobs.base import ENDED, registered
from emulator.services import Services
from emulator.store import Exists
from emulator.store.metrics import Point
from emulator.store.watching import Change, watches
from handlers.sagemaker.experiments import link
from handlers.sagemaker.tracking import summaries

Record = dict[str, Any]

KIND = "TrialComponent"
MOST_PARAMETERS, MOST_ARTIFACTS = 300, 60
NAME = re.compile(r"[a-zA-Z0-9](-*[a-zA-Z0-9]){0,119}")
LONGEST_TEXT, LONGEST_VALUE = 2500, 2048


def fill(change: Change, services: Services, component: Record) -> None:
    """Complete ``component`` when its job begins and ends."""
    name, kind = component["TrialComponentName"], registered()[change.kind]
    inputs, outputs = ARTIFACTS[change.kind]
    facts: Record = {"OutputArtifacts": _artifacts(outputs(change.record))}
    if change.before is None:
        facts |= {"Parameters": _parameters(change), "InputArtifacts": _artifacts(inputs(change.record))}
    services.store.records.update(change.scope, KIND, name, facts)
    if change.before is None:
        _join(change, services, name)
    if change.became(kind.status, *ENDED) and "_Series" in change.record:
        points = [(metric, Point(time, None, value)) for metric, time, value in change.record["_Series"]]
        summaries.add(services, change.scope, component, points)
        services.store.records.update(change.scope, change.kind, change.name, {"_Series": None}, touch=False)


def _join(change: Change, services: Services, component: str) -> None:
    """Put the component into the trial of the job's ExperimentConfig."""
    config = change.record.get("ExperimentConfig", {})
    trial = config.get("TrialName", "")
    if not trial and "ExperimentName" in config:
        trial = f"{change.name}-aws-trial"
        make(services, change.scope, "Trial", trial, {"ExperimentName": config["ExperimentName"]})
    if trial:
        link(change.scope, services, trial, component)


def make(services: Services, scope: Scope, noun: str, name: str, more: Record) -> None:
    """Store an experiment or a trial unless there is one of that name."""
    now = arns.now()
    path = {"Experiment": "experiment", "Trial": "experiment-trial"}[noun]
    arn = arns.arn(scope, f"{path}/{name}")
    times = {"CreationTime": now, "LastModifiedTime": now, "CreatedBy": {}, "LastModifiedBy": {}}
    record = {f"{noun}Name": name, f"{noun}Arn": arn, "DisplayName": name, **times, **more}
    try:
        services.store.records.insert(scope, noun, name, record, arn=arn, parent=more.get("ExperimentName", ""))
    except Exists:
        return


@watches("PipelineExecution")
def follow_execution(change: Change, services: Services) -> None:
    """A pipeline execution has a trial of its own, in the pipeline's experiment (PipelineExperimentConfig)."""
    config = change.record.get("PipelineExperimentConfig", {})
    names = [str(config.get(member, "")) for member in ("ExperimentName", "TrialName")]
    if change.before is not None or not all(map(NAME.fullmatch, names)):
        return
    arn = change.record["PipelineExecutionArn"]
    pipeline = {"Source": {"SourceArn": change.record["PipelineArn"], "SourceType": "SageMakerPipeline"}}
    execution = {"Source": {"SourceArn": arn, "SourceType": "SageMakerPipelineExecution"}}
    make(services, change.scope, "Experiment", config["ExperimentName"], pipeline)
    trial = {"ExperimentName": config["ExperimentName"], **execution}
    make(services, change.scope, "Trial", config["TrialName"], trial)


def _parameters(change: Change) -> Record:
    job = change.record
    cluster = job.get("ResourceConfig") or job.get("ProcessingResources", {}).get("ClusterConfig") or {}
    cluster = cluster or job.get("TransformResources", {})
    image = job.get("AlgorithmSpecification", {}).get("TrainingImage") or job.get("AppSpecification", {}).get(
        "ImageUri"
    )
    known: Record = {
        f"SageMaker.{name}": cluster.get(name) for name in ("InstanceType", "InstanceCount", "VolumeSizeInGB")
    }
    known |= {"SageMaker.ImageUri": image, "SageMaker.ModelName": job.get("ModelName")}
    given = {**job.get("Environment", {})} if change.kind == "ProcessingJob" else job.get("HyperParameters", {})
    every = {**known, **given}
    found = [(name, _parameter(value)) for name, value in every.items() if value is not None]
    return dict(found[:MOST_PARAMETERS])


def _parameter(value: Any) -> Record:
    """A number as a number; of the SDK's hyperparameters, which are JSON, what they say."""
    text = str(value)
    try:
        text = str(json.loads(text)) if text.startswith('"') else text
        number = float(text)
    except ValueError:
        return {"StringValue": text[:LONGEST_TEXT]}
    return {"NumberValue": number} if math.isfinite(number) else {"StringValue": text}


def _artifacts(found: dict[str, tuple[str, str]]) -> Record:
    """``found``: name -> (URI, media type), either of which may be empty."""
    kept = [(name, place) for name, place in found.items() if place[0]][:MOST_ARTIFACTS]
    return {
        name: {"Value": uri[:LONGEST_VALUE], **({"MediaType": media} if "/" in media else {})}
        for name, (uri, media) in kept
    }


def _s3(source: Record) -> str:
    return str(source.get("DataSource", {}).get("S3DataSource", {}).get("S3Uri", ""))


def _into_training(job: Record) -> dict[str, tuple[str, str]]:
    channels = job.get("InputDataConfig", [])
    return {channel["ChannelName"]: (_s3(channel), channel.get("ContentType", "")) for channel in channels}


def _out_of_training(job: Record) -> dict[str, tuple[str, str]]:
    return {"SageMaker.ModelArtifact": (job.get("ModelArtifacts", {}).get("S3ModelArtifacts", ""), "")}


def _into_processing(job: Record) -> dict[str, tuple[str, str]]:
    return {
        item["InputName"]: (item.get("S3Input", {}).get("S3Uri", ""), "") for item in job.get("ProcessingInputs", [])
    }


def _out_of_processing(job: Record) -> dict[str, tuple[str, str]]:
    outputs = job.get("ProcessingOutputConfig", {}).get("Outputs", [])
    return {item["OutputName"]: (item.get("S3Output", {}).get("S3Uri", ""), "") for item in outputs}


def _into_transform(job: Record) -> dict[str, tuple[str, str]]:
    given = job["TransformInput"]
    return {"SageMaker.TransformInput": (_s3(given), given.get("ContentType", ""))}


def _out_of_transform(job: Record) -> dict[str, tuple[str, str]]:
    output = job["TransformOutput"]
    return {"SageMaker.TransformOutput": (output["S3OutputPath"], output.get("Accept", ""))}


ARTIFACTS = {
    "TrainingJob": (_into_training, _out_of_training),
    "ProcessingJob": (_into_processing, _out_of_processing),
    "TransformJob": (_into_transform, _out_of_transform),
}
