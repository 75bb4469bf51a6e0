"""Edge Manager: fleets and deployment plans (handlers/sagemaker/edge)."""

from __future__ import annotations

from handlers.sagemaker.edge import checks
from handlers.sagemaker.hooks import childless
from handlers.sagemaker.resource import Resource
from handlers.sagemaker.resources.texts import INVALID

ROWS = (
    Resource(
        "DeviceFleet",
        missing=INVALID,
        missing_text=checks.NO_FLEET,
        prepare=checks.prepare_fleet,
        amend=checks.amend_fleet,
        deleting=childless("Device", "Device fleet {name} has devices. Deregister them first.", "ResourceInUse"),
    ),
    Resource(
        "EdgeDeploymentPlan",
        path="edge-deployment",
        sorts={"DEVICE_FLEET_NAME": "DeviceFleetName"},
        verbs=("Create", "List", "Delete"),  # Describe pages the stages: edge/stages.py
        defaults={"EdgeDeploymentSuccess": 0, "EdgeDeploymentPending": 0, "EdgeDeploymentFailed": 0},
        prepare=checks.prepare_plan,
        deleting=checks.plan_is_idle,
    ),
)
