"""Processing jobs through boto3, the same on every executor."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.jobs.account import Account, s3_input, s3_output

IN, OUT = "/opt/ml/processing/input", "/opt/ml/processing/output"

LIST = f"""
import os, sys
for root, _, names in sorted(os.walk({IN!r})):
    for name in sorted(names):
        print(os.path.relpath(os.path.join(root, name), {IN!r}), open(os.path.join(root, name)).read())
"""


def test_inputs_script_and_outputs(account: Account) -> None:
    account.put("in/data/a.csv", "1")
    account.put("in/data/deep/b.csv", "2")
    code = account.put(
        "in/code/script.py",
        "import sys, os, shutil\n"
        "print('arguments', sys.argv[1:], os.environ['COLOUR'])\n"
        f"shutil.copytree('{IN}/data', '{OUT}/copy')\n"
        f"open('{OUT}/copy/new', 'w').write('three')\n",
    )
    name = account.name("processing")
    account.sagemaker.create_processing_job(
        ProcessingJobName=name,
        AppSpecification={
            "ImageUri": "123456789012.dkr.ecr.us-east-1.amazonaws.com/sagemaker-base-python:1.0",
            "ContainerEntrypoint": ["python3", f"{IN}/code/script.py"],
            "ContainerArguments": ["--x", "1"],
        },
        ProcessingInputs=[s3_input("code", code, f"{IN}/code"), s3_input("data", account.uri("in/data"), f"{IN}/data")],
        ProcessingOutputConfig={"Outputs": [s3_output("out", account.uri("out1"), OUT)]},
        ProcessingResources={"ClusterConfig": {"InstanceCount": 1, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 1}},
        Environment={"COLOUR": "blue"},
        RoleArn="arn:aws:iam::123456789012:role/R",
    )
    job = account.wait(name)
    assert job["ProcessingJobStatus"] == "Completed", job["FailureReason"]
    assert "FailureReason" not in job
    assert job["CreationTime"] <= job["ProcessingStartTime"] <= job["ProcessingEndTime"]
    assert account.lines(name) == ["arguments ['--x', '1'] blue"]
    assert account.keys("out1/") == ["out1/copy/a.csv", "out1/copy/deep/b.csv", "out1/copy/new"]
    assert account.get("out1/copy/deep/b.csv") == b"2"


def test_the_log_begins_with_what_is_otherwise_in_the_image(account: Account) -> None:
    image = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-scikit-learn:1.2-1-cpu-py3"
    name = account.start_processing("import sklearn; print('runs', sklearn.__version__)", image=image)
    assert account.wait(name)["ProcessingJobStatus"] == "Completed"
    first, second = account.lines(name)
    assert first.startswith("Warning: sagemaker-scikit-learn:1.2-1-cpu-py3 runs here with ")
    assert second.startswith("runs ")


def test_a_failing_container(account: Account) -> None:
    job = account.processing(
        f"import sys; open('/opt/ml/output/message', 'w').write('why it failed'); open('{OUT}/report', 'w').write('r');"
        "print('out'); print('err', file=sys.stderr); sys.exit(3)",
        ProcessingOutputConfig={"Outputs": [s3_output("out", account.uri("failed"), OUT)]},
    )
    assert job["ProcessingJobStatus"] == "Failed"
    assert job["FailureReason"] == "AlgorithmError: See job logs for more information"
    assert job["ExitMessage"] == "why it failed"
    assert sorted(account.lines(job["ProcessingJobName"])) == ["err", "out"]
    assert account.keys("failed/") == ["failed/report"]


def test_configuration_files_and_variables(account: Account) -> None:
    job = account.processing(
        "import json, os\n"
        "for name in ('processingjobconfig', 'resourceconfig'):\n"
        "    print(json.dumps(json.load(open(f'/opt/ml/config/{name}.json'))))\n"
        "print(json.dumps(dict(os.environ)))",
    )
    config, resources, variables = map(json.loads, account.lines(job["ProcessingJobName"]))
    assert config["ProcessingJobArn"] == job["ProcessingJobArn"]
    assert config["AppSpecification"]["ContainerArguments"] is None
    assert (resources["current_host"], resources["hosts"]) == ("algo-1", ["algo-1"])
    assert variables["PROCESSING_JOB_NAME"] == job["ProcessingJobName"]
    assert variables["AWS_REGION"] == "us-east-1"
    assert variables["S3_ENDPOINT_URL"] == variables["AWS_ENDPOINT_URL"] == variables["AWS_ENDPOINT_URL_S3"]


def test_the_container_reaches_s3(account: Account) -> None:
    job = account.processing(
        f"import boto3\nboto3.client('s3').put_object(Bucket='{account.bucket}', Key='from-inside', Body=b'hello')",
    )
    assert job["ProcessingJobStatus"] == "Completed", account.lines(job["ProcessingJobName"])
    assert account.get("from-inside") == b"hello"


@pytest.mark.parametrize(
    ("uri", "expected"),
    [
        ("names/data", ["data.csv 0", "database/x 4", "one 1", "sub/two 2"]),
        ("names/data/", ["one 1", "sub/two 2"]),
        ("names/data/one", ["one 1"]),
    ],
)
def test_what_an_s3_prefix_means(account: Account, uri: str, expected: list[str]) -> None:
    objects = {"data.csv": "0", "data/one": "1", "data/sub/two": "2", "other": "3", "database/x": "4"}
    for key, body in objects.items():
        account.put(f"names/{key}", body)
    job = account.processing(LIST, ProcessingInputs=[s3_input("i", account.uri(uri), IN)])
    assert sorted(account.lines(job["ProcessingJobName"])) == expected


def test_a_manifest(account: Account) -> None:
    account.put("listed/a", "1")
    account.put("listed/d/b", "2")
    account.put("listed/c", "3")
    manifest = account.put("manifest", json.dumps([{"prefix": account.uri("listed/")}, "a", "d/b"]))
    job = account.processing(LIST, ProcessingInputs=[s3_input("i", manifest, IN, S3DataType="ManifestFile")])
    assert account.lines(job["ProcessingJobName"]) == ["a 1", "d/b 2"]


def test_hosts_share_the_objects_and_merge_their_outputs(account: Account) -> None:
    for key in "abc":
        account.put(f"sharded/{key}", key)
    job = account.processing(
        f"import json, os, socket, time; host = json.load(open('/opt/ml/config/resourceconfig.json'))['current_host']\n"
        f"open('{OUT}/' + host, 'w').write(','.join(sorted(os.listdir('{IN}'))))\n"
        "def resolve(name):\n"
        "    for _ in range(100):\n"
        "        try: return socket.gethostbyname(name)\n"
        "        except OSError: time.sleep(0.1)\n"
        "print(resolve('algo-1') != resolve('algo-2'))",
        hosts=2,
        ProcessingInputs=[s3_input("i", account.uri("sharded/"), IN, S3DataDistributionType="ShardedByS3Key")],
        ProcessingOutputConfig={"Outputs": [s3_output("o", account.uri("merged"), OUT)]},
    )
    assert job["ProcessingJobStatus"] == "Completed", account.lines(job["ProcessingJobName"])
    assert {key: account.get(key) for key in account.keys("merged/")} == {
        "merged/algo-1": b"a,c",
        "merged/algo-2": b"b",
    }
    assert account.lines(job["ProcessingJobName"]) == ["True", "True"]


def test_one_failing_host_ends_the_job(account: Account) -> None:
    job = account.processing(
        "import json, sys, time\n"
        "host = json.load(open('/opt/ml/config/resourceconfig.json'))['current_host']\n"
        "sys.exit(1) if host == 'algo-2' else time.sleep(600)",
        hosts=2,
    )
    assert job["ProcessingJobStatus"] == "Failed"


def test_continuous_output_is_there_while_the_job_runs(account: Account) -> None:
    name = account.start_processing(
        f"import time; open('{OUT}/early', 'w').write('e'); time.sleep(600)",
        ProcessingOutputConfig={"Outputs": [s3_output("o", account.uri("cont"), OUT, "Continuous")]},
    )
    account.wait(name, until=lambda: bool(account.keys("cont/")))
    assert account.status(name) == "InProgress"
    account.stop(name)
    assert account.wait(name)["ProcessingJobStatus"] == "Stopped"


def test_stop_gives_the_container_time(account: Account) -> None:
    name = account.start_processing(
        "import signal, sys, time\n"
        f"signal.signal(15, lambda *a: (open('{OUT}/last', 'w').write('words'), sys.exit(0)))\n"
        "print('ready', flush=True); time.sleep(600)",
        ProcessingOutputConfig={"Outputs": [s3_output("o", account.uri("stopped"), OUT)]},
    )
    account.wait(name, until=lambda: "ready" in account.lines(name))
    account.stop(name)
    job = account.wait(name)
    assert job["ProcessingJobStatus"] == "Stopped"
    assert "FailureReason" not in job
    assert account.get("stopped/last") == b"words"
    with pytest.raises(ClientError, match="is in status Stopped"):
        account.stop(name)


def test_the_time_is_up(account: Account) -> None:
    job = account.processing("import time; time.sleep(600)", StoppingCondition={"MaxRuntimeInSeconds": 2})
    assert job["ProcessingJobStatus"] == "Stopped"
    assert "MaxRuntime" in job["FailureReason"]


def test_missing_input(account: Account) -> None:
    uri = account.uri("nothing/here")
    job = account.processing("print(1)", ProcessingInputs=[s3_input("i", uri, IN)])
    assert job["ProcessingJobStatus"] == "Failed"
    assert job["FailureReason"].startswith(
        f'ClientError: Data download failed: No S3 objects found under S3 URL "{uri}" given in input data source.'
    )


@pytest.mark.parametrize("bucket", ["no-such-bucket-anywhere"])
def test_missing_buckets(account: Account, bucket: str) -> None:
    job = account.processing("print(1)", ProcessingInputs=[s3_input("i", f"s3://{bucket}/k", IN)])
    assert job["FailureReason"].startswith("ClientError: Data download failed")
    outputs: Any = {"Outputs": [s3_output("o", f"s3://{bucket}/k", OUT)]}
    job = account.processing(f"open('{OUT}/x', 'w').write('x')", ProcessingOutputConfig=outputs)
    assert job["FailureReason"].startswith("ClientError: Data upload failed")


def test_an_image_nobody_has(account: Account) -> None:
    job = account.processing("print(1)", image="123456789012.dkr.ecr.us-east-1.amazonaws.com/no-such-thing:9")
    assert job["ProcessingJobStatus"] == "Failed"
    assert job["FailureReason"].startswith("ClientError: ")
    assert "no-such-thing:9" in job["FailureReason"]


def test_inputs_are_the_containers_own(account: Account) -> None:
    uri = account.put("mine/file", "before")
    job = account.processing(
        f"open('{IN}/file', 'r+').write('AFTER!'); open('{IN}/new', 'w').write('n')",
        ProcessingInputs=[s3_input("i", uri, IN)],
    )
    assert job["ProcessingJobStatus"] == "Completed", account.lines(job["ProcessingJobName"])
    assert account.get("mine/file") == b"before"


def test_links_in_an_output_are_not_followed(account: Account) -> None:
    job = account.processing(
        f"import os; os.symlink('/etc/hostname', '{OUT}/link'); os.symlink('/etc', '{OUT}/dir');"
        f"open('{OUT}/file', 'w').write('f')",
        ProcessingOutputConfig={"Outputs": [s3_output("o", account.uri("links"), OUT)]},
    )
    assert job["ProcessingJobStatus"] == "Completed", job["FailureReason"]
    assert account.keys("links/") == ["links/file"]
