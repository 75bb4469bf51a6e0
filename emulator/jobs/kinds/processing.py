"""Processing jobs: inputs at their LocalPath, one container per host, outputs to S3 whether it succeeded or not.

Every LocalPath is a mount of its own (one below another is a folder in it), so that what the image itself has
elsewhere under /opt/ml/processing stays visible. Outputs of a failed job are uploaded too, which is what makes
reports of failing checks (model monitoring, data quality) readable.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from emulator.executors.base import ContainerSpec, Mount
from emulator.jobs import containers, optml, staging, uploads
from emulator.jobs.base import End, JobFailed, job_kind
from emulator.jobs.containers import Outcome
from emulator.jobs.images import resolve
from emulator.jobs.job import Job
from emulator.jobs.output import Output

Record = dict[str, Any]
MAX_MESSAGE = 1024


@job_kind("ProcessingJob", "processing job", "/aws/sagemaker/ProcessingJobs")
def run(job: Job) -> End:
    """Stage, run, upload."""
    record = job.record()
    count = optml.instance_count(record["ProcessingResources"]["ClusterConfig"])
    with uploads.Watch(job, outputs(job, record, count, "Continuous")):
        outcome = containers.run(job, lambda: prepare(job, record, count), Output(job))
    for folder, uri in outputs(job, record, count, "EndOfJob"):
        uploads.put_tree(job, folder, uri)
    return ended(job, outcome, count)


def places(record: Record) -> dict[str, str]:
    """Local paths of all inputs and outputs -> relative folder in a host's working folder. The deepest mount points
    are folders of those above them: ``{"/opt/ml/processing/in": "data/0", "/opt/ml/processing/in/a": "data/0/a"}``."""
    paths = {item["S3Input"]["LocalPath"] for item in s3_inputs(record) if "LocalPath" in item["S3Input"]}
    paths |= {item["S3Output"]["LocalPath"] for item in s3_outputs(record)}
    found: dict[str, str] = {}
    for path in sorted(paths, key=lambda path: PurePosixPath(path).parts):
        pure = PurePosixPath(path)
        above = next((top for top in found if pure.is_relative_to(top)), None)
        below = "" if above is None else pure.relative_to(above).as_posix()
        found[path] = f"data/{len(found)}" if above is None else f"{found[above]}/{below}"
    return found


def s3_inputs(record: Record) -> list[Record]:
    """Inputs the service downloads. Raises JobFailed for the kinds it cannot."""
    chosen = [item for item in record.get("ProcessingInputs") or () if not item.get("AppManaged")]
    for item in chosen:
        if "S3Input" not in item:
            raise _unsupported(f"Input {item['InputName']}: DatasetDefinition", "stage the data to S3 first")
        if item["S3Input"].get("S3InputMode") == "Pipe":
            raise _unsupported(f"Input {item['InputName']}: S3InputMode Pipe", "use File")
    return chosen


def s3_outputs(record: Record) -> list[Record]:
    """Outputs the service uploads. Raises JobFailed for the kinds it cannot."""
    listed = (record.get("ProcessingOutputConfig") or {}).get("Outputs", ())
    chosen = [item for item in listed if not item.get("AppManaged")]
    for item in chosen:
        if "S3Output" not in item:
            raise _unsupported(f"Output {item['OutputName']}: FeatureStoreOutput", "put the records from the container")
    return [item for item in chosen if "LocalPath" in item["S3Output"]]


def _unsupported(what: str, advice: str) -> JobFailed:
    return JobFailed(f"ClientError: {what} is not supported by sagemaker-emulator; {advice}")


def outputs(job: Job, record: Record, count: int, mode: str) -> list[tuple[Path, str]]:
    """(folder, S3 URI) of every host's outputs of one S3UploadMode."""
    where = places(record)
    return [
        (job.work / host / where[item["S3Output"]["LocalPath"]], item["S3Output"]["S3Uri"])
        for host in optml.hosts(count)
        for item in s3_outputs(record)
        if item["S3Output"].get("S3UploadMode", "EndOfJob") == mode
    ]


def prepare(job: Job, record: Record, count: int) -> list[ContainerSpec]:
    """Fill the working folder; a spec per host."""
    image = resolve(job, record["AppSpecification"]["ImageUri"])
    job.begin()
    job.fresh_work()
    return [spec(job, record, image, number, count) for number in range(count)]


def spec(job: Job, record: Record, image: Any, number: int, count: int) -> ContainerSpec:
    """Stage one host and describe its container."""
    host = f"algo-{number + 1}"
    folder, where = job.work / host, places(record)
    for place in (*where.values(), "output", "config"):
        staging.make_folder(folder / place)
    for item in s3_inputs(record):
        found = staging.channel(job, item["S3Input"], number, count)
        staging.stage(job, found, folder / where[item["S3Input"]["LocalPath"]])
    staging.write_json(folder / "config", optml.processing_files(record, host))
    application = record["AppSpecification"]
    names = {"PROCESSING_JOB_NAME": job.key.name, "PROCESSING_JOB_ARN": record["ProcessingJobArn"]}
    return ContainerSpec(
        name=f"{job.key.name}-{host}",
        image=image,
        entrypoint=_words(application.get("ContainerEntrypoint")),
        arguments=_words(application.get("ContainerArguments")),
        environment=containers.environment(job, names, record.get("Environment")),
        mounts=(
            Mount(folder / "config", "/opt/ml/config"),
            Mount(folder / "output", "/opt/ml/output"),
            *(Mount(folder / place, path) for path, place in where.items() if place.count("/") == 1),
        ),
        hostname=host,
        network="none" if isolated(record) else None,
    )


def isolated(record: Mapping[str, Any]) -> bool:
    """Whether the job asked for no network."""
    return bool((record.get("NetworkConfig") or {}).get("EnableNetworkIsolation"))


def ended(job: Job, outcome: Outcome, count: int) -> End:
    """The end that exits and /opt/ml/output/message tell."""
    changes = {}
    for host in optml.hosts(count):
        message = job.work / host / "output" / "message"
        if message.is_file() and not message.is_symlink() and "ExitMessage" not in changes:
            with message.open("rb") as file:
                changes["ExitMessage"] = file.read(MAX_MESSAGE).decode("utf-8", "replace")
    if outcome.ending in {"stop", "timeout"}:
        return End("Stopped", timed_out=outcome.ending == "timeout", changes=changes)
    if outcome.failure is not None:
        reason = containers.failure_text(outcome) or "AlgorithmError: See job logs for more information"
        return End("Failed", reason, changes=changes)
    return End("Completed", changes=changes)


def _words(value: Any) -> tuple[str, ...] | None:
    return tuple(value) if value else None
