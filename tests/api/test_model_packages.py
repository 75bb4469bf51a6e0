"""The model registry: versions, approval, what the SDK's registration asks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.api.calls import error, named

SPECIFICATION = {
    "Containers": [
        {"Image": "123456789012.dkr.ecr.us-east-1.amazonaws.com/image:1", "ModelDataUrl": "s3://b/m.tar.gz"}
    ],
    "SupportedContentTypes": ["text/csv"],
    "SupportedResponseMIMETypes": ["text/csv"],
}


@pytest.fixture
def group(sagemaker: Any) -> str:
    name = named("group")
    sagemaker.create_model_package_group(ModelPackageGroupName=name, ModelPackageGroupDescription="A group")
    return name


@pytest.fixture
def register(sagemaker: Any, group: str) -> Callable[..., str]:
    def make(**more: Any) -> str:
        params = {"ModelPackageGroupName": group, "InferenceSpecification": SPECIFICATION} | more
        return str(sagemaker.create_model_package(**params)["ModelPackageArn"])

    return make


def test_versions_count_up_and_are_not_used_again(sagemaker: Any, group: str, register: Callable[..., str]) -> None:
    root = f"arn:aws:sagemaker:us-east-1:123456789012:model-package/{group}"
    assert [register(), register()] == [f"{root}/1", f"{root}/2"]
    sagemaker.delete_model_package(ModelPackageName=f"{root}/2")
    assert register() == f"{root}/3"
    package = sagemaker.describe_model_package(ModelPackageName=f"{root}/3")
    assert (package["ModelPackageGroupName"], package["ModelPackageVersion"]) == (group, 3)
    assert package["ModelPackageStatus"] == "Completed"
    assert package["ModelApprovalStatus"] == "PendingManualApproval"
    assert package["InferenceSpecification"] == SPECIFICATION


def test_a_group_may_be_named_by_its_arn(sagemaker: Any, group: str, register: Callable[..., str]) -> None:
    arn = sagemaker.describe_model_package_group(ModelPackageGroupName=group)["ModelPackageGroupArn"]
    assert register(ModelPackageGroupName=arn).endswith(f"model-package/{group}/1")
    assert sagemaker.describe_model_package_group(ModelPackageGroupName=arn)["ModelPackageGroupName"] == group
    assert len(sagemaker.list_model_packages(ModelPackageGroupName=arn)["ModelPackageSummaryList"]) == 1


def test_approval_and_metadata(sagemaker: Any, register: Callable[..., str]) -> None:
    arn = register(CustomerMetadataProperties={"a": "1", "b": "2"})
    sagemaker.update_model_package(
        ModelPackageArn=arn,
        ModelApprovalStatus="Approved",
        ApprovalDescription="good",
        CustomerMetadataProperties={"c": "3"},
        CustomerMetadataPropertiesToRemove=["a"],
    )
    package = sagemaker.describe_model_package(ModelPackageName=arn)
    assert (package["ModelApprovalStatus"], package["ApprovalDescription"]) == ("Approved", "good")
    assert package["CustomerMetadataProperties"] == {"b": "2", "c": "3"}
    assert package["LastModifiedTime"] >= package["CreationTime"]


def test_the_newest_approved_version_is_found_behind_newer_ones(
    sagemaker: Any, group: str, register: Callable[..., str]
) -> None:
    arns = [register() for _ in range(5)]
    sagemaker.update_model_package(ModelPackageArn=arns[1], ModelApprovalStatus="Approved")
    query = {"ModelPackageGroupName": group, "SortBy": "CreationTime", "SortOrder": "Descending", "MaxResults": 1}
    (newest,) = sagemaker.list_model_packages(**query)["ModelPackageSummaryList"]
    assert newest["ModelPackageArn"] == arns[4]
    (approved,) = sagemaker.list_model_packages(**query, ModelApprovalStatus="Approved")["ModelPackageSummaryList"]
    assert (approved["ModelPackageArn"], approved["ModelApprovalStatus"]) == (arns[1], "Approved")
    pages = sagemaker.get_paginator("list_model_packages").paginate(
        ModelPackageGroupName=group, ModelApprovalStatus="PendingManualApproval", PaginationConfig={"PageSize": 2}
    )
    assert [item["ModelPackageVersion"] for page in pages for item in page["ModelPackageSummaryList"]] == [1, 3, 4, 5]


def test_an_unknown_group_has_no_packages(sagemaker: Any) -> None:
    assert sagemaker.list_model_packages(ModelPackageGroupName="no-such-group")["ModelPackageSummaryList"] == []


def test_a_group_with_packages_stays(sagemaker: Any, group: str, register: Callable[..., str]) -> None:
    arn = register()
    code, message = error(sagemaker.delete_model_package_group, ModelPackageGroupName=group)
    assert code == "ConflictException"
    assert group in message
    sagemaker.delete_model_package(ModelPackageName=arn)
    sagemaker.delete_model_package_group(ModelPackageGroupName=group)
    assert "does not exist" in error(sagemaker.describe_model_package_group, ModelPackageGroupName=group)[1]


def test_a_package_without_a_group(sagemaker: Any) -> None:
    name = named("package")
    sagemaker.create_model_package(ModelPackageName=name, InferenceSpecification=SPECIFICATION)
    package = sagemaker.describe_model_package(ModelPackageName=name)
    assert package["ModelPackageName"] == name
    assert "ModelApprovalStatus" not in package
    code, message = error(
        sagemaker.create_model_package,
        ModelPackageName=name,
        InferenceSpecification=SPECIFICATION,
        ClientToken="b" * 36,
    )
    assert code == "ValidationException"
    assert "ModelPackage already exists" in message
    listed = sagemaker.list_model_packages(NameContains=name)["ModelPackageSummaryList"]
    assert [item["ModelPackageName"] for item in listed] == [name]


def test_a_package_is_single_or_a_version(sagemaker: Any, group: str) -> None:
    assert (
        "Both ModelPackageName and ModelPackageGroupName"
        in (error(sagemaker.create_model_package, ModelPackageName="a", ModelPackageGroupName=group)[1])
    )
    assert "ModelPackageGroupName" in error(sagemaker.create_model_package)[1]
    assert "does not exist" in error(sagemaker.create_model_package, ModelPackageGroupName="no-such-group")[1]


def test_a_second_group_of_the_name_is_refused_as_the_sdk_expects(sagemaker: Any, group: str) -> None:
    code, message = error(sagemaker.create_model_package_group, ModelPackageGroupName=group)
    assert code == "ValidationException"
    assert "already exists" in message


def test_batch_describe(sagemaker: Any, register: Callable[..., str]) -> None:
    arn = register()
    gone = arn.replace("/1", "/9")
    answer = sagemaker.batch_describe_model_package(ModelPackageArnList=[arn, gone])
    assert answer["ModelPackageSummaries"][arn]["ModelPackageVersion"] == 1
    assert answer["BatchDescribeModelPackageErrorMap"].keys() == {gone}


def test_a_groups_policy_is_kept(sagemaker: Any, group: str) -> None:
    assert "Cannot find" in error(sagemaker.get_model_package_group_policy, ModelPackageGroupName=group)[1]
    sagemaker.put_model_package_group_policy(ModelPackageGroupName=group, ResourcePolicy="{}")
    assert sagemaker.get_model_package_group_policy(ModelPackageGroupName=group)["ResourcePolicy"] == "{}"
    sagemaker.delete_model_package_group_policy(ModelPackageGroupName=group)
    assert "Cannot find" in error(sagemaker.get_model_package_group_policy, ModelPackageGroupName=group)[1]


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        ([{"Name": "ModelPackageGroupName", "Operator": "Equals", "Value": "{group}"}], 3),
        ([{"Name": "ModelPackageVersion", "Operator": "GreaterThan", "Value": "1"}], 2),
        ([{"Name": "ModelApprovalStatus", "Operator": "NotEquals", "Value": "Approved"}], 2),
        ([{"Name": "InferenceSpecification.Containers.Image", "Operator": "Contains", "Value": "image:1"}], 3),
        ([{"Name": "Tags.team", "Operator": "Equals", "Value": "one"}], 1),
        ([{"Name": "ApprovalDescription", "Operator": "Exists"}], 1),
        ([{"Name": "ModelApprovalStatus", "Operator": "In", "Value": "Approved,Rejected"}], 1),
    ],
    ids=lambda value: value[0]["Name"] + "-" + value[0]["Operator"] if isinstance(value, list) else str(value),
)
def test_search(
    sagemaker: Any, group: str, register: Callable[..., str], filters: list[dict[str, str]], found: int
) -> None:
    arns = [register(), register(Tags=[{"Key": "team", "Value": "one"}]), register()]
    sagemaker.update_model_package(ModelPackageArn=arns[2], ModelApprovalStatus="Approved", ApprovalDescription="good")
    mine = {"Name": "ModelPackageGroupName", "Operator": "Equals", "Value": group}
    wanted = [mine] + [{key: text.format(group=group) for key, text in part.items()} for part in filters]
    answer = sagemaker.search(Resource="ModelPackage", SearchExpression={"Filters": wanted})
    assert len(answer["Results"]) == found
    assert all(result["ModelPackage"]["ModelPackageGroupName"] == group for result in answer["Results"])


def test_search_finds_a_group_as_the_sdks_registration_asks(sagemaker: Any, group: str) -> None:
    filters = [{"Name": "ModelPackageGroupName", "Operator": "Equals", "Value": group}]
    answer = sagemaker.search(Resource="ModelPackageGroup", SearchExpression={"Filters": filters})
    (result,) = answer["Results"]
    assert result["ModelPackageGroup"]["ModelPackageGroupName"] == group
