"""What the job engine and the job kinds share: the tools they work with, a job's identity, and the status table.

A *kind* (one file in ``kinds/``) is a function ``run(job)`` that stages, runs containers and uploads; the engine owns
threads, stop flags, time-outs and recovery. A kind is registered with ``@job_kind("TrainingJob", ...)`` and must be
able to run *again* for a job it had begun before the server died: :mod:`emulator.jobs.containers` remembers in the
record how far the containers had come, and everything before and after them is done anew.

How a kind ends: it returns an :class:`End`, which the engine records once everything is cleaned up, or raises
:class:`JobFailed` (Failed, with the reason), :class:`JobStopped` or :class:`Abandoned` (nothing is recorded).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from emulator.arns import Scope
from emulator.aws.keys import Keys
from emulator.config import Settings

if TYPE_CHECKING:
    from emulator.executors.base import Executor
    from emulator.images.catalogue import Images
    from emulator.jobs.job import Job
    from emulator.logs import Logs
    from emulator.objects import Objects
    from emulator.store import Store


class CallApi(Protocol):
    """Calls an AWS operation as a client would, without HTTP; raises ServiceError."""

    def __call__(self, scope: Scope, service: str, operation: str, params: Mapping[str, Any]) -> dict[str, Any]: ...


@dataclass(frozen=True, slots=True)
class Tools:
    """All that engines work with; made once by ``app.py``. ``work`` is the folder for jobs' working folders."""

    settings: Settings
    store: Store
    objects: Objects
    logs: Logs
    images: Images
    executor: Executor
    call: CallApi
    work: Path
    port: Callable[[], int]
    keys: Keys = field(default_factory=Keys)


class JobKey(NamedTuple):
    """Which job: the scope, the record kind (``TrainingJob``) and the name. The key of its row in the store."""

    scope: Scope
    kind: str
    name: str


class JobFailed(Exception):
    """The job is to end Failed; the text is its FailureReason (1024 characters at most are kept)."""


class JobStopped(Exception):
    """The job was asked to stop, or its time was up (``timed_out``), before it had anything to save."""

    def __init__(self, timed_out: bool = False) -> None:
        super().__init__("timed out" if timed_out else "stopped")
        self.timed_out = timed_out


class Abandoned(Exception):
    """Nobody wants this job's end recorded: the server is closing (a later one goes on) or its record was deleted."""


@dataclass(frozen=True, slots=True)
class End:
    """How a job ended: its last status, the reason, whether its time was up, and members to record with it."""

    status: str
    reason: str = ""
    timed_out: bool = False
    changes: Mapping[str, Any] = field(default_factory=dict)


ENDED = frozenset({"Completed", "Failed", "Stopped"})
UNFINISHED = ("InProgress", "Stopping")

# Status -> statuses it may become. The same for all kinds; a change to the same status is no change.
TRANSITIONS: Mapping[str, frozenset[str]] = {
    "InProgress": frozenset({"InProgress", "Stopping", *ENDED}),
    "Stopping": frozenset({"Stopping", *ENDED}),
    **{status: frozenset() for status in ENDED},
}


def allowed(old: str, new: str) -> bool:
    """Whether a job in status ``old`` may become ``new``; a job without a status may become anything."""
    return not old or new in TRANSITIONS[old]


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of job: its record kind, the members that hold status and times, its log group, and how it runs.

    ``noun`` is how AWS names it in messages ("training job"); ``secondary`` says whether it has secondary statuses.
    """

    name: str
    run: Callable[[Job], End]
    noun: str
    log_group: str
    secondary: bool = False

    @property
    def status(self) -> str:
        """``TrainingJobStatus``."""
        return f"{self.name}Status"

    @property
    def start_time(self) -> str:
        """``TrainingStartTime``."""
        return f"{self.name.removesuffix('Job')}StartTime"

    @property
    def end_time(self) -> str:
        """``TrainingEndTime``."""
        return f"{self.name.removesuffix('Job')}EndTime"


_kinds: dict[str, Kind] = {}


def job_kind(
    name: str, noun: str, log_group: str, secondary: bool = False
) -> Callable[[Callable[[Job], End]], Callable[[Job], End]]:
    """Decorator for a kind's ``run`` function; ``name`` is the record kind. ``ValueError`` on a second one."""

    def register(run: Callable[[Job], End]) -> Callable[[Job], End]:
        if name in _kinds:
            raise ValueError(f"job kind {name} is registered twice")
        _kinds[name] = Kind(name, run, noun, log_group, secondary)
        return run

    return register


def registered() -> Mapping[str, Kind]:
    """The registered kinds by name (after :func:`emulator.jobs.kinds.load`)."""
    return _kinds
