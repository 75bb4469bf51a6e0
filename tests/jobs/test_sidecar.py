"""The server in a container with the Docker socket mounted runs jobs as sibling containers, files and all."""

from __future__ import annotations

import os
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config

pytestmark = pytest.mark.docker

ROOT = Path(__file__).resolve().parents[2]
IMAGE = "python:3.11-slim"


def docker(*arguments: str) -> str:
    done = subprocess.run(["docker", *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.fixture(scope="module")
def container(docker_daemon: str) -> Iterator[str]:
    """The name of a server that runs as a container; the image is made by the same command as in the README."""
    subprocess.run(["make", "image", "IMAGE_FLAGS=--quiet"], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    socket = os.environ.get("DOCKER_HOST", "unix:///var/run/docker.sock").removeprefix("unix://")
    name = f"sagemaker-emulator-test-{os.getpid()}"
    docker(
        "run", "--detach", "--name", name, "--publish", "127.0.0.1::4577",
        "--publish", "127.0.0.1::4578", "--env", "SAGEMAKER_EMULATOR_PROXY_PORT=4578",
        "--volume", f"{socket}:/var/run/docker.sock", "sagemaker-emulator",
    )  # fmt: skip
    try:
        wait_until_healthy(published(name, 4577), name)
        yield name
    finally:
        docker("rm", "--force", "--volumes", name)


@pytest.fixture(scope="module")
def sidecar(container: str) -> str:
    """The server's URL."""
    return published(container, 4577)


def published(name: str, port: int) -> str:
    return "http://" + docker("port", name, str(port)).splitlines()[0]


def wait_until_healthy(url: str, name: str) -> None:
    for _ in range(200):
        try:
            with urllib.request.urlopen(url + "/_emulator/health", timeout=2):
                return
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.1)
    raise AssertionError(docker("logs", name))


def client(service: str, url: str) -> Any:
    return boto3.client(
        service, endpoint_url=url, region_name="us-east-1", aws_access_key_id="x", aws_secret_access_key="x"
    )


def test_a_processing_job_reads_and_writes_s3(sidecar: str) -> None:
    s3, sagemaker = client("s3", sidecar), client("sagemaker", sidecar)
    s3.create_bucket(Bucket="sidecar")
    s3.put_object(Bucket="sidecar", Key="in/a.txt", Body=b"from the bucket")
    copy = "cp /opt/ml/processing/input/a.txt /opt/ml/processing/output/b.txt && echo copied"
    sagemaker.create_processing_job(
        ProcessingJobName="sidecar-copy",
        RoleArn="arn:aws:iam::123456789012:role/test",
        AppSpecification={"ImageUri": IMAGE, "ContainerEntrypoint": ["sh", "-c", copy]},
        ProcessingResources={"ClusterConfig": {"InstanceCount": 1, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 1}},
        ProcessingInputs=[
            {
                "InputName": "in",
                "S3Input": {
                    "S3Uri": "s3://sidecar/in",
                    "LocalPath": "/opt/ml/processing/input",
                    "S3DataType": "S3Prefix",
                    "S3InputMode": "File",
                },
            }
        ],
        ProcessingOutputConfig={
            "Outputs": [
                {
                    "OutputName": "out",
                    "S3Output": {
                        "S3Uri": "s3://sidecar/out",
                        "LocalPath": "/opt/ml/processing/output",
                        "S3UploadMode": "EndOfJob",
                    },
                }
            ]
        },
    )
    sagemaker.get_waiter("processing_job_completed_or_stopped").wait(
        ProcessingJobName="sidecar-copy", WaiterConfig={"Delay": 1}
    )
    job = sagemaker.describe_processing_job(ProcessingJobName="sidecar-copy")
    assert job["ProcessingJobStatus"] == "Completed", job.get("FailureReason")
    assert s3.get_object(Bucket="sidecar", Key="out/b.txt")["Body"].read() == b"from the bucket"


def test_a_job_container_reaches_the_sidecar(sidecar: str) -> None:
    """AWS_ENDPOINT_URL inside a job names the server's own container, not loopback."""
    sagemaker = client("sagemaker", sidecar)
    probe = (
        "import os, urllib.request as u; "
        "print(u.urlopen(os.environ['AWS_ENDPOINT_URL'] + '/_emulator/health', timeout=10).status)"
    )
    sagemaker.create_processing_job(
        ProcessingJobName="sidecar-reach",
        RoleArn="arn:aws:iam::123456789012:role/test",
        AppSpecification={"ImageUri": IMAGE, "ContainerEntrypoint": ["python3", "-c", probe]},
        ProcessingResources={"ClusterConfig": {"InstanceCount": 1, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 1}},
    )
    sagemaker.get_waiter("processing_job_completed_or_stopped").wait(
        ProcessingJobName="sidecar-reach", WaiterConfig={"Delay": 1}
    )
    job = sagemaker.describe_processing_job(ProcessingJobName="sidecar-reach")
    assert job["ProcessingJobStatus"] == "Completed", job.get("FailureReason")


def test_calls_that_ignore_endpoints_come_by_the_door(container: str, tmp_path: Path) -> None:
    """As README has it: the certificates are copied out, and https://sts.us-east-1.amazonaws.com is this server."""
    docker("cp", f"{container}:/data/ca", str(tmp_path / "ca"))
    sts = boto3.client(
        "sts",
        region_name="us-east-1",
        aws_access_key_id="x",
        aws_secret_access_key="x",
        verify=str(tmp_path / "ca" / "bundle.pem"),
        config=Config(proxies={"https": published(container, 4578)}),
    )
    assert sts.get_caller_identity()["Account"] == "123456789012"
