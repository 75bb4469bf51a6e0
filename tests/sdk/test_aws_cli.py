"""The AWS command line against ``--endpoint-url``, as its users call it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.conftest import Running

IMAGE = "246618743249.dkr.ecr.us-west-2.amazonaws.com/sagemaker-scikit-learn:1.2-1-cpu-py3"
ROLE = "arn:aws:iam::123456789012:role/cli"


def aws(server: Running, *words: str) -> Any:
    """One ``aws`` command; its JSON answer, or its text."""
    environment = {
        **os.environ,
        "AWS_ACCESS_KEY_ID": "x",
        "AWS_SECRET_ACCESS_KEY": "x",
        "AWS_DEFAULT_REGION": "us-east-1",
        "PYTHONWARNINGS": "ignore",
    }
    tool = Path(sys.executable).with_name("aws")
    done = subprocess.run(
        [sys.executable, str(tool), "--endpoint-url", server.url, *words],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout) if done.stdout.startswith("{") else done.stdout


def test_a_processing_job_from_the_command_line(executor_server: Running, tmp_path: Path) -> None:
    server = executor_server
    (tmp_path / "a.txt").write_text("one\ntwo\n")
    aws(server, "s3", "mb", "s3://cli-bucket")
    aws(server, "s3", "cp", str(tmp_path / "a.txt"), "s3://cli-bucket/in/a.txt")
    count = (
        "print(len(open('/opt/ml/processing/input/a.txt').readlines()), file=open('/opt/ml/processing/output/n','w'))"
    )
    request = {
        "ProcessingJobName": "cli-job",
        "RoleArn": ROLE,
        "AppSpecification": {"ImageUri": IMAGE, "ContainerEntrypoint": ["python3", "-c", count]},
        "ProcessingResources": {
            "ClusterConfig": {"InstanceCount": 1, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 1}
        },
        "ProcessingInputs": [
            {
                "InputName": "in",
                "S3Input": {
                    "S3Uri": "s3://cli-bucket/in/",
                    "LocalPath": "/opt/ml/processing/input",
                    "S3DataType": "S3Prefix",
                    "S3InputMode": "File",
                },
            }
        ],
        "ProcessingOutputConfig": {
            "Outputs": [
                {
                    "OutputName": "out",
                    "S3Output": {
                        "S3Uri": "s3://cli-bucket/out",
                        "LocalPath": "/opt/ml/processing/output",
                        "S3UploadMode": "EndOfJob",
                    },
                }
            ]
        },
    }
    created = aws(server, "sagemaker", "create-processing-job", "--cli-input-json", json.dumps(request))
    assert created["ProcessingJobArn"].endswith(":processing-job/cli-job")
    server.client("sagemaker").get_waiter("processing_job_completed_or_stopped").wait(
        ProcessingJobName="cli-job", WaiterConfig={"Delay": 1}
    )
    described = aws(server, "sagemaker", "describe-processing-job", "--processing-job-name", "cli-job")
    assert described["ProcessingJobStatus"] == "Completed", described.get("FailureReason")
    aws(server, "s3", "cp", "s3://cli-bucket/out/n", str(tmp_path / "n"))
    assert (tmp_path / "n").read_text().strip() == "2"
    assert "out/" in aws(server, "s3", "ls", "s3://cli-bucket")
