"""Jobs and pipelines of a server that checks signatures: their containers really sign, as their own account."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import partial

import pytest

from tests.conftest import EXECUTORS, Client, Running, on_executor
from tests.jobs.account import Account, s3_output
from tests.jobs.test_pipeline_jobs import Pipelines
from tests.strict import KEY, OTHER, OTHER_KEY, OTHER_SECRET, OWN, SECRET, STRICT

ASK = """
import boto3, json, sys
me = boto3.client("sts").get_caller_identity()["Account"]
boto3.client("s3").put_object(Bucket=sys.argv[1], Key="from-inside", Body=me.encode())
jobs = boto3.client("sagemaker").list_processing_jobs()["ProcessingJobSummaries"]
print(json.dumps([me, len(jobs) > 0, boto3.client("sns").list_topics()["Topics"]]))
"""


@pytest.fixture(scope="module", params=EXECUTORS)
def strict_server(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, _own_environment: None
) -> Iterator[Running]:
    yield from on_executor(request, tmp_path_factory, *STRICT)


@pytest.fixture(scope="module")
def client(strict_server: Running) -> Client:
    return strict_server.client


@pytest.fixture(scope="module")
def own(client: Client) -> Account:
    return Account(partial(client, aws_access_key_id=KEY, aws_secret_access_key=SECRET))


@pytest.fixture(scope="module")
def other(client: Client) -> Account:
    return Account(partial(client, aws_access_key_id=OTHER_KEY, aws_secret_access_key=OTHER_SECRET))


def test_a_job_signs(own: Account) -> None:
    job = own.processing(ASK, own.bucket)
    assert job["ProcessingJobStatus"] == "Completed", own.lines(job["ProcessingJobName"])
    assert json.loads(own.lines(job["ProcessingJobName"])[0]) == [OWN, True, []]
    assert own.get("from-inside") == OWN.encode()


def test_a_job_of_another_account_signs_as_that(own: Account, other: Account) -> None:
    job = other.processing(ASK, other.bucket)
    assert job["ProcessingJobStatus"] == "Completed", other.lines(job["ProcessingJobName"])
    assert other.get("from-inside") == OTHER.encode()
    job = other.processing(ASK, own.bucket)
    assert job["ProcessingJobStatus"] == "Failed"
    assert any("AccessDenied" in line for line in other.lines(job["ProcessingJobName"]))


def test_a_role_of_an_account_without_keys_has_jobs_too(client: Client, own: Account) -> None:
    """Its containers get a pair that is made for it."""
    sts = client("sts", aws_access_key_id=KEY, aws_secret_access_key=SECRET)
    role = {"RoleArn": "arn:aws:iam::333333333333:role/r", "RoleSessionName": "session"}
    made = sts.assume_role(**role)["Credentials"]
    third = Account(
        partial(
            client,
            aws_access_key_id=made["AccessKeyId"],
            aws_secret_access_key=made["SecretAccessKey"],
            aws_session_token=made["SessionToken"],
        )
    )
    job = third.processing(ASK, third.bucket)
    assert job["ProcessingJobStatus"] == "Completed", third.lines(job["ProcessingJobName"])
    assert third.get("from-inside") == b"333333333333"


def test_a_pipeline(own: Account) -> None:
    pipelines = Pipelines(own)
    out = "/opt/ml/processing/output"
    write = f"import boto3; open('{out}/a', 'w').write(boto3.client('sts').get_caller_identity()['Account'])"
    output = {"Outputs": [s3_output("out", own.uri("written"), out)]}
    arn = pipelines.start(pipelines.step("write", write, ProcessingOutputConfig=output))
    assert pipelines.end(arn) == "Succeeded", pipelines.steps(arn)
    assert own.get("written/a") == OWN.encode()
