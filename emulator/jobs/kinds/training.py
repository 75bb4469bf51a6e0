"""Training jobs: channels under /opt/ml/input/data, ``train``, then /opt/ml/model as model.tar.gz.

The secondary statuses a client sees are Starting, Downloading, Training, Uploading, Completed; their messages are what
the SDK prints while it waits. A stopped job keeps its (partial) model; a failed one only its /opt/ml/output/data.
An empty /opt/ml/model gives no model.tar.gz.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from emulator.executors.base import ContainerSpec, Image, Mount
from emulator.jobs import containers, optml, sources, staging, uploads
from emulator.jobs.base import End, JobFailed, job_kind
from emulator.jobs.containers import Outcome
from emulator.jobs.images import resolve
from emulator.jobs.job import MAX_REASON, Job
from emulator.jobs.metrics import Metrics
from emulator.jobs.output import Output
from emulator.jobs.pipes import Pipes
from emulator.jobs.sources import join_uri

Record = dict[str, Any]
CHECKPOINTS = "/opt/ml/checkpoints"


@job_kind("TrainingJob", "training job", "/aws/sagemaker/TrainingJobs", secondary=True)
def run(job: Job) -> End:
    """Stage, run, upload."""
    record = job.record()
    hosts = optml.hosts(optml.instance_count(record["ResourceConfig"]))
    output = Output(job, metrics(record))
    with uploads.Watch(job, checkpoints(job, record, hosts)), Pipes(job) as pipes:
        outcome = containers.run(job, lambda: prepare(job, record, hosts, pipes), output)
    job.enter("Uploading", "Uploading generated training model")
    changes: Record = {"FinalMetricDataList": output.metrics.final() or None, "_Series": output.series or None}
    if outcome.failure is None:
        changes |= save_model(job, record, hosts)
    save_data(job, record, hosts)
    return ended(job, outcome, hosts, changes)


def metrics(record: Record) -> Metrics:
    """The job's metric expressions; JobFailed on one that cannot be read."""
    try:
        return Metrics(record["AlgorithmSpecification"].get("MetricDefinitions") or ())
    except re.error as error:
        raise JobFailed(f"ClientError: Invalid MetricDefinitions regex {error.pattern!r}: {error}") from error


def checkpoints(job: Job, record: Record, hosts: list[str]) -> list[tuple[Path, str]]:
    """(folder, S3 URI) of the folders whose files go to S3 while the job runs."""
    if "CheckpointConfig" not in record:
        return []
    return [(job.work / host / "checkpoints", record["CheckpointConfig"]["S3Uri"]) for host in hosts]


def prepare(job: Job, record: Record, hosts: list[str], pipes: Pipes) -> list[ContainerSpec]:
    """Fill the working folder; a spec per host."""
    uri = record["AlgorithmSpecification"].get("TrainingImage")
    if not uri:
        raise JobFailed("ClientError: AlgorithmName is not supported by sagemaker-emulator; give a TrainingImage")
    image = resolve(job, uri)
    job.begin("Downloading", "Downloading input data")
    job.fresh_work()
    specs = [spec(job, record, image, number, len(hosts), pipes) for number in range(len(hosts))]
    pipes.open()
    job.enter("Training", "Training image download completed. Training in progress.")
    return specs


def spec(job: Job, record: Record, image: Image, number: int, count: int, pipes: Pipes) -> ContainerSpec:
    """Stage one host and describe its container."""
    host = f"algo-{number + 1}"
    folder = job.work / host
    for name in ("input/data", "model", "output/data", "checkpoints"):
        staging.make_folder(folder / name)
    staging.write_json(folder / "input" / "config", optml.training_files(record, host))
    mounts = [
        Mount(folder / "input", "/opt/ml/input"),
        Mount(folder / "model", "/opt/ml/model"),
        Mount(folder / "output", "/opt/ml/output"),
        Mount(folder / "checkpoints", (record.get("CheckpointConfig") or {}).get("LocalPath", CHECKPOINTS)),
    ]
    for channel in record.get("InputDataConfig") or ():
        mounts += stage_channel(job, record, channel, (number, count), pipes)
    if "CheckpointConfig" in record:
        restore(job, record["CheckpointConfig"]["S3Uri"], folder / "checkpoints")
    algorithm = record["AlgorithmSpecification"]
    entrypoint, arguments = command(algorithm)
    names = {"TRAINING_JOB_NAME": job.key.name, "TRAINING_JOB_ARN": record["TrainingJobArn"]}
    return ContainerSpec(
        name=f"{job.key.name}-{host}",
        image=image,
        entrypoint=entrypoint,
        arguments=arguments,
        environment=containers.environment(job, names, record.get("Environment")),
        mounts=tuple(mounts),
        hostname=host,
        network="none" if record.get("EnableNetworkIsolation") else None,
    )


