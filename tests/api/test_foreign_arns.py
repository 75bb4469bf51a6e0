"""An ARN means the resource it names: where a member takes a name or an ARN, that of another region, of another account
or of another kind is not taken for what has the same name here."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

import pytest

from tests.api.calls import error, feature_group, named
from tests.conftest import Client

HERE, THERE = "ap-southeast-2", "ap-southeast-3"
ROLE = "arn:aws:iam::123456789012:role/service-role/sagemaker"
NOT_FOUND = {"ResourceNotFound", "ResourceNotFoundException", "ValidationException", "ValidationError"}
FAIL = {"Name": "fail", "Type": "Fail", "Arguments": {"ErrorMessage": "as it should"}}
DEFINITION = json.dumps({"Version": "2020-12-01", "Steps": [FAIL]})
IMAGE = {"Image": "image:1"}
LIFE = {"SourceS3Uri": "s3://sagemaker-bucket/life", "OnCreate": "on_create.sh"}
CONTENT = {"HubContentType": "Model", "HubContentName": "content"}
RECORD = [{"FeatureName": "id", "ValueAsString": "a"}, {"FeatureName": "at", "ValueAsString": "1"}]

Params = Callable[[str], dict[str, Any]]


class Namesakes:
    """One of everything in each of two regions, all of the same name; ``arn(kind)`` is the one there."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.name = named("namesake")
        for region in (HERE, THERE):
            self._make(client("sagemaker", region_name=region), client("s3", region_name=region))

    def _make(self, sagemaker: Any, s3: Any) -> None:
        name = self.name
        sagemaker.create_model_package_group(ModelPackageGroupName=name)
        specification = {"Containers": [IMAGE], "SupportedContentTypes": [], "SupportedResponseMIMETypes": []}
        sagemaker.create_model_package(ModelPackageGroupName=name, InferenceSpecification=specification)
        sagemaker.create_pipeline(
            PipelineName=name, PipelineDefinition=DEFINITION, RoleArn=ROLE, ClientRequestToken="a" * 32
        )
        sagemaker.create_hub(HubName=name, HubDescription="a hub")
        sagemaker.import_hub_content(HubName=name, **CONTENT, DocumentSchemaVersion="1.0.0", HubContentDocument="{}")
        sagemaker.create_model_card(ModelCardName=name, Content="{}", ModelCardStatus="Draft")
        feature_group(sagemaker, name)
        source = {"SourceUri": f"s3://{name}/data"}
        self.artifact = sagemaker.create_artifact(Source=source, ArtifactType="DataSet")["ArtifactArn"].split("/")[-1]
        for end in ("one", "two"):
            sagemaker.create_context(ContextName=f"{name}-{end}", Source=source, ContextType="Test")
        group = {"InstanceGroupName": "a", "InstanceType": "ml.g5.xlarge", "InstanceCount": 1, "ExecutionRole": ROLE}
        made = sagemaker.create_cluster(ClusterName=name, InstanceGroups=[group | {"LifeCycleConfig": LIFE}])
        self.cluster = made["ClusterArn"]

    def arn(self, kind: str, end: str = "", region: str = THERE, account: str = "123456789012") -> str:
        return f"arn:aws:sagemaker:{region}:{account}:{kind}/{end or self.name}"


@pytest.fixture(scope="module")
def namesakes(client: Client) -> Namesakes:
    return Namesakes(client)


def group(arn: str) -> dict[str, Any]:
    return {"ModelPackageGroupName": arn}


