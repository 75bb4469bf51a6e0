"""A job works for the account that started it: its data, its log, and what it calls from inside."""

from __future__ import annotations

import json
from functools import partial

import pytest

from tests.conftest import Client
from tests.jobs.account import Account, s3_input

OTHER = "222222222222"
ASK = """
import boto3, json
data = open("/opt/ml/processing/data/d").read()
print(json.dumps([data, boto3.client("sts").get_caller_identity()["Account"]]))
for bucket in boto3.client("s3").list_buckets()["Buckets"]:
    boto3.client("s3").put_object(Bucket=bucket["Name"], Key="from-inside", Body=b"theirs")
"""


@pytest.fixture
def other(executor_client: Client) -> Account:
    return Account(partial(executor_client, aws_access_key_id=OTHER))


def test_a_job_of_another_account(account: Account, other: Account) -> None:
    data = s3_input("data", other.put("data/d", "1"), "/opt/ml/processing/data")
    job = other.processing(ASK, ProcessingInputs=[data])
    assert job["ProcessingJobStatus"] == "Completed", job["FailureReason"]
    assert f":{OTHER}:" in job["ProcessingJobArn"]
    assert json.loads(other.lines(job["ProcessingJobName"])[0]) == ["1", OTHER]
    assert other.get("from-inside") == b"theirs"
    assert "from-inside" not in set(account.keys(""))
    group, prefix = "/aws/sagemaker/ProcessingJobs", job["ProcessingJobName"]
    account.processing("print('mine')")
    assert account.logs.describe_log_streams(logGroupName=group, logStreamNamePrefix=prefix)["logStreams"] == []
