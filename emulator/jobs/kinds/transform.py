"""Batch transform: every input object through the model's ``/invocations``, to ``<S3OutputPath>/<relative key>.out``.

One bad input object fails the job but not the other objects: their outputs are still written (AWS developer guide);
the bad one has no output. A transform cannot be taken up in the middle, so after a restart it begins again.
Payload size, strategy and concurrency: the request's, else the container's /execution-parameters, else 6 MB,
MultiRecord, 1.
"""

from __future__ import annotations

import gzip
import http.client
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, cast

from emulator.jobs import optml, staging, uploads
from emulator.jobs.base import End, JobFailed, job_kind
from emulator.jobs.job import Job
from emulator.jobs.joining import Processing, compile_processing
from emulator.jobs.serving import Fleet, definitions, invoke
from emulator.jobs.sources import Source, join_uri
from emulator.jobs.splitting import MEGABYTE, Batch, assembled, batches, check_size, payload, records

Record = dict[str, Any]
SPELLINGS = {"MULTI_RECORD": "MultiRecord", "SINGLE_RECORD": "SingleRecord"}
TIMEOUT = 600
LOOK_SECONDS = 0.25


@dataclass(frozen=True, slots=True)
class Plan:
    """How objects become requests and answers become outputs."""

    content_type: str
    accept: str
    split: str
    unzip: bool
    lines: bool
    multi: bool
    limit: int
    concurrency: int
    timeout: float
    retries: int
    processing: Processing


@job_kind("TransformJob", "transform job", "/aws/sagemaker/TransformJobs")
def run(job: Job) -> End:
    """Stage the model, serve it, send everything through, upload."""
    record = job.record()
    hosts = optml.hosts(record["TransformResources"].get("InstanceCount", 1))
    compile_processing_of(record)
    source = record["TransformInput"]["DataSource"]["S3DataSource"]
    found = staging.find(job, source["S3Uri"], source["S3DataType"])
    failures: list[JobFailed] = []
    with Fleet(job, definitions(job, record["ModelName"]), hosts, variables(record)) as fleet:
        plan = make_plan(record, fleet.parameters())
        pool = ThreadPoolExecutor(plan.concurrency * len(hosts), "transform")
        try:
            for number, item in enumerate(found):
                try:
                    transform(job, fleet, plan, pool, item, job.work / f"{number}.out")
                except JobFailed as failure:
                    failures.append(failure)
                    fleet.output.say(fleet.first, "/data-log", f"{item.bucket}/{item.key}: {failure}".splitlines())
                    fleet.check()
        finally:
            pool.shutdown(wait=False, cancel_futures=True)  # requests under way end with the containers
    if failures:
        raise failures[0]
    return End("Completed")


def variables(record: Record) -> dict[str, str]:
    """What a container is told of the transform; the last three only when the request says them."""
    found = {"SAGEMAKER_BATCH": "true"}
    if "MaxPayloadInMB" in record:
        found["SAGEMAKER_MAX_PAYLOAD_IN_MB"] = str(record["MaxPayloadInMB"])
    if "BatchStrategy" in record:
        spoken = {api: container for container, api in SPELLINGS.items()}
        found["SAGEMAKER_BATCH_STRATEGY"] = spoken[record["BatchStrategy"]]
    if "MaxConcurrentTransforms" in record:
        found["SAGEMAKER_MAX_CONCURRENT_TRANSFORMS"] = str(record["MaxConcurrentTransforms"])
    return {**found, **record.get("Environment", {})}


def compile_processing_of(record: Record) -> Processing:
    """The job's DataProcessing; JobFailed where it cannot be (also where AWS needs lines and there are none)."""
    given, output = record["TransformInput"], record["TransformOutput"]
    content_type = given.get("ContentType", "")
    found = compile_processing(record.get("DataProcessing") or {}, content_type, output.get("Accept", ""))
    split = given.get("SplitType", "None")
    if split not in {"None", "Line"}:
        raise JobFailed(f"ClientError: SplitType {split} is not supported by sagemaker-emulator; use Line or None")
    if split == "None" and found.input_csv and (found.by_record or found.input_filter):
        raise JobFailed("ClientError: DataProcessing of text/csv needs SplitType Line")
    return found


