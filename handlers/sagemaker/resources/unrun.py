"""Jobs that are kept as records and not run (handlers/sagemaker/unrun), and tuning, which is refused."""

from __future__ import annotations

from emulator.aws.registry import refused
from handlers.sagemaker.hooks import in_turn, refers
from handlers.sagemaker.resource import Record, Resource
from handlers.sagemaker.resources.texts import INVALID
from handlers.sagemaker.unrun import checks
from handlers.sagemaker.unrun.cycle import LOUD, unrun

CANNOT_FIND = "Amazon SageMaker can't find {what} called {{name}}."
END = {"Failed": ("EndTime",), "Stopped": ("EndTime",)}


def secondary(member: str) -> dict[str, dict[str, str]]:
    """A second status that follows the first."""
    return {status: {member: status} for status in ("Failed", "Stopping", "Stopped")}


def by_job_name(params: Record) -> Record:
    """NameContains means the job's name, not the category before it in the name of the record."""
    return {"JobNameContains" if member == "NameContains" else member: value for member, value in params.items()}


def in_types(record: Record, value: str) -> bool:
    """Whether a kind of optimization contains this."""
    return any(value in kind for kind in record["OptimizationTypes"])


ROWS = (
    Resource(
        "CompilationJob",
        # Both are required members of the answer; a job that made nothing has them empty.
        defaults={"FailureReason": "", "ModelArtifacts": {"S3ModelArtifacts": ""}},
        cycle=unrun(
            "compilation jobs",
            LOUD,
            stamps={
                "INPROGRESS": ("CompilationStartTime",),
                "FAILED": ("CompilationEndTime",),
                "STOPPED": ("CompilationEndTime",),
            },
        ),
        paths={
            "CompilationTargetDevice": "OutputConfig.TargetDevice",
            "CompilationTargetPlatformOs": "OutputConfig.TargetPlatform.Os",
            "CompilationTargetPlatformArch": "OutputConfig.TargetPlatform.Arch",
            "CompilationTargetPlatformAccelerator": "OutputConfig.TargetPlatform.Accelerator",
        },
        prepare=checks.prepare_compilation,
    ),
    Resource(
        "OptimizationJob",
        cycle=unrun(
            "optimization jobs",
            LOUD,
            stamps={
                "INPROGRESS": ("OptimizationStartTime",),
                "FAILED": ("OptimizationEndTime",),
                "STOPPED": ("OptimizationEndTime",),
            },
        ),
        paths={"OptimizationTypes": "OptimizationTypes"},
        filters={
            "OptimizationContains": lambda record, value: any(value in kind for kind in record["OptimizationTypes"])
        },
        prepare=checks.prepare_optimization,
    ),
    Resource(
        "AutoMLJob",
        path="automl-job",
        verbs=("Create", "List", "Stop"),  # Describe, and V2: unrun/automl.py
        missing_text=CANNOT_FIND.format(what="an AutoML job"),
        defaults={"AutoMLJobSecondaryStatus": "Starting"},
        cycle=unrun("AutoML jobs", stamps=END, more=secondary("AutoMLJobSecondaryStatus")),
        prepare=checks.prepare_automl,
    ),
    Resource(
        "InferenceRecommendationsJob",
        defaults={"JobDescription": ""},
        cycle=unrun(
            "inference recommendations jobs",
            ("PENDING", "IN_PROGRESS", "FAILED", "STOPPING", "STOPPED"),
            stamps={"FAILED": ("CompletionTime",), "STOPPED": ("CompletionTime",)},
        ),
        paths={
            "ModelName": "InputConfig.ModelName",
            "ModelPackageVersionArn": "InputConfig.ModelPackageVersionArn",
            "SamplePayloadUrl": "InputConfig.ContainerConfig.PayloadConfig.SamplePayloadUrl",
        },
        prepare=checks.prepare_recommendations,
    ),
    Resource(
        "AIBenchmarkJob",
        cycle=unrun("benchmark jobs", stamps=END),
        paths={"AIWorkloadConfigName": "AIWorkloadConfigName"},
        prepare=checks.prepare_workload,
    ),
    Resource(
        "AIRecommendationJob",
        cycle=unrun("recommendation jobs", stamps=END),
        prepare=in_turn(
            checks.prepare_workload,
            refers("OutputConfig.ModelPackageGroupIdentifier", "ModelPackageGroup", code="ResourceNotFound"),
        ),
    ),
    Resource(
        "Job",
        keys=("JobCategory", "JobName"),
        defaults={"SecondaryStatus": "Starting"},
        cycle=unrun("jobs of this category", stamps=END, more=secondary("SecondaryStatus")),
        paths={"JobSecondaryStatus": "SecondaryStatus", "JobNameContains": "JobName"},
        narrow=by_job_name,
        prepare=checks.prepare_job,
    ),
    Resource(
        "TrainingSession",
        wrapper="TrainingSessionDetail",
        cycle=unrun("training sessions", ("Created", "Failed", "Stopping", "Stopped"), "ErrorDetails", stamps=END),
        prepare=refers("ModelPackageGroupArn", "ModelPackageGroup", code="ResourceNotFound"),
    ),
    Resource(
        "HyperParameterTuningJob",
        status="InProgress",
        running=("InProgress", "Stopping"),
        missing_text=CANNOT_FIND.format(what="a tuning job"),
        paths={
            "Strategy": "HyperParameterTuningJobConfig.Strategy",
            "ResourceLimits": "HyperParameterTuningJobConfig.ResourceLimits",
        },
        does={"Create": refused("Tuning comes later; run CreateTrainingJob with the values meanwhile.")},
    ),
    Resource(
        "EdgePackagingJob",
        missing=INVALID,
        sorts={"MODEL_NAME": "ModelName"},
        cycle=unrun("edge packaging jobs", LOUD, "EdgePackagingJobStatusMessage"),
        prepare=refers("CompilationJobName", "CompilationJob", "No compilation job with name {name} found."),
    ),
)
