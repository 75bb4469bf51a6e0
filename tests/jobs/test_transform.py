"""Batch transform through boto3: models are small scripts behind the in-container ``serve``."""

from __future__ import annotations

import gzip
from typing import Any

import pytest

from tests.jobs.account import CLUSTER, IMAGE, ROLE, Account

SUMS = """
def model_fn(folder):
    return open(folder + "/weight").read()

def transform_fn(model, body, content_type, accept):
    rows = [[float(x) for x in line.split(",")] for line in body.splitlines()]
    return "\\n".join(str(sum(row) * float(model)) for row in rows), "text/csv"
"""
SIZES = """
def model_fn(folder):
    return None

def transform_fn(model, body, content_type, accept):
    return str(len(body.splitlines())), "text/csv"
"""
FAILING = (
    SIZES
    + """
def transform_fn(model, body, content_type, accept):
    if "bad" in body:
        raise ValueError("cannot read this")
    return "good", "text/csv"
"""
)


def container(account: Account, script: str, **variables: str) -> dict[str, Any]:
    key = account.name("model") + "/model.tar.gz"
    uri = account.put_tar(key, {"code/inference.py": script.encode(), "weight": b"2"})
    return {
        "Image": IMAGE,
        "ModelDataUrl": uri,
        "Environment": {
            "SAGEMAKER_PROGRAM": "inference.py",
            "SAGEMAKER_SUBMIT_DIRECTORY": "/opt/ml/model/code",
            **variables,
        },
    }


def model(account: Account, *containers: dict[str, Any]) -> str:
    name = account.name("model")
    given: dict[str, Any] = {"PrimaryContainer": containers[0]} if len(containers) == 1 else {"Containers": containers}
    account.sagemaker.create_model(ModelName=name, ExecutionRoleArn=ROLE, **given)
    return name


