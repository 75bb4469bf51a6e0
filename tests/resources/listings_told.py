"""The listings of what a row of the table does not list by itself: made by calls, then copied."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from listings import SCOPE, Listing, generated, youngest
from resource_needs_work import a_labeling_job
from stories import TRAINING, World, name
from stories_of_machines import clustered
from stories_told import LOOPS, failed

from emulator.aws import model
from handlers.sagemaker.resources import RESOURCES

Maker = Callable[[World], Listing]
TOLD: dict[str, Maker] = {}


def told(maker: Maker) -> Maker:
    """Register the maker of ``ListTrainingJobs`` as ``list_training_jobs``."""
    TOLD["".join(word.title() for word in maker.__name__.split("_"))] = maker
    return maker


def listing(world: World, operation: str, kind: str, which: dict[str, Any], **more: Any) -> Listing:
    """A listing of the youngest record of a kind."""
    output = model.service(more.get("service", "sagemaker")).operation(operation).output_shape
    items = next(member for member, shape in output.members.items() if shape.type_name == "list")
    original = youngest(world.app, kind)
    if "stem" in more and more["stem"] in original.record:
        more["stem"] = original.record[more["stem"]]
    return Listing(world.app, operation, items, which, kind, original, **more)


def a_job(world: World, noun: str, **given: Any) -> Listing:
    """The jobs the engine runs; it does not run here."""
    which = {f"{noun}Name": name(noun)}
    world(f"Create{noun}", **which, **given)
    return listing(world, f"List{noun}s", noun, {}, stem=f"{noun}Name", status=f"{noun}Status")


@told
def list_training_jobs(world: World) -> Listing:
    return a_job(world, "TrainingJob", **TRAINING)


@told
def list_processing_jobs(world: World) -> Listing:
    return a_job(world, "ProcessingJob")


@told
def list_transform_jobs(world: World) -> Listing:
    return a_job(world, "TransformJob", ModelName=world.make("Model").name)


def list_training_jobs_for_hyper_parameter_tuning_job(world: World) -> Listing:
    tuning = generated(world, RESOURCES["HyperParameterTuningJob"], name("tuning")).name
    job = name("TrainingJob")
    world("CreateTrainingJob", TrainingJobName=job, **TRAINING)
    metric = {"MetricName": "loss", "Value": 0.5}
    changes = {
        "_TuningJobName": tuning,
        "FinalHyperParameterTuningJobObjectiveMetric": metric,
        "TunedHyperParameters": {},
    }
    world.app.services.store.records.update(SCOPE, "TrainingJob", job, changes)
    which = {"HyperParameterTuningJobName": tuning}
    operation = "ListTrainingJobsForHyperParameterTuningJob"
    return listing(world, operation, "TrainingJob", which, stem="TrainingJobName", status="TrainingJobStatus")


TOLD["ListTrainingJobsForHyperParameterTuningJob"] = list_training_jobs_for_hyper_parameter_tuning_job


@told
def list_training_plans(world: World) -> Listing:
    world.make("TrainingPlan")
    return listing(world, "ListTrainingPlans", "TrainingPlan", {}, stem="TrainingPlanName", status="Status")


@told
def list_model_packages(world: World) -> Listing:
    which = {"ModelPackageGroupName": world.make("ModelPackageGroup").name}
    world("CreateModelPackage", **which)
    more = {"numbered": "ModelPackageVersion", "parent": "ModelPackageGroupName", "ascending": True}
    return listing(world, "ListModelPackages", "ModelPackage", which, **more)


def a_content(world: World) -> dict[str, Any]:
    hub = world.make("Hub").which
    which = {**hub, "HubContentType": "Model", "HubContentName": name("content")}
    world(
        "ImportHubContent", **which, DocumentSchemaVersion="1.0.0", HubContentVersion="1.0.0", HubContentDocument="{}"
    )
    return which


@told
def list_hub_contents(world: World) -> Listing:
    which = a_content(world)
    stem = which.pop("HubContentName")
    more = {"stem": stem, "parent": "HubName", "status": "HubContentStatus"}
    return listing(world, "ListHubContents", "HubContent", which, **more)


@told
def list_hub_content_versions(world: World) -> Listing:
    more = {"stem": "1.0.0", "parent": "HubName", "status": "HubContentStatus"}
    return listing(world, "ListHubContentVersions", "HubContent", a_content(world), **more)


@told
def list_image_versions(world: World) -> Listing:
    which = world.make("Image").which
    world("CreateImageVersion", **which)
    return listing(world, "ListImageVersions", "ImageVersion", which, numbered="Version", parent="ImageName")


@told
def list_model_card_versions(world: World) -> Listing:
    which = world.make("ModelCard").which
    more = {"numbered": "ModelCardVersion", "parent": "ModelCardName", "status": "ModelCardStatus"}
    return listing(world, "ListModelCardVersions", "ModelCardVersion", which, **more)


@told
def list_model_card_export_jobs(world: World) -> Listing:
    which = world.make("ModelCard").which
    job = name("export")
    world("CreateModelCardExportJob", **which, ModelCardExportJobName=job)
    more = {"stem": job, "parent": "ModelCardName", "status": "Status"}
    return listing(world, "ListModelCardExportJobs", "ModelCardExportJob", which, **more)


@told
def list_pipelines(world: World) -> Listing:
    failed(world)
    return listing(world, "ListPipelines", "Pipeline", {}, stem="PipelineName")


@told
def list_pipeline_versions(world: World) -> Listing:
    failed(world)
    which = {"PipelineName": youngest(world.app, "Pipeline").name}
    more = {"numbered": "PipelineVersionId", "under": which["PipelineName"]}
    return listing(world, "ListPipelineVersions", "PipelineVersion", which, **more)


@told
def list_pipeline_executions(world: World) -> Listing:
    failed(world)
    pipeline = youngest(world.app, "Pipeline").name
    stem = youngest(world.app, "PipelineExecution").name.rpartition("/")[2]
    more = {"stem": stem, "ids": True, "under": pipeline}
    return listing(world, "ListPipelineExecutions", "PipelineExecution", {"PipelineName": pipeline}, **more)


@told
def list_devices(world: World) -> Listing:
    fleet, device = world.make("DeviceFleet").which, name("device")
    world("RegisterDevices", **fleet, Devices=[{"DeviceName": device}])
    return listing(world, "ListDevices", "Device", {}, stem=device, parent="DeviceFleetName")


@told
def list_cluster_nodes(world: World) -> Listing:
    which, _, _ = clustered(world)
    stem = youngest(world.app, "ClusterNode").record["InstanceId"]
    return listing(world, "ListClusterNodes", "ClusterNode", which, stem=stem, ids=True, under=which["ClusterName"])


@told
def list_cluster_extensions(world: World) -> Listing:
    arn = clustered(world)[1]
    world("CreateClusterExtension", ClusterArn=arn, ExtensionName="observability")
    stem = youngest(world.app, "ClusterExtension").name.rpartition("/")[2]
    more = {"stem": stem, "ids": True, "parent": "ClusterArn"}
    return listing(world, "ListClusterExtensions", "ClusterExtension", {"ClusterArn": arn}, **more)


@told
def list_labeling_jobs_for_workteam(world: World) -> Listing:
    given, job = a_labeling_job(world, name("team")), name("LabelingJob")
    world("CreateLabelingJob", LabelingJobName=job, **given)
    which = {"WorkteamArn": given["HumanTaskConfig"]["WorkteamArn"]}
    return listing(world, "ListLabelingJobsForWorkteam", "LabelingJob", which, stem=job, ascending=True)


@told
def list_human_loops(world: World) -> Listing:
    flow = {"FlowDefinitionArn": world.make("FlowDefinition").created["FlowDefinitionArn"]}
    loop = name("loop")
    world("StartHumanLoop", LOOPS, HumanLoopName=loop, **flow, HumanLoopInput={"InputContent": "{}"})
    return listing(world, "ListHumanLoops", "HumanLoop", flow, service=LOOPS, stem=loop, parent="FlowDefinitionArn")


@told
def list_lineage_groups(world: World) -> Listing:
    world("ListLineageGroups")
    return listing(world, "ListLineageGroups", "LineageGroup", {}, stem="LineageGroupName")


@told
def list_pipeline_execution_steps(world: World) -> Listing:
    which = failed(world)
    more = {"stem": "TheOnlyStep", "under": which["PipelineExecutionArn"]}
    return listing(world, "ListPipelineExecutionSteps", "PipelineExecutionStep", which, **more)
