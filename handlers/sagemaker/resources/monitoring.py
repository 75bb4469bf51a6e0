"""What watches models: job definitions, and schedules (state only: none comes due; handlers/sagemaker/monitoring)."""

from __future__ import annotations

from emulator.aws.registry import keeps
from handlers.sagemaker.cycle import Cycle
from handlers.sagemaker.monitoring import checks
from handlers.sagemaker.resource import Resource

PENDING = "Pending"
ANY = (PENDING, "Scheduled", "Stopped", "Failed")

ROWS = (
    *(
        Resource(
            f"{kind}JobDefinition",
            missing_text="Job Definition {arn} does not exist.",
            duplicate_text="Job definition name must be unique within an AWS account and region ({arn})",
            paths={
                "MonitoringJobDefinitionName": "JobDefinitionName",
                "MonitoringJobDefinitionArn": "JobDefinitionArn",
                "EndpointName": f"{kind}JobInput.EndpointInput.EndpointName",
            },
        )
        for kind in ("DataQuality", "ModelBias", "ModelExplainability", "ModelQuality")
    ),
    Resource(
        "MonitoringSchedule",
        does={"Create": keeps("it never comes due")},
        missing_text="Monitoring Schedule {arn} does not exist.",
        cycle=Cycle(
            create=("Pending", "Scheduled"),
            update=("Pending", "Scheduled"),
            start=("Pending", "Scheduled"),
            stop=("Pending", "Stopped"),
            # The SDK does not wait for a schedule to be ready before it stops, changes or deletes it.
            allowed={"Start": (PENDING, "Stopped"), "Stop": (PENDING, "Scheduled"), "Update": ANY, "Delete": ANY},
            refusal=("ValidationException", "{noun} {name} cannot be {verbed}: it is in status {status}."),
        ),
        paths={"MonitoringJobDefinitionName": "MonitoringScheduleConfig.MonitoringJobDefinitionName"},
        prepare=checks.prepare_schedule,
        updating=checks.redefine,
    ),
)
