"""What a step type is, what it gets, and how it ends.

A step type is a function ``run(context) -> Done``, registered with ``@step_type("Name")``. It may block: it has its
own thread. It ends by returning :class:`Done` or by raising :class:`StepFailed` or :class:`StepStopped`. Whatever it
must find again after a restart (the name of the job it is about to create) it hands to ``context.note`` *before* it
acts; a resumed step is run again with that in ``context.record``.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from emulator.arns import Scope
from emulator.errors import ServiceError
from emulator.jobs.base import Tools
from emulator.pipelines.definition import Step
from emulator.pipelines.expressions import Known, resolve

INTERRUPTED = "Interrupted"
"""The kind of a failure by which a step's job ended together with a former server."""


class StepFailed(Exception):
    """The step ends Failed: its ``FailureReason`` (empty: none is given), its Metadata, and what retries look at."""

    def __init__(self, reason: str, metadata: Mapping[str, Any] | None = None, kind: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.metadata = dict(metadata or {})
        self.kind = kind


class StepStopped(Exception):
    """The step ended because its execution is being stopped."""


class Suspended(Exception):
    """The server is going down; the step stays as recorded and is taken up again at the next start."""


@dataclass(frozen=True, slots=True)
class Done:
    """A success: Metadata of the step's listing, the properties others may refer to, a Condition's outcome.

    ``source`` is the ARN of the execution whose result was taken from the cache.
    """

    metadata: Mapping[str, Any]
    properties: Mapping[str, Any]
    outcome: bool | None = None
    source: str = ""


@dataclass(frozen=True, slots=True)
class Context:
    """What a step works with. ``record`` is its row as last noted; ``note`` writes private (``_``) members to it."""

    tools: Tools
    scope: Scope
    pipeline: str
    execution_arn: str
    step: Step
    known: Known
    record: Mapping[str, Any]
    note: Callable[[Mapping[str, Any]], None]
    stopping: threading.Event
    closing: threading.Event

    def resolve(self, value: Any, **variables: str) -> Any:
        """``value`` with its references resolved; ``variables`` are further Execution variables."""
        known = self.known
        if variables:
            execution = {**known.execution, **variables}
            known = Known(known.parameters, execution, known.properties, known.steps, known.experiment, known.read)
        return resolve(value, known)

    def call(self, operation: str, params: Mapping[str, Any]) -> dict[str, Any]:
        """Call SageMaker; an error answer fails the step, in AWS's wording."""
        try:
            return self.tools.call(self.scope, "sagemaker", operation, params)
        except ServiceError as error:
            reason = f"ClientError: Failed to invoke sagemaker:{operation}. Error Details: {error.message}"
            raise StepFailed(reason, kind=error.code) from error


Run = Callable[[Context], Done]
Check = Callable[[Step], Iterator[str]]


def no_check(step: Step) -> Iterator[str]:
    """Arguments of any form will do."""
    yield from ()


@dataclass(frozen=True, slots=True)
class StepType:
    """One step type: how it runs, and what CreatePipeline checks of its arguments."""

    name: str
    run: Run
    check: Check = field(default=no_check)


_types: dict[str, StepType] = {}


def add(name: str, run: Run, check: Check = no_check) -> None:
    """Register a step type; ``ValueError`` when the name is taken."""
    if name in _types:
        raise ValueError(f"step type {name} is registered twice")
    _types[name] = StepType(name, run, check)


def step_type(name: str, check: Check = no_check) -> Callable[[Run], Run]:
    """Register a function as a step type."""

    def register(run: Run) -> Run:
        add(name, run, check)
        return run

    return register


def registered() -> Mapping[str, StepType]:
    """The step types registered so far."""
    return _types
