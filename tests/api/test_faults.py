"""Faults armed through ``/_emulator/faults`` meet the calls they name, and only those."""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

CONTAINER = {"Image": "123456789012.dkr.ecr.us-east-1.amazonaws.com/image:1"}
ROLE = "arn:aws:iam::123456789012:role/service-role/Role"

Ask = Callable[..., tuple[int, dict[str, Any]]]


def asker(url: str) -> Ask:
    def ask(method: str, given: Any = None, path: str = "") -> tuple[int, dict[str, Any]]:
        body = None if given is None else json.dumps(given).encode()
        request = urllib.request.Request(f"{url}/_emulator/faults{path}", body, method=method)
        try:
            with urllib.request.urlopen(request) as answer:
                return answer.status, json.loads(answer.read())
        except urllib.error.HTTPError as error:
            with error:
                return error.code, json.loads(error.read())

    return ask


@pytest.fixture
def ask(server: Any) -> Ask:
    return asker(server.url)


@pytest.fixture
def name() -> str:
    return f"fault-{uuid.uuid4().hex[:12]}"


def armed(ask: Ask, **given: Any) -> dict[str, Any]:
    status, fault = ask("POST", given)
    assert status == 201, fault
    return fault


def refused(function: Callable[..., Any], **params: Any) -> tuple[str, str, int]:
    with pytest.raises(ClientError) as caught:
        function(**params)
    answer = caught.value.response
    return answer["Error"]["Code"], answer["Error"]["Message"], answer["ResponseMetadata"]["HTTPStatusCode"]


def test_an_error_as_often_as_asked_for_and_only_for_that_name(sagemaker: Any, ask: Ask, name: str) -> None:
    more = {"code": "ResourceLimitExceeded", "message": "No more.", "times": 2}
    armed(ask, operation="sagemaker.CreateModel", match=f"{name}-*", **more)
    sagemaker.create_model(ModelName=name, PrimaryContainer=CONTAINER)
    for _ in range(2):
        error = refused(sagemaker.create_model, ModelName=f"{name}-1", PrimaryContainer=CONTAINER)
        assert error == ("ResourceLimitExceeded", "No more.", 400)
    sagemaker.create_model(ModelName=f"{name}-1", PrimaryContainer=CONTAINER)


def test_throttled_as_each_service_says_it(sagemaker: Any, client: Callable[..., Any], ask: Ask, name: str) -> None:
    client("s3").create_bucket(Bucket=name)
    armed(ask, operation="s3.PutObject", effect="throttle", match=name)
    assert refused(client("s3").put_object, Bucket=name, Key="k", Body=b"x")[::2] == ("SlowDown", 503)
    armed(ask, operation="sagemaker.DescribeModel", effect="throttle", match=name)
    error = refused(sagemaker.describe_model, ModelName=name)
    assert error == ("ThrottlingException", "Rate exceeded", 400)


def test_a_client_that_retries_gets_through(client: Callable[..., Any], ask: Ask, name: str) -> None:
    patient = client("sagemaker", config=Config(retries={"total_max_attempts": 3, "mode": "standard"}))
    patient.create_model(ModelName=name, PrimaryContainer=CONTAINER)
    armed(ask, operation="sagemaker.DescribeModel", effect="throttle", match=name)
    answer = patient.describe_model(ModelName=name)
    assert answer["ResponseMetadata"]["RetryAttempts"] == 1


def test_an_error_without_a_code_is_awss_own_fault(client: Callable[..., Any], ask: Ask, name: str) -> None:
    params = {"ModelName": name, "ExecutionRoleArn": ROLE, "PrimaryContainer": CONTAINER}
    armed(ask, operation="sagemaker.CreateModel", match=name)
    assert refused(client("sagemaker").create_model, **params)[::2] == ("InternalFailure", 500)
    armed(ask, operation="sagemaker.CreateModel", match=name)
    client("sagemaker", config=Config(retries={"total_max_attempts": 3, "mode": "standard"})).create_model(**params)


def test_slow_and_then_refused(sagemaker: Any, ask: Ask, name: str) -> None:
    armed(ask, operation="sagemaker.DescribeModel", effect="slow", seconds=0.4, match=name)
    armed(ask, operation="sagemaker.DescribeModel", code="AccessDeniedException", match=name)
    began = time.monotonic()
    assert refused(sagemaker.describe_model, ModelName=name)[0] == "AccessDeniedException"
    assert time.monotonic() - began >= 0.4


