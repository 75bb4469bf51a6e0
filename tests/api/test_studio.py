"""Domains and what lives in them, image versions, hubs, notebooks, projects: who refers to whom, and who must wait."""

from __future__ import annotations

import json
import time
import urllib.request
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.api.calls import error, named

ROLE = "arn:aws:iam::123456789012:role/service-role/Role"
IMAGE = "123456789012.dkr.ecr.us-east-1.amazonaws.com/image:1"
PUBLIC = "arn:aws:sagemaker:us-east-1:aws:hub-content/SageMakerPublicHub/Model/big-model"
Describe = Callable[..., dict[str, Any]]


@pytest.fixture
def name() -> str:
    return named("studio")


def until(describe: Describe, member: str, wanted: str, **params: Any) -> dict[str, Any]:
    for _ in range(400):
        answer = describe(**params)
        if answer[member] == wanted:
            return answer
        time.sleep(0.05)
    raise AssertionError(f"never {wanted}: {answer}")


def gone(describe: Describe, **params: Any) -> str:
    for _ in range(400):
        try:
            describe(**params)
        except ClientError as error:
            return str(error.response["Error"]["Code"])
        time.sleep(0.05)
    raise AssertionError("never gone")


@pytest.fixture
def domain(sagemaker: Any, name: str) -> str:
    made = sagemaker.create_domain(DomainName=name, AuthMode="IAM", DefaultUserSettings={"ExecutionRole": ROLE})
    until(sagemaker.describe_domain, "Status", "InService", DomainId=made["DomainId"])
    return str(made["DomainId"])


