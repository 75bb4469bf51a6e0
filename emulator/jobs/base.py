"""What the job engine and the job kinds share: the tools they work with, a job's identity, and the status table.

A *kind* (one file in ``kinds/``) is a function ``run(job, tools)`` that stages, runs containers and uploads; the
engine owns threads, stop flags, time-outs and recovery. A kind is registered with ``@job_kind("TrainingJob")``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from emulator.arns import Scope
from emulator.config import Settings

if TYPE_CHECKING:
    from emulator.executors.base import Executor
    from emulator.images.catalogue import Images
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


@dataclass(frozen=True, slots=True)
class JobKey:
    """Which job: the scope, the record kind (``TrainingJob``) and the name. The key of its row in the store."""

    scope: Scope
    kind: str
    name: str
