"""The stories of jobs, of work that is stopped while it goes on, of clusters, devices and training plans."""

from __future__ import annotations

from typing import Any

from stories import LONG, ROLE, TRAINING, World, name, story

from handlers.sagemaker.resources import RESOURCES

GROUP = {"InstanceGroupName": "workers", "InstanceCount": 2, "InstanceType": "ml.g5.xlarge"}
JOBS: dict[str, dict[str, Any]] = {"TrainingJob": TRAINING, "ProcessingJob": {}, "TransformJob": {}}


def job_story(noun: str) -> None:
    """Create, Describe, List, Stop and, where there is one, Update and Delete of a job that the engine runs."""

    @story(f"Create{noun}", f"Describe{noun}", f"List{noun}s", f"Stop{noun}", pace=LONG)
    def job(world: World) -> None:
        which = {f"{noun}Name": name(noun)}
        given = {"ModelName": world.make("Model").name} if noun == "TransformJob" else {}
        world(f"Create{noun}", **which, **JOBS[noun], **given)
        world(f"Describe{noun}", **which)
        assert len(world(f"List{noun}s", NameContains=which[f"{noun}Name"])[f"{noun}Summaries"]) == 1
        world(f"Stop{noun}", **which)


for _noun in JOBS:
    job_story(_noun)


@story("UpdateTrainingJob", pace=LONG)
def update_training_job(world: World) -> None:
    which = {"TrainingJobName": name("TrainingJob")}
    world("CreateTrainingJob", **which, **JOBS["TrainingJob"])
    world("UpdateTrainingJob", **which, ProfilerConfig={"DisableProfiler": True})


@story("DeleteTrainingJob", "DeleteProcessingJob", pace=LONG)
def deleted_jobs(world: World) -> None:
    for noun in ("TrainingJob", "ProcessingJob"):
        which = {f"{noun}Name": name(noun)}
        world(f"Create{noun}", **which, **JOBS[noun])
        world(f"Stop{noun}", **which)
        world(f"Delete{noun}", **which)
        world(f"Create{noun}", **which, **JOBS[noun])  # its name is free again


def stop_story(noun: str) -> None:
    """Stop of work that goes on by itself."""

    @story(f"Stop{noun}", pace=LONG)
    def stop(world: World) -> None:
        made = world.make(noun, settled=False)
        world(f"Stop{noun}", **made.which)
        described = world(f"Describe{noun}", **made.which)
        row = RESOURCES[noun]
        assert (described[row.wrapper] if row.wrapper else described)[row.status_member].lower() == "stopping"


for _noun in (
    "AIBenchmarkJob",
    "AIRecommendationJob",
    "AutoMLJob",
    "CompilationJob",
    "EdgePackagingJob",
    "InferenceRecommendationsJob",
    "Job",
    "LabelingJob",
    "OptimizationJob",
    "TrainingSession",
):
    stop_story(_noun)


@story("CreateAutoMLJobV2", "DescribeAutoMLJobV2", "DescribeAutoMLJob", "ListCandidatesForAutoMLJob")
def automl(world: World) -> None:
    which = {"AutoMLJobName": name("automl")}
    world("CreateAutoMLJobV2", **which)
    world("DescribeAutoMLJobV2", **which)
    world("DescribeAutoMLJob", **world.make("AutoMLJob").which)
    assert world("ListCandidatesForAutoMLJob", **which)["Candidates"] == []


def clustered(world: World) -> tuple[dict[str, str], str, list[dict[str, Any]]]:
    """A cluster: what names it, its ARN, its two nodes."""
    which = {"ClusterName": name("Cluster")}
    groups = [
        GROUP | {"LifeCycleConfig": {"SourceS3Uri": "s3://bucket/scripts", "OnCreate": "on.sh"}, "ExecutionRole": ROLE}
    ]
    arn = world("CreateCluster", **which, InstanceGroups=groups, NodeProvisioningMode="Continuous")["ClusterArn"]
    return which, arn, world("ListClusterNodes", **which)["ClusterNodeSummaries"]


@story("CreateCluster", "UpdateCluster", "UpdateClusterSoftware", "ListClusterNodes", "DescribeClusterNode")
@story("ListClusterEvents", "ListClusterOperations", "DeleteCluster")
def clusters(world: World) -> None:
    which, _, nodes = clustered(world)
    node = {"NodeId": nodes[0]["InstanceId"]}
    assert world("DescribeClusterNode", **which, **node)["NodeDetails"]["InstanceGroupName"] == "workers"
    world("UpdateClusterSoftware", **which)
    world("UpdateCluster", **which, InstanceGroups=[GROUP | {"InstanceCount": 1, "ExecutionRole": ROLE}])
    assert len(world("ListClusterNodes", **which)["ClusterNodeSummaries"]) == 1
    assert world("ListClusterEvents", **which)["Events"] == []
    assert world("ListClusterOperations", **which)["ClusterOperationSummaries"] == []
    world("DeleteCluster", **which)
    world.gone("DescribeCluster", **which)


@story("BatchAddClusterNodes", "BatchRebootClusterNodes", "BatchReplaceClusterNodes", "BatchDeleteClusterNodes")
def nodes_one_by_one(world: World) -> None:
    which, _, nodes = clustered(world)
    wish = {"InstanceGroupName": "workers", "IncrementTargetCountBy": 1}
    world("BatchAddClusterNodes", **which, NodesToAdd=[wish])
    first, second = ([node["InstanceId"]] for node in nodes)
    assert world("BatchRebootClusterNodes", **which, NodeIds=first)["Successful"] == first
    assert world("BatchReplaceClusterNodes", **which, NodeIds=first)["Successful"] == first
    assert world("BatchDeleteClusterNodes", **which, NodeIds=second)["Successful"] == second