class TestDomains:
    def test_form(self, sagemaker: Any, name: str) -> None:
        made = sagemaker.create_domain(DomainName=name, AuthMode="IAM", DefaultUserSettings={"ExecutionRole": ROLE})
        assert made["DomainArn"].endswith(f":domain/{made['DomainId']}")
        assert made["DomainId"].startswith("d-")
        assert made["Url"] == f"https://{made['DomainId']}.studio.us-east-1.sagemaker.aws"
        code, message = error(sagemaker.create_user_profile, DomainId=made["DomainId"], UserProfileName="early")
        assert code == "ValidationException"
        assert "Pending" in message

    def test_update_merges_settings(self, sagemaker: Any, domain: str) -> None:
        settings = {"StudioWebPortal": "DISABLED"}
        sagemaker.update_domain(DomainId=domain, DefaultUserSettings=settings)
        answer = until(sagemaker.describe_domain, "Status", "InService", DomainId=domain)
        assert answer["DefaultUserSettings"] == {"ExecutionRole": ROLE, **settings}

    def test_vpc_only_needs_a_vpc(self, sagemaker: Any, name: str) -> None:
        more = {"AuthMode": "IAM", "DefaultUserSettings": {}, "AppNetworkAccessType": "VpcOnly"}
        assert error(sagemaker.create_domain, DomainName=name, **more)[0] == "ValidationException"

    def test_who_must_go_first(self, sagemaker: Any, domain: str) -> None:
        user = {"DomainId": domain, "UserProfileName": "ann"}
        user_arn = sagemaker.create_user_profile(**user)["UserProfileArn"]
        assert user_arn.endswith(f":user-profile/{domain}/ann")
        space = {"DomainId": domain, "SpaceName": "lab"}
        sagemaker.create_space(
            **space,
            OwnershipSettings={"OwnerUserProfileName": "ann"},
            SpaceSharingSettings={"SharingType": "Private"},
        )
        app = {**space, "AppType": "JupyterLab", "AppName": "default"}
        arn = sagemaker.create_app(**app)["AppArn"]
        assert arn.endswith(f":app/{domain}/lab/jupyterlab/default")
        for describe, params in (
            (sagemaker.describe_user_profile, user),
            (sagemaker.describe_space, space),
            (sagemaker.describe_app, app),
        ):
            until(describe, "Status", "InService", **params)

        code, message = error(sagemaker.delete_domain, DomainId=domain)
        assert (code, "because UserProfile(s) are associated" in message) == ("ResourceInUse", True)
        code, message = error(sagemaker.delete_user_profile, **user)
        assert message == f"Unable to delete UserProfile [{user_arn}] because Space(s) are associated with it."
        assert error(sagemaker.delete_space, **space)[0] == "ResourceInUse"

        sagemaker.delete_app(**app)
        until(sagemaker.describe_app, "Status", "Deleted", **app)
        app_arn = sagemaker.describe_app(**app)["AppArn"]
        assert error(sagemaker.list_tags, ResourceArn=app_arn)[0] == "ValidationException"
        assert "has already been deleted" in error(sagemaker.delete_app, **app)[1]
        sagemaker.create_app(**app)
        until(sagemaker.describe_app, "Status", "InService", **app)
        sagemaker.delete_app(**app)
        until(sagemaker.describe_app, "Status", "Deleted", **app)
        sagemaker.delete_space(**space)
        assert gone(sagemaker.describe_space, **space) == "ResourceNotFound"
        sagemaker.delete_user_profile(**user)
        assert gone(sagemaker.describe_user_profile, **user) == "ResourceNotFound"
        sagemaker.delete_domain(DomainId=domain, RetentionPolicy={"HomeEfsFileSystem": "Delete"})
        assert gone(sagemaker.describe_domain, DomainId=domain) == "ResourceNotFound"

    def test_references(self, sagemaker: Any, domain: str) -> None:
        somewhere = {"DomainId": "d-nowhere00000", "UserProfileName": "ann"}
        assert error(sagemaker.create_user_profile, **somewhere)[0] == "ValidationException"
        app = {"DomainId": domain, "AppType": "JupyterLab", "AppName": "default"}
        assert error(sagemaker.create_app, **app, UserProfileName="nobody")[0] == "ValidationException"
        assert error(sagemaker.create_app, **app)[0] == "ValidationException"
        both = {"UserProfileName": "a", "SpaceName": "b"}
        assert error(sagemaker.create_app, **app, **both)[0] == "ValidationException"
        owner = {"OwnershipSettings": {"OwnerUserProfileName": "nobody"}}
        assert error(sagemaker.create_space, DomainId=domain, SpaceName="s", **owner)[0] == "ValidationException"

    def test_lists_of_one_domain(self, sagemaker: Any, domain: str) -> None:
        for user in ("ann", "bob", "anton"):
            sagemaker.create_user_profile(DomainId=domain, UserProfileName=user)
        found = sagemaker.list_user_profiles(DomainIdEquals=domain, UserProfileNameContains="an", SortOrder="Ascending")
        assert [item["UserProfileName"] for item in found["UserProfiles"]] == ["ann", "anton"]
        first = sagemaker.list_user_profiles(DomainIdEquals=domain, MaxResults=2)
        rest = sagemaker.list_user_profiles(DomainIdEquals=domain, MaxResults=2, NextToken=first["NextToken"])
        assert len(first["UserProfiles"]) + len(rest["UserProfiles"]) == 3

    def test_lifecycle_configuration_in_use(self, sagemaker: Any, domain: str, name: str) -> None:
        kind = {"StudioLifecycleConfigAppType": "JupyterLab", "StudioLifecycleConfigContent": "ZWNobw=="}
        arn = sagemaker.create_studio_lifecycle_config(StudioLifecycleConfigName=name, **kind)[
            "StudioLifecycleConfigArn"
        ]
        settings = {"JupyterLabAppSettings": {"LifecycleConfigArns": [arn]}}
        sagemaker.create_user_profile(DomainId=domain, UserProfileName="ann", UserSettings=settings)
        delete = sagemaker.delete_studio_lifecycle_config
        assert error(delete, StudioLifecycleConfigName=name)[0] == "ResourceInUse"
        until(sagemaker.describe_user_profile, "Status", "InService", DomainId=domain, UserProfileName="ann")
        sagemaker.delete_user_profile(DomainId=domain, UserProfileName="ann")
        gone(sagemaker.describe_user_profile, DomainId=domain, UserProfileName="ann")
        delete(StudioLifecycleConfigName=name)

    def test_presigned_url_and_session(self, sagemaker: Any, domain: str) -> None:
        user = {"DomainId": domain, "UserProfileName": "ann"}
        assert error(sagemaker.create_presigned_domain_url, **user)[0] == "ResourceNotFound"
        sagemaker.create_user_profile(**user)
        until(sagemaker.describe_user_profile, "Status", "InService", **user)
        url = sagemaker.create_presigned_domain_url(**user)["AuthorizedUrl"]
        assert url.startswith(f"https://{domain}.studio.us-east-1.sagemaker.aws/auth?token=")
        space = sagemaker.create_space(DomainId=domain, SpaceName="lab")["SpaceArn"]
        until(sagemaker.describe_space, "Status", "InService", DomainId=domain, SpaceName="lab")
        assert {"SessionId", "StreamUrl", "TokenValue"} <= set(sagemaker.start_session(ResourceIdentifier=space))
        assert error(sagemaker.start_session, ResourceIdentifier=space + "x")[0] == "ResourceNotFound"


