"""The engine: takes jobs by key, runs each in a worker thread, stops them, and goes on with them after a restart.

Only keys are queued; what a job is stands in its record, so a queue lost with the process is made again from the store
(:meth:`Engine.recover`). Threads are made when there is work and end when there is none: an idle server has none.
"""

from __future__ import annotations

import logging
import os
import threading
from collections import deque
from typing import Any

from emulator.errors import validation
from emulator.jobs import containers, kinds
from emulator.jobs.base import ENDED, UNFINISHED, Abandoned, End, JobFailed, JobKey, JobStopped, Tools, registered
from emulator.jobs.job import Job, transitions

log = logging.getLogger(__name__)

CLOSE_SECONDS = 5.0


class Engine:
    """Runs jobs. All methods may be called from any thread and return at once (``close`` waits for the workers)."""

    def __init__(self, tools: Tools) -> None:
        kinds.load()
        self._tools = tools
        self._lock = threading.Lock()
        self._waiting: deque[Job] = deque()
        self._running: dict[JobKey, Job] = {}
        self._threads: set[threading.Thread] = set()
        self._limit = tools.settings.max_jobs or 2 * (os.cpu_count() or 1)
        self._open = False

    def start(self) -> None:
        """Begin to work on what is queued; jobs submitted before only wait."""
        with self._lock:
            self._open = True
            for _ in self._waiting:
                self._hire()

    def submit(self, key: JobKey) -> None:
        """Queue the job whose record has just been stored."""
        self._queue(Job(key, registered()[key.kind], self._tools))

    def _queue(self, job: Job) -> None:
        with self._lock:
            if job.key not in self._running and all(job.key != other.key for other in self._waiting):
                self._waiting.append(job)
                self._hire()

    def _hire(self) -> None:
        if self._open and len(self._threads) < self._limit:
            thread = threading.Thread(target=self._work, name="job-worker", daemon=True)
            self._threads.add(thread)
            thread.start()

    def stop(self, key: JobKey) -> None:
        """Mark the job Stopping and tell it; ``ValidationException`` when it has ended already."""
        kind = registered()[key.kind]

        def change(record: dict[str, Any]) -> dict[str, Any] | None:
            if record[kind.status] in ENDED:
                raise validation(
                    f"The request was rejected because the {kind.noun} is in status {record[kind.status]}."
                )
            if record[kind.status] == "Stopping":
                return None
            changes: dict[str, Any] = {kind.status: "Stopping"}
            if kind.secondary:
                entries = transitions(record, "Stopping", f"Stopping the {kind.noun}")
                changes |= {"SecondaryStatus": "Stopping", "SecondaryStatusTransitions": entries}
            return changes

        self._tools.store.records.update(*key, change, status="Stopping")
        self._tell_to_stop(key)

    def _tell_to_stop(self, key: JobKey) -> None:
        with self._lock:
            waiting = next((job for job in self._waiting if job.key == key), None)
            if waiting is not None:
                self._waiting.remove(waiting)
            running = self._running.get(key)
        if running is not None:
            running.stop()
        elif waiting is not None:
            waiting.finish(End("Stopped"))

    def recover(self) -> None:
        """Queue every unfinished job of the store, oldest first; those asked to stop are told so again."""
        for job in self._unfinished():
            self._queue(job)

    def discard(self) -> None:
        """Remove the containers, networks and folders of all unfinished jobs, which nobody wants any more. Only after
        :meth:`close`; their records stay as they are."""
        for job in self._unfinished():
            containers.clean(job)

    def _unfinished(self) -> list[Job]:
        found = []
        for stored in self._tools.store.records.every(statuses=UNFINISHED):
            kind = registered().get(stored.kind)
            if kind is not None:
                job = Job(JobKey(stored.scope, stored.kind, stored.name), kind, self._tools)
                job.recovered = True
                job.stopping = stored.status == "Stopping"
                job.network = stored.record.get("_network", "")
                found.append(job)
        return found

    def close(self) -> None:
        """Let go of all jobs without ending them: containers that outlive the server are adopted by the next one."""
        with self._lock:
            self._open = False
            self._waiting.clear()
            running, threads = list(self._running.values()), list(self._threads)
        for job in running:
            job.close()
        for thread in threads:
            thread.join(CLOSE_SECONDS / max(1, len(threads)))

    def _work(self) -> None:
        while (job := self._next()) is not None:
            try:
                run(job)
            finally:
                with self._lock:
                    del self._running[job.key]

    def _next(self) -> Job | None:
        with self._lock:
            if not self._waiting or not self._open:
                self._threads.discard(threading.current_thread())
                return None
            job = self._waiting.popleft()
            self._running[job.key] = job
            return job


def run(job: Job) -> None:
    """Run one job to its end, whatever comes, and record it when everything is cleaned up."""
    try:
        end = outcome(job)
        containers.clean(job)
        job.finish(end)
    except Abandoned:
        if not job.closing:  # the record was deleted: nobody else would clean up
            containers.clean(job)
    except Exception:  # the worker's edge: cleaning up or recording failed; the thread must live
        log.exception("%s %s could not be ended", job.key.kind, job.key.name)


def outcome(job: Job) -> End:
    """How the job ended; a bug of ours ends it Failed. Raises only Abandoned."""
    try:
        if job.stopping and "_started" not in job.record():
            raise JobStopped
        if fate := job.record().get("_fate"):  # provoked (emulator/faults.py)
            raise JobFailed(fate)
        return job.kind.run(job)
    except JobFailed as failure:
        return End("Failed", str(failure))
    except JobStopped as stopped:
        return End("Stopped", timed_out=stopped.timed_out)
    except Abandoned:
        raise
    except Exception as error:  # the worker's edge: a bug must end the job, not the thread
        log.exception("%s %s failed inside the emulator", job.key.kind, job.key.name)
        return End("Failed", f"InternalServerError: We encountered an internal error: {type(error).__name__}: {error}")