@story("AttachClusterNodeVolume", "DetachClusterNodeVolume", "AttachClusterNodeNetworkInterface")
def attachments(world: World) -> None:
    which, arn, nodes = clustered(world)
    node = {"NodeId": nodes[0]["InstanceId"]}
    volume = {"ClusterArn": arn, **node, "VolumeId": "vol-0123456789abcdef0"}
    assert world("AttachClusterNodeVolume", **volume)["Status"] == "attached"
    assert world("DetachClusterNodeVolume", **volume)["Status"] == "detached"
    world("AttachClusterNodeNetworkInterface", **which, **node)


@story("CreateClusterExtension", "DescribeClusterExtension", "UpdateClusterExtension", "ListClusterExtensions")
@story("ListClusterExtensionVersions", "DeleteClusterExtension")
def extensions(world: World) -> None:
    arn = clustered(world)[1]
    extension = world("CreateClusterExtension", ClusterArn=arn, ExtensionName="observability")["ExtensionArn"]
    which = {"ClusterArn": arn, "ExtensionArn": extension}
    world("UpdateClusterExtension", **which, ExtensionVersion="2.0.0")
    assert world("DescribeClusterExtension", **which)["ExtensionDetails"]["ExtensionVersion"] == "2.0.0"
    assert len(world("ListClusterExtensions", ClusterArn=arn)["Extensions"]) == 1
    world("ListClusterExtensionVersions", ExtensionName="observability")
    world("DeleteClusterExtension", **which)
    world.gone("DescribeClusterExtension", **which)


@story("DescribeComputeQuota", "DescribeClusterSchedulerConfig")
def governed(world: World) -> None:
    for noun in ("ComputeQuota", "ClusterSchedulerConfig"):
        world(f"Describe{noun}", **world.make(noun).which)


@story("RegisterDevices", "DescribeDevice", "UpdateDevices", "ListDevices", "GetDeviceFleetReport", "DeregisterDevices")
def devices(world: World) -> None:
    fleet = world.make("DeviceFleet").which
    device = {"DeviceName": "device"}
    world("RegisterDevices", **fleet, Devices=[device])
    world("UpdateDevices", **fleet, Devices=[device | {"Description": "new"}])
    assert world("DescribeDevice", **fleet, **device)["Description"] == "new"
    assert len(world("ListDevices", **fleet)["DeviceSummaries"]) == 1
    world("GetDeviceFleetReport", **fleet)
    world("DeregisterDevices", **fleet, DeviceNames=["device"])
    world.gone("DescribeDevice", "sagemaker", "ValidationException", **fleet, **device)


@story("DescribeEdgeDeploymentPlan", "CreateEdgeDeploymentStage", "StartEdgeDeploymentStage", "ListStageDevices")
@story("StopEdgeDeploymentStage", "DeleteEdgeDeploymentStage")
def stages(world: World) -> None:
    plan = world.make("EdgeDeploymentPlan")
    world("RegisterDevices", DeviceFleetName=plan.params["DeviceFleetName"], Devices=[{"DeviceName": "device"}])
    half = {"StageName": "half", "DeviceSelectionConfig": {"DeviceSubsetType": "PERCENTAGE", "Percentage": 50}}
    one = plan.which | {"StageName": "half"}
    world("CreateEdgeDeploymentStage", **plan.which, Stages=[half])
    world("StartEdgeDeploymentStage", **one)
    assert world("DescribeEdgeDeploymentPlan", **plan.which)["EdgeDeploymentPending"] == 1
    assert len(world("ListStageDevices", **one)["DeviceDeploymentSummaries"]) == 1
    world("StopEdgeDeploymentStage", **one)
    world("DeleteEdgeDeploymentStage", **one)


@story("SearchTrainingPlanOfferings", "DescribeTrainingPlan", "ListTrainingPlans", "DescribeReservedCapacity")
@story("ListUltraServersByReservedCapacity", "ExtendTrainingPlan", "DescribeTrainingPlanExtensionHistory")
def training_plans(world: World) -> None:
    which = world.make("TrainingPlan").which
    plan = world("DescribeTrainingPlan", **which)
    assert plan["TrainingPlanArn"] in str(world("ListTrainingPlans", MaxResults=100))
    capacity = {"ReservedCapacityArn": plan["ReservedCapacitySummaries"][0]["ReservedCapacityArn"]}
    world("DescribeReservedCapacity", **capacity)
    assert world("ListUltraServersByReservedCapacity", **capacity)["UltraServers"] == []
    arn = {"TrainingPlanArn": plan["TrainingPlanArn"]}
    (offer,) = world("SearchTrainingPlanOfferings", **arn, DurationHours=48)["TrainingPlanExtensionOfferings"]
    chosen = {"TrainingPlanExtensionOfferingId": offer["TrainingPlanExtensionOfferingId"]}
    extended = world("ExtendTrainingPlan", **chosen)["TrainingPlanExtensions"]
    assert world("DescribeTrainingPlanExtensionHistory", **arn)["TrainingPlanExtensions"] == extended
    longer = world("DescribeTrainingPlan", **which)
    assert longer["DurationHours"] == plan["DurationHours"] + 48
    assert longer["EndTime"] == longer["ReservedCapacitySummaries"][0]["EndTime"] == offer["EndDate"] > plan["EndTime"]
    world.gone("ExtendTrainingPlan", **chosen)
