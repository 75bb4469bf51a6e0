"""Data folders that earlier versions have made open, and all that is in them works on.

``folders/schema-N.tar.gz`` is what a server with N migrations left when it ended: state, objects and logs, made with
boto3 by a version of its time. The metrics table of the fourth is the one that was replaced later.
"""

from __future__ import annotations

import tarfile
import time
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Running, Start

FOLDERS = Path(__file__).with_name("folders")
ROOT = "arn:aws:sagemaker:us-east-1:123456789012:"


@pytest.fixture(params=["schema-1", "schema-4"])
def opened(request: pytest.FixtureRequest, tmp_path: Path, start_server: Start) -> Running:
    with tarfile.open(FOLDERS / f"{request.param}.tar.gz") as made:
        made.extractall(tmp_path, filter="data")
    return start_server("--executor", "process", data_dir=tmp_path)


def test_an_earlier_folder_opens_and_works_on(opened: Running) -> None:
    _objects(opened.client("s3"))
    sagemaker = opened.client("sagemaker")
    _resources(sagemaker)
    _executions(sagemaker)
    _metrics(opened.client("sagemaker-metrics"), sagemaker)
    events = opened.client("logs").get_log_events(logGroupName="g", logStreamName="s")["events"]
    assert [event["message"] for event in events] == ["hello"]


def _objects(s3: Any) -> None:
    versions = s3.list_object_versions(Bucket="old", Prefix="k")["Versions"]
    bodies = [s3.get_object(Bucket="old", Key="k", VersionId=it["VersionId"])["Body"].read() for it in versions]
    assert bodies == [b"v2", b"v1", b"v0"]
    (upload,) = s3.list_multipart_uploads(Bucket="old")["Uploads"]
    which = {"Bucket": "old", "Key": "big", "UploadId": upload["UploadId"]}
    parts = [{"PartNumber": it["PartNumber"], "ETag": it["ETag"]} for it in s3.list_parts(**which)["Parts"]]
    s3.complete_multipart_upload(**which, MultipartUpload={"Parts": parts})
    assert s3.get_object(Bucket="old", Key="big")["Body"].read() == b"y" * 100
    assert s3.get_bucket_tagging(Bucket="old")["TagSet"] == [{"Key": "a", "Value": "b"}]


def _resources(sagemaker: Any) -> None:
    assert sagemaker.describe_training_job(TrainingJobName="j")["TrainingJobStatus"] == "Failed"
    assert sagemaker.list_tags(ResourceArn=f"{ROOT}model/m")["Tags"] == [{"Key": "a", "Value": "b"}]
    assert sagemaker.describe_endpoint_config(EndpointConfigName="ec")["ProductionVariants"][0]["ModelName"] == "m"
    assert sagemaker.create_model_package(ModelPackageGroupName="g")["ModelPackageArn"].endswith("/g/2")
    (found,) = sagemaker.list_contexts(SourceUri="s3://a")["ContextSummaries"]
    assert found["ContextName"] == "ctx"
    assert sagemaker.list_trial_components(TrialName="t")["TrialComponentSummaries"][0]["TrialComponentName"] == "tc"
    for resource, count in (("TrainingJob", 1), ("ExperimentTrial", 1), ("ModelPackage", 2), ("Model", 1)):
        assert sagemaker.search(Resource=resource)["TotalHits"]["Value"] == count


def _executions(sagemaker: Any) -> None:
    (run,) = sagemaker.list_pipeline_executions(PipelineName="p")["PipelineExecutionSummaries"]
    assert run["PipelineExecutionStatus"] == "Failed"
    steps = sagemaker.list_pipeline_execution_steps(PipelineExecutionArn=run["PipelineExecutionArn"])
    assert [step["StepStatus"] for step in steps["PipelineExecutionSteps"]] == ["Failed"]
    again = sagemaker.start_pipeline_execution(PipelineName="p", ClientRequestToken="n" * 32)["PipelineExecutionArn"]
    for _ in range(100):
        status = sagemaker.describe_pipeline_execution(PipelineExecutionArn=again)["PipelineExecutionStatus"]
        if status == "Failed":
            return
        time.sleep(0.1)
    raise AssertionError(status)


def _metrics(metrics: Any, sagemaker: Any) -> None:
    now = int(time.time())
    data = [{"MetricName": "loss", "Timestamp": now, "Value": value} for value in (2.0, 1.0)]
    metrics.batch_put_metrics(TrialComponentName="tc", MetricData=data)
    (found,) = sagemaker.describe_trial_component(TrialComponentName="tc")["Metrics"]
    assert (found["Count"], found["Last"]) == (2, 1.0)