def stage_channel(job: Job, record: Record, channel: Record, place: tuple[int, int], pipes: Pipes) -> list[Mount]:
    """Stage one channel for host ``place`` = (number, count); the extra mounts it needs."""
    name, folder = channel["ChannelName"], job.work / f"algo-{place[0] + 1}"
    source = channel["DataSource"].get("S3DataSource")
    if source is None:
        text = "FileSystemDataSource is not supported by sagemaker-emulator; use an S3DataSource"
        raise JobFailed(f"ClientError: Channel {name}: {text}")
    found = staging.channel(job, source, *place)
    mode = channel.get("InputMode", record["AlgorithmSpecification"].get("TrainingInputMode", "File"))
    data = folder / "input" / "data"
    if mode == "Pipe":
        pipes.add(data / name, found, channel.get("CompressionType") == "Gzip")
    elif mode == "FastFile":
        (data / name).mkdir()
        staging.stage(job, found, folder / "fast" / name, read_only=True)
        return [Mount(folder / "fast" / name, f"/opt/ml/input/data/{name}", read_only=True)]
    else:
        staging.stage(job, found, data / name)
    return []


def restore(job: Job, uri: str, folder: Path) -> None:
    """Bring back the checkpoints an earlier job left; there may be none."""
    bucket, prefix = sources.split_uri(uri.rstrip("/") + "/")
    objects = staging.listing(job, bucket, prefix)
    staging.stage(job, sources.from_listing(bucket, prefix, objects), folder)


def command(algorithm: Record) -> tuple[tuple[str, ...] | None, tuple[str, ...] | None]:
    """Entrypoint and arguments: ``train`` unless the request says either (AWS developer guide)."""
    entrypoint, arguments = algorithm.get("ContainerEntrypoint"), algorithm.get("ContainerArguments")
    if not entrypoint and not arguments:
        return None, ("train",)
    return tuple(entrypoint) if entrypoint else None, tuple(arguments or ())


def save_model(job: Job, record: Record, hosts: list[str]) -> Record:
    """Upload /opt/ml/model of all hosts; the ModelArtifacts member."""
    folders = [job.work / host / "model" for host in hosts]
    output = base(record)
    if loose(record):
        for folder in reversed(folders):
            uploads.put_tree(job, folder, f"{output}/model")
        return {"ModelArtifacts": {"S3ModelArtifacts": f"{output}/model/"}}
    packed = job.work / "model.tar.gz"
    if uploads.archive(folders, packed):
        uploads.put(job, packed, f"{output}/model.tar.gz")
    return {"ModelArtifacts": {"S3ModelArtifacts": f"{output}/model.tar.gz"}}


def save_data(job: Job, record: Record, hosts: list[str]) -> None:
    """Upload /opt/ml/output/data of all hosts."""
    folders = [job.work / host / "output" / "data" for host in hosts]
    if loose(record):
        for folder in reversed(folders):
            uploads.put_tree(job, folder, f"{base(record)}/data")
        return
    packed = job.work / "output.tar.gz"
    if uploads.archive(folders, packed):
        uploads.put(job, packed, f"{base(record)}/output.tar.gz")


def base(record: Record) -> str:
    """``<S3OutputPath>/<job>/output``."""
    return join_uri(record["OutputDataConfig"]["S3OutputPath"], f"{record['TrainingJobName']}/output")


def loose(record: Record) -> bool:
    """Whether the outputs go to S3 as files, not as archives."""
    return bool(record["OutputDataConfig"].get("CompressionType") == "NONE")


def ended(job: Job, outcome: Outcome, hosts: list[str], changes: Record) -> End:
    """The end that exits and /opt/ml/output/failure tell."""
    if outcome.ending in {"stop", "timeout"}:
        return End("Stopped", timed_out=outcome.ending == "timeout", changes=changes)
    if outcome.failure is None:
        return End("Completed", changes=changes)
    reason = containers.failure_text(outcome)
    if not reason:
        tail = f", exit code: {outcome.failure.code}"
        text = f"AlgorithmError: {failure(job, next(iter(outcome.exits)), hosts)}"
        reason = text[: MAX_REASON - len(tail)] + tail
    return End("Failed", reason, changes=changes)


def failure(job: Job, first: str, hosts: list[str]) -> str:
    """The start of /opt/ml/output/failure of the host that failed first, else of any other."""
    for host in (first, *hosts):
        path = job.work / host / "output" / "failure"
        if path.is_file() and not path.is_symlink():
            with path.open("rb") as file:
                return file.read(4 * MAX_REASON).decode("utf-8", "replace").strip()[:MAX_REASON]
    return ""
