"""Training plans (handlers/sagemaker/training_plans): state only; nothing is reserved anywhere, and nothing is paid."""

from __future__ import annotations

from emulator.aws.registry import keeps
from handlers.sagemaker.cycle import Cycle
from handlers.sagemaker.resource import Resource
from handlers.sagemaker.training_plans import checks

ROWS = (
    Resource(
        "TrainingPlan",
        verbs=("Create",),  # Describe and List look at the time: training_plans/plans.py
        cycle=Cycle(create=("Pending", "Scheduled"), reason="StatusMessage"),
        sorts={"StartTime": "StartTime"},
        does={"Create": keeps("nothing is reserved, nothing is paid")},
        filters={
            "StartTimeAfter": checks.starts_after,
            "StartTimeBefore": checks.starts_before,
            "Filters": checks.has_status,
        },
        prepare=checks.prepare_plan,
    ),
)
