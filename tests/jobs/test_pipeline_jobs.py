"""Pipelines whose steps are real jobs: side by side, stopped, and over a ``kill -9`` of the server."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import EXECUTORS, Running
from tests.jobs.account import CLUSTER, IMAGE, ROLE, Account
from tests.jobs.test_recovery import kill

LOOKS, LOOK_SECONDS = 600, 0.1


class Pipelines:
    """Pipelines of processing steps on a server."""

    def __init__(self, account: Account, image: str = IMAGE) -> None:
        self.account, self.image = account, image

    def step(self, name: str, script: str, *arguments: Any, after: tuple[str, ...] = (), **more: Any) -> dict[str, Any]:
        request = {
            "AppSpecification": {
                "ImageUri": self.image,
                "ContainerEntrypoint": ["python3", "-c", script],
                **({"ContainerArguments": list(arguments)} if arguments else {}),
            },
            "ProcessingResources": {"ClusterConfig": CLUSTER},
            "RoleArn": ROLE,
            **more,
        }
        return {"Name": name, "Type": "Processing", "Arguments": request, "DependsOn": list(after)}

    def start(self, *steps: dict[str, Any], **parameters: Any) -> str:
        name = self.account.name("pipeline")
        declared = [{"Name": key, "Type": "String", "DefaultValue": value} for key, value in parameters.items()]
        definition = json.dumps({"Version": "2020-12-01", "Parameters": declared, "Steps": steps})
        self.account.sagemaker.create_pipeline(PipelineName=name, RoleArn=ROLE, PipelineDefinition=definition)
        return str(self.account.sagemaker.start_pipeline_execution(PipelineName=name)["PipelineExecutionArn"])

    def steps(self, arn: str) -> dict[str, dict[str, Any]]:
        answer = self.account.sagemaker.list_pipeline_execution_steps(PipelineExecutionArn=arn)
        return {step["StepName"]: step for step in answer["PipelineExecutionSteps"]}

    def until(self, test: Callable[[], bool]) -> None:
        for _ in range(LOOKS):
            if test():
                return
            time.sleep(LOOK_SECONDS)
        raise AssertionError("it never happened")

    def end(self, arn: str) -> str:
        """The execution's status once it has ended."""
        name = arn.split("/")[1]
        found: list[str] = []

        def ended() -> bool:
            listed = self.account.sagemaker.list_pipeline_executions(PipelineName=name)["PipelineExecutionSummaries"]
            found[:] = [one["PipelineExecutionStatus"] for one in listed if one["PipelineExecutionArn"] == arn]
            return found[0] not in {"Executing", "Stopping"}

        self.until(ended)
        return found[0]

    def running(self, arn: str, step: str) -> bool:
        """Whether the step's job is under way."""
        metadata = self.steps(arn).get(step, {}).get("Metadata", {})
        return "ProcessingJob" in metadata

    def job(self, arn: str, step: str) -> dict[str, Any]:
        name = self.steps(arn)[step]["Metadata"]["ProcessingJob"]["Arn"].rsplit("/", 1)[-1]
        return dict(self.account.sagemaker.describe_processing_job(ProcessingJobName=name))


@pytest.fixture
def pipelines(account: Account, executor_server: Running, request: pytest.FixtureRequest) -> Pipelines:
    if executor_server.executor == "docker":
        return Pipelines(account, request.getfixturevalue("base_image"))
    return Pipelines(account)


def test_outputs_flow_into_property_files_and_messages(pipelines: Pipelines) -> None:
    write = "import json, sys; json.dump({'m': {'mse': 4.25}}, open('/opt/ml/processing/out/e.json', 'w'))"
    uri = pipelines.account.uri("evaluated")
    output = {
        "OutputName": "o",
        "S3Output": {"S3Uri": uri, "LocalPath": "/opt/ml/processing/out", "S3UploadMode": "EndOfJob"},
    }
    evaluated = pipelines.step("evaluate", write, ProcessingOutputConfig={"Outputs": [output]})
    evaluated["PropertyFiles"] = [{"PropertyFileName": "E", "OutputName": "o", "FilePath": "e.json"}]
    mse = {"Std:JsonGet": {"PropertyFile": {"Get": "Steps.evaluate.PropertyFiles.E"}, "Path": "m.mse"}}
    say = {"Std:Join": {"On": "", "Values": ["mse=", mse]}}
    tell = pipelines.step("tell", "import sys; sys.exit(sys.argv[1] != 'mse=4.25')", say)
    test = {"Type": "LessThan", "LeftValue": mse, "RightValue": 5}
    decide = {
        "Name": "decide",
        "Type": "Condition",
        "Arguments": {"Conditions": [test], "IfSteps": [tell], "ElseSteps": []},
    }
    arn = pipelines.start(decide, evaluated)
    assert pipelines.end(arn) == "Succeeded", pipelines.steps(arn)
    assert set(pipelines.steps(arn)) == {"evaluate", "decide", "tell"}


def test_a_failing_job_fails_the_execution(pipelines: Pipelines) -> None:
    arn = pipelines.start(pipelines.step("bad", "raise SystemExit(3)"), pipelines.step("never", "", after=("bad",)))
    assert pipelines.end(arn) == "Failed"
    assert pipelines.steps(arn)["bad"]["FailureReason"].startswith("ClientError: AlgorithmError")
    assert "never" not in pipelines.steps(arn)


def test_independent_steps_run_at_once_and_stop_together(pipelines: Pipelines) -> None:
    wait = "import time; time.sleep(600)"
    arn = pipelines.start(pipelines.step("a", wait), pipelines.step("b", wait), pipelines.step("c", "", after=("a",)))
    pipelines.until(lambda: pipelines.running(arn, "a") and pipelines.running(arn, "b"))
    pipelines.account.sagemaker.stop_pipeline_execution(PipelineExecutionArn=arn)
    assert pipelines.end(arn) == "Stopped"
    assert {name: step["StepStatus"] for name, step in pipelines.steps(arn).items()} == {"a": "Stopped", "b": "Stopped"}
    assert pipelines.job(arn, "a")["ProcessingJobStatus"] == "Stopped"


@pytest.mark.parametrize("executor", EXECUTORS)
def test_an_execution_goes_on_after_a_kill(
    executor: str, start_server: Callable[..., Running], tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    image = request.getfixturevalue("base_image") if executor == "docker" else IMAGE
    first = start_server("--executor", executor, data_dir=tmp_path)
    pipelines = Pipelines(Account(first.client), image)
    sleep = "import time; time.sleep(5)"
    arn = pipelines.start(
        pipelines.step("one", "print('x')"),
        pipelines.step("two", sleep, after=("one",)),
        pipelines.step("three", "print('y')", after=("two",)),
    )
    pipelines.until(lambda: pipelines.running(arn, "two"))
    before = pipelines.steps(arn)
    kill(first)
    pipelines.account.use(start_server("--executor", executor, data_dir=tmp_path).client)
    assert pipelines.end(arn) == "Succeeded", pipelines.steps(arn)
    after = pipelines.steps(arn)
    assert after["one"] == before["one"]
    assert set(after) == {"one", "two", "three"}
    assert after["two"]["AttemptCount"] in {1, 2}
