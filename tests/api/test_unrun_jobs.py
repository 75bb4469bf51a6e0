"""Jobs that are kept and not run: they end as failed and say why, claim no result, and can be stopped and deleted."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest

from tests.api.calls import error, named

ROLE = "arn:aws:iam::123456789012:role/service-role/Role"
SOURCE = {"DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": "s3://bucket/data"}}}


def ended(describe: Callable[[], dict[str, Any]], member: str) -> dict[str, Any]:
    for _ in range(300):
        answer = describe()
        if answer[member].lower() in {"failed", "stopped", "completed"}:
            return answer
        time.sleep(0.05)
    raise AssertionError(f"never ended: {answer}")


@pytest.fixture
def compilation(sagemaker: Any) -> str:
    name = named("compile")
    sagemaker.create_compilation_job(
        CompilationJobName=name,
        RoleArn=ROLE,
        InputConfig={"S3Uri": "s3://bucket/model.tar.gz", "Framework": "XGBOOST", "DataInputConfig": "{}"},
        OutputConfig={"S3OutputLocation": "s3://bucket/out", "TargetDevice": "ml_m5"},
        StoppingCondition={"MaxRuntimeInSeconds": 60},
    )
    return name


def test_a_compilation_job_fails_and_says_that_nothing_was_compiled(sagemaker: Any, compilation: str) -> None:
    job = ended(lambda: sagemaker.describe_compilation_job(CompilationJobName=compilation), "CompilationJobStatus")
    assert job["CompilationJobStatus"] == "FAILED"
    assert "does not run them" in job["FailureReason"]
    assert job["ModelArtifacts"] == {"S3ModelArtifacts": ""}
    assert job["CompilationEndTime"] >= job["CompilationStartTime"] >= job["CreationTime"]
    (listed,) = sagemaker.list_compilation_jobs(NameContains=compilation)["CompilationJobSummaries"]
    assert listed["CompilationTargetDevice"] == "ml_m5"


def test_a_job_is_stopped_once_and_then_deleted(sagemaker: Any, compilation: str) -> None:
    sagemaker.stop_compilation_job(CompilationJobName=compilation)
    code, message = error(sagemaker.stop_compilation_job, CompilationJobName=compilation)
    assert code == "ValidationException"
    assert message.startswith("The request was rejected because the compilation job is in status STOP")
    job = ended(lambda: sagemaker.describe_compilation_job(CompilationJobName=compilation), "CompilationJobStatus")
    assert (job["CompilationJobStatus"], job["FailureReason"]) == ("STOPPED", "")
    sagemaker.delete_compilation_job(CompilationJobName=compilation)
    assert error(sagemaker.describe_compilation_job, CompilationJobName=compilation)[0] == "ResourceNotFound"


def test_automl_jobs_of_both_versions_are_one_kind(sagemaker: Any) -> None:
    first, second = named("one"), named("two")
    channel = SOURCE | {"TargetAttributeName": "price"}
    output = {"S3OutputPath": "s3://bucket/out"}
    sagemaker.create_auto_ml_job(AutoMLJobName=first, InputDataConfig=[channel], OutputDataConfig=output, RoleArn=ROLE)
    sagemaker.create_auto_ml_job_v2(
        AutoMLJobName=second,
        AutoMLJobInputDataConfig=[SOURCE | {"ChannelType": "training"}],
        OutputDataConfig=output,
        AutoMLProblemTypeConfig={"ImageClassificationJobConfig": {}},
        RoleArn=ROLE,
    )
    assert error(sagemaker.create_auto_ml_job_v2, **_v2(first))[0] == "ResourceInUse"
    listed = {job["AutoMLJobName"] for job in sagemaker.list_auto_ml_jobs(MaxResults=100)["AutoMLJobSummaries"]}
    assert {first, second} <= listed
    as_v2 = sagemaker.describe_auto_ml_job_v2(AutoMLJobName=first)
    assert as_v2["AutoMLProblemTypeConfig"] == {"TabularJobConfig": {"TargetAttributeName": "price"}}
    assert sagemaker.describe_auto_ml_job_v2(AutoMLJobName=second)["AutoMLProblemTypeConfigName"] == (
        "ImageClassification"
    )
    assert error(sagemaker.describe_auto_ml_job, AutoMLJobName=second)[0] == "ValidationException"


def _v2(name: str) -> dict[str, Any]:
    return {
        "AutoMLJobName": name,
        "AutoMLJobInputDataConfig": [SOURCE | {"ChannelType": "training"}],
        "OutputDataConfig": {"S3OutputPath": "s3://bucket/out"},
        "AutoMLProblemTypeConfig": {"TabularJobConfig": {"TargetAttributeName": "price"}},
        "RoleArn": ROLE,
    }


def test_an_automl_job_finds_no_candidates(sagemaker: Any) -> None:
    name = named("auto")
    sagemaker.create_auto_ml_job_v2(**_v2(name))
    job = ended(lambda: sagemaker.describe_auto_ml_job_v2(AutoMLJobName=name), "AutoMLJobStatus")
    assert (job["AutoMLJobStatus"], job["AutoMLJobSecondaryStatus"]) == ("Failed", "Failed")
    assert "BestCandidate" not in job
    assert sagemaker.list_candidates_for_auto_ml_job(AutoMLJobName=name)["Candidates"] == []
    assert error(sagemaker.list_candidates_for_auto_ml_job, AutoMLJobName="nobody") == (
        "ResourceNotFound",
        "Amazon SageMaker can't find an AutoML job called nobody.",
    )


def test_jobs_need_what_they_refer_to(sagemaker: Any) -> None:
    code, message = error(
        sagemaker.create_inference_recommendations_job,
        JobName=named("rec"),
        JobType="Default",
        RoleArn=ROLE,
        InputConfig={"ModelName": "no-such-model"},
    )
    assert (code, "Could not find model" in message) == ("ValidationException", True)
    code, message = error(
        sagemaker.create_edge_packaging_job,
        EdgePackagingJobName=named("pack"),
        CompilationJobName="no-such-job",
        ModelName="m",
        ModelVersion="1",
        RoleArn=ROLE,
        OutputConfig={"S3OutputLocation": "s3://bucket/edge"},
    )
    assert (code, "no-such-job" in message) == ("ValidationException", True)


def test_jobs_of_a_category_are_named_within_it(sagemaker: Any) -> None:
    name = named("job")
    given = {"RoleArn": ROLE, "JobConfigSchemaVersion": "1.0.0", "JobConfigDocument": "{}"}
    sagemaker.create_job(JobName=name, JobCategory="AgentRFT", **given)
    sagemaker.create_job(JobName=name, JobCategory="DataTransformation", **given)
    job = ended(lambda: sagemaker.describe_job(JobName=name, JobCategory="AgentRFT"), "JobStatus")
    assert job["SecondaryStatusTransitions"][0]["Status"] == "Starting"
    assert job["JobArn"].endswith(f":job/AgentRFT/{name}")
    assert len(sagemaker.list_jobs(JobCategory="AgentRFT", NameContains=name)["JobSummaries"]) == 1
    assert sagemaker.list_jobs(JobCategory="AgentRFT", NameContains="AgentRFT")["JobSummaries"] == []


def test_tuning_is_refused_and_there_are_no_tuning_jobs(sagemaker: Any) -> None:
    config = {"Strategy": "Random", "ResourceLimits": {"MaxParallelTrainingJobs": 1}}
    code, message = error(
        sagemaker.create_hyper_parameter_tuning_job,
        HyperParameterTuningJobName="tune",
        HyperParameterTuningJobConfig=config,
    )
    assert (code, "CreateTrainingJob" in message) == ("ValidationException", True)
    assert sagemaker.list_hyper_parameter_tuning_jobs()["HyperParameterTuningJobSummaries"] == []
    missing = ("ResourceNotFound", "Amazon SageMaker can't find a tuning job called tune.")
    for call in (
        sagemaker.describe_hyper_parameter_tuning_job,
        sagemaker.stop_hyper_parameter_tuning_job,
        sagemaker.list_training_jobs_for_hyper_parameter_tuning_job,
    ):
        assert error(call, HyperParameterTuningJobName="tune") == missing
