"""One step in its thread: run it, try again where its RetryPolicies say so, record its end."""

from __future__ import annotations

import dataclasses
import logging
import time
from collections.abc import Callable

from emulator.pipelines import retry, steps
from emulator.pipelines.expressions import Unresolved
from emulator.pipelines.ledger import Ledger
from emulator.pipelines.steps.base import INTERRUPTED, Context, Done, StepFailed, StepStopped, Suspended

log = logging.getLogger(__name__)


def work(context: Context, ledger: Ledger, report: Callable[[], None]) -> None:
    """Run the step to its end and record it. A suspended step stays as recorded."""
    name = context.step.name
    try:
        ledger.succeeded(name, _attempts(context))
    except StepFailed as failure:
        ledger.failed(name, failure)
    except StepStopped:
        ledger.stopped(name)
    except Suspended:
        return
    except Exception:  # the worker's edge: a bug in a step must end the step, not hang its execution
        log.exception("step %s of %s", name, context.execution_arn)
        ledger.failed(name, StepFailed("InternalServerError: the step could not be run; see the emulator's log."))
    finally:
        report()


def _attempts(context: Context) -> Done:
    began, attempt = time.monotonic(), int(context.record.get("AttemptCount", 1))
    while True:
        try:
            return _run(context)
        except StepFailed as failure:
            wait = _next_try(context, failure, attempt, time.monotonic() - began)
            if wait is None:
                raise
            _pause(context, wait)
            attempt += 1
            changes = {"AttemptCount": attempt, "_name": None, "_arn": None, "Metadata": None}
            context.note(changes)
            context = dataclasses.replace(context, record={"AttemptCount": attempt})


def _next_try(context: Context, failure: StepFailed, attempt: int, elapsed: float) -> float | None:
    if failure.kind == INTERRUPTED:
        return 0
    return retry.delay(context.step.raw.get("RetryPolicies") or [], failure.kind, attempt, elapsed)


def _run(context: Context) -> Done:
    try:
        return steps.types()[context.step.type].run(context)
    except Unresolved as error:
        raise StepFailed(f"ClientError: {error}") from error


def _pause(context: Context, wait: float) -> None:
    until = time.monotonic() + wait
    while (left := until - time.monotonic()) > 0:
        if context.closing.is_set():
            raise Suspended
        if context.stopping.wait(min(left, 0.5)):
            raise StepStopped