def start(account: Account, model_name: str, source: str, **more: Any) -> str:
    name = account.name("transform")
    given, output = more.pop("given", {}), more.pop("output", {})
    data = {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": source}}
    account.sagemaker.create_transform_job(
        TransformJobName=name,
        ModelName=model_name,
        TransformInput={"DataSource": data, "ContentType": "text/csv", "SplitType": "Line", **given},
        TransformOutput={"S3OutputPath": account.uri(name), "AssembleWith": "Line", "Accept": "text/csv", **output},
        TransformResources={"InstanceType": "ml.m5.large", "InstanceCount": CLUSTER["InstanceCount"]},
        **more,
    )
    return name


def transform(account: Account, model_name: str, source: str, **more: Any) -> dict[str, Any]:
    return account.wait(start(account, model_name, source, **more))


@pytest.fixture(scope="module")
def sums(account: Account) -> str:
    return model(account, container(account, SUMS))


@pytest.fixture(scope="module")
def sizes(account: Account) -> str:
    return model(account, container(account, SIZES))


def test_a_prediction_for_each_line(account: Account, sums: str) -> None:
    account.put("lines/a.csv", "1,2\n3,4\n")
    account.put("lines/deep/b.csv", "5,6")
    job = transform(account, sums, account.uri("lines/"))
    name = job["TransformJobName"]
    assert job["TransformJobStatus"] == "Completed", job["FailureReason"]
    assert job["TransformStartTime"] <= job["TransformEndTime"]
    assert {key: account.get(key) for key in account.keys(f"{name}/")} == {
        f"{name}/a.csv.out": b"6.0\n14.0\n",
        f"{name}/deep/b.csv.out": b"22.0\n",
    }
    assert any("/invocations" in line for line in account.lines(name))


def test_one_object(account: Account, sums: str) -> None:
    uri = account.put("one/x.csv", "1,1\n")
    job = transform(account, sums, uri)
    assert account.get(f"{job['TransformJobName']}/x.csv.out") == b"4.0\n"


def test_strategies(account: Account, sizes: str) -> None:
    uri = account.put("strategy/x.csv", "1\n2\n3\n")
    single = transform(account, sizes, uri, BatchStrategy="SingleRecord", MaxConcurrentTransforms=3)
    multi = transform(account, sizes, uri, BatchStrategy="MultiRecord")
    whole = transform(account, sizes, uri, given={"SplitType": "None"}, output={"AssembleWith": "None"})
    bodies = [account.get(f"{job['TransformJobName']}/x.csv.out") for job in (single, multi, whole)]
    assert bodies == [b"1\n1\n1\n", b"3\n", b"3"]


def test_payloads_stay_under_the_limit_and_in_order(account: Account, sums: str) -> None:
    lines = [f"{number},0" + " " * 400_000 for number in range(8)]
    uri = account.put("large/x.csv", "\n".join(lines))
    job = transform(account, sums, uri, MaxPayloadInMB=1, MaxConcurrentTransforms=4)
    expected = "".join(f"{number * 2.0}\n" for number in range(8))
    assert account.get(f"{job['TransformJobName']}/x.csv.out").decode() == expected


def test_join_the_answer_to_the_input(account: Account, sums: str) -> None:
    uri = account.put("join/x.csv", "id1,1,2\nid2,3,4\n")
    processing = {"InputFilter": "$[1:]", "JoinSource": "Input", "OutputFilter": "$[0,-1]"}
    job = transform(account, sums, uri, DataProcessing=processing)
    assert account.get(f"{job['TransformJobName']}/x.csv.out") == b"id1,6.0\nid2,14.0\n"


def test_gzip_input(account: Account, sums: str) -> None:
    uri = account.put("zipped/x.csv.gz", gzip.compress(b"1,2\n"))
    job = transform(account, sums, uri, given={"CompressionType": "Gzip"})
    assert account.get(f"{job['TransformJobName']}/x.csv.gz.out") == b"6.0\n"


def test_a_pipeline_of_two_containers(account: Account) -> None:
    name = model(account, container(account, SUMS), container(account, SUMS))
    job = transform(account, name, account.put("chain/x.csv", "1,2\n3,4\n"))
    assert job["TransformJobStatus"] == "Completed", job["FailureReason"]
    assert account.get(f"{job['TransformJobName']}/x.csv.out") == b"12.0\n28.0\n"


def test_a_bad_object_fails_the_job_but_not_the_others(account: Account) -> None:
    name = model(account, container(account, FAILING))
    account.put("mixed/1.csv", "bad\n")
    account.put("mixed/2.csv", "fine\n")
    job = transform(account, name, account.uri("mixed/"))
    assert job["TransformJobStatus"] == "Failed"
    assert job["FailureReason"].startswith("AlgorithmError: See job logs for more information")
    assert "cannot read this" in job["FailureReason"]
    assert account.keys(f"{job['TransformJobName']}/") == [f"{job['TransformJobName']}/2.csv.out"]
    assert any("mixed/1.csv" in line for line in account.lines(job["TransformJobName"]))


def test_a_model_that_does_not_load(account: Account) -> None:
    name = model(account, container(account, "raise SystemExit('no model here')"))
    job = transform(account, name, account.put("broken/x.csv", "1\n"))
    assert job["TransformJobStatus"] == "Failed"
    assert job["FailureReason"].startswith("AlgorithmError: ")
    assert any("no model here" in line for line in account.lines(job["TransformJobName"]))


def test_missing_model_data(account: Account) -> None:
    spec = {**container(account, SIZES), "ModelDataUrl": account.uri("no/model.tar.gz")}
    job = transform(account, model(account, spec), account.put("nodata/x.csv", "1\n"))
    assert job["FailureReason"].startswith("ClientError: ")
    assert "no/model.tar.gz" in job["FailureReason"]


def test_missing_input(account: Account, sizes: str) -> None:
    job = transform(account, sizes, account.uri("not/there"))
    assert job["FailureReason"].startswith("ClientError: Data download failed: No S3 objects found")
    assert f'the role "{ROLE}" has' in job["FailureReason"]


def test_stop(account: Account) -> None:
    slow = SIZES.replace("return str", "import time; print('busy', flush=True); time.sleep(600); return str")
    name = start(account, model(account, container(account, slow)), account.put("slow/x.csv", "1\n"))
    account.wait(name, until=lambda: "busy" in account.lines(name))
    account.stop(name)
    assert account.wait(name)["TransformJobStatus"] == "Stopped"