def make_plan(record: Record, told: Record) -> Plan:
    """``told`` is what the container answered to /execution-parameters."""
    given, output = record["TransformInput"], record["TransformOutput"]
    strategy = record.get("BatchStrategy") or SPELLINGS.get(str(told.get("BatchStrategy")), "MultiRecord")
    either = {"MaxConcurrentTransforms": 0, "MaxPayloadInMB": 6, **told, **record}
    client = record.get("ModelClientConfig") or {}
    return Plan(
        content_type=given.get("ContentType", ""),
        accept=output.get("Accept", ""),
        split=given.get("SplitType", "None"),
        unzip=given.get("CompressionType") == "Gzip",
        lines=output.get("AssembleWith") == "Line",
        multi=strategy == "MultiRecord",
        limit=int(either["MaxPayloadInMB"]) * MEGABYTE,
        concurrency=int(either["MaxConcurrentTransforms"]) or 1,
        timeout=client.get("InvocationsTimeoutInSeconds", TIMEOUT),
        retries=client.get("InvocationsMaxRetries", 0),
        processing=compile_processing_of(record),
    )


def transform(job: Job, fleet: Fleet, plan: Plan, pool: ThreadPoolExecutor, item: Source, path: Path) -> None:
    """One object through the model and its output to S3; raises JobFailed for this object."""
    with staging.open_object(job, item.bucket, item.key) as file, path.open("wb") as out:
        opened = cast(BinaryIO, gzip.GzipFile(fileobj=file)) if plan.unzip else file
        for body in ordered(fleet, plan, pool, pieces(plan, opened)):
            out.write(body)
    output = job.record()["TransformOutput"]["S3OutputPath"]
    uploads.put(job, path, join_uri(output, f"{item.name}.out"))
    path.unlink()


def pieces(plan: Plan, file: BinaryIO) -> Iterator[Batch]:
    """The batches of one file; without split the file is one record."""
    if plan.split == "Line":
        yield from batches(records(file), plan.multi, plan.limit)
        return
    body = file.read(plan.limit + 1) if plan.limit else file.read()
    check_size(len(body), plan.limit)
    if body:
        yield [body]


def ordered(fleet: Fleet, plan: Plan, pool: ThreadPoolExecutor, found: Iterator[Batch]) -> Iterator[bytes]:
    """Answers in the order of the batches; at most two per thread are under way, so that memory stays flat."""
    width = 2 * plan.concurrency * len(fleet.chains)
    waiting: deque[Future[bytes]] = deque()
    try:
        for number, batch in enumerate(found):
            fleet.check()
            waiting.append(pool.submit(send, plan, fleet.chains[number % len(fleet.chains)], batch))
            if len(waiting) >= width:
                yield answer_of(waiting.popleft(), fleet)
        while waiting:
            yield answer_of(waiting.popleft(), fleet)
    finally:
        for future in waiting:
            future.cancel()


def answer_of(future: Future[bytes], fleet: Fleet) -> bytes:
    """The answer, however long it takes, unless the job is stopped or its container ends meanwhile."""
    while True:
        try:
            return future.result(LOOK_SECONDS)
        except TimeoutError:
            fleet.check()


def send(plan: Plan, chain: list[tuple[str, int]], batch: Batch) -> bytes:
    """One batch to the model; its part of the output. Raises JobFailed in AWS's words."""
    body = payload(plan.processing.outgoing(batch))
    for _ in range(plan.retries + 1):
        try:
            answer = invoke(chain, body, plan.content_type, plan.accept, plan.timeout)
        except (OSError, http.client.HTTPException) as error:
            problem = f"AlgorithmError: the model container did not answer: {error!r}"
            continue
        if answer.status == http.HTTPStatus.OK:
            return assembled(plan.processing.incoming(batch, answer.body), plan.lines)
        problem = complaint(answer.status, answer.body)
        if answer.status < http.HTTPStatus.INTERNAL_SERVER_ERROR:
            break
    raise JobFailed(problem)


def complaint(status: int, body: bytes) -> str:
    """The FailureReason for an answer that is not 200; the container's own words follow."""
    text = body.decode("utf-8", "replace").strip()
    if status < http.HTTPStatus.INTERNAL_SERVER_ERROR:
        return f"ClientError: See job logs for more information: {status}: {text}"
    return (
        f"AlgorithmError: See job logs for more information: Bad HTTP status received from algorithm: {status}: {text}"
    )
