"""Model containers for a batch transform: unpack the model, run ``serve``, wait for /ping, send requests.

An inference pipeline (a model with several Containers) is one container per step on every host; the answer of one is
the request of the next. Containers of isolated models keep the default network: without one, nobody could call them.
"""

from __future__ import annotations

import http.client
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from emulator.errors import ServiceError
from emulator.executors.base import ContainerSpec, ExecutorError, Mount
from emulator.jobs import containers, staging, uploads
from emulator.jobs.base import JobFailed
from emulator.jobs.images import resolve
from emulator.jobs.job import Job
from emulator.jobs.output import Output
from emulator.jobs.sources import Source, split_uri

Record = dict[str, Any]
Address = tuple[str, int]

PORT = 8080
READY_SECONDS = 240.0
PING_SECONDS = 2.0
STOP_GRACE = 5.0


@dataclass(frozen=True, slots=True)
class Answer:
    """What a container answered."""

    status: int
    body: bytes
    content_type: str = ""


def definitions(job: Job, model_name: str) -> list[Record]:
    """The ContainerDefinitions of a model, in the order they are called. CreateModel has put what a model package holds
    into them."""
    try:
        model = job.tools.call(job.key.scope, "sagemaker", "DescribeModel", {"ModelName": model_name})
    except ServiceError as error:
        raise JobFailed(f"ClientError: {error.message}") from error
    return model.get("Containers") or [model["PrimaryContainer"]]


def unpack_model(job: Job, definition: Record, folder: Path) -> None:
    """Put the model's files into ``folder``; a model without data gives an empty one."""
    staging.make_folder(folder)
    source = (definition.get("ModelDataSource") or {}).get("S3DataSource") or {}
    uri = definition.get("ModelDataUrl") or source.get("S3Uri")
    if not uri:
        return
    if source.get("CompressionType") == "None":
        staging.stage(job, staging.find(job, uri), folder)
        return
    bucket, key = split_uri(uri)
    packed = folder.with_suffix(".tar.gz")
    staging.fetch(job, Source(bucket, key, packed.name), packed)
    uploads.unpack(packed, folder)
    packed.unlink()


def specs(job: Job, listed: list[Record], hosts: list[str], variables: Mapping[str, str]) -> list[ContainerSpec]:
    """Containers of all hosts, host by host; ``variables`` come on top of the model's own. Fills the working folder."""
    images = [resolve(job, definition["Image"]) for definition in listed]
    job.begin()
    job.fresh_work()
    found = []
    for number, (definition, image) in enumerate(zip(listed, images, strict=True), 1):
        folder = job.work / f"model-{number}"
        unpack_model(job, definition, folder)
        for host in hosts:
            name = host if len(listed) == 1 else f"{host}-container-{number}"
            found.append(
                ContainerSpec(
                    name=f"{job.key.name}-{name}",
                    image=image,
                    arguments=("serve",),
                    environment=containers.environment(job, definition.get("Environment"), variables),
                    mounts=(Mount(folder, "/opt/ml/model"),),
                    hostname=name,
                    port=PORT,
                )
            )
    return sorted(found, key=lambda spec: spec.hostname)


class Fleet:
    """The running model containers of one job (``with`` block): ``chains`` is a list of addresses per host."""

    def __init__(self, job: Job, listed: list[Record], hosts: list[str], variables: Mapping[str, str]) -> None:
        self._job, self._steps = job, len(listed)
        self._prepare = lambda: specs(job, listed, hosts, variables)
        self.output = Output(job)
        self.chains: list[list[Address]] = []
        self.first = ""

    def __enter__(self) -> Fleet:
        job = self._job
        containers.start(job, self._prepare, together=False)
        epoch = int(time.time())
        self.output.begin(epoch, [container.labels[containers.HOST] for container in job.containers])
        self.first = job.containers[0].labels[containers.HOST]
        self._listeners = containers.listen(job, self.output)
        self._wait_until_ready()
        return self

    def __exit__(self, kind: type[BaseException] | None = None, *_: object) -> None:
        job = self._job
        for container in job.containers:
            job.tools.executor.stop(container, STOP_GRACE if kind is None else 0)
        for thread in self._listeners:
            thread.join()
        containers.remove(job)

    def check(self) -> None:
        """Raises JobFailed when a container has ended, and what :meth:`Job.check` raises."""
        self._job.check()
        while not self._job.events.empty():
            event, value = self._job.events.get()
            if event == "exit":
                raise JobFailed(f"AlgorithmError: the model container ended with exit code {value[1].code}")

    def _wait_until_ready(self) -> None:
        try:
            addresses = [self._ready(container) for container in self._job.containers]
        except BaseException as error:
            self.__exit__(type(error))
            raise
        self.chains = [addresses[start : start + self._steps] for start in range(0, len(addresses), self._steps)]

    def _ready(self, container: Any) -> Address:
        deadline = time.monotonic() + READY_SECONDS
        while time.monotonic() < deadline:
            self.check()
            try:
                address = self._job.tools.executor.address(container)
                if request(address, "GET", "/ping", timeout=PING_SECONDS).status == http.HTTPStatus.OK:
                    return address
            except (OSError, http.client.HTTPException, ExecutorError):
                pass
            time.sleep(0.05)
        raise JobFailed(
            "AlgorithmError: The container did not pass the ping health check: GET /ping on port 8080 gave no 200 "
            f"within {READY_SECONDS:.0f} seconds. See job logs for more information"
        )

    def parameters(self) -> Record:
        """What the (first) container answers to /execution-parameters; empty when it has none."""
        try:
            answer = request(self.chains[0][0], "GET", "/execution-parameters", timeout=PING_SECONDS)
            found = orjson.loads(answer.body) if answer.status == http.HTTPStatus.OK else {}
        except (OSError, http.client.HTTPException, orjson.JSONDecodeError):
            return {}
        return found if isinstance(found, dict) else {}


def invoke(chain: list[Address], body: bytes, content_type: str, accept: str, timeout: float) -> Answer:
    """Send a payload through a host's containers; stops at the first answer that is not 200."""
    answer = Answer(http.HTTPStatus.OK, body, content_type)
    for number, address in enumerate(chain, 1):
        headers = {"Content-Type": answer.content_type or content_type or "application/octet-stream"}
        if number == len(chain) and accept:
            headers["Accept"] = accept
        answer = request(address, "POST", "/invocations", answer.body, headers, timeout)
        if answer.status != http.HTTPStatus.OK:
            return answer
    return answer


def request(
    address: Address,
    method: str,
    path: str,
    body: bytes | None = None,
    headers: Mapping[str, str] | None = None,
    timeout: float = 60.0,
) -> Answer:
    """One HTTP request to a container; raises OSError or HTTPException."""
    connection = http.client.HTTPConnection(*address, timeout=timeout)
    try:
        connection.request(method, path, body, dict(headers or {}))
        response = connection.getresponse()
        return Answer(response.status, response.read(), response.headers.get("Content-Type", ""))
    finally:
        connection.close()