CALLS: list[tuple[str, str, Params]] = [
    ("describe_model_package_group", "model-package-group", group),
    ("delete_model_package_group", "model-package-group", group),
    ("create_model_package", "model-package-group", group),
    ("describe_pipeline", "pipeline", lambda arn: {"PipelineName": arn}),
    ("start_pipeline_execution", "pipeline", lambda arn: {"PipelineName": arn, "ClientRequestToken": "b" * 32}),
    ("list_pipeline_executions", "pipeline", lambda arn: {"PipelineName": arn}),
    ("list_pipeline_versions", "pipeline", lambda arn: {"PipelineName": arn}),
    ("describe_hub", "hub", lambda arn: {"HubName": arn}),
    ("update_hub", "hub", lambda arn: {"HubName": arn, "HubDescription": "changed"}),
    ("describe_hub_content", "hub", lambda arn: {"HubName": arn, **CONTENT}),
    ("list_hub_contents", "hub", lambda arn: {"HubName": arn, "HubContentType": "Model"}),
    ("list_hub_content_versions", "hub", lambda arn: {"HubName": arn, **CONTENT}),
    (
        "import_hub_content",
        "hub",
        lambda arn: {"HubName": arn, **CONTENT, "DocumentSchemaVersion": "1.0.0", "HubContentDocument": "{}"},
    ),
    ("update_hub_content", "hub", lambda arn: {"HubName": arn, **CONTENT, "HubContentVersion": "1.0.0"}),
    ("delete_hub_content", "hub", lambda arn: {"HubName": arn, **CONTENT, "HubContentVersion": "1.0.0"}),
    (
        "create_hub_content_reference",
        "hub",
        lambda arn: {
            "HubName": arn,
            "SageMakerPublicHubContentArn": "arn:aws:sagemaker:us-east-1:aws:hub-content/SageMakerPublicHub/Model/big",
        },
    ),
    ("describe_model_card", "model-card", lambda arn: {"ModelCardName": arn}),
    ("update_model_card", "model-card", lambda arn: {"ModelCardName": arn, "Content": '{"a": 1}'}),
    ("list_model_card_versions", "model-card", lambda arn: {"ModelCardName": arn}),
    (
        "create_model_card_export_job",
        "model-card",
        lambda arn: {
            "ModelCardName": arn,
            "ModelCardExportJobName": "export",
            "OutputConfig": {"S3OutputPath": "s3://bucket"},
        },
    ),
    ("describe_feature_group", "feature-group", lambda arn: {"FeatureGroupName": arn}),
    (
        "update_feature_group",
        "feature-group",
        lambda arn: {
            "FeatureGroupName": arn,
            "FeatureAdditions": [{"FeatureName": "more", "FeatureType": "String"}],
        },
    ),
    ("describe_feature_metadata", "feature-group", lambda arn: {"FeatureGroupName": arn, "FeatureName": "id"}),
    (
        "update_feature_metadata",
        "feature-group",
        lambda arn: {"FeatureGroupName": arn, "FeatureName": "id", "Description": "changed"},
    ),
    ("get_lineage_group_policy", "lineage-group", lambda arn: {"LineageGroupName": arn}),
    ("describe_cluster", "cluster", lambda arn: {"ClusterName": arn}),
    ("list_cluster_nodes", "cluster", lambda arn: {"ClusterName": arn}),
    ("delete_cluster", "cluster", lambda arn: {"ClusterName": arn}),
    (
        "create_compute_quota",
        "cluster",
        lambda arn: {
            "Name": "quota",
            "ClusterArn": arn,
            "ComputeQuotaConfig": {},
            "ComputeQuotaTarget": {"TeamName": "team"},
        },
    ),
    ("delete_artifact", "artifact", lambda arn: {"ArtifactArn": arn}),
    ("describe_artifact", "artifact", lambda arn: {"ArtifactArn": arn}),
]


@pytest.mark.parametrize(("call", "kind", "params"), CALLS, ids=[call for call, _, _ in CALLS])
def test_a_namesake_is_left_alone(namesakes: Namesakes, call: str, kind: str, params: Params) -> None:
    sagemaker = namesakes.client("sagemaker", region_name=HERE)
    end = {"artifact": namesakes.artifact, "cluster": namesakes.cluster.rpartition("/")[2]}.get(kind, "")
    foreign = namesakes.arn(kind, end)
    for arn in (foreign, foreign.replace("123456789012", "210987654321").replace(THERE, HERE)):
        code, message = error(getattr(sagemaker, call), **params(arn))
        assert code in NOT_FOUND
        assert arn in message or kind == "cluster"


