"""What is put on endpoints (handlers/sagemaker/inference). Components and shadow tests are refused as endpoints are."""

from __future__ import annotations

from emulator.aws.registry import keeps, refused
from handlers.sagemaker.cycle import Cycle
from handlers.sagemaker.inference import checks
from handlers.sagemaker.resource import Resource
from handlers.sagemaker.resources.texts import COULD_NOT_FIND, EXISTING, INVALID

HOSTING = "Hosting comes later; run the model with CreateTransformJob meanwhile."

ROWS = (
    Resource(
        "InferenceComponent",
        status="Creating",
        missing=INVALID,
        missing_text=COULD_NOT_FIND,
        duplicate=INVALID,
        duplicate_text=EXISTING,
        does={"Create": refused(HOSTING)},
        prepare=checks.needs_endpoint,
    ),
    Resource(
        "InferenceExperiment",
        cycle=Cycle(
            create=("Creating", "Running"),
            update=("Updating", "Running"),
            start=("Starting", "Running"),
            stop=("Stopping", "Completed"),
            failed="",
        ),
        paths={"Arn": "InferenceExperimentArn"},
        does={"Create": refused(HOSTING)},
        prepare=checks.needs_endpoint,
    ),
    Resource(
        "InferenceRouter",
        duplicate="ResourceAlreadyExists",
        does={"Create": keeps("no request reaches its destinations")},
        cycle=Cycle(
            create=("Creating", "InService"),
            update=("Updating", "InService"),
            delete="Deleting",
            reason="StatusReason",
            refusal=("ConflictException", "{noun} {name} cannot be {verbed}: it is in status {status}."),
        ),
        prepare=checks.prepare_router,
        amend=checks.amend_router,
    ),
)
