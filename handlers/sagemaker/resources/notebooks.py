"""Notebook instances and what they are made from."""

from __future__ import annotations

from emulator.aws.registry import keeps
from handlers.sagemaker.cycle import Cycle
from handlers.sagemaker.resource import Resource
from handlers.sagemaker.resources.texts import INVALID
from handlers.sagemaker.studio import notebooks

DOWN = ("Stopped", "Failed")
CONFIG = "Notebook Instance Lifecycle Config"

ROWS = (
    Resource(
        "NotebookInstance",
        does={"Create": keeps("no notebook runs")},
        cycle=Cycle(
            create=("Pending", "InService"),
            update=("Updating", "Stopped"),
            start=("Pending", "InService"),
            stop=("Stopping", "Stopped"),
            delete="Deleting",
            allowed={"Update": DOWN, "Delete": DOWN, "Start": DOWN, "Stop": ("InService",)},
            # As seen in aws/amazon-sagemaker-examples issue 1094.
            refusal=(
                INVALID,
                "Status ({status}) not in ([{statuses}]). Unable to transition to ({target}) "
                "for Notebook Instance ({arn}).",
            ),
        ),
        missing=INVALID,
        missing_text="RecordNotFound",
        duplicate=INVALID,
        duplicate_text="Cannot create a duplicate Notebook Instance ({arn})",
        renamed={
            "LifecycleConfigName": "NotebookInstanceLifecycleConfigName",
            "SecurityGroupIds": "SecurityGroups",
        },
        defaults={
            "DirectInternetAccess": "Enabled",
            "RootAccess": "Enabled",
            "VolumeSizeInGB": 5,
            "PlatformIdentifier": "notebook-al2-v3",
            "IpAddressType": "ipv4",
            "InstanceMetadataServiceConfiguration": {"MinimumInstanceMetadataServiceVersion": "1"},
        },
        filters={"AdditionalCodeRepositoryEquals": notebooks.has_repository},
        amend=notebooks.amend,
        prepare=notebooks.prepare,
        updating=notebooks.check,
    ),
    Resource(
        "NotebookInstanceLifecycleConfig",
        missing=INVALID,
        missing_text=f"Unable to describe {CONFIG} '{{arn}}'. (Details: {CONFIG} does not exist.)",
        duplicate=INVALID,
        duplicate_text=f"Unable to create {CONFIG} {{arn}}. (Details: {CONFIG} already exists.)",
    ),
    Resource(
        "CodeRepository",
        missing=INVALID,
        missing_text="Cannot find CodeRepository: {arn}",
        duplicate=INVALID,
        ascending=True,
        sort="name",
    ),
)
