"""The Abalone example, as ``make demo`` runs it, on each executor and on both branches; its outputs are real."""

from __future__ import annotations

import io
import json
import sys
import tarfile
from pathlib import Path
from typing import Any

import pytest
import xgboost

from tests.conftest import Running
from tests.sdk.conftest import ROOT, RunCommand

EXAMPLE = ROOT / "examples" / "abalone" / "pipeline.py"


@pytest.fixture(scope="module")
def outputs() -> dict[str, dict[str, Any]]:
    """What each executor's run left, made once: executor name -> steps by name."""
    return {}


@pytest.fixture
def steps(executor_server: Running, run_command: RunCommand, outputs: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """The steps of one successful run with ``--approve``, by name."""
    known = outputs.get(executor_server.executor)
    if known is None:
        done = run_command(sys.executable, str(EXAMPLE), "--approve")
        assert done.returncode == 0, done.stdout + done.stderr
        assert "pipeline: Succeeded" in done.stdout
        known = outputs[executor_server.executor] = last_execution(executor_server)
    return known


def last_execution(server: Running) -> dict[str, Any]:
    client = server.client("sagemaker")
    execution = client.list_pipeline_executions(PipelineName="abalone")["PipelineExecutionSummaries"][0]
    listed = client.list_pipeline_execution_steps(PipelineExecutionArn=execution["PipelineExecutionArn"])
    return {step["StepName"]: step for step in listed["PipelineExecutionSteps"]}


def read(server: Running, uri: str) -> bytes:
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    body: bytes = server.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read()
    return body


def job(server: Running, step: dict[str, Any], kind: str) -> dict[str, Any]:
    """Describe the job of a step; ``kind`` is Processing, Training or Transform."""
    name = step["Metadata"][f"{kind}Job"]["Arn"].rpartition("/")[2]
    describe = getattr(server.client("sagemaker"), f"describe_{kind.lower()}_job")
    described: dict[str, Any] = describe(**{f"{kind}JobName": name})
    return described


def output(server: Running, step: dict[str, Any], name: str) -> str:
    described = job(server, step, "Processing")
    outputs = described["ProcessingOutputConfig"]["Outputs"]
    return str(next(o["S3Output"]["S3Uri"] for o in outputs if o["OutputName"] == name))


def test_every_step_succeeded(steps: dict[str, Any]) -> None:
    assert set(steps) == {
        "Preprocess", "Train", "Evaluate", "CheckError", "Model-CreateModel", "Package-RegisterModel", "Predict",
    }  # fmt: skip
    assert {step["StepStatus"] for step in steps.values()} == {"Succeeded"}
    assert steps["CheckError"]["Metadata"]["Condition"]["Outcome"] == "True"


def test_the_evaluation_is_of_this_data(executor_server: Running, steps: dict[str, Any]) -> None:
    report = json.loads(
        read(executor_server, output(executor_server, steps["Evaluate"], "evaluation") + "/evaluation.json")
    )
    assert 3 < report["regression_metrics"]["mse"]["value"] < 8


def test_the_model_loads_in_xgboost(executor_server: Running, steps: dict[str, Any], tmp_path: Path) -> None:
    described = job(executor_server, steps["Train"], "Training")
    archive = read(executor_server, described["ModelArtifacts"]["S3ModelArtifacts"])
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        tar.extract("xgboost-model", tmp_path, filter="data")
    model = (tmp_path / "xgboost-model").rename(tmp_path / "model.ubj")
    assert 10 < xgboost.Booster(model_file=model).num_boosted_rounds() <= 120
    metrics = {metric["MetricName"]: metric["Value"] for metric in described["FinalMetricDataList"]}
    assert 1 < metrics["validation:rmse"] < 3


def test_one_prediction_per_line(executor_server: Running, steps: dict[str, Any]) -> None:
    described = job(executor_server, steps["Predict"], "Transform")
    source = described["TransformInput"]["DataSource"]["S3DataSource"]["S3Uri"]
    bucket, _, prefix = source.removeprefix("s3://").partition("/")
    keys = executor_server.client("s3").list_objects_v2(Bucket=bucket, Prefix=prefix)["Contents"]
    asked = sum(len(read(executor_server, f"s3://{bucket}/{k['Key']}").splitlines()) for k in keys)
    target = described["TransformOutput"]["S3OutputPath"]
    answers = [read(executor_server, f"{target}/{Path(k['Key']).name}.out").splitlines() for k in keys]
    predictions = [float(line) for lines in answers for line in lines]
    assert len(predictions) == asked > 500
    assert all(0 < value < 40 for value in predictions)


def test_training_lines_are_in_cloudwatch(executor_server: Running, steps: dict[str, Any]) -> None:
    name = job(executor_server, steps["Train"], "Training")["TrainingJobName"]
    group = "/aws/sagemaker/TrainingJobs"
    logs = executor_server.client("logs")
    streams = logs.describe_log_streams(logGroupName=group, logStreamNamePrefix=f"{name}/")["logStreams"]
    events = logs.get_log_events(logGroupName=group, logStreamName=streams[0]["logStreamName"], startFromHead=True)
    assert any("validation-rmse" in event["message"] for event in events["events"])


def test_the_package_is_approved_as_asked(executor_server: Running, steps: dict[str, Any]) -> None:
    arn = steps["Package-RegisterModel"]["Metadata"]["RegisterModel"]["Arn"]
    package = executor_server.client("sagemaker").describe_model_package(ModelPackageName=arn)
    assert package["ModelApprovalStatus"] == "Approved"
    assert package["ModelPackageStatus"] == "Completed"
    assert package["ModelMetrics"]["ModelQuality"]["Statistics"]["S3Uri"].endswith("/evaluation.json")


def test_the_failing_branch_says_why(executor_server: Running, run_command: RunCommand) -> None:
    done = run_command(sys.executable, str(EXAMPLE), "--mse-threshold", "0.1")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "is above 0.1." in done.stdout
    found = last_execution(executor_server)
    assert found["TooInaccurate"]["StepStatus"] == "Failed"
    assert found["CheckError"]["Metadata"]["Condition"]["Outcome"] == "False"
    assert "Predict" not in found
