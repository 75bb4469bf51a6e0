"""The stories of what is no plain row: tags, lineage, pipelines, model registry, hubs, cards, records, loops."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime
from typing import Any

from resource_needs import a_feature_group
from stories import LONG, ROLE, TRAINING, World, name, story

FEATURES = "sagemaker-featurestore-runtime"
LOOPS = "sagemaker-a2i-runtime"
METRICS = "sagemaker-metrics"
FAIL = {"Name": "TheOnlyStep", "Type": "Fail", "Arguments": {"ErrorMessage": "no"}}
PUBLIC = "arn:aws:sagemaker:us-east-1:aws:hub-content/SageMakerPublicHub/Model/big-model"


@story("AddTags", "ListTags", "DeleteTags")
def tags(world: World) -> None:
    arn = world.make("Model").created["ModelArn"]
    world("AddTags", ResourceArn=arn, Tags=[{"Key": "a", "Value": "1"}])
    assert {"Key": "a", "Value": "1"} in world("ListTags", ResourceArn=arn)["Tags"]
    world("DeleteTags", ResourceArn=arn, TagKeys=["a", "team"])
    assert world("ListTags", ResourceArn=arn)["Tags"] == []


@story("AddAssociation", "ListAssociations", "DeleteAssociation", "QueryLineage")
def associations(world: World) -> None:
    source, destination = (world.make("Artifact").created["ArtifactArn"] for _ in range(2))
    both = {"SourceArn": source, "DestinationArn": destination}
    world("AddAssociation", **both, AssociationType="Produced")
    (found,) = world("ListAssociations", **both)["AssociationSummaries"]
    assert found["AssociationType"] == "Produced"
    (vertex,) = world("QueryLineage", StartArns=[source], Direction="Descendants")["Vertices"]
    assert vertex["Arn"] == destination
    world("DeleteAssociation", **both)
    assert world("ListAssociations", **both)["AssociationSummaries"] == []


@story("CreateArtifact", "DeleteArtifact")
def artifacts(world: World) -> None:
    which = {"ArtifactArn": world.make("Artifact").created["ArtifactArn"]}
    world("DeleteArtifact", **which)
    world.gone("DescribeArtifact", **which)


@story("DescribeLineageGroup", "ListLineageGroups")
def lineage_groups(world: World) -> None:
    (group,) = world("ListLineageGroups")["LineageGroupSummaries"]
    world("DescribeLineageGroup", LineageGroupName=group["LineageGroupName"])


@story("AssociateTrialComponent", "DisassociateTrialComponent")
def trial_components(world: World) -> None:
    both = world.make("Trial").which | world.make("TrialComponent").which
    world("AssociateTrialComponent", **both)
    assert world("ListTrialComponents", TrialName=both["TrialName"])["TrialComponentSummaries"]
    world("DisassociateTrialComponent", **both)


@story("BatchPutMetrics", "BatchGetMetrics")
def metrics(world: World) -> None:
    component = world.make("TrialComponent")
    point = {"MetricName": "loss", "Timestamp": datetime.now(UTC), "Step": 1, "Value": 0.5}
    world("BatchPutMetrics", METRICS, TrialComponentName=component.name, MetricData=[point])
    query = {"MetricName": "loss", "ResourceArn": component.created["TrialComponentArn"]}
    query |= {"MetricStat": "Last", "Period": "IterationNumber", "XAxisType": "IterationNumber"}
    (result,) = world("BatchGetMetrics", METRICS, MetricQueries=[query])["MetricQueryResults"]
    assert result["MetricValues"] == [0.5]


def started(world: World, step: dict[str, Any]) -> dict[str, str]:
    """An execution of a pipeline of one step."""
    pipeline = name("Pipeline")
    definition = json.dumps({"Version": "2020-12-01", "Metadata": {}, "Parameters": [], "Steps": [step]})
    world("CreatePipeline", PipelineName=pipeline, PipelineDefinition=definition, RoleArn=ROLE)
    return {"PipelineExecutionArn": world("StartPipelineExecution", PipelineName=pipeline)["PipelineExecutionArn"]}


def failed(world: World) -> dict[str, str]:
    """An execution that has failed."""
    return ended(world, started(world, FAIL))


def ended(world: World, which: dict[str, str]) -> dict[str, str]:
    """Wait until an execution has failed."""
    for _ in range(3000):
        if world("DescribePipelineExecution", **which)["PipelineExecutionStatus"] == "Failed":
            return which
        time.sleep(0.02)
    raise AssertionError("never failed")


@story(
    "CreatePipeline",
    "StartPipelineExecution",
    "DescribePipelineExecution",
    "ListPipelineExecutionSteps",
    "ListPipelineParametersForExecution",
    "DescribePipelineDefinitionForExecution",
    "UpdatePipelineExecution",
    "RetryPipelineExecution",
)
def pipeline_executions(world: World) -> None:
    which = failed(world)
    for operation in ("UpdatePipelineExecution", "DescribePipelineDefinitionForExecution"):
        world(operation, **which)
    assert world("ListPipelineExecutionSteps", **which)["PipelineExecutionSteps"][0]["StepStatus"] == "Failed"
    assert world("ListPipelineParametersForExecution", **which)["PipelineParameters"] == []
    world("RetryPipelineExecution", **which)


@story(
    "DescribePipeline",
    "UpdatePipeline",
    "ListPipelines",
    "ListPipelineExecutions",
    "ListPipelineVersions",
    "UpdatePipelineVersion",
    "DeletePipeline",
)
def pipelines(world: World) -> None:
    execution = failed(world)["PipelineExecutionArn"]
    arn = execution.partition("/execution/")[0]
    which = {"PipelineName": arn.rpartition("/")[2]}
    world("UpdatePipeline", **which, PipelineDescription="new", PipelineVersionAliases=["tested"])
    assert world("DescribePipeline", **which)["PipelineDescription"] == "new"
    assert which["PipelineName"] in str(world("ListPipelines", PipelineNamePrefix=which["PipelineName"]))
    assert world("ListPipelineExecutions", **which)["PipelineExecutionSummaries"]
    version = world("ListPipelineVersions", **which)["PipelineVersionSummaries"][0]
    world("UpdatePipelineVersion", PipelineArn=arn, PipelineVersionId=version["PipelineVersionId"])
    token = "another-start-of-the-same-pipeline"
    again = world("StartPipelineExecution", **which, PipelineVersionAlias="tested", ClientRequestToken=token)
    assert world("DescribePipelineExecution", **again)["PipelineVersionAliases"] == ["tested"]
    assert "PipelineVersionAliases" not in world("DescribePipelineExecution", PipelineExecutionArn=execution)
    ended(world, again)
    world("DeletePipeline", **which)
    world.gone("DescribePipeline", **which)
    world.gone("DescribePipelineExecution", **again)


@story("StopPipelineExecution", pace=LONG)
def stopped_pipeline(world: World) -> None:
    step = {"Name": "Train", "Type": "Training", "Arguments": TRAINING | {"RoleArn": ROLE}}
    world("StopPipelineExecution", **started(world, step))


@story("CreateModelPackage", "DescribeModelPackage", "UpdateModelPackage", "BatchDescribeModelPackage")
@story("ListModelPackages", "DeleteModelPackage")
def model_packages(world: World) -> None:
    group = world.make("ModelPackageGroup").name
    arn = world("CreateModelPackage", ModelPackageGroupName=group)["ModelPackageArn"]
    world("UpdateModelPackage", ModelPackageArn=arn, ModelApprovalStatus="Approved")
    assert world("DescribeModelPackage", ModelPackageName=arn)["ModelApprovalStatus"] == "Approved"
    assert list(world("BatchDescribeModelPackage", ModelPackageArnList=[arn])["ModelPackageSummaries"]) == [arn]
    (listed,) = world("ListModelPackages", ModelPackageGroupName=group)["ModelPackageSummaryList"]
    assert listed["ModelPackageArn"] == arn
    world("DeleteModelPackage", ModelPackageName=arn)
    world.gone("DescribeModelPackage", ModelPackageName=arn)


@story("PutModelPackageGroupPolicy", "GetModelPackageGroupPolicy", "DeleteModelPackageGroupPolicy")
def group_policies(world: World) -> None:
    which = {"ModelPackageGroupName": world.make("ModelPackageGroup").name}
    world("PutModelPackageGroupPolicy", **which, ResourcePolicy="{}")
    assert world("GetModelPackageGroupPolicy", **which)["ResourcePolicy"] == "{}"
    world("DeleteModelPackageGroupPolicy", **which)
    world.gone("GetModelPackageGroupPolicy", **which)


@story("UpdateModelCard", "ListModelCardVersions", "CreateModelCardExportJob", "DescribeModelCardExportJob")
@story("ListModelCardExportJobs")
def model_cards(world: World) -> None:
    which = world.make("ModelCard").which
    world("UpdateModelCard", **which, Content='{"a": 1}')
    assert len(world("ListModelCardVersions", **which)["ModelCardVersionSummaryList"]) == 2
    arn = world("CreateModelCardExportJob", **which)["ModelCardExportJobArn"]
    assert world("DescribeModelCardExportJob", ModelCardExportJobArn=arn)["ModelCardVersion"] == 2
    assert len(world("ListModelCardExportJobs", **which)["ModelCardExportJobSummaries"]) == 1


@story("ImportHubContent", "DescribeHubContent", "UpdateHubContent", "ListHubContents", "ListHubContentVersions")
@story("CreateHubContentPresignedUrls", "DeleteHubContent")
def hub_contents(world: World) -> None:
    hub = world.make("Hub").which
    which = {**hub, "HubContentType": "Model", "HubContentName": "m"}
    world("ImportHubContent", **which, DocumentSchemaVersion="1.0.0", HubContentDocument="{}")
    version = world("DescribeHubContent", **which)["HubContentVersion"]
    one = {**which, "HubContentVersion": version}
    world("UpdateHubContent", **one, HubContentDescription="new")
    (found,) = world("ListHubContents", **hub, HubContentType="Model")["HubContentSummaries"]
    assert found["HubContentDescription"] == "new"
    assert len(world("ListHubContentVersions", **which)["HubContentSummaries"]) == 1
    world("CreateHubContentPresignedUrls", **which)
    world("DeleteHubContent", **one)
    world.gone("DescribeHubContent", **one)


@story("CreateHubContentReference", "UpdateHubContentReference", "DeleteHubContentReference")
def hub_references(world: World) -> None:
    hub = world.make("Hub").which
    which = {**hub, "HubContentType": "ModelReference", "HubContentName": "big-model"}
    world("CreateHubContentReference", **hub, SageMakerPublicHubContentArn=PUBLIC)
    world("UpdateHubContentReference", **which, MinVersion="2.1.0")
    world("DeleteHubContentReference", **which)
    world.gone("DescribeHubContent", **which)


@story("CreateImageVersion", "DescribeImageVersion", "UpdateImageVersion", "ListImageVersions", "ListAliases")
@story("DeleteImageVersion")
def image_versions(world: World) -> None:
    which = world.make("Image").which
    world("CreateImageVersion", **which, Aliases=["latest"])
    world("UpdateImageVersion", **which, Version=1, MLFramework="XGBoost 1.7")
    assert world("DescribeImageVersion", **which)["MLFramework"] == "XGBoost 1.7"
    assert len(world("ListImageVersions", **which)["ImageVersions"]) == 1
    assert world("ListAliases", **which)["SageMakerImageVersionAliases"] == ["latest"]
    world("DeleteImageVersion", **which, Version=1)
    world.gone("DescribeImageVersion", **which, Version=1)


PRESIGNED = {
    "MlflowApp": "CreatePresignedMlflowAppUrl",
    "MlflowTrackingServer": "CreatePresignedMlflowTrackingServerUrl",
    "NotebookInstance": "CreatePresignedNotebookInstanceUrl",
    "PartnerApp": "CreatePartnerAppPresignedUrl",
}


@story("CreatePresignedDomainUrl", "StartSession", *PRESIGNED.values())
def presigned(world: World) -> None:
    for noun, operation in PRESIGNED.items():
        assert world(operation, **world.make(noun).which)
    domain = world.make("UserProfile").which
    world("CreatePresignedDomainUrl", **domain)
    space = world("CreateSpace", DomainId=domain["DomainId"], SpaceName="space")["SpaceArn"]
    world("StartSession", ResourceIdentifier=space)


def record(number: int) -> list[dict[str, Any]]:
    return [
        {"FeatureName": "id", "ValueAsString": str(number)},
        {"FeatureName": "at", "ValueAsString": str(time.time())},
    ]


@story("PutRecord", "GetRecord", "BatchGetRecord", "BatchWriteRecord", "ListRecords", "UpdateRecord", "DeleteRecord")
def records(world: World) -> None:
    which = {"FeatureGroupName": name("FeatureGroup")}
    store = {"EnableOnlineStore": True, "StorageType": "InMemory"}
    world("CreateFeatureGroup", **a_feature_group(world, "") | which | {"OnlineStoreConfig": store})
    one = {**which, "RecordIdentifierValueAsString": "1"}
    world("PutRecord", FEATURES, **which, Record=record(1))
    world("BatchWriteRecord", FEATURES, Entries=[{**which, "Record": record(2)}])
    assert world("GetRecord", FEATURES, **one)["Record"][0]["ValueAsString"] == "1"
    wanted = [{**which, "RecordIdentifiersValueAsString": ["1", "2"]}]
    assert len(world("BatchGetRecord", FEATURES, Identifiers=wanted)["Records"]) == 2
    assert len(world("ListRecords", FEATURES, **which)["RecordIdentifiers"]) == 2
    world("UpdateRecord", FEATURES, **one, Features=record(1)[1:])
    world("DeleteRecord", FEATURES, **one, EventTime=record(1)[1]["ValueAsString"])
    assert "Record" not in world("GetRecord", FEATURES, **one)


@story("UpdateFeatureGroup", "DescribeFeatureMetadata", "UpdateFeatureMetadata")
def feature_metadata(world: World) -> None:
    which = world.make("FeatureGroup").which
    world("UpdateFeatureGroup", **which, FeatureAdditions=[{"FeatureName": "new", "FeatureType": "String"}])
    which |= {"FeatureName": "new"}
    world("UpdateFeatureMetadata", **which, Description="new")
    assert world("DescribeFeatureMetadata", **which)["Description"] == "new"


@story("StartHumanLoop", "DescribeHumanLoop", "ListHumanLoops", "StopHumanLoop", "DeleteHumanLoop")
def human_loops(world: World) -> None:
    flow = world.make("FlowDefinition").created["FlowDefinitionArn"]
    which = {"HumanLoopName": name("loop")}
    world("StartHumanLoop", LOOPS, **which, FlowDefinitionArn=flow, HumanLoopInput={"InputContent": "{}"})
    assert world("DescribeHumanLoop", LOOPS, **which)["HumanLoopStatus"] == "InProgress"
    assert len(world("ListHumanLoops", LOOPS, FlowDefinitionArn=flow)["HumanLoopSummaries"]) == 1
    world("StopHumanLoop", LOOPS, **which)
    world("DeleteHumanLoop", LOOPS, **which)
    world.gone("DescribeHumanLoop", LOOPS, **which)


@story("RenderUiTemplate")
def templates(world: World) -> None:
    answer = world("RenderUiTemplate", Task={"Input": '{"a": "b"}'}, UiTemplate={"Content": "{{ task.input.a }}"})
    assert answer["RenderedContent"] == "b"


@story("ListLabelingJobsForWorkteam")
def work_of_a_team(world: World) -> None:
    job = world.make("LabelingJob")
    team = job.params["HumanTaskConfig"]["WorkteamArn"]
    assert len(world("ListLabelingJobsForWorkteam", WorkteamArn=team)["LabelingJobSummaryList"]) == 1


EMPTY = {
    "ListInferenceRecommendationsJobSteps": ("InferenceRecommendationsJob", "Steps"),
    "ListMonitoringAlerts": ("MonitoringSchedule", "MonitoringAlertSummaries"),
}


@story(*EMPTY)
def nothing_comes_of_it(world: World) -> None:
    for operation, (noun, items) in EMPTY.items():
        assert world(operation, **world.make(noun).which)[items] == []