class TestImages:
    @pytest.fixture
    def image(self, sagemaker: Any, name: str) -> str:
        sagemaker.create_image(ImageName=name, RoleArn=ROLE, Description="d", DisplayName="n")
        sagemaker.get_waiter("image_created").wait(ImageName=name, WaiterConfig={"Delay": 1})
        return name

    def version(self, sagemaker: Any, image: str, **more: Any) -> str:
        made = sagemaker.create_image_version(ImageName=image, BaseImage=IMAGE, ClientToken=uuid.uuid4().hex, **more)
        return str(made["ImageVersionArn"])

    def test_numbers_and_aliases(self, sagemaker: Any, image: str) -> None:
        describe = sagemaker.describe_image_version
        code, message = error(describe, ImageName=image)
        assert (code, message[:6]) == ("ResourceNotFound", "Latest")
        assert self.version(sagemaker, image, Aliases=["stable", "1.0"]).endswith(f":image-version/{image}/1")
        self.version(sagemaker, image)
        latest = until(describe, "ImageVersionStatus", "CREATED", ImageName=image)
        assert (latest["Version"], latest["BaseImage"]) == (2, IMAGE)
        assert describe(ImageName=image, Alias="stable")["Version"] == 1
        with pytest.raises(ClientError):
            self.version(sagemaker, image, Aliases=["stable"])
        sagemaker.update_image_version(ImageName=image, Version=1, AliasesToDelete=["stable"], ReleaseNotes="old")
        sagemaker.update_image_version(ImageName=image, Version=2, AliasesToAdd=["stable"])
        assert describe(ImageName=image, Alias="stable")["Version"] == 2
        assert describe(ImageName=image, Version=1)["ReleaseNotes"] == "old"
        aliases = sagemaker.list_aliases(ImageName=image)["SageMakerImageVersionAliases"]
        assert sorted(aliases) == ["1.0", "stable"]
        assert sagemaker.list_aliases(ImageName=image, Version=1)["SageMakerImageVersionAliases"] == ["1.0"]
        listed = sagemaker.list_image_versions(ImageName=image, SortBy="VERSION", SortOrder="ASCENDING")
        assert [item["Version"] for item in listed["ImageVersions"]] == [1, 2]
        sagemaker.delete_image_version(ImageName=image, Version=2)
        assert gone(describe, ImageName=image, Version=2) == "ResourceNotFound"
        assert self.version(sagemaker, image).endswith("/3")

    def test_an_image_takes_its_versions_along(self, sagemaker: Any, image: str) -> None:
        arn = self.version(sagemaker, image)
        sagemaker.update_image(ImageName=image, DeleteProperties=["Description"])
        answer = until(sagemaker.describe_image, "ImageStatus", "CREATED", ImageName=image)
        assert "Description" not in answer
        assert answer["DisplayName"] == "n"
        sagemaker.delete_image(ImageName=image)
        sagemaker.get_waiter("image_deleted").wait(ImageName=image, WaiterConfig={"Delay": 1})
        assert error(sagemaker.list_image_versions, ImageName=image)[0] == "ResourceNotFound"
        assert error(sagemaker.list_tags, ResourceArn=arn)[0] == "ValidationException"

    def test_no_version_of_an_image_that_is_not_ready(self, sagemaker: Any, name: str) -> None:
        sagemaker.create_image(ImageName=name, RoleArn=ROLE)
        with pytest.raises(ClientError, match="invalid state"):
            self.version(sagemaker, name)