def training(name: str) -> dict[str, Any]:
    return {
        "TrainingJobName": name,
        "RoleArn": ROLE,
        "AlgorithmSpecification": {"TrainingImage": CONTAINER["Image"], "TrainingInputMode": "File"},
        "OutputDataConfig": {"S3OutputPath": "s3://bucket/out"},
        "ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 1},
        "StoppingCondition": {"MaxRuntimeInSeconds": 60},
    }


def ended(describe: Callable[[], dict[str, Any]], member: str, running: set[str]) -> dict[str, Any]:
    for _ in range(600):
        answer = describe()
        if answer[member] not in running:
            return answer
        time.sleep(0.05)
    raise AssertionError(f"never ended: {answer}")


def test_a_job_ends_for_want_of_capacity(sagemaker: Any, ask: Ask, name: str) -> None:
    armed(ask, operation="sagemaker.CreateTrainingJob", effect="outcome", match=name)
    invalid = training(name) | {"AlgorithmSpecification": {"TrainingInputMode": "File"}}
    refused(sagemaker.create_training_job, **invalid)
    sagemaker.create_training_job(**training(name))
    running = {"InProgress", "Stopping"}
    job = ended(lambda: sagemaker.describe_training_job(TrainingJobName=name), "TrainingJobStatus", running)
    assert job["TrainingJobStatus"] == "Failed"
    assert job["FailureReason"].startswith("CapacityError: ")
    assert [entry["Status"] for entry in job["SecondaryStatusTransitions"]][-1] == "Failed"


def test_a_resource_with_a_life_cycle_fails(sagemaker: Any, ask: Ask, name: str) -> None:
    armed(ask, operation="sagemaker.CreateNotebookInstance", effect="outcome", reason="No room.", match=name)
    sagemaker.create_notebook_instance(NotebookInstanceName=name, InstanceType="ml.t3.medium", RoleArn=ROLE)
    notebook = ended(
        lambda: sagemaker.describe_notebook_instance(NotebookInstanceName=name), "NotebookInstanceStatus", {"Pending"}
    )
    assert (notebook["NotebookInstanceStatus"], notebook["FailureReason"]) == ("Failed", "No room.")
    sagemaker.delete_notebook_instance(NotebookInstanceName=name)


def test_listed_and_cleared(start_server: Any) -> None:
    running = start_server("--executor", "process")
    ask = asker(running.url)
    sagemaker = running.client("sagemaker")
    first = armed(ask, operation="sagemaker.ListModels", times=0)
    second = armed(ask, operation="sagemaker.ListModels", effect="slow", seconds=0, times=5)
    assert ask("GET") == (200, {"faults": [first, second]})
    assert set(second) == {"id", "operation", "effect", "match", "times", "seconds"}
    for _ in range(3):
        refused(sagemaker.list_models)
    assert ask("GET")[1]["faults"] == [first, second | {"times": 2}]
    assert ask("DELETE", path=f"/{first['id']}")[0] == 200
    assert ask("DELETE", path=f"/{first['id']}")[0] == 404
    sagemaker.list_models()
    armed(ask, operation="sagemaker.ListModels")
    assert ask("DELETE") == (200, {"faults": []})
    sagemaker.list_models()
    armed(ask, operation="sagemaker.ListModels")
    urllib.request.urlopen(urllib.request.Request(f"{running.url}/_emulator/reset", method="POST")).close()
    assert ask("GET")[1] == {"faults": []}


@pytest.mark.parametrize(
    ("given", "part"),
    [
        (None, "JSON object"),
        ([], "JSON object"),
        ({}, "operation"),
        ({"operation": "sagemaker.MakeCoffee"}, "MakeCoffee"),
        ({"operation": "CreateModel"}, "sagemaker.CreateTrainingJob"),
        ({"operation": "sqs.SendMessage"}, "sqs.SendMessage"),
        ({"operation": "sagemaker.ListModels", "effect": "explode"}, "explode"),
        ({"operation": "sagemaker.ListModels", "times": "often"}, "times"),
        ({"operation": "sagemaker.ListModels", "times": True}, "times"),
        ({"operation": "sagemaker.ListModels", "times": -1}, "times"),
        ({"operation": "sagemaker.ListModels", "status": 200}, "status"),
        ({"operation": "sagemaker.ListModels", "effect": "slow", "seconds": 1e9}, "seconds"),
        ({"operation": "sagemaker.ListModels", "effect": "outcome"}, "CreateTrainingJob"),
        ({"operation": "sagemaker.ListModels", "often": 3}, "often"),
    ],
)
def test_nonsense_is_not_armed(ask: Ask, given: Any, part: str) -> None:
    before = ask("GET")[1]
    status, answer = ask("POST", given)
    assert status == 400
    assert part in answer["error"]
    assert ask("GET")[1] == before
