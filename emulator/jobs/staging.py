"""S3 objects -> files of a job's input folders.

Objects are copied (as a clone where the file system can), not linked, wherever the container may write: a job that
opens its input for update would change the stored object with it, as a hard link is the same file. Read-only inputs
(FastFile) are links. All reading goes through the S3 operations a client would call, so errors are S3's.
"""

from __future__ import annotations

import io
import os
import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, BinaryIO

import orjson

from emulator.aws.call import FileBody
from emulator.errors import ServiceError
from emulator.jobs import sources
from emulator.jobs.base import JobFailed
from emulator.jobs.job import Job
from emulator.jobs.sources import Source


def find(job: Job, uri: str, data_type: str = "S3Prefix") -> list[Source]:
    """The objects an S3 URI means, sorted by key; raises JobFailed when there are none."""
    if data_type == "ManifestFile":
        return from_manifest(job, uri)
    if data_type not in {"S3Prefix", "S3Object"}:
        raise JobFailed(f"ClientError: S3DataType {data_type} is not supported by sagemaker-emulator")
    bucket, prefix = sources.split_uri(uri)
    try:
        objects = list(listing(job, bucket, prefix))
    except ServiceError as error:
        raise JobFailed(nothing_found(job, uri, bucket, error.message)) from error
    found = sources.from_listing(bucket, prefix, objects)
    if not found and not objects:
        raise JobFailed(nothing_found(job, uri, bucket))
    return found


def listing(job: Job, bucket: str, prefix: str) -> Iterable[tuple[str, int]]:
    """(key, size) of every object below a prefix; raises ServiceError (NoSuchBucket)."""
    params: dict[str, Any] = {"Bucket": bucket, "Prefix": prefix}
    while True:
        page = job.tools.call(job.key.scope, "s3", "ListObjectsV2", params)
        yield from ((item["Key"], item.get("Size", 0)) for item in page.get("Contents", ()))
        if not page.get("IsTruncated"):
            return
        params["ContinuationToken"] = page["NextContinuationToken"]


def from_manifest(job: Job, uri: str) -> list[Source]:
    """The objects that the manifest file at ``uri`` lists."""
    try:
        entries = orjson.loads(read(job, *sources.split_uri(uri)))
    except orjson.JSONDecodeError as error:
        raise JobFailed(f"ClientError: Data download failed: Invalid manifest file {uri}: {error}") from error
    return sources.from_manifest(uri, entries)


def nothing_found(job: Job, uri: str, bucket: str, detail: str = "") -> str:
    """AWS's FailureReason for an input without objects."""
    text = (
        f'ClientError: Data download failed: No S3 objects found under S3 URL "{uri}" given in input data source. '
        f"Please ensure that the bucket exists in the selected region ({job.key.scope.region}), that objects exist "
        f'under that S3 prefix, and that the role "{role(job)}" has "s3:ListBucket" permissions on bucket "{bucket}".'
    )
    return f"{text} Error message from S3: {detail}" if detail else text


def role(job: Job) -> str:
    """The role a job works with; a batch transform has its model's."""
    record = job.record()
    if "ModelName" in record:
        record = job.tools.store.records.get(job.key.scope, "Model", record["ModelName"]) or {}
    return str(record.get("RoleArn") or record.get("ExecutionRoleArn", ""))


def read(job: Job, bucket: str, key: str) -> bytes:
    """A whole (small) object."""
    with open_object(job, bucket, key) as file:
        return file.read()


def open_object(job: Job, bucket: str, key: str) -> BinaryIO:
    """An object as an open file; raises JobFailed when there is none."""
    body = get(job, bucket, key)
    if isinstance(body, FileBody):
        return body.open()
    return io.BytesIO(body if isinstance(body, bytes) else b"".join(body))


def get(job: Job, bucket: str, key: str) -> Any:
    """The Body of GetObject; raises JobFailed."""
    try:
        return job.tools.call(job.key.scope, "s3", "GetObject", {"Bucket": bucket, "Key": key})["Body"]
    except ServiceError as error:
        raise JobFailed(f"ClientError: Data download failed: s3://{bucket}/{key}: {error.message}") from error


def stage(job: Job, found: Iterable[Source], folder: Path, read_only: bool = False) -> None:
    """Put objects into a folder under their relative names. Raises JobFailed, JobStopped, Abandoned."""
    make_folder(folder)
    for number, source in enumerate(found):
        if number % 100 == 0:
            job.check()
        path = folder / source.name
        try:
            if path.parent != folder:
                make_folder(path.parent)
            if read_only:
                job.tools.objects.link(source.bucket, source.key, path)
            else:
                fetch(job, source, path)
        except (FileExistsError, NotADirectoryError, IsADirectoryError) as error:
            text = f"{source.uri} cannot be a file and a folder of other objects at once"
            raise JobFailed(f"ClientError: Data download failed: {text}") from error


def make_folder(folder: Path) -> None:
    """A folder every user of a container may write to (images need not run as root); nobody else gets so far, since
    the working folder around it is ours alone."""
    for missing in [path for path in (folder, *folder.parents) if not path.exists()][::-1]:
        missing.mkdir()
        missing.chmod(0o777)


def fetch(job: Job, source: Source, path: Path) -> None:
    """Copy one object to ``path``."""
    body = get(job, source.bucket, source.key)
    if isinstance(body, bytes):
        path.write_bytes(body)
    elif isinstance(body, FileBody):
        with body.open() as file, path.open("wb") as target:
            copy(file, target, body.offset, body.length)
    else:
        with path.open("wb") as target:
            target.writelines(body)


def copy(source: BinaryIO, target: BinaryIO, offset: int, length: int) -> None:
    """Copy a slice inside the kernel (a clone where the file system shares blocks), else through memory."""
    done = 0
    try:
        while done < length:
            count = os.copy_file_range(source.fileno(), target.fileno(), length - done, offset + done)
            if count == 0:
                return
            done += count
    except OSError:  # a body without a file of its own, other file systems, or a kernel that cannot
        source.seek(offset + done)
        shutil.copyfileobj(source, target, 1 << 20)


def channel(job: Job, source: Mapping[str, Any], number: int, count: int) -> list[Source]:
    """The objects of an S3DataSource or S3Input that host ``number`` (from 0) of ``count`` gets."""
    found = find(job, source["S3Uri"], source.get("S3DataType", "S3Prefix"))
    if source.get("S3DataDistributionType") == "ShardedByS3Key":
        return sources.shard(found, number, count)
    return found


def write_json(folder: Path, files: Mapping[str, Any]) -> None:
    """Write ``{relative name: JSON}``."""
    make_folder(folder)
    for name, content in files.items():
        (folder / name).write_bytes(orjson.dumps(content, option=orjson.OPT_INDENT_2))