class TestHubs:
    @pytest.fixture
    def hub(self, sagemaker: Any, name: str) -> str:
        sagemaker.create_hub(HubName=name, HubDescription="d")
        until(sagemaker.describe_hub, "HubStatus", "InService", HubName=name)
        return name

    def content(self, hub: str, **more: Any) -> dict[str, Any]:
        return {"HubName": hub, "HubContentType": "Model", "HubContentName": "m", **more}

    def load(self, sagemaker: Any, hub: str, document: str = "{}", **more: Any) -> Any:
        known = {"DocumentSchemaVersion": "1.0.0", "HubContentDocument": document}
        return sagemaker.import_hub_content(**self.content(hub, **known, **more))

    def test_versions(self, sagemaker: Any, hub: str) -> None:
        made = self.load(sagemaker, hub, HubContentVersion="1.2.0", Tags=[{"Key": "a", "Value": "b"}])
        assert made["HubContentArn"].endswith(f":hub-content/{hub}/Model/m/1.2.0")
        assert sagemaker.list_tags(ResourceArn=made["HubContentArn"])["Tags"] == [{"Key": "a", "Value": "b"}]
        self.load(sagemaker, made["HubArn"], HubContentVersion="1.10.0")
        self.load(sagemaker, hub, HubContentVersion="1.3.0")
        with pytest.raises(ClientError, match="already exists"):
            self.load(sagemaker, hub, HubContentVersion="1.3.0")
        describe = sagemaker.describe_hub_content
        latest = until(describe, "HubContentStatus", "Available", **self.content(hub))
        assert latest["HubContentVersion"] == "1.10.0"
        listed = sagemaker.list_hub_contents(HubName=hub, HubContentType="Model", NameContains="m")
        assert [item["HubContentVersion"] for item in listed["HubContentSummaries"]] == ["1.10.0"]
        assert sagemaker.list_hub_contents(HubName=hub, HubContentType="Notebook")["HubContentSummaries"] == []
        versions = sagemaker.list_hub_content_versions(**self.content(hub), MinVersion="1.3.0")["HubContentSummaries"]
        assert {item["HubContentVersion"] for item in versions} == {"1.3.0", "1.10.0"}
        one = self.content(hub, HubContentVersion="1.10.0")
        sagemaker.update_hub_content(**one, HubContentDescription="changed")
        assert describe(**one)["HubContentDescription"] == "changed"
        sagemaker.delete_hub_content(**one)
        assert gone(describe, **one) == "ResourceNotFound"
        listed = sagemaker.list_hub_contents(HubName=hub, HubContentType="Model")
        assert [item["HubContentVersion"] for item in listed["HubContentSummaries"]] == ["1.3.0"]
        assert error(sagemaker.delete_hub, HubName=hub)[0] == "ResourceInUse"

    def test_references(self, sagemaker: Any, hub: str) -> None:
        given = {"HubName": hub, "SageMakerPublicHubContentArn": PUBLIC}
        sagemaker.create_hub_content_reference(**given, MinVersion="2.0.0")
        assert error(sagemaker.create_hub_content_reference, **given)[0] == "ResourceInUse"
        which = {"HubName": hub, "HubContentType": "ModelReference", "HubContentName": "big-model"}
        found = until(sagemaker.describe_hub_content, "HubContentStatus", "Available", **which)
        assert (found["SageMakerPublicHubContentArn"], found["ReferenceMinVersion"]) == (PUBLIC, "2.0.0")
        sagemaker.update_hub_content_reference(**which, MinVersion="2.1.0")
        assert sagemaker.describe_hub_content(**which)["ReferenceMinVersion"] == "2.1.0"
        sagemaker.delete_hub_content_reference(**which)
        assert gone(sagemaker.describe_hub_content, **which) == "ResourceNotFound"
        sagemaker.delete_hub(HubName=hub)
        assert gone(sagemaker.describe_hub, HubName=hub) == "ResourceNotFound"

    def test_urls_of_the_artifacts(self, sagemaker: Any, client: Callable[..., Any], hub: str) -> None:
        s3 = client("s3")
        s3.create_bucket(Bucket=hub)
        s3.put_object(Bucket=hub, Key="model/a b.bin", Body=b"weights")
        self.load(sagemaker, hub, json.dumps({"HostingArtifactUri": f"s3://{hub}/model/"}))
        (found,) = sagemaker.create_hub_content_presigned_urls(**self.content(hub))["AuthorizedUrlConfigs"]
        assert found["LocalPath"] == "a b.bin"
        with urllib.request.urlopen(found["Url"]) as answer:
            assert answer.read() == b"weights"


