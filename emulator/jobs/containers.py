"""N containers as one job: start them, follow their lines, collect their exits, end all when one fails.

This is also where a job survives the server. The record says how far the containers came: nothing (they are started,
after what an earlier attempt left is removed), ``_started`` (containers with our labels are adopted and their logs
followed on, or the job ends honestly when they are gone), ``_exits`` (they are not needed any more).
"""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace
from typing import Any

from emulator.arns import now
from emulator.executors.base import Container, ContainerSpec, ExecutorError, Exit
from emulator.jobs.base import Abandoned, JobFailed
from emulator.jobs.job import Job
from emulator.jobs.output import Output

log = logging.getLogger(__name__)

STOP_GRACE = 120.0
PEER_GRACE = 10.0
LABEL = "sagemaker-emulator.job"
HOST = "sagemaker-emulator.host"

Prepare = Callable[[], Sequence[ContainerSpec]]


@dataclass(frozen=True, slots=True)
class Outcome:
    """How the containers ended, by host; ``ending`` is what ended them: ``exit``, ``failed``, ``stop``, ``timeout``.

    ``failed`` keeps in ``exits`` first the host that failed first.
    """

    exits: Mapping[str, Exit]
    ending: str = "exit"

    @property
    def failure(self) -> Exit | None:
        """The first bad exit, when that is what ended the job."""
        return next(iter(self.exits.values())) if self.ending == "failed" else None


def run(job: Job, prepare: Prepare, output: Output) -> Outcome:
    """Run the job's containers to their end. ``prepare`` stages and returns the specs; it is not called on resumption.

    Raises JobFailed (containers that cannot be started, or died with an earlier server), JobStopped, Abandoned.
    """
    record = job.record()
    if "_exits" in record:
        return Outcome({host: Exit(**exit) for host, exit in record["_exits"].items()}, record["_ending"])
    if "_started" in record:
        adopt(job, record["_started"])
        output.resume(record["_epoch"], record.get("_noted", 0))
    else:
        start(job, prepare)
        epoch = int(now())
        output.begin(epoch, [container.labels[HOST] for container in job.containers])
        job.note(_started=len(job.containers), _epoch=epoch, _noted=len(job.notes))
    outcome = follow(job, output)
    job.note(_exits={host: asdict(exit) for host, exit in outcome.exits.items()}, _ending=outcome.ending)
    remove(job)
    return outcome


def start(job: Job, prepare: Prepare, together: bool = True) -> None:
    """Start all containers; ``together``: on a network of their own when there are several."""
    if job.recovered:
        job.containers = job.tools.executor.find(labels(job))
        remove(job)
    specs = list(prepare())
    job.check()
    try:
        network = specs[0].network
        if together and len(specs) > 1:
            job.network = network = job.tools.executor.create_network(f"sagemaker-emulator-{job.digest}")
            job.note(_network=network)
        labelled = [
            replace(spec, labels={**spec.labels, **labels(job), HOST: spec.hostname}, network=network) for spec in specs
        ]
        start_all(job, labelled)
    except ExecutorError as error:
        raise JobFailed(f"ClientError: {error}") from error


def start_all(job: Job, specs: Sequence[ContainerSpec]) -> None:
    """Start containers, all at once: hosts look for each other as soon as they run. Raises ExecutorError when all have
    been tried; those that did start are in ``job.containers``."""
    with ThreadPoolExecutor(len(specs), "job-start") as pool:
        started = [pool.submit(job.tools.executor.start, spec) for spec in specs]
    job.containers = [future.result() for future in started if future.exception() is None]
    for future in started:
        future.result()


def adopt(job: Job, count: int) -> None:
    """Find the containers that an earlier server started; JobFailed when some are gone."""
    found = job.tools.executor.find(labels(job))
    job.containers = sorted(found, key=lambda container: int(container.labels[HOST].rpartition("-")[2]))
    if len(found) < count:
        raise JobFailed(
            f"InternalServerError: the emulator ended while the {job.kind.noun} ran, and the container ended with it"
        )


