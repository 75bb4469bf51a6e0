"""The Condition step: decides which of its branches runs.

``Steps.X.Outcome`` is a boolean (Join renders "true"), while Metadata says "True"; both as the SDK's tests have it.
"""

from __future__ import annotations

from emulator.pipelines.checks import condition_arguments
from emulator.pipelines.conditions import evaluate
from emulator.pipelines.steps.base import Context, Done, step_type


@step_type("Condition", check=condition_arguments)
def run(context: Context) -> Done:
    """Evaluate all conditions; the schedule opens the branch."""
    outcome = evaluate(context.step.arguments["Conditions"], context.known)
    return Done({"Condition": {"Outcome": str(outcome)}}, {"Outcome": outcome}, outcome)
