"""What a call has checked is still so when it writes, whoever calls meanwhile; a name means the resource it names."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from botocore.exceptions import ClientError

Client = Callable[..., Any]
ROUNDS = 25
ROLE = "arn:aws:iam::123456789012:role/service-role/sagemaker"


@pytest.fixture
def unique_name() -> str:
    return f"held-{uuid.uuid4().hex[:12]}"


def together(*calls: Callable[[], Any]) -> list[str]:
    """Make calls at the same time; the error code of each, empty for none."""

    def code(call: Callable[[], Any]) -> str:
        try:
            call()
        except ClientError as error:
            return str(error.response["Error"]["Code"])
        return ""

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(code, calls))


def test_no_trial_without_its_experiment(client: Client, unique_name: str) -> None:
    sagemaker, other = client("sagemaker"), client("sagemaker")
    for number in range(ROUNDS):
        name = f"{unique_name}-{number}"
        sagemaker.create_experiment(ExperimentName=name)
        deleted, created = together(
            lambda name=name: sagemaker.delete_experiment(ExperimentName=name),
            lambda name=name: other.create_trial(TrialName=name, ExperimentName=name),
        )
        assert (deleted == "") != (created == ""), (deleted, created)


def test_a_feature_is_added_once(client: Client, unique_name: str) -> None:
    sagemaker, other = client("sagemaker"), client("sagemaker")
    sagemaker.create_feature_group(
        FeatureGroupName=unique_name,
        RecordIdentifierFeatureName="id",
        EventTimeFeatureName="time",
        FeatureDefinitions=[{"FeatureName": name, "FeatureType": "String"} for name in ("id", "time")],
        OnlineStoreConfig={"EnableOnlineStore": True},
    )
    while sagemaker.describe_feature_group(FeatureGroupName=unique_name)["FeatureGroupStatus"] == "Creating":
        pass
    for number in range(ROUNDS):
        addition = [{"FeatureName": f"f{number}", "FeatureType": "String"}]
        codes = together(
            *(
                lambda one=one, addition=addition: one.update_feature_group(
                    FeatureGroupName=unique_name, FeatureAdditions=addition
                )
                for one in (sagemaker, other)
            )
        )
        assert sorted(codes) == ["", "ValidationException"]


def test_a_lifecycle_configuration_is_not_in_use_for_a_longer_name(client: Client, unique_name: str) -> None:
    sagemaker = client("sagemaker")
    longer = f"{unique_name}-and-more"
    for name in (unique_name, longer):
        sagemaker.create_studio_lifecycle_config(
            StudioLifecycleConfigName=name,
            StudioLifecycleConfigContent="IyEvYmluL2Jhc2g=",
            StudioLifecycleConfigAppType="JupyterLab",
        )
    arn = sagemaker.describe_studio_lifecycle_config(StudioLifecycleConfigName=longer)["StudioLifecycleConfigArn"]
    sagemaker.create_domain(
        DomainName=unique_name,
        AuthMode="IAM",
        SubnetIds=["subnet-1"],
        VpcId="vpc-1",
        DefaultUserSettings={
            "ExecutionRole": ROLE,
            "JupyterLabAppSettings": {"LifecycleConfigArns": [arn]},
        },
    )
    sagemaker.delete_studio_lifecycle_config(StudioLifecycleConfigName=unique_name)
    with pytest.raises(ClientError, match="is in use by Domain"):
        sagemaker.delete_studio_lifecycle_config(StudioLifecycleConfigName=longer)


def test_a_refused_change_of_an_image_version_changes_no_alias(client: Client, unique_name: str) -> None:
    sagemaker = client("sagemaker")
    sagemaker.create_image(ImageName=unique_name, RoleArn=ROLE)
    sagemaker.get_waiter("image_created").wait(ImageName=unique_name)
    sagemaker.create_image_version(ImageName=unique_name, BaseImage="image:1", ClientToken="a", Aliases=["first"])
    try:
        sagemaker.update_image_version(ImageName=unique_name, Version=1, AliasesToAdd=["second"])
        expected = ["first", "second"]
    except ClientError:  # it was still being created
        expected = ["first"]
    assert sagemaker.list_aliases(ImageName=unique_name)["SageMakerImageVersionAliases"] == expected


def test_an_arn_of_another_region_or_kind_is_not_taken_for_a_name(client: Client, unique_name: str) -> None:
    sagemaker, elsewhere = client("sagemaker"), client("sagemaker", region_name="eu-west-1")
    for one in (sagemaker, elsewhere):
        one.create_model_package_group(ModelPackageGroupName=unique_name)
    arn = elsewhere.describe_model_package_group(ModelPackageGroupName=unique_name)["ModelPackageGroupArn"]
    assert elsewhere.describe_model_package_group(ModelPackageGroupName=arn)["ModelPackageGroupArn"] == arn
    for wrong in (arn, arn.replace("model-package-group/", "pipeline/").replace("eu-west-1", "us-east-1")):
        with pytest.raises(ClientError, match="does not exist"):
            sagemaker.describe_model_package_group(ModelPackageGroupName=wrong)
    with pytest.raises(ClientError, match="Could not find"):
        sagemaker.add_tags(ResourceArn=arn, Tags=[{"Key": "team", "Value": "a"}])


def test_an_update_with_tags_keeps_to_fifty(client: Client, unique_name: str) -> None:
    sagemaker = client("sagemaker")
    tags = [{"Key": f"k{number}", "Value": ""} for number in range(50)]
    arn = sagemaker.create_project(
        ProjectName=unique_name,
        ServiceCatalogProvisioningDetails={"ProductId": "prod-1"},
        Tags=tags,
    )["ProjectArn"]
    while sagemaker.describe_project(ProjectName=unique_name)["ProjectStatus"] != "CreateCompleted":
        pass
    with pytest.raises(ClientError, match="at most 50 tags"):
        sagemaker.update_project(ProjectName=unique_name, Tags=[{"Key": "more", "Value": ""}])
    assert len(sagemaker.list_tags(ResourceArn=arn)["Tags"]) == 50
    sagemaker.update_project(ProjectName=unique_name, Tags=[{"Key": "k1", "Value": "new"}])
    assert {"Key": "k1", "Value": "new"} in sagemaker.list_tags(ResourceArn=arn)["Tags"]


def test_pages_of_aliases_go_on_where_they_were_while_versions_come_and_go(client: Client, unique_name: str) -> None:
    sagemaker = client("sagemaker")
    sagemaker.create_image(ImageName=unique_name, RoleArn=ROLE)
    sagemaker.get_waiter("image_created").wait(ImageName=unique_name)

    def add(alias: str) -> None:
        made = {"ImageName": unique_name, "BaseImage": "image:1", "ClientToken": alias, "Aliases": [alias]}
        sagemaker.create_image_version(**made)

    for alias in ("a", "b", "c"):
        add(alias)
    first = sagemaker.list_aliases(ImageName=unique_name, MaxResults=2)
    assert first["SageMakerImageVersionAliases"] == ["c", "b"]
    add("d")
    rest = sagemaker.list_aliases(ImageName=unique_name, NextToken=first["NextToken"])
    assert rest["SageMakerImageVersionAliases"] == ["a"]
    for wrong in ("2", "9" * 5000, "nonsense"):
        with pytest.raises(ClientError, match="NextToken"):
            sagemaker.list_aliases(ImageName=unique_name, NextToken=wrong)
    with pytest.raises(ClientError, match="NextToken"):
        sagemaker.list_aliases(ImageName=unique_name, Version=1, NextToken=first["NextToken"])


def test_pages_of_a_search_go_on_where_they_were_while_others_are_made(client: Client, unique_name: str) -> None:
    sagemaker = client("sagemaker")

    def add(rate: float) -> None:
        sagemaker.create_trial_component(
            TrialComponentName=f"{unique_name}-{rate:.1f}".replace(".", "-"), Parameters={"rate": {"NumberValue": rate}}
        )

    def page(**more: Any) -> Any:
        wanted = {"Filters": [{"Name": "TrialComponentName", "Operator": "Contains", "Value": unique_name}]}
        return sagemaker.search(
            Resource="ExperimentTrialComponent",
            SearchExpression=wanted,
            SortBy="Parameters.rate",
            SortOrder="Ascending",
            **more,
        )

    def rates(answer: Any) -> list[float]:
        return [found["TrialComponent"]["Parameters"]["rate"]["NumberValue"] for found in answer["Results"]]

    for rate in (0.2, 0.4, 0.6, 0.8):
        add(rate)
    first = page(MaxResults=2)
    assert rates(first) == [0.2, 0.4]
    add(0.1)
    sagemaker.delete_trial_component(TrialComponentName=f"{unique_name}-0-4")
    assert rates(page(NextToken=first["NextToken"])) == [0.6, 0.8]


def test_lineage_stays_in_its_region(client: Client, unique_name: str) -> None:
    sagemaker, elsewhere = client("sagemaker"), client("sagemaker", region_name="eu-west-1")
    arns = [
        sagemaker.create_context(ContextName=f"{unique_name}-{end}", Source={"SourceUri": end}, ContextType="Test")
        for end in ("a", "b")
    ]
    source, destination = (made["ContextArn"] for made in arns)
    with pytest.raises(ClientError, match="Could not find"):
        elsewhere.add_association(SourceArn=source, DestinationArn=destination)
    with pytest.raises(ClientError, match="Could not find"):
        elsewhere.query_lineage(StartArns=[source])
    sagemaker.add_association(SourceArn=source, DestinationArn=destination)
