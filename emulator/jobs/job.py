"""One job at work: its record, its status changes, its working folder, and what may end it early.

Every status change is one store transaction that carries the status, its time and, for kinds that have them, the
SecondaryStatusTransitions entry. Private members of the record: ``_started`` (all containers run), ``_exits`` and
``_ending`` (how and why they ended), ``_network``, ``_epoch`` (in the names of its log streams), ``_noted`` (how many
lines of ours these begin with).
"""

from __future__ import annotations

import hashlib
import logging
import queue
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from emulator.arns import now
from emulator.jobs.base import ENDED, Abandoned, End, JobKey, JobStopped, Kind, Tools, allowed

if TYPE_CHECKING:
    from emulator.executors.base import Container

log = logging.getLogger(__name__)

Record = dict[str, Any]

MAX_REASON = 1024
# Members that only an unfinished job needs; None removes them.
PRIVATE = dict.fromkeys(("_started", "_exits", "_ending", "_network", "_noted"))


class Job:
    """What a kind's ``run`` gets. ``events`` tells its thread of container ends, stop requests and closing.

    ``recovered``: an earlier server had it; ``containers``: those started and not yet removed, by host
    number; ``network``: the network made for them; ``notes``: what its log is to begin with.
    """

    def __init__(self, key: JobKey, kind: Kind, tools: Tools) -> None:
        self.key = key
        self.kind = kind
        self.tools = tools
        self.events: queue.SimpleQueue[tuple[str, Any]] = queue.SimpleQueue()
        self.stopping = False
        self.closing = False
        self.recovered = False
        self.containers: list[Container] = []
        self.network = ""
        self.notes: list[str] = []

    @property
    def digest(self) -> str:
        """A short name for this very job on this machine, for containers, networks and folders."""
        identity = "\0".join((str(self.tools.work), *self.key.scope, self.key.kind, self.key.name))
        return hashlib.sha256(identity.encode()).hexdigest()[:12]

    @property
    def work(self) -> Path:
        """The working folder; made when staging begins and gone when the job ended."""
        return self.tools.work / self.key.kind / f"{self.key.name}-{self.digest[:6]}"

    def record(self) -> Record:
        """The record as it is now; :class:`Abandoned` when it was deleted."""
        record = self.tools.store.records.get(*self.key)
        if record is None:
            raise Abandoned
        return record

    def note(self, **changes: Any) -> Record:
        """Change members that are no status (private ones, times); None removes."""
        return self._update(lambda record: changes)

    def enter(self, secondary: str, message: str) -> None:
        """Begin a secondary status (``Downloading``) of a job that goes on; one it has been in already is no change."""

        def change(record: Record) -> Mapping[str, Any] | None:
            been = {entry["Status"] for entry in record.get("SecondaryStatusTransitions", ())}
            if secondary in been or record[self.kind.status] != "InProgress":
                return None
            return self._secondary(record, secondary, message)

        self._update(change)

    def begin(self, secondary: str = "", message: str = "") -> None:
        """The job has its image and begins: its start time, and its first secondary status if it has those."""
        self._update(lambda record: {} if self.kind.start_time in record else {self.kind.start_time: now()})
        if secondary:
            self.enter(secondary, message)

    def finish(self, end: End) -> None:
        """Record the end, in one transaction; nothing happens to a job that has already ended."""
        noun = self.kind.noun.capitalize()
        secondary = "MaxRuntimeExceeded" if end.timed_out else end.status
        message = f"{noun} exceeded its MaxRuntimeInSeconds" if end.timed_out else f"{noun} {end.status.lower()}"
        reason = end.reason or (f"MaxRuntimeExceeded: {message}" if end.timed_out and not self.kind.secondary else "")

        def change(record: Record) -> Mapping[str, Any] | None:
            if not allowed(record.get(self.kind.status, ""), end.status):
                return None
            time = now()
            return {
                self.kind.status: end.status,
                self.kind.end_time: time,
                **self._times(record, time),
                **({"FailureReason": reason[:MAX_REASON]} if reason else {}),
                **PRIVATE,
                **end.changes,
                **self._secondary(record, secondary, message),
            }

        self._update(change, end.status)

    def _times(self, record: Record, end: float) -> Mapping[str, Any]:
        if not self.kind.secondary or self.kind.start_time not in record:
            return {}
        seconds = max(1, round(end - record[self.kind.start_time]))
        return {"TrainingTimeInSeconds": seconds, "BillableTimeInSeconds": seconds}

    def _secondary(self, record: Record, status: str, message: str) -> Mapping[str, Any]:
        if not self.kind.secondary:
            return {}
        return {"SecondaryStatus": status, "SecondaryStatusTransitions": transitions(record, status, message)}

    def _update(self, changes: Callable[[Record], Mapping[str, Any] | None], status: str | None = None) -> Record:
        record = self.tools.store.records.update(*self.key, changes, status=status)
        if record is None:
            raise Abandoned
        return record

    @property
    def deadline(self) -> float | None:
        """When MaxRuntimeInSeconds is over, in epoch seconds; counted from the start time, across restarts."""
        record = self.record()
        limit = (record.get("StoppingCondition") or {}).get("MaxRuntimeInSeconds")
        return None if limit is None else record.get(self.kind.start_time, now()) + limit

    def progress(self, text: str) -> None:
        """Tell what takes long before the job can run: the StatusMessage of its present secondary status."""
        log.info("%s: %s", self.key.name, text)
        if self.kind.secondary:
            self._update(lambda record: {"SecondaryStatusTransitions": reworded(record, text)})

    def check(self) -> None:
        """To be called between pieces of work: raises Abandoned, or JobStopped when it was asked to or is late."""
        if self.closing:
            raise Abandoned
        if self.stopping:
            raise JobStopped
        deadline = self.deadline
        if deadline is not None and now() > deadline:
            raise JobStopped(timed_out=True)

    def stop(self) -> None:
        """Ask the job to stop; its thread finds out at its next :meth:`check` or at once while containers run."""
        self.stopping = True
        self.events.put(("stop", None))

    def close(self) -> None:
        """The server goes away: leave the job as it is."""
        self.closing = True
        self.events.put(("close", None))

    def fresh_work(self) -> Path:
        """The working folder, emptied; for our eyes only."""
        shutil.rmtree(self.work, ignore_errors=True)
        self.work.mkdir(parents=True, mode=0o700)
        return self.work

    def clean(self) -> None:
        """Remove the working folder, unless the settings say to keep it."""
        if not self.tools.settings.keep:
            shutil.rmtree(self.work, ignore_errors=True)


def reworded(record: Record, message: str) -> list[dict[str, Any]]:
    """The SecondaryStatusTransitions of ``record`` with another message in the last entry."""
    entries = list(record.get("SecondaryStatusTransitions", ()))
    return [*entries[:-1], {**entries[-1], "StatusMessage": message}] if entries else []


def transitions(record: Record, status: str, message: str) -> list[dict[str, Any]]:
    """The SecondaryStatusTransitions of ``record`` with one more entry; the one before it gets its EndTime."""
    time = now()
    entries = [dict(entry) for entry in record.get("SecondaryStatusTransitions", ())]
    if entries:
        entries[-1].setdefault("EndTime", time)
    entry: dict[str, Any] = {"Status": status, "StartTime": time, "StatusMessage": message}
    if status in ENDED or status == "MaxRuntimeExceeded":
        entry["EndTime"] = time
    return [*entries, entry]
