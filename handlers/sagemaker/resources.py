"""THE TABLE: one row per SageMaker resource. Defaults come from botocore's model; a row says only what differs.

To add a resource, add a row: its Create, Describe, List, Update, Delete and Stop are then registered, validated,
listed with every filter the model has, tagged and tested (tests/resources walks the rows).

Codes and texts are what clients compare. ``ValidationException`` for a missing thing where boto's waiters and the SDK
look for it ("Could not find ..."), else the modelled ``ResourceNotFound``; a taken name is ``ResourceInUse`` for jobs,
``ValidationException`` with "already exist" where the SDK's upserts look for that.
"""

from __future__ import annotations

from handlers.sagemaker import experiments, jobs, model_packages, models
from handlers.sagemaker.hooks import childless, refers, refused, stop_job, submit
from handlers.sagemaker.resource import Resource

INVALID = "ValidationException"
COULD_NOT_FIND = 'Could not find {label} "{arn}".'
EXISTING = 'Cannot create already existing {label} "{arn}".'
NOT_FOUND_JOB = "Could not find requested job with name: {name}"
UNIQUE_JOB = "Job name must be unique within an AWS account and region, and a job with this name already exists ({arn})"
DOES_NOT_EXIST = "{noun} {arn} does not exist."


def table(*rows: Resource) -> dict[str, Resource]:
    """Rows by noun; ``ValueError`` for a noun that comes twice."""
    by_noun = {row.noun: row for row in rows}
    if len(by_noun) < len(rows):
        raise ValueError("a resource has two rows")
    return by_noun


RESOURCES = table(
    # Jobs, which the engine runs.
    Resource(
        "TrainingJob",
        status="InProgress",
        running=jobs.RUNNING,
        missing=INVALID,
        missing_text="Requested resource not found.",
        duplicate_text="Training job names must be unique within an AWS account and region, "
        "and a training job with this name already exists ({arn})",
        defaults={"SecondaryStatus": "Starting"},
        paths={"TrainingPlanArn": "ResourceConfig.TrainingPlanArn", "WarmPoolStatusEquals": "WarmPoolStatus.Status"},
        prepare=jobs.prepare_training,
        created=submit("TrainingJob"),
        stopped=stop_job("TrainingJob"),
    ),
    Resource(
        "ProcessingJob",
        status="InProgress",
        running=jobs.RUNNING,
        missing=INVALID,
        missing_text=NOT_FOUND_JOB,
        duplicate_text=UNIQUE_JOB,
        prepare=jobs.prepare_processing,
        created=submit("ProcessingJob"),
        stopped=stop_job("ProcessingJob"),
    ),
    Resource(
        "TransformJob",
        status="InProgress",
        running=jobs.RUNNING,
        missing=INVALID,
        missing_text=NOT_FOUND_JOB,
        duplicate_text=UNIQUE_JOB,
        prepare=jobs.prepare_transform,
        created=submit("TransformJob"),
        stopped=stop_job("TransformJob"),
    ),
    # Models and their registry.
    Resource(
        "Model",
        missing=INVALID,
        missing_text=COULD_NOT_FIND,
        duplicate=INVALID,
        duplicate_text=EXISTING,
        prepare=models.prepare_model,
    ),
    Resource(
        "ModelPackageGroup",
        status="Completed",
        missing=INVALID,
        missing_text=DOES_NOT_EXIST,
        duplicate=INVALID,
        duplicate_text="Model Package Group already exists: {arn}",
        ascending=True,
        filters={"CrossAccountFilterOption": lambda record, value: bool(value == "SameAccount")},
        deleting=childless(
            "ModelPackage",
            "Model package group {name} cannot be deleted: it has model packages. Delete them first.",
            "ConflictException",
        ),
    ),
    Resource(
        "ModelPackage",
        verbs=("Describe", "List", "Delete"),
        missing=INVALID,
        missing_text=DOES_NOT_EXIST,
        parent="ModelPackageGroupName",
        key=model_packages.package_key,
        ascending=True,
        narrow=model_packages.narrow,
        filters={"ModelPackageType": model_packages.of_type},
    ),
    # Hosting: configurations are kept; endpoints are refused until something serves them.
    Resource(
        "EndpointConfig",
        missing=INVALID,
        missing_text='Could not find endpoint configuration "{arn}".',
        duplicate=INVALID,
        duplicate_text='Cannot create already existing endpoint configuration "{arn}".',
        prepare=models.prepare_endpoint_config,
    ),
    Resource(
        "Endpoint",
        status="Creating",
        missing=INVALID,
        missing_text=COULD_NOT_FIND,
        duplicate=INVALID,
        duplicate_text=EXISTING,
        prepare=refused("CreateEndpoint", "Hosting comes later; run the model with CreateTransformJob meanwhile."),
    ),
    # Experiments.
    Resource(
        "Experiment",
        duplicate=INVALID,
        paths={"ExperimentSource": "Source"},
        deleting=childless("Trial", "Experiment '{name}' has trials. Delete them first."),
    ),
    Resource(
        "Trial",
        path="experiment-trial",
        duplicate=INVALID,
        parent="ExperimentName",
        prepare=refers("ExperimentName", "Experiment", "Experiment '{name}' does not exist.", "ResourceNotFound"),
        deleting=experiments.trial_is_empty,
        paths={"TrialSource": "Source"},
        filters={"TrialComponentName": experiments.among("_Components")},
    ),
    Resource(
        "TrialComponent",
        path="experiment-trial-component",
        duplicate=INVALID,
        deleting=experiments.component_is_free,
        paths={"SourceArn": "Source.SourceArn", "TrialComponentSource": "Source"},
        filters={"TrialName": experiments.among("_Trials"), "ExperimentName": experiments.among("_Experiments")},
    ),
    # Lineage.
    Resource("Action", duplicate=INVALID, paths={"SourceUri": "Source.SourceUri"}),
    Resource("Context", duplicate=INVALID, paths={"SourceUri": "Source.SourceUri"}),
    # Monitoring definitions.
    *(
        Resource(
            f"{kind}JobDefinition",
            missing_text="Job Definition {arn} does not exist.",
            duplicate_text="Job definition name must be unique within an AWS account and region ({arn})",
            paths={
                "MonitoringJobDefinitionName": "JobDefinitionName",
                "MonitoringJobDefinitionArn": "JobDefinitionArn",
                "EndpointName": f"{kind}JobInput.EndpointInput.EndpointName",
            },
        )
        for kind in ("DataQuality", "ModelBias", "ModelExplainability", "ModelQuality")
    ),
    # Plain records.
    Resource("AIWorkloadConfig"),
    Resource("Algorithm", status="Completed", defaults={"AlgorithmStatusDetails": {}}, ascending=True),
    Resource("AppImageConfig"),
    Resource("CodeRepository", missing=INVALID, duplicate=INVALID, ascending=True, sort="name"),
    Resource("DeviceFleet"),
    Resource("FlowDefinition", status="Active"),
    Resource("Hub", status="InService"),
    Resource("NotebookInstanceLifecycleConfig", missing=INVALID, duplicate=INVALID),
    Resource("StudioLifecycleConfig", paths={"AppTypeEquals": "StudioLifecycleConfigAppType"}),
)
