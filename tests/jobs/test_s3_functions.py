"""Notifications to Lambda functions: moto runs them in containers, from where they call back.

moto pulls its images (``busybox``, and one per runtime); here they are made of the base image the other tests use.
"""

from __future__ import annotations

import io
import json
import os
import subprocess
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import Start

pytestmark = pytest.mark.docker

BASE = "python:3.11-slim"
IMAGE = "sagemaker-emulator-tests/function:1"
#: What a Lambda image does: moto gives it the handler and the event as words.
BOOTSTRAP = """
import importlib, json, sys
sys.path.insert(0, "/var/task")
module, name = sys.argv[1].rsplit(".", 1)
print(json.dumps(getattr(importlib.import_module(module), name)(json.loads(sys.argv[2]), None)))
"""
#: A function that leaves a mark beside the object it was told of, without any client library.
FUNCTION = """
import os, urllib.request

def handler(event, context):
    about = event["Records"][0]["s3"]
    url = f"{os.environ['AWS_ENDPOINT_URL']}/{about['bucket']['name']}/seen/{about['object']['key']}"
    scope = f"{os.environ['AWS_ACCESS_KEY_ID']}/20200101/us-east-1/s3/aws4_request"
    signed = f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0"
    headers = {"Authorization": signed}
    urllib.request.urlopen(urllib.request.Request(url, b"seen", headers, method="PUT")).read()
    return "seen"
"""


def docker(*words: str) -> bool:
    return subprocess.run(["docker", *words], capture_output=True, timeout=300, check=False).returncode == 0


@pytest.fixture
def lambda_images(docker_daemon: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    if not docker("image", "inspect", BASE) and not docker("pull", BASE):
        pytest.skip(f"{BASE} cannot be had")
    (tmp_path / "bootstrap.py").write_text(BOOTSTRAP)
    steps = f'FROM {BASE}\nCOPY bootstrap.py /bootstrap.py\nENTRYPOINT ["python", "/bootstrap.py"]\n'
    (tmp_path / "Dockerfile").write_text(steps)
    assert docker("build", "-t", IMAGE, str(tmp_path))
    ours = not docker("image", "inspect", "busybox")
    if ours:
        assert docker("tag", BASE, "busybox")
    monkeypatch.setenv("MOTO_DOCKER_LAMBDA_IMAGE", IMAGE)
    yield
    docker("rmi", IMAGE, *(["busybox"] if ours else []))


def test_a_function_is_told_and_calls_back(lambda_images: None, start_server: Start) -> None:
    server = start_server("--executor", "docker")
    s3, bucket = server.client("s3"), f"functions-{os.urandom(6).hex()}"
    s3.create_bucket(Bucket=bucket)
    code = io.BytesIO()
    with zipfile.ZipFile(code, "w") as archive:
        archive.writestr("task.py", FUNCTION)
    trust = json.dumps({"Version": "2012-10-17", "Statement": []})
    role = server.client("iam").create_role(RoleName="function", AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    made = server.client("lambda").create_function(
        FunctionName="told",
        Runtime="python3.11",
        Role=role,
        Handler="task.handler",
        Code={"ZipFile": code.getvalue()},
    )
    rule = {"Filter": {"Key": {"FilterRules": [{"Name": "prefix", "Value": "in/"}]}}}
    one = {"LambdaFunctionArn": made["FunctionArn"], "Events": ["s3:ObjectCreated:*"], **rule}
    s3.put_bucket_notification_configuration(
        Bucket=bucket, NotificationConfiguration={"LambdaFunctionConfigurations": [one]}
    )
    s3.put_object(Bucket=bucket, Key="in/k", Body=b"x")
    end = time.monotonic() + 120
    while time.monotonic() < end and not s3.list_objects_v2(Bucket=bucket, Prefix="seen/").get("Contents"):
        time.sleep(0.2)
    assert s3.get_object(Bucket=bucket, Key="seen/in/k")["Body"].read() == b"seen"
