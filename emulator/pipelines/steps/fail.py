"""The Fail step: ends the execution as Failed, with a message of the pipeline's author."""

from __future__ import annotations

from emulator.pipelines.parameters import text
from emulator.pipelines.steps.base import Context, Done, StepFailed, step_type


@step_type("Fail")
def run(context: Context) -> Done:
    """Always raises. An empty message gives no FailureReason but an empty ErrorMessage."""
    message = text(context.resolve(context.step.arguments.get("ErrorMessage", "")))
    raise StepFailed(message, {"Fail": {"ErrorMessage": message}})
