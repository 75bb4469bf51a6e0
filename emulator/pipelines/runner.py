"""The pipeline runner: the executions that run in this process, started, stopped and resumed."""

from __future__ import annotations

import logging
import threading

from emulator.arns import Scope
from emulator.errors import ServiceError
from emulator.jobs.base import Tools
from emulator.pipelines.coordinator import Coordinator
from emulator.pipelines.ledger import EXECUTION, RUNNING, Ledger

log = logging.getLogger(__name__)


class Runner:
    """Owns the coordinators. All state that must last is in the store."""

    def __init__(self, tools: Tools) -> None:
        self._tools = tools
        self._lock = threading.Lock()
        self._coordinators: dict[str, Coordinator] = {}

    def start(self, scope: Scope, execution_arn: str) -> None:
        """Run an execution whose record is stored; also one that a former process left running."""
        with self._lock:
            self._coordinators = {arn: one for arn, one in self._coordinators.items() if _works(one)}
            record = self._tools.store.records.get(scope, EXECUTION, execution_arn) or {}
            if execution_arn in self._coordinators or record.get("PipelineExecutionStatus") not in RUNNING:
                return
            coordinator = Coordinator(self._tools, scope, execution_arn)
            self._coordinators[execution_arn] = coordinator
            coordinator.start()

    def stop(self, scope: Scope, execution_arn: str) -> None:
        """End an execution early; its record says ``Stopping`` already."""
        with self._lock:
            coordinator = self._coordinators.get(execution_arn)
        if coordinator and coordinator.is_alive():
            coordinator.stop()
        else:
            self.start(scope, execution_arn)

    def recover(self) -> None:
        """Resume every execution that was running when the last process ended. Call it after the job engine's."""
        for stored in list(self._tools.store.records.every(EXECUTION, RUNNING)):
            log.info("resuming pipeline execution %s", stored.name)
            try:
                self.start(stored.scope, stored.name)
            except ServiceError:
                log.exception("pipeline execution %s cannot be resumed", stored.name)
                Ledger(self._tools.store, stored.scope, stored.name).conclude(failed=True)

    def close(self) -> None:
        """Leave all executions as recorded and end their threads."""
        with self._lock:
            coordinators = list(self._coordinators.values())
        for coordinator in coordinators:
            coordinator.close()
        for coordinator in coordinators:
            coordinator.join()


def _works(coordinator: Coordinator) -> bool:
    """A coordinator that has concluded may live on for a moment, while its execution is being retried already."""
    return coordinator.is_alive() and not coordinator.concluded