class TestNotebooks:
    def test_life(self, sagemaker: Any, name: str) -> None:
        which = {"NotebookInstanceName": name}
        config = {"NotebookInstanceLifecycleConfigName": name}
        kind = {"InstanceType": "ml.t3.medium", "RoleArn": ROLE}
        arn = sagemaker.create_notebook_instance(**which, **kind, SecurityGroupIds=["sg-1"])["NotebookInstanceArn"]
        waiting = {"Delay": 1, "MaxAttempts": 30}
        sagemaker.get_waiter("notebook_instance_in_service").wait(**which, WaiterConfig=waiting)
        answer = sagemaker.describe_notebook_instance(**which)
        assert (answer["SecurityGroups"], answer["VolumeSizeInGB"]) == (["sg-1"], 5)
        assert answer["Url"].endswith(".notebook.us-east-1.sagemaker.aws")
        url = sagemaker.create_presigned_notebook_instance_url(**which)["AuthorizedUrl"]
        assert url.startswith(f"https://{answer['Url']}?authToken=")
        expected = (
            f"Status (InService) not in ([Stopped, Failed]). Unable to transition to (Deleting) "
            f"for Notebook Instance ({arn})."
        )
        assert error(sagemaker.delete_notebook_instance, **which) == ("ValidationException", expected)
        assert error(sagemaker.update_notebook_instance, **which, VolumeSizeInGB=9)[0] == "ValidationException"
        assert error(sagemaker.start_notebook_instance, **which)[0] == "ValidationException"
        sagemaker.stop_notebook_instance(**which)
        sagemaker.get_waiter("notebook_instance_stopped").wait(**which, WaiterConfig=waiting)
        assert error(sagemaker.create_presigned_notebook_instance_url, **which)[0] == "ValidationException"
        missing = error(sagemaker.update_notebook_instance, **which, LifecycleConfigName=name)
        assert "does not exist" in missing[1]
        sagemaker.create_notebook_instance_lifecycle_config(**config)
        sagemaker.update_notebook_instance(**which, LifecycleConfigName=name, VolumeSizeInGB=9)
        answer = until(sagemaker.describe_notebook_instance, "NotebookInstanceStatus", "Stopped", **which)
        assert (answer["NotebookInstanceLifecycleConfigName"], answer["VolumeSizeInGB"]) == (name, 9)
        sagemaker.update_notebook_instance(**which, DisassociateLifecycleConfig=True)
        answer = until(sagemaker.describe_notebook_instance, "NotebookInstanceStatus", "Stopped", **which)
        assert "NotebookInstanceLifecycleConfigName" not in answer
        sagemaker.delete_notebook_instance(**which)
        sagemaker.get_waiter("notebook_instance_deleted").wait(**which, WaiterConfig=waiting)
        assert error(sagemaker.describe_notebook_instance, **which) == ("ValidationException", "RecordNotFound")

    def test_repositories_by_name_or_url(self, sagemaker: Any, name: str) -> None:
        kind = {"InstanceType": "ml.t3.medium", "RoleArn": ROLE}
        create = sagemaker.create_notebook_instance
        assert error(create, NotebookInstanceName=name, **kind, DefaultCodeRepository="nowhere")[0] == (
            "ValidationException"
        )
        sagemaker.create_code_repository(CodeRepositoryName=name, GitConfig={"RepositoryUrl": "https://e.org/r.git"})
        create(
            NotebookInstanceName=name,
            **kind,
            DefaultCodeRepository=name,
            AdditionalCodeRepositories=["https://e.org/o.git"],
        )
        found = sagemaker.list_notebook_instances(
            AdditionalCodeRepositoryEquals="https://e.org/o.git", NameContains=name
        )
        assert [item["NotebookInstanceName"] for item in found["NotebookInstances"]] == [name]


