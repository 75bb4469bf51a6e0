"""One pipeline execution: a thread that starts steps as they become ready and records how they end.

Every step runs in a thread of its own and reports back through a queue; only the coordinator touches the schedule.
All that counts is in the store, so an execution is *resumed* by building its schedule again from the step records:
ended steps count as they ended, running ones are run again with their record (they find their job by its name).

When a step fails, no further step starts and those that run are let to their end; then the execution is Failed.
"""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Mapping
from functools import partial
from typing import Any

from emulator.arns import Scope
from emulator.jobs.base import Tools
from emulator.pipelines import steps
from emulator.pipelines.definition import Definition, Step, parse
from emulator.pipelines.graph import Schedule
from emulator.pipelines.ledger import Ledger
from emulator.pipelines.steps.base import Context
from emulator.pipelines.variables import known
from emulator.pipelines.worker import work

log = logging.getLogger(__name__)

DEFAULT_PARALLEL = 50  # AWS's quota on parallel steps of an execution
ENDED = frozenset({"Succeeded", "Failed", "Stopped"})


class Coordinator(threading.Thread):
    """Runs one execution to its end. ``stop`` ends it early; ``close`` leaves it as recorded, to be resumed."""

    def __init__(self, tools: Tools, scope: Scope, arn: str) -> None:
        super().__init__(name=f"execution-{arn.rsplit('/', 1)[-1]}", daemon=True)
        self._tools = tools
        self._scope = scope
        self._ledger = Ledger(tools.store, scope, arn)
        self._execution = self._ledger.execution()
        self._definition: Definition = parse(self._execution["_Definition"], steps.types())
        self._schedule = Schedule(self._definition)
        self._previous = self._ledger.steps()
        self._properties: dict[str, Any] = {}
        self._waiting: list[str] = []
        self._active: dict[str, threading.Thread] = {}
        self._ended: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self._failed = False
        selection = self._execution.get("SelectiveExecutionConfig")
        self._selected = {item["StepName"] for item in selection["SelectedSteps"]} if selection else None
        self.concluded = False
        self._stopping = threading.Event()
        self._closing = threading.Event()

    def stop(self) -> None:
        """Start nothing more and stop what runs."""
        self._stopping.set()
        self._ended.put(None)

    def close(self) -> None:
        """Leave everything as recorded: the server goes down."""
        self._closing.set()
        self._ended.put(None)

    def run(self) -> None:
        """See the execution to its end and record it, unless the server goes down first."""
        try:
            self._loop()
        except Exception:  # the worker's edge: a bug must end the execution, not leave it running for ever
            log.exception("pipeline execution %s", self._ledger.arn)
            self._failed = True
        if not self._closing.is_set():
            self.concluded = True
            log.info("pipeline execution %s: %s", self._ledger.arn, self._ledger.conclude(self._failed))

    def _loop(self) -> None:
        """Start what may start, wait for an end, until nothing runs and nothing may start."""
        if self._execution["PipelineExecutionStatus"] == "Stopping":
            self._stopping.set()
        while True:
            self._start_ready()
            if not self._active or self._closing.is_set():
                break
            name = self._ended.get()
            if name is not None:
                del self._active[name]
                self._settle(name, self._ledger.step(name))
        for thread in self._active.values():
            thread.join()

    def _start_ready(self) -> None:
        self._refill()
        while self._waiting and self._may_start(self._waiting[0]):
            name = self._waiting.pop(0)
            record = self._previous.pop(name, None)
            if record and record["StepStatus"] in ENDED:
                self._settle(name, record)
                self._refill()
            else:
                self._begin(self._definition.steps[name], record)

    def _refill(self) -> None:
        """Ready steps, those of a run before a restart first; of a selective execution only what it may run."""
        fresh = self._schedule.ready()
        if self._selected is not None:
            fresh = [name for name in fresh if name in self._selected or name in self._previous]
        self._waiting.extend(fresh)
        self._waiting.sort(key=lambda name: name not in self._previous)

    def _may_start(self, name: str) -> bool:
        if self._closing.is_set():
            return False
        if name in self._previous:
            return True
        return not self._failed and not self._stopping.is_set() and len(self._active) < self._parallel()

    def _parallel(self) -> int:
        """Read each time: UpdatePipelineExecution may change it while the execution runs."""
        limits = self._ledger.execution().get("ParallelismConfiguration") or {}
        return int(limits.get("MaxParallelExecutionSteps", DEFAULT_PARALLEL))

    def _settle(self, name: str, record: Mapping[str, Any]) -> None:
        if record["StepStatus"] == "Succeeded":
            self._properties[name] = record.get("_properties", {})
            self._schedule.finish(name, record.get("_outcome"))
        else:
            self._failed = True

    def _begin(self, step: Step, record: Mapping[str, Any] | None) -> None:
        record = record or self._ledger.begin(step)
        facts = known(self._tools, self._scope, self._execution, self._definition, dict(self._properties))
        context = Context(
            tools=self._tools,
            scope=self._scope,
            pipeline=self._execution["_PipelineName"],
            execution_arn=self._ledger.arn,
            step=step,
            known=facts,
            record=record,
            note=partial(self._ledger.note, step.name),
            stopping=self._stopping,
            closing=self._closing,
        )
        report = partial(self._ended.put, step.name)
        thread = threading.Thread(
            target=work, args=(context, self._ledger, report), name=f"step-{step.name}", daemon=True
        )
        self._active[step.name] = thread
        thread.start()