def test_packages_of_another_region(namesakes: Namesakes) -> None:
    sagemaker, name = namesakes.client("sagemaker", region_name=HERE), namesakes.name
    arn = namesakes.arn("model-package", f"{name}/1")
    for call, params in (
        (sagemaker.describe_model_package, {"ModelPackageName": arn}),
        (sagemaker.delete_model_package, {"ModelPackageName": arn}),
        (sagemaker.update_model_package, {"ModelPackageArn": arn, "ModelApprovalStatus": "Approved"}),
        (sagemaker.create_model, {"ModelName": name, "PrimaryContainer": {"ModelPackageName": arn}}),
    ):
        code, message = error(call, **params)
        assert (code, arn in message) == ("ValidationException", True)
    answer = sagemaker.batch_describe_model_package(ModelPackageArnList=[arn])
    assert (answer["ModelPackageSummaries"], [*answer["BatchDescribeModelPackageErrorMap"]]) == ({}, [arn])
    assert (
        sagemaker.list_model_packages(ModelPackageGroupName=namesakes.arn("model-package-group"))[
            "ModelPackageSummaryList"
        ]
        == []
    )
    own = sagemaker.describe_model_package(ModelPackageName=arn.replace(THERE, HERE))
    assert own["ModelApprovalStatus"] == "PendingManualApproval"


def test_an_arn_of_another_kind_is_no_name(namesakes: Namesakes) -> None:
    sagemaker = namesakes.client("sagemaker", region_name=HERE)
    wrong = namesakes.arn("model-card", region=HERE)
    assert error(sagemaker.create_model_package, ModelPackageGroupName=wrong)[0] == "ValidationException"
    assert sagemaker.list_model_packages(ModelPackageGroupName=wrong)["ModelPackageSummaryList"] == []


def test_records_of_a_group_of_another_region(namesakes: Namesakes) -> None:
    runtime = namesakes.client("sagemaker-featurestore-runtime", region_name=HERE)
    arn = namesakes.arn("feature-group")
    assert error(runtime.put_record, FeatureGroupName=arn, Record=RECORD)[0] == "ValidationError"
    which = {"FeatureGroupName": arn, "RecordIdentifierValueAsString": "a"}
    assert namesakes.client("sagemaker-featurestore-runtime", region_name=THERE).get_record(**which)
    entries = [{"FeatureGroupName": arn, "Record": RECORD}]
    assert [it["ErrorCode"] for it in runtime.batch_write_record(Entries=entries)["Errors"]] == ["ValidationError"]


def test_an_edge_of_another_region_stays(namesakes: Namesakes) -> None:
    here, there = (namesakes.client("sagemaker", region_name=region) for region in (HERE, THERE))
    ends = [namesakes.arn("context", f"{namesakes.name}-{end}") for end in ("one", "two")]
    edge = dict(zip(("SourceArn", "DestinationArn"), ends, strict=True))
    there.add_association(**edge)
    assert error(here.delete_association, **edge)[0] == "ResourceNotFound"
    assert len(there.list_associations(SourceArn=ends[0])["AssociationSummaries"]) == 1
    there.delete_association(**edge)


def test_metrics_of_another_region_are_not_read(namesakes: Namesakes) -> None:
    name = namesakes.name
    for region, value in ((HERE, 1.0), (THERE, 2.0)):
        namesakes.client("sagemaker", region_name=region).create_trial_component(TrialComponentName=name)
        metrics = namesakes.client("sagemaker-metrics", region_name=region)
        point = {"MetricName": "loss", "Timestamp": int(time.time()), "Value": value, "Step": 0}
        metrics.batch_put_metrics(TrialComponentName=name, MetricData=[point])
    query = {
        "MetricName": "loss",
        "ResourceArn": namesakes.arn("experiment-trial-component"),
        "MetricStat": "Last",
        "Period": "IterationNumber",
        "XAxisType": "IterationNumber",
    }

    def values(region: str) -> list[float]:
        metrics = namesakes.client("sagemaker-metrics", region_name=region)
        found: list[float] = metrics.batch_get_metrics(MetricQueries=[query])["MetricQueryResults"][0]["MetricValues"]
        return found

    assert (values(THERE), values(HERE)) == ([2.0], [])
