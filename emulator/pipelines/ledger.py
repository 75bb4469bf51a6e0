"""An execution's rows in the store: reading and writing the records of kinds ``PipelineExecution`` and
``PipelineExecutionStep``.

Private members of an execution: ``_PipelineName``, ``_Definition`` (the text it runs), ``_Parameters`` (name and
string). Of a step: ``_type``, ``_name`` (of its job), ``_arn``, ``_properties``
(what references to it read), ``_outcome`` (of a Condition). A step's ``CreationTime`` is its ``StartTime``, so that
the store sorts by it; start times within one execution strictly grow.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from emulator.arns import Scope, now
from emulator.pipelines.definition import Step
from emulator.pipelines.steps.base import Done, StepFailed
from emulator.store import Query, Store

EXECUTION = "PipelineExecution"
STEP = "PipelineExecutionStep"
RUNNING = frozenset({"Executing", "Stopping"})
FAILED = "Step failure: One or multiple steps failed."


def step_key(execution_arn: str, step: str) -> str:
    """The name a step's record has."""
    return f"{execution_arn}#{step}"


class Ledger:
    """The rows of one execution."""

    def __init__(self, store: Store, scope: Scope, arn: str) -> None:
        self._records = store.records
        self._store = store
        self._scope = scope
        self.arn = arn
        self._last_start = 0.0

    def execution(self) -> dict[str, Any]:
        """The execution's record; ``KeyError`` when it was deleted."""
        record = self._records.get(self._scope, EXECUTION, self.arn)
        if record is None:
            raise KeyError(self.arn)
        return record

    def steps(self) -> dict[str, dict[str, Any]]:
        """All step records by step name, oldest first."""
        rows = self._records.each(self._scope, STEP, Query(parent=self.arn, descending=False))
        found = {row.record["StepName"]: row.record for row in rows}
        self._last_start = max((record["StartTime"] for record in found.values()), default=0.0)
        return found

    def step(self, name: str) -> dict[str, Any]:
        """One step's record; ``KeyError`` when it has none."""
        record = self._records.get(self._scope, STEP, step_key(self.arn, name))
        if record is None:
            raise KeyError(name)
        return record

    def begin(self, step: Step) -> dict[str, Any]:
        """Record that a step starts; returns its record."""
        self._last_start = start = round(max(now(), self._last_start + 0.001), 3)
        record: dict[str, Any] = {
            "StepName": step.name,
            "StepStatus": "Executing",
            "StartTime": start,
            "CreationTime": start,
            "AttemptCount": 1,
            "_type": step.type,
        }
        for member, key in (("StepDisplayName", "DisplayName"), ("StepDescription", "Description")):
            if step.raw.get(key):
                record[member] = step.raw[key]
        key = step_key(self.arn, step.name)
        self._records.insert(self._scope, STEP, key, record, status="Executing", parent=self.arn)
        return record

    def note(self, step: str, changes: Mapping[str, Any]) -> None:
        """Change a step's record."""
        status = changes.get("StepStatus")
        self._records.update(self._scope, STEP, step_key(self.arn, step), changes, status=status)

    def succeeded(self, step: str, done: Done) -> None:
        """A step's good end."""
        changes: dict[str, Any] = {"Metadata": dict(done.metadata), "_properties": dict(done.properties)}
        if done.outcome is not None:
            changes["_outcome"] = done.outcome
        if done.source:
            changes["CacheHitResult"] = {"SourcePipelineExecutionArn": done.source}
        self.note(step, {"StepStatus": "Succeeded", "EndTime": now(), **changes})

    def failed(self, step: str, failure: StepFailed) -> None:
        """A step's bad end; Metadata noted before stays."""
        changes: dict[str, Any] = {"StepStatus": "Failed", "EndTime": now()}
        if failure.reason:
            changes["FailureReason"] = failure.reason[:1024]
        if failure.metadata:
            changes["Metadata"] = failure.metadata
        self.note(step, changes)

    def stopped(self, step: str) -> None:
        """A step's end by StopPipelineExecution."""
        self.note(step, {"StepStatus": "Stopped", "EndTime": now()})

    def conclude(self, failed: bool) -> str:
        """The execution's end. A stop asked for while it ran wins over failure and success; returns the status."""
        with self._store.transaction():
            record = self.execution()
            status = "Failed" if failed else "Succeeded"
            if record["PipelineExecutionStatus"] == "Stopping":
                status = "Stopped"
            changes = {"PipelineExecutionStatus": status, "FailureReason": FAILED if status == "Failed" else None}
            self._records.update(self._scope, EXECUTION, self.arn, changes, status=status)
        return status
