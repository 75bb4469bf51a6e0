"""Projects, algorithms, and the applications beside Studio: MLflow and partners'."""

from __future__ import annotations

from emulator.aws.registry import keeps
from handlers.sagemaker.cycle import Cycle
from handlers.sagemaker.projects import hooks
from handlers.sagemaker.resource import Resource
from handlers.sagemaker.resources.texts import DOES_NOT_EXIST, INVALID

CONFLICT = ("ConflictException", "{noun} {arn} cannot be {verbed} while its status is {status}.")
WINDOW = "Tue:03:30"

ROWS = (
    Resource(
        "Project",
        does={"Create": keeps("nothing is provisioned")},
        cycle=Cycle(
            create=("Pending", "CreateInProgress", "CreateCompleted"),
            update=("UpdateInProgress", "UpdateCompleted"),
            delete="DeleteInProgress",
            left="DeleteCompleted",
            failed="CreateFailed",
            reason="ServiceCatalogProvisionedProductDetails.ProvisionedProductStatusMessage",
            becomes={"CreateCompleted": hooks.provisioned},
            refusal=CONFLICT,
        ),
        missing=INVALID,
        missing_text="Project {name} does not exist.",
        duplicate=INVALID,
        duplicate_text="Project {name} already exists.",
        renamed={"ServiceCatalogProvisioningUpdateDetails": "ServiceCatalogProvisioningDetails"},
        merges=("ServiceCatalogProvisioningUpdateDetails",),
        amend=hooks.amend_project,
        prepare=hooks.prepare_project,
        updating=hooks.add_tags("ProjectArn"),
    ),
    Resource(
        "MlflowTrackingServer",
        does={"Create": keeps("no server runs")},
        cycle=Cycle(
            create=("Creating", "Created"),
            update=("Updating", "Updated"),
            start=("Starting", "Started"),
            stop=("Stopping", "Stopped"),
            delete="Deleting",
            failed="CreateFailed",
            allowed={"Stop": ("Created", "Started", "Updated", "StopFailed"), "Start": ("Stopped", "StartFailed")},
            refusal=CONFLICT,
            becomes={
                "Creating": hooks.inactive,
                "Created": hooks.active,
                "Started": hooks.active,
                "Stopped": hooks.inactive,
            },
        ),
        defaults={
            "TrackingServerSize": "Small",
            "MlflowVersion": "2.16.2",
            "AutomaticModelRegistration": False,
            "WeeklyMaintenanceWindowStart": WINDOW,
        },
        prepare=hooks.prepare_tracking_server,
    ),
    Resource(
        "MlflowApp",
        sorts={"Name": "Name"},
        does={"Create": keeps("no server runs")},
        new_id=hooks.application_id,
        cycle=Cycle(
            create=("Creating", "Created"),
            update=("Updating", "Updated"),
            delete="Deleting",
            failed="CreateFailed",
            refusal=CONFLICT,
        ),
        defaults={
            "MlflowVersion": "3.4.0",
            "ModelRegistrationMode": "AutoModelRegistrationDisabled",
            "AccountDefaultStatus": "DISABLED",
            "WeeklyMaintenanceWindowStart": WINDOW,
        },
        filters={"DefaultForDomainId": hooks.default_for},
    ),
    Resource(
        "PartnerApp",
        does={"Create": keeps("no application runs")},
        new_id=hooks.application_id,
        unique="Name",
        duplicate="ConflictException",
        cycle=Cycle(
            create=("Creating", "Available"),
            update=("Updating", "Available"),
            delete="Deleting",
            reason="Error.Reason",
            refusal=CONFLICT,
        ),
        defaults={"Version": "1.0.0"},
        renamed={"AppVersion": "Version"},
        merges=("ApplicationConfig", "MaintenanceConfig"),
        prepare=hooks.prepare_partner_app,
        updating=hooks.add_tags("Arn"),
    ),
    Resource(
        "Algorithm",
        does={"Create": keeps("no validation job runs")},
        cycle=Cycle(create=("Pending", "InProgress", "Completed"), delete="Deleting", failed="Failed"),
        missing=INVALID,
        missing_text=DOES_NOT_EXIST,
        duplicate=INVALID,
        duplicate_text="{noun} {arn} already exists.",
        defaults={"AlgorithmStatusDetails": {}},
        ascending=True,
    ),
)
