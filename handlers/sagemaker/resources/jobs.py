"""Jobs, which the engine runs."""

from __future__ import annotations

from emulator.aws.registry import EXECUTES
from handlers.sagemaker import jobs
from handlers.sagemaker.hooks import stop_job, submit
from handlers.sagemaker.resource import Resource
from handlers.sagemaker.resources.texts import INVALID, NOT_FOUND_JOB, UNIQUE_JOB

RUN = {"Create": EXECUTES, "Stop": EXECUTES}

ROWS = (
    Resource(
        "TrainingJob",
        status="InProgress",
        does=RUN,
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
        does=RUN,
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
        does=RUN,
        running=jobs.RUNNING,
        missing=INVALID,
        missing_text=NOT_FOUND_JOB,
        duplicate_text=UNIQUE_JOB,
        prepare=jobs.prepare_transform,
        created=submit("TransformJob"),
        stopped=stop_job("TransformJob"),
    ),
)