def follow(job: Job, output: Output) -> Outcome:
    """Wait until every container has ended, for whatever reason."""
    tracker = _Tracker(job)
    listen(job, output)
    deadline = job.deadline
    if job.stopping:
        tracker.end("stop")
    while len(tracker.exits) < len(job.containers):
        waiting = None if deadline is None or tracker.ending else max(0.0, deadline - now())
        try:
            event, value = job.events.get(timeout=waiting)
        except queue.Empty:
            tracker.end("timeout")
            continue
        if event == "close":
            raise Abandoned
        if event == "stop":
            tracker.end("stop")
        else:
            tracker.exited(*value)
    return Outcome(tracker.exits, tracker.ending or "exit")


class _Tracker:
    """What has ended so far, and why the rest is being ended."""

    def __init__(self, job: Job) -> None:
        self.exits: dict[str, Exit] = {}
        self.ending = ""
        self._job = job

    def exited(self, host: str, exit: Exit) -> None:
        if exit.code != 0 and not self.ending:
            self.exits = {host: exit, **self.exits}
            self.end("failed", PEER_GRACE)
        else:
            self.exits[host] = exit

    def end(self, why: str, grace: float = STOP_GRACE) -> None:
        if self.ending:
            return
        self.ending = why
        for container in self._job.containers:
            if container.labels[HOST] not in self.exits:
                stop = self._job.tools.executor.stop
                threading.Thread(target=stop, args=(container, grace), name="job-stop", daemon=True).start()


def listen(job: Job, output: Output) -> list[threading.Thread]:
    """A thread per container that passes on its lines and puts ``("exit", (host, Exit))`` into the job's events."""
    threads = [
        threading.Thread(target=_listen, args=(job, container, output), name="job-output", daemon=True)
        for container in job.containers
    ]
    for thread in threads:
        thread.start()
    return threads


def _listen(job: Job, container: Container, output: Output) -> None:
    executor, host = job.tools.executor, container.labels[HOST]
    exit = Exit(-1, lost=True)
    try:
        for line in executor.logs(container):
            output.line(host, line)
        exit = executor.wait(container) or exit
    except Exception as error:  # a thread's edge: without an exit the job would wait for ever
        if not job.closing:
            log.warning("the output of %s is lost: %r", container.name, error)
    job.events.put(("exit", (host, exit)))


def labels(job: Job) -> dict[str, str]:
    """The labels by which this job's containers are found again; the digest names this data folder, too."""
    return {LABEL: job.digest, "sagemaker-emulator.name": job.key.name, "sagemaker-emulator.kind": job.key.kind}


def remove(job: Job) -> None:
    """Remove the job's containers and network; what is gone already is fine."""
    for container in job.containers:
        job.tools.executor.remove(container)
    job.containers = []
    if job.network:
        job.tools.executor.remove_network(job.network)
        job.network = ""


def clean(job: Job) -> None:
    """Leave nothing of a job that ends: no container, network or working folder. What cannot be removed is logged:
    the job ends all the same."""
    try:
        if job.recovered and not job.containers:
            job.containers = job.tools.executor.find(labels(job))
        remove(job)
    except ExecutorError as error:
        log.warning("what %s left could not be removed: %s", job.key.name, error)
    job.clean()


def failure_text(outcome: Outcome) -> str:
    """What AWS says of an end that the container itself explains nothing about, or ``""``."""
    exit = outcome.failure
    if exit is None:
        return ""
    if exit.out_of_memory:
        return (
            "ClientError: Please use an instance type with more memory, or reduce the size of job data processed on"
            " an instance."
        )
    return "InternalServerError: the container vanished while it ran" if exit.lost else ""


def environment(job: Job, *more: Mapping[str, Any] | None) -> dict[str, str]:
    """Variables every container gets, then the given ones (later wins).

    boto3 before 1.28 knows no AWS_ENDPOINT_URL, and the framework toolkits read S3_ENDPOINT_URL whatever their boto3;
    hence all of them. The credentials say whose job it is; only a strict server looks at the secret.
    """
    pair = job.tools.keys.of_account(job.key.scope.account)
    url, region = job.tools.executor.endpoint(job.tools.port()), job.key.scope.region
    variables = {
        **dict.fromkeys(("AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3", "S3_ENDPOINT_URL"), url),
        **dict.fromkeys(("AWS_REGION", "AWS_DEFAULT_REGION", "SAGEMAKER_REGION"), region),
        "AWS_ACCESS_KEY_ID": pair.id,
        "AWS_SECRET_ACCESS_KEY": pair.secret,
    }
    for given in more:
        variables |= dict(given or {})
    return variables
