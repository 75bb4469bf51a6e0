"""What rows of edge resources check, and the stages of a deployment plan as data."""

from __future__ import annotations

from emulator import arns
from emulator.aws.call import Call
from emulator.errors import ServiceError, validation
from emulator.services import Services
from handlers.sagemaker.hooks import unique
from handlers.sagemaker.resource import Record

UNDER_WAY = ("STARTING", "INPROGRESS")
NO_FLEET = "No devicefleet with name {name} found."


def prepare_fleet(call: Call, services: Services, record: Record) -> None:
    """The role alias that AWS IoT gets has the fleet's name in it (API reference, EnableIotRoleAlias)."""
    if record.get("EnableIotRoleAlias"):
        record["IotRoleAlias"] = _alias(record)


def amend_fleet(params: Record, record: Record, changed: Record) -> Record:
    """An update may ask for the role alias as well; one that is there stays."""
    wanted = changed.pop("EnableIotRoleAlias", False)
    return changed | ({"IotRoleAlias": _alias(record)} if wanted else {})


def _alias(record: Record) -> str:
    """An ARN of IoT's, as the developer guide shows it (describe-device-fleet); the model's pattern says IAM."""
    _, partition, _, region, account, _ = record["DeviceFleetArn"].split(":", 5)
    return f"arn:{partition}:iot:{region}:{account}:rolealias/SageMakerEdge-{record['DeviceFleetName']}"


def prepare_plan(call: Call, services: Services, record: Record) -> None:
    """Fleet and packaged models must be there."""
    if services.store.records.get(call.scope, "DeviceFleet", record["DeviceFleetName"]) is None:
        raise validation(NO_FLEET.format(name=record["DeviceFleetName"]))
    for model in record["ModelConfigs"]:
        job = model["EdgePackagingJobName"]
        if services.store.records.get(call.scope, "EdgePackagingJob", job) is None:
            raise validation(f"No edge packaging job with name {job} found.")
    unique([model["ModelHandle"] for model in record["ModelConfigs"]], "Model handles")
    record["Stages"] = []
    add_stages(record, call.params.get("Stages", []))


def add_stages(plan: Record, given: list[Record]) -> None:
    """Further stages at the end of a plan, not begun."""
    unique([stage["StageName"] for stage in plan["Stages"] + given], "Stage names")
    for stage in given:
        check_selection(stage["DeviceSelectionConfig"])
        plan["Stages"].append(
            {"DeploymentConfig": {"FailureHandlingPolicy": "ROLLBACK_ON_FAILURE"}}
            | stage
            | {"DeploymentStatus": counted("READYTODEPLOY", 0)}
        )


SELECTORS = {"PERCENTAGE": "Percentage", "SELECTION": "DeviceNames", "NAMECONTAINS": "DeviceNameContains"}


def check_selection(selection: Record) -> None:
    """Each way to choose devices has the member it needs."""
    member = SELECTORS[selection["DeviceSubsetType"]]
    if member not in selection:
        raise validation(f"A DeviceSubsetType of {selection['DeviceSubsetType']} needs {member}.")


def counted(status: str, pending: int) -> Record:
    """The state of a stage in which devices wait and none has answered."""
    return {
        "StageStatus": status,
        "EdgeDeploymentSuccessInStage": 0,
        "EdgeDeploymentPendingInStage": pending,
        "EdgeDeploymentFailedInStage": 0,
    }


def plan_is_idle(call: Call, services: Services, plan: Record) -> None:
    """A plan with a stage under way is not deleted."""
    for stage in plan["Stages"]:
        stage_is_idle(plan, stage)


def stage_is_idle(plan: Record, stage: Record) -> None:
    """``ResourceInUse`` for a stage under way."""
    status = stage["DeploymentStatus"]["StageStatus"]
    if status in UNDER_WAY:
        name = arns.tail(plan["EdgeDeploymentPlanArn"])
        raise ServiceError(
            "ResourceInUse", f"Stage {stage['StageName']} of edge deployment plan {name} is in status {status}."
        )