class TestProjects:
    def test_life(self, sagemaker: Any, name: str) -> None:
        details = {"ProductId": "prod-1", "ProvisioningArtifactId": "pa-1"}
        made = sagemaker.create_project(ProjectName=name, ServiceCatalogProvisioningDetails=details)
        assert made["ProjectId"].startswith("p-")
        answer = until(sagemaker.describe_project, "ProjectStatus", "CreateCompleted", ProjectName=name)
        assert answer["ServiceCatalogProvisionedProductDetails"]["ProvisionedProductId"].startswith("pp-")
        sagemaker.update_project(ProjectName=name, Tags=[{"Key": "a", "Value": "b"}])
        assert sagemaker.list_tags(ResourceArn=made["ProjectArn"])["Tags"] == [{"Key": "a", "Value": "b"}]
        until(sagemaker.describe_project, "ProjectStatus", "UpdateCompleted", ProjectName=name)
        sagemaker.delete_project(ProjectName=name)
        until(sagemaker.describe_project, "ProjectStatus", "DeleteCompleted", ProjectName=name)

    def test_neither_product_nor_template(self, sagemaker: Any, name: str) -> None:
        assert error(sagemaker.create_project, ProjectName=name)[0] == "ValidationException"

    def test_service_catalog(self, client: Callable[..., Any]) -> None:
        sagemaker = client("sagemaker", region_name="eu-central-1")
        assert sagemaker.get_sagemaker_servicecatalog_portfolio_status()["Status"] == "Disabled"
        for _ in range(2):
            sagemaker.enable_sagemaker_servicecatalog_portfolio()
        assert sagemaker.get_sagemaker_servicecatalog_portfolio_status()["Status"] == "Enabled"
        sagemaker.disable_sagemaker_servicecatalog_portfolio()
        assert sagemaker.get_sagemaker_servicecatalog_portfolio_status()["Status"] == "Disabled"

    def test_resource_catalogs(self, sagemaker: Any) -> None:
        (found,) = sagemaker.list_resource_catalogs()["ResourceCatalogs"]
        assert found["ResourceCatalogArn"].endswith(":sagemaker-catalog/DefaultFeatureGroupCatalog")
        assert sagemaker.list_resource_catalogs(NameContains="other")["ResourceCatalogs"] == []

    def test_mlflow_tracking_server(self, sagemaker: Any, name: str) -> None:
        which = {"TrackingServerName": name}
        sagemaker.create_mlflow_tracking_server(**which, ArtifactStoreUri="s3://bucket/mlflow", RoleArn=ROLE)
        describe = sagemaker.describe_mlflow_tracking_server
        assert error(sagemaker.stop_mlflow_tracking_server, **which)[0] == "ConflictException"
        assert until(describe, "TrackingServerStatus", "Created", **which)["IsActive"] == "Active"
        url = sagemaker.create_presigned_mlflow_tracking_server_url(**which)["AuthorizedUrl"]
        assert url.startswith("https://")
        sagemaker.stop_mlflow_tracking_server(**which)
        assert until(describe, "TrackingServerStatus", "Stopped", **which)["IsActive"] == "Inactive"
        assert error(sagemaker.create_presigned_mlflow_tracking_server_url, **which)[0] == "ValidationException"
        sagemaker.start_mlflow_tracking_server(**which)
        until(describe, "TrackingServerStatus", "Started", **which)

    def test_apps_by_arn(self, sagemaker: Any, name: str) -> None:
        others = ["b-app", "a-app", "c-app"]
        for other in others:
            sagemaker.create_mlflow_app(Name=f"{name}-{other}", ArtifactStoreUri="s3://bucket/mlflow", RoleArn=ROLE)
        listed = sagemaker.list_mlflow_apps(SortBy="Name", SortOrder="Ascending", MaxResults=100)["Summaries"]
        assert [app["Name"] for app in listed if app["Name"].startswith(name)] == [
            f"{name}-{it}" for it in sorted(others)
        ]
        app = sagemaker.create_mlflow_app(Name=name, ArtifactStoreUri="s3://bucket/mlflow", RoleArn=ROLE)["Arn"]
        until(sagemaker.describe_mlflow_app, "Status", "Created", Arn=app)
        assert sagemaker.create_presigned_mlflow_app_url(Arn=app)["AuthorizedUrl"].startswith("https://")
        partner = sagemaker.create_partner_app(
            Name=name.replace("-", ""), Type="comet", ExecutionRoleArn=ROLE, Tier="small", AuthType="IAM"
        )["Arn"]
        assert error(sagemaker.create_partner_app_presigned_url, Arn=partner)[0] == "ValidationException"
        until(sagemaker.describe_partner_app, "Status", "Available", Arn=partner)
        assert sagemaker.create_partner_app_presigned_url(Arn=partner)["Url"].startswith("https://")
