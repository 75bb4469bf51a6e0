"""Edge Manager: devices of a fleet, and the stages of a deployment plan."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.calls import error, named

ROLE = "arn:aws:iam::123456789012:role/service-role/Role"


@pytest.fixture
def fleet(sagemaker: Any) -> str:
    name = named("fleet")
    output = {"S3OutputLocation": "s3://bucket/fleet"}
    sagemaker.create_device_fleet(DeviceFleetName=name, OutputConfig=output, EnableIotRoleAlias=True)
    devices = [{"DeviceName": f"device-{number}"} for number in range(5)]
    sagemaker.register_devices(DeviceFleetName=name, Devices=devices, Tags=[{"Key": "a", "Value": "b"}])
    return name


@pytest.fixture
def plan(sagemaker: Any, fleet: str) -> str:
    sagemaker.create_compilation_job(
        CompilationJobName=fleet,
        RoleArn=ROLE,
        InputConfig={"S3Uri": "s3://bucket/model.tar.gz", "Framework": "XGBOOST"},
        OutputConfig={"S3OutputLocation": "s3://bucket/out", "TargetDevice": "jetson_nano"},
        StoppingCondition={"MaxRuntimeInSeconds": 60},
    )
    sagemaker.create_edge_packaging_job(
        EdgePackagingJobName=fleet,
        CompilationJobName=fleet,
        ModelName="m",
        ModelVersion="1",
        RoleArn=ROLE,
        OutputConfig={"S3OutputLocation": "s3://bucket/packed"},
    )
    sagemaker.create_edge_deployment_plan(
        EdgeDeploymentPlanName=fleet,
        DeviceFleetName=fleet,
        ModelConfigs=[{"ModelHandle": "m", "EdgePackagingJobName": fleet}],
        Stages=[stage("half", Percentage=50, DeviceSubsetType="PERCENTAGE")],
    )
    return fleet


def stage(name: str, **selection: Any) -> dict[str, Any]:
    return {"StageName": name, "DeviceSelectionConfig": selection}


def test_a_role_alias_is_made_when_an_update_asks_for_it(sagemaker: Any) -> None:
    name, output = named("fleet"), {"S3OutputLocation": "s3://bucket/fleet"}
    sagemaker.create_device_fleet(DeviceFleetName=name, OutputConfig=output)

    def alias(**params: Any) -> str:
        sagemaker.update_device_fleet(DeviceFleetName=name, OutputConfig=output, **params)
        return str(sagemaker.describe_device_fleet(DeviceFleetName=name).get("IotRoleAlias", ""))

    made = f"arn:aws:iot:us-east-1:123456789012:rolealias/SageMakerEdge-{name}"
    assert [alias(), alias(EnableIotRoleAlias=True), alias(EnableIotRoleAlias=False)] == ["", made, made]


def test_devices_are_registered_described_changed_and_removed(sagemaker: Any, fleet: str) -> None:
    device = sagemaker.describe_device(DeviceFleetName=fleet, DeviceName="device-3")
    assert sagemaker.list_tags(ResourceArn=device["DeviceArn"])["Tags"] == [{"Key": "a", "Value": "b"}]
    sagemaker.update_devices(DeviceFleetName=fleet, Devices=[{"DeviceName": "device-3", "Description": "third"}])
    listed = sagemaker.list_devices(DeviceFleetName=fleet)["DeviceSummaries"]
    assert {one["DeviceName"]: one.get("Description") for one in listed}["device-3"] == "third"
    sagemaker.deregister_devices(DeviceFleetName=fleet, DeviceNames=["device-3"])
    gone = error(sagemaker.describe_device, DeviceFleetName=fleet, DeviceName="device-3")
    assert gone == ("ValidationException", f"No device with name device-3 found in fleet {fleet}.")
    stats = sagemaker.get_device_fleet_report(DeviceFleetName=fleet)["DeviceStats"]
    assert stats == {"ConnectedDeviceCount": 0, "RegisteredDeviceCount": 4}


def test_devices_are_registered_all_or_none(sagemaker: Any, fleet: str) -> None:
    devices = [{"DeviceName": "new"}, {"DeviceName": "device-0"}]
    assert error(sagemaker.register_devices, DeviceFleetName=fleet, Devices=devices)[0] == "ValidationException"
    assert len(sagemaker.list_devices(DeviceFleetName=fleet)["DeviceSummaries"]) == 5


def test_a_fleet_with_devices_stays(sagemaker: Any, fleet: str) -> None:
    assert sagemaker.describe_device_fleet(DeviceFleetName=fleet)["IotRoleAlias"].endswith(f"/SageMakerEdge-{fleet}")
    assert error(sagemaker.delete_device_fleet, DeviceFleetName=fleet)[0] == "ResourceInUse"
    names = [one["DeviceName"] for one in sagemaker.list_devices(DeviceFleetName=fleet)["DeviceSummaries"]]
    sagemaker.deregister_devices(DeviceFleetName=fleet, DeviceNames=names)
    sagemaker.delete_device_fleet(DeviceFleetName=fleet)
    assert error(sagemaker.describe_device_fleet, DeviceFleetName=fleet) == (
        "ValidationException",
        f"No devicefleet with name {fleet} found.",
    )


def test_a_stage_waits_for_its_devices_until_it_is_stopped(sagemaker: Any, plan: str) -> None:
    sagemaker.start_edge_deployment_stage(EdgeDeploymentPlanName=plan, StageName="half")
    answer = sagemaker.describe_edge_deployment_plan(EdgeDeploymentPlanName=plan)
    assert answer["EdgeDeploymentPending"] == 3
    assert answer["Stages"][0]["DeploymentStatus"]["StageStatus"] == "INPROGRESS"
    devices = sagemaker.list_stage_devices(EdgeDeploymentPlanName=plan, StageName="half")
    assert [one["DeviceName"] for one in devices["DeviceDeploymentSummaries"]] == ["device-0", "device-1", "device-2"]
    assert error(sagemaker.delete_edge_deployment_plan, EdgeDeploymentPlanName=plan)[0] == "ResourceInUse"
    assert error(sagemaker.delete_edge_deployment_stage, EdgeDeploymentPlanName=plan, StageName="half")[0] == (
        "ResourceInUse"
    )
    sagemaker.stop_edge_deployment_stage(EdgeDeploymentPlanName=plan, StageName="half")
    answer = sagemaker.describe_edge_deployment_plan(EdgeDeploymentPlanName=plan)
    assert answer["EdgeDeploymentPending"] == 0
    sagemaker.delete_edge_deployment_plan(EdgeDeploymentPlanName=plan)
    assert error(sagemaker.describe_edge_deployment_plan, EdgeDeploymentPlanName=plan)[0] == "ResourceNotFound"


def test_stages_are_added_paged_and_removed(sagemaker: Any, plan: str) -> None:
    more = [
        stage("named", DeviceSubsetType="SELECTION", DeviceNames=["device-4"]),
        stage("like", DeviceSubsetType="NAMECONTAINS", DeviceNameContains="1"),
    ]
    sagemaker.create_edge_deployment_stage(EdgeDeploymentPlanName=plan, Stages=more)
    first = sagemaker.describe_edge_deployment_plan(EdgeDeploymentPlanName=plan, MaxResults=2)
    rest = sagemaker.describe_edge_deployment_plan(
        EdgeDeploymentPlanName=plan, MaxResults=2, NextToken=first["NextToken"]
    )
    assert [one["StageName"] for one in first["Stages"] + rest["Stages"]] == ["half", "named", "like"]
    for name, device in (("named", "device-4"), ("like", "device-1")):
        (found,) = sagemaker.list_stage_devices(EdgeDeploymentPlanName=plan, StageName=name)[
            "DeviceDeploymentSummaries"
        ]
        assert (found["DeviceName"], found["DeviceDeploymentStatus"]) == (device, "READYTODEPLOY")
    again = {"EdgeDeploymentPlanName": plan, "Stages": more[:1]}
    assert error(sagemaker.create_edge_deployment_stage, **again)[0] == "ValidationException"
    sagemaker.delete_edge_deployment_stage(EdgeDeploymentPlanName=plan, StageName="named")
    assert len(sagemaker.describe_edge_deployment_plan(EdgeDeploymentPlanName=plan)["Stages"]) == 2
