"""Stages of an edge deployment plan: added, removed, started, stopped, and the devices each means.

A stage that was started waits for its devices, as on AWS while they are off; it ends when it is stopped.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from operator import itemgetter

from emulator import arns
from emulator.aws.call import Call
from emulator.aws.registry import operation
from emulator.errors import validation
from emulator.services import Services
from emulator.store import Query
from handlers.sagemaker import crud
from handlers.sagemaker.edge.checks import add_stages, counted, stage_is_idle
from handlers.sagemaker.edge.devices import KIND as DEVICE
from handlers.sagemaker.listing import PAGE, slice_of
from handlers.sagemaker.resource import SERVICE, Record
from handlers.sagemaker.resources import RESOURCES

PLAN = RESOURCES["EdgeDeploymentPlan"]
Change = Callable[[Record], None]


@operation(SERVICE, "DescribeEdgeDeploymentPlan")
def describe_plan(call: Call, services: Services) -> Record:
    """A plan with a page of its stages; all of them where no MaxResults is given."""
    plan = crud.describe(PLAN, call, services)
    stages, more = slice_of(plan["Stages"], call.params, max(1, len(plan["Stages"])), itemgetter("StageName"))
    return plan | {"Stages": stages, **more}


@operation(SERVICE, "CreateEdgeDeploymentStage")
def create_stages(call: Call, services: Services) -> Record:
    """Further stages."""
    return _change(call, services, lambda plan: add_stages(plan, call.params["Stages"]))


@operation(SERVICE, "DeleteEdgeDeploymentStage")
def delete_stage(call: Call, services: Services) -> Record:
    """Remove a stage that is not under way."""

    def change(plan: Record) -> None:
        stage = _stage(plan, call.params["StageName"])
        stage_is_idle(plan, stage)
        plan["Stages"].remove(stage)

    return _change(call, services, change)


@operation(SERVICE, "StartEdgeDeploymentStage")
def start_stage(call: Call, services: Services) -> Record:
    """Begin a stage: its devices are waited for."""

    def change(plan: Record) -> None:
        stage = _stage(plan, call.params["StageName"])
        _require(plan, stage, "READYTODEPLOY", "STOPPED")
        waiting = len(_devices(call, services, plan, stage))
        started = {"EdgeDeploymentStageStartTime": arns.now()}
        stage["DeploymentStatus"] = counted("INPROGRESS", waiting) | started

    return _change(call, services, change)


@operation(SERVICE, "StopEdgeDeploymentStage")
def stop_stage(call: Call, services: Services) -> Record:
    """End a stage that is under way."""

    def change(plan: Record) -> None:
        stage = _stage(plan, call.params["StageName"])
        _require(plan, stage, "INPROGRESS")
        stage["DeploymentStatus"] |= counted("STOPPED", 0)

    return _change(call, services, change)


def _require(plan: Record, stage: Record, *allowed: str) -> None:
    status = stage["DeploymentStatus"]["StageStatus"]
    if status not in allowed:
        name = plan["EdgeDeploymentPlanName"]
        raise validation(f"Stage {stage['StageName']} of edge deployment plan {name} is in status {status}.")


def _change(call: Call, services: Services, change: Change) -> Record:
    name, _ = crud.find(PLAN, call, services)

    def changes(plan: Record) -> Record:
        change(plan)
        waiting = sum(stage["DeploymentStatus"]["EdgeDeploymentPendingInStage"] for stage in plan["Stages"])
        return {"Stages": plan["Stages"], "EdgeDeploymentPending": waiting}

    services.store.records.update(call.scope, PLAN.noun, name, changes)
    return {}


def _stage(plan: Record, name: str) -> Record:
    for stage in plan["Stages"]:
        if stage["StageName"] == name:
            found: Record = stage
            return found
    raise validation(f"No stage with name {name} found in edge deployment plan {plan['EdgeDeploymentPlanName']}.")


def _devices(call: Call, services: Services, plan: Record, stage: Record) -> list[Record]:
    """The devices a stage means, in the order they were registered; a percentage is of the whole fleet."""
    query = Query(parent=plan["DeviceFleetName"], descending=False, limit=1000)
    fleet = [stored.record for stored in services.store.records.each(call.scope, DEVICE, query)]
    chosen = stage["DeviceSelectionConfig"]
    if "Percentage" in chosen:
        return fleet[: math.ceil(len(fleet) * chosen["Percentage"] / 100)]
    if "DeviceNames" in chosen:
        return [device for device in fleet if device["DeviceName"] in chosen["DeviceNames"]]
    return [device for device in fleet if chosen["DeviceNameContains"] in device["DeviceName"]]


@operation(SERVICE, "ListStageDevices")
def list_stage_devices(call: Call, services: Services) -> Record:
    """The devices of a stage, waiting or not begun with."""
    plan = crud.describe(PLAN, call, services)
    stage = _stage(plan, call.params["StageName"])
    items, more = slice_of(_devices(call, services, plan, stage), call.params, PAGE, itemgetter("DeviceName"))
    shared = {
        "EdgeDeploymentPlanArn": plan["EdgeDeploymentPlanArn"],
        "EdgeDeploymentPlanName": plan["EdgeDeploymentPlanName"],
        "StageName": stage["StageName"],
        "DeviceDeploymentStatus": stage["DeploymentStatus"]["StageStatus"],
    }
    return {"DeviceDeploymentSummaries": [device | shared for device in items], **more}
