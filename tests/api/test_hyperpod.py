"""HyperPod: clusters and the nodes of their groups, extensions, quotas; and training plans that reserve capacity."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.api.calls import error, named

ROLE = "arn:aws:iam::123456789012:role/service-role/Role"


def group(name: str, count: int) -> dict[str, Any]:
    return {
        "InstanceGroupName": name,
        "InstanceType": "ml.g5.xlarge",
        "InstanceCount": count,
        "ExecutionRole": ROLE,
        "LifeCycleConfig": {"SourceS3Uri": "s3://bucket/scripts", "OnCreate": "on_create.sh"},
    }


@pytest.fixture
def cluster(sagemaker: Any) -> str:
    name = named("cluster")
    groups = [group("workers", 2), group("login", 1)]
    sagemaker.create_cluster(ClusterName=name, InstanceGroups=groups, NodeProvisioningMode="Continuous")
    in_service(sagemaker, name)
    return name


def in_service(sagemaker: Any, name: str) -> dict[str, Any]:
    while (cluster := sagemaker.describe_cluster(ClusterName=name))["ClusterStatus"] != "InService":
        time.sleep(0.05)
    return dict(cluster)


def nodes(sagemaker: Any, cluster: str, wanted: str = "") -> list[dict[str, Any]]:
    found = sagemaker.list_cluster_nodes(ClusterName=cluster, SortOrder="Ascending")["ClusterNodeSummaries"]
    return [node for node in found if wanted in node["InstanceGroupName"]]


def counts(cluster: dict[str, Any]) -> dict[str, int]:
    return {group["InstanceGroupName"]: group["TargetCount"] for group in cluster["InstanceGroups"]}


def gone(describe: Callable[..., Any], **which: Any) -> bool:
    """Wait until a resource that is being deleted is no longer found."""
    for _ in range(300):
        try:
            describe(**which)
        except ClientError as refusal:
            return bool(refusal.response["Error"]["Code"] == "ResourceNotFound")
        time.sleep(0.05)
    return False


def test_a_cluster_is_found_by_name_and_by_arn_and_has_nodes(sagemaker: Any, cluster: str) -> None:
    described = sagemaker.describe_cluster(ClusterName=cluster)
    by_arn = sagemaker.describe_cluster(ClusterName=described["ClusterArn"])
    assert by_arn["ClusterName"] == cluster
    assert counts(described) == {"workers": 2, "login": 1}
    assert len(nodes(sagemaker, described["ClusterArn"])) == 3
    (first, _) = nodes(sagemaker, cluster, "workers")
    assert first["InstanceStatus"] == {"Status": "Running"}
    by_id = sagemaker.describe_cluster_node(ClusterName=cluster, NodeId=first["InstanceId"])["NodeDetails"]
    assert by_id["LifeCycleConfig"]["OnCreate"] == "on_create.sh"
    logical = sagemaker.describe_cluster_node(ClusterName=cluster, NodeLogicalId=first["NodeLogicalId"])
    assert logical["NodeDetails"]["InstanceId"] == first["InstanceId"]
    (found,) = sagemaker.list_clusters(NameContains=cluster)["ClusterSummaries"]
    assert found["ClusterArn"] == described["ClusterArn"]


def test_nodes_follow_the_groups(sagemaker: Any, cluster: str) -> None:
    before = {node["InstanceId"] for node in nodes(sagemaker, cluster, "workers")}
    sagemaker.update_cluster(
        ClusterName=cluster, InstanceGroups=[group("workers", 3), group("more", 1)], InstanceGroupsToDelete=["login"]
    )
    assert counts(in_service(sagemaker, cluster)) == {"workers": 3, "more": 1}
    after = {node["InstanceId"] for node in nodes(sagemaker, cluster, "workers")}
    assert before < after
    assert len(after) == 3
    assert nodes(sagemaker, cluster, "login") == []
    gone = {"ClusterName": cluster, "InstanceGroupsToDelete": ["login"]}
    assert error(sagemaker.update_cluster, **gone)[0] == "ValidationException"


def test_nodes_are_added_replaced_and_deleted_one_by_one(sagemaker: Any, cluster: str) -> None:
    wishes = [
        {"InstanceGroupName": "login", "IncrementTargetCountBy": 2},
        {"InstanceGroupName": "nobody", "IncrementTargetCountBy": 1},
    ]
    answer = sagemaker.batch_add_cluster_nodes(ClusterName=cluster, NodesToAdd=wishes)
    assert [one["InstanceGroupName"] for one in answer["Successful"]] == ["login", "login"]
    assert answer["Failed"][0]["ErrorCode"] == "InstanceGroupNotFound"
    old = nodes(sagemaker, cluster, "login")[0]
    absent = "i-0123456789abcdef0"
    answer = sagemaker.batch_replace_cluster_nodes(ClusterName=cluster, NodeIds=[old["InstanceId"], absent])
    assert answer["Successful"] == [old["InstanceId"]]
    assert answer["Failed"][0] | {"Message": ""} == {
        "NodeId": absent,
        "ErrorCode": "InstanceIdNotFound",
        "Message": "",
    }
    new = sagemaker.describe_cluster_node(ClusterName=cluster, NodeLogicalId=old["NodeLogicalId"])["NodeDetails"]
    assert new["InstanceId"] != old["InstanceId"]
    sagemaker.batch_reboot_cluster_nodes(ClusterName=cluster, NodeLogicalIds=[old["NodeLogicalId"]])
    answer = sagemaker.batch_delete_cluster_nodes(ClusterName=cluster, NodeIds=[new["InstanceId"], absent])
    assert (answer["Successful"], answer["Failed"][0]["Code"]) == ([new["InstanceId"]], "NodeIdNotFound")
    assert counts(sagemaker.describe_cluster(ClusterName=cluster))["login"] == 2


def test_software_is_updated_group_by_group(sagemaker: Any, cluster: str) -> None:
    sagemaker.update_cluster_software(ClusterName=cluster, InstanceGroups=[{"InstanceGroupName": "login"}])
    in_service(sagemaker, cluster)
    updated = {node["InstanceGroupName"] for node in nodes(sagemaker, cluster) if "LastSoftwareUpdateTime" in node}
    assert updated == {"login"}


def test_volumes_of_a_node(sagemaker: Any, cluster: str) -> None:
    node = nodes(sagemaker, cluster, "login")[0]["InstanceId"]
    arn = sagemaker.describe_cluster(ClusterName=cluster)["ClusterArn"]
    which = {"ClusterArn": arn, "NodeId": node, "VolumeId": "vol-0123456789abcdef0"}
    assert sagemaker.attach_cluster_node_volume(**which)["Status"] == "attached"
    assert error(sagemaker.attach_cluster_node_volume, **which)[0] == "ValidationException"
    assert sagemaker.detach_cluster_node_volume(**which)["Status"] == "detached"
    assert error(sagemaker.detach_cluster_node_volume, **which)[0] == "ValidationException"


def test_what_needs_machines_is_refused_or_empty(sagemaker: Any, cluster: str) -> None:
    checks = [{"InstanceGroupName": "login", "DeepHealthChecks": ["InstanceStress"]}]
    code, message = error(
        sagemaker.start_cluster_health_check, ClusterName=cluster, DeepHealthCheckConfigurations=checks
    )
    assert (code, "no machine" in message) == ("ValidationException", True)
    assert sagemaker.list_cluster_events(ClusterName=cluster)["Events"] == []
    assert error(sagemaker.list_cluster_events, ClusterName="no-such-cluster")[0] == "ResourceNotFound"


def test_a_deleted_cluster_takes_its_nodes_along(sagemaker: Any, cluster: str) -> None:
    sagemaker.delete_cluster(ClusterName=cluster)
    assert gone(sagemaker.describe_cluster, ClusterName=cluster)
    sagemaker.create_cluster(ClusterName=cluster)
    assert nodes(sagemaker, cluster) == []


def test_an_extension_belongs_to_its_cluster(sagemaker: Any, cluster: str) -> None:
    arn = sagemaker.describe_cluster(ClusterName=cluster)["ClusterArn"]
    which = {"ClusterArn": arn, "ExtensionName": "observability"}
    extension = sagemaker.create_cluster_extension(**which, Tags=[{"Key": "a", "Value": "b"}])["ExtensionArn"]
    assert error(sagemaker.create_cluster_extension, **which)[0] == "ResourceInUse"
    own = {"ClusterArn": arn, "ExtensionArn": extension}
    while (answer := sagemaker.describe_cluster_extension(**own))["ExtensionDetails"]["Status"] != "Active":
        time.sleep(0.05)
    assert answer["NodeSummary"] == {"TotalCount": 3, "ActiveCount": 3}
    sagemaker.update_cluster_extension(**own, ExtensionVersion="2.0.0")
    assert sagemaker.describe_cluster_extension(**own)["ExtensionDetails"]["ExtensionVersion"] == "2.0.0"
    (listed,) = sagemaker.list_cluster_extensions(ClusterArn=arn)["Extensions"]
    assert listed["ExtensionArn"] == extension
    while sagemaker.describe_cluster_extension(**own)["ExtensionDetails"]["Status"] != "Active":
        time.sleep(0.05)
    sagemaker.delete_cluster_extension(**own)
    assert gone(sagemaker.describe_cluster_extension, **own)


def test_a_quota_is_changed_by_who_knows_its_version(sagemaker: Any, cluster: str) -> None:
    arn = sagemaker.describe_cluster(ClusterName=cluster)["ClusterArn"]
    given = {
        "Name": f"quota-{cluster}",
        "ClusterArn": arn,
        "ComputeQuotaConfig": {"ComputeQuotaResources": [{"InstanceType": "ml.g5.xlarge", "Count": 1}]},
        "ComputeQuotaTarget": {"TeamName": "team"},
    }
    quota = sagemaker.create_compute_quota(**given)["ComputeQuotaId"]
    assert error(sagemaker.create_compute_quota, **given)[0] == "ConflictException"
    while sagemaker.describe_compute_quota(ComputeQuotaId=quota)["Status"] != "Created":
        time.sleep(0.05)
    changed = {"ComputeQuotaId": quota, "Description": "new"}
    assert error(sagemaker.update_compute_quota, **changed, TargetVersion=7)[0] == "ConflictException"
    assert sagemaker.update_compute_quota(**changed, TargetVersion=1)["ComputeQuotaVersion"] == 2
    assert sagemaker.describe_compute_quota(ComputeQuotaId=quota)["Description"] == "new"
    assert "Description" not in sagemaker.describe_compute_quota(ComputeQuotaId=quota, ComputeQuotaVersion=1)
    (listed,) = sagemaker.list_compute_quotas(NameContains=cluster, ClusterArn=arn)["ComputeQuotaSummaries"]
    assert listed["ComputeQuotaId"] == quota


def test_quotas_are_sorted_by_name_across_pages(sagemaker: Any, cluster: str) -> None:
    arn = sagemaker.describe_cluster(ClusterName=cluster)["ClusterArn"]
    config = {"ComputeQuotaResources": [{"InstanceType": "ml.g5.xlarge", "Count": 1}]}
    for name in ("b", "c", "a"):
        sagemaker.create_compute_quota(
            Name=name, ClusterArn=arn, ComputeQuotaConfig=config, ComputeQuotaTarget={"TeamName": name}
        )
    asked = {"ClusterArn": arn, "SortBy": "Name", "SortOrder": "Descending", "MaxResults": 2}
    first = sagemaker.list_compute_quotas(**asked)
    rest = sagemaker.list_compute_quotas(**asked, NextToken=first["NextToken"])
    assert "NextToken" not in rest
    found = first["ComputeQuotaSummaries"] + rest["ComputeQuotaSummaries"]
    assert [one["Name"] for one in found] == ["c", "b", "a"]
    assert error(sagemaker.list_compute_quotas, **asked, NextToken="b3RoZXI=")[0] == "ValidationException"


def test_a_cluster_has_one_scheduler_configuration(sagemaker: Any, cluster: str) -> None:
    arn = sagemaker.describe_cluster(ClusterName=cluster)["ClusterArn"]
    sagemaker.create_cluster_scheduler_config(Name="one", ClusterArn=arn, SchedulerConfig={"FairShare": "Enabled"})
    code, message = error(
        sagemaker.create_cluster_scheduler_config, Name="two", ClusterArn=arn, SchedulerConfig={"FairShare": "Enabled"}
    )
    assert (code, "'one' already exists" in message) == ("ConflictException", True)


@pytest.mark.parametrize(("start", "status"), [(0, "Active"), (4_000_000_000, "Scheduled")])
def test_a_training_plan_is_made_from_an_offer(sagemaker: Any, start: int, status: str) -> None:
    name = named("plan")
    wanted = {"InstanceType": "ml.p6-b200.48xlarge", "InstanceCount": 4, "DurationHours": 48}
    (offer,) = sagemaker.search_training_plan_offerings(**wanted, StartTimeAfter=start)["TrainingPlanOfferings"]
    arn = sagemaker.create_training_plan(TrainingPlanName=name, TrainingPlanOfferingId=offer["TrainingPlanOfferingId"])[
        "TrainingPlanArn"
    ]
    while (plan := sagemaker.describe_training_plan(TrainingPlanName=arn))["Status"] == "Pending":
        time.sleep(0.05)
    while plan["Status"] != status:
        plan = sagemaker.describe_training_plan(TrainingPlanName=name)
    (capacity,) = plan["ReservedCapacitySummaries"]
    assert (capacity["InstanceType"], capacity["TotalInstanceCount"]) == ("ml.p6-b200.48xlarge", 4)
    described = sagemaker.describe_reserved_capacity(ReservedCapacityArn=capacity["ReservedCapacityArn"])
    assert (described["AvailableInstanceCount"], described["Status"]) == (4, status)
    filters = [{"Name": "Status", "Value": status}]
    listed = sagemaker.list_training_plans(Filters=filters, MaxResults=100)["TrainingPlanSummaries"]
    assert name in {one["TrainingPlanName"] for one in listed}
    assert sagemaker.describe_training_plan_extension_history(TrainingPlanArn=arn)["TrainingPlanExtensions"] == []


def test_an_offer_that_was_not_made_is_not_found(sagemaker: Any) -> None:
    given = {"TrainingPlanName": "plan", "TrainingPlanOfferingId": "tpo-invented"}
    assert error(sagemaker.create_training_plan, **given)[0] == "ResourceNotFound"
    assert error(sagemaker.extend_training_plan, TrainingPlanExtensionOfferingId="x")[0] == "ResourceNotFound"
    soon = {"InstanceType": "ml.p5.48xlarge", "DurationHours": 24, "EndTimeBefore": time.time() + 3600}
    assert sagemaker.search_training_plan_offerings(**soon)["TrainingPlanOfferings"] == []
