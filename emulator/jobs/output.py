"""What containers print: into CloudWatch log streams while they run, and through the metric expressions.

Stream names are ``<job>/algo-1-<epoch>``. A log generator always begins at the container's first line; after a restart
as many lines are skipped as the stream already holds of it, so nothing is lost and nothing is doubled. For that to
count right, every line that is not empty becomes exactly one event (CloudWatch has no empty events).
"""

from __future__ import annotations

import threading
from collections.abc import Iterable

from emulator.arns import now
from emulator.jobs.job import Job
from emulator.jobs.metrics import Metrics

MOST_VALUES = 10_000
"""How many values of its metrics a job's series keep; the last ones count for the final metrics all the same."""


class Output:
    """The log streams of one job. :meth:`line` is called from a thread per host.

    ``series``: every value of the job's metrics as (name, epoch seconds, value).
    """

    def __init__(self, job: Job, metrics: Metrics | None = None) -> None:
        self.metrics = metrics or Metrics(())
        self.series: list[tuple[str, float, float]] = []
        self._logs = job.tools.logs.of(job.key.scope.account)
        self._group = job.kind.log_group
        self._name = job.key.name
        self._notes = job.notes
        self._epoch = 0
        self._skip: dict[str, int] = {}
        self._lock = threading.Lock()

    def begin(self, epoch: int, hosts: Iterable[str]) -> None:
        """Name the streams, which begin with the job's notes; ``epoch`` (seconds) and their number are what
        :meth:`resume` is to be given after a restart."""
        self._epoch, time = epoch, int(now() * 1000)
        for host in hosts:
            self._logs.append(self._group, self.stream(host), [(time, note) for note in self._notes])

    def resume(self, epoch: int, notes: int) -> None:
        """Go on with the streams of an earlier server."""
        self._epoch = epoch
        for stream in self._logs.streams(self._group, f"{self._name}/"):
            host = stream.rpartition("/")[2].rpartition("-")[0]
            self._skip[host] = self._logs.count(self._group, stream) - notes

    def stream(self, host: str) -> str:
        """``<job>/algo-1-<epoch>``."""
        return f"{self._name}/{host}-{self._epoch}"

    def line(self, host: str, raw: bytes) -> None:
        """Take one line of a host, without its newline."""
        text = raw.decode("utf-8", "replace").rstrip("\r\n")
        if not text.strip():
            return
        time = now()
        with self._lock:
            found = self.metrics.feed(text, time)
            if len(self.series) < MOST_VALUES:
                self.series += [(name, time, value) for name, value in found]
            if self._skip.get(host, 0) > 0:
                self._skip[host] -= 1
                return
        self._logs.append(self._group, self.stream(host), [(int(time * 1000), text)])

    def say(self, host: str, suffix: str, lines: Iterable[str]) -> None:
        """Lines of the service's own, in a stream beside the host's (``.../data-log``)."""
        time = int(now() * 1000)
        self._logs.append(self._group, self.stream(host) + suffix, [(time, text) for text in lines if text.strip()])
