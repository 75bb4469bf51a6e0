"""Accounts kept apart by access key id: twelve digits are an account, every other id is the server's own."""

from __future__ import annotations

import os
from functools import partial
from typing import Any

import pytest
import requests
from botocore.config import Config
from botocore.exceptions import ClientError

from tests.api.s3_calls import new_bucket
from tests.conftest import Client, Start

OWN, OTHER = "123456789012", "222222222222"
PRESIGNED = {"s3": Config(signature_version="s3"), "s3v4": Config(signature_version="s3v4")}


@pytest.fixture(scope="module")
def other(client: Client) -> Client:
    """Clients of the other account."""
    return partial(client, aws_access_key_id=OTHER)


@pytest.mark.parametrize(
    ("key", "account"),
    [("test", OWN), (OTHER, OTHER), (OWN, OWN), ("22222222222", OWN), ("2222222222222", OWN), ("22222222222x", OWN)],
)
def test_a_key_of_twelve_digits_is_an_account(client: Client, key: str, account: str) -> None:
    identity = client("sts", aws_access_key_id=key).get_caller_identity()
    assert identity["Account"] == account
    assert f":{account}:" in identity["Arn"]


def test_sagemaker_is_kept_apart(client: Client, other: Client) -> None:
    name = f"accounts-{os.urandom(4).hex()}"
    role, container = f"arn:aws:iam::{OTHER}:role/r", {"Image": "python:3.11-slim"}
    model: dict[str, Any] = {"ModelName": name, "ExecutionRoleArn": role, "PrimaryContainer": container}
    arn = other("sagemaker").create_model(**model)["ModelArn"]
    assert arn == f"arn:aws:sagemaker:us-east-1:{OTHER}:model/{name}"
    with pytest.raises(ClientError, match="Could not find model"):
        client("sagemaker").describe_model(ModelName=name)
    assert client("sagemaker").create_model(**model)["ModelArn"] != arn
    client("sagemaker").delete_model(ModelName=name)
    assert other("sagemaker").describe_model(ModelName=name)["ModelArn"] == arn
    assert [one["ModelName"] for one in other("sagemaker").list_models(NameContains=name)["Models"]] == [name]
    assert other("sagemaker").list_tags(ResourceArn=arn)["Tags"] == []


def test_logs_are_kept_apart(client: Client, other: Client) -> None:
    group = f"/accounts/{os.urandom(4).hex()}"
    other("logs").create_log_group(logGroupName=group)
    other("logs").create_log_stream(logGroupName=group, logStreamName="s")
    event = {"timestamp": 1700000000000, "message": "theirs"}
    other("logs").put_log_events(logGroupName=group, logStreamName="s", logEvents=[event])
    assert client("logs").describe_log_groups(logGroupNamePrefix=group)["logGroups"] == []
    found = other("logs").describe_log_groups(logGroupNamePrefix=group)["logGroups"]
    assert [one["arn"] for one in found] == [f"arn:aws:logs:us-east-1:{OTHER}:log-group:{group}:*"]
    client("logs").create_log_group(logGroupName=group)
    assert client("logs").filter_log_events(logGroupName=group)["events"] == []
    assert [one["message"] for one in other("logs").filter_log_events(logGroupName=group)["events"]] == ["theirs"]


def test_buckets_have_owners(client: Client, other: Client) -> None:
    theirs, mine = new_bucket(other("s3")), new_bucket(client("s3"))
    listed = other("s3").list_buckets()
    names = [one["Name"] for one in listed["Buckets"]]
    assert theirs in names
    assert mine not in names
    assert theirs not in [one["Name"] for one in client("s3").list_buckets()["Buckets"]]
    assert listed["Owner"]["ID"] != client("s3").list_buckets()["Owner"]["ID"]
    assert other("s3").get_bucket_acl(Bucket=theirs)["Owner"]["ID"] == listed["Owner"]["ID"]
    with pytest.raises(ClientError, match="BucketAlreadyExists"):
        client("s3").create_bucket(Bucket=theirs)
    other("s3").head_bucket(Bucket=theirs, ExpectedBucketOwner=OTHER)
    with pytest.raises(ClientError, match="403"):
        other("s3").head_bucket(Bucket=theirs, ExpectedBucketOwner=OWN)


def test_moto_keeps_them_apart_too(client: Client, other: Client) -> None:
    name = f"accounts-{os.urandom(4).hex()}"
    arn = other("sns").create_topic(Name=name)["TopicArn"]
    assert arn == f"arn:aws:sns:us-east-1:{OTHER}:{name}"
    assert arn not in [one["TopicArn"] for one in client("sns").list_topics()["Topics"]]
    assert client("sns").create_topic(Name=name)["TopicArn"] == f"arn:aws:sns:us-east-1:{OWN}:{name}"


def test_a_bucket_tells_its_own_accounts_queue(client: Client, other: Client) -> None:
    bucket = new_bucket(other("s3"))
    sqs = other("sqs")
    url = sqs.create_queue(QueueName=bucket)["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    assert OTHER in arn
    rule = {"QueueArn": arn, "Events": ["s3:ObjectCreated:*"]}
    other("s3").put_bucket_notification_configuration(
        Bucket=bucket, NotificationConfiguration={"QueueConfigurations": [rule]}
    )
    other("s3").put_object(Bucket=bucket, Key="told", Body=b"")
    texts = [message["Body"] for _ in range(2) for message in received(sqs, url)]
    assert any('"told"' in text for text in texts)


def received(sqs: Any, url: str) -> list[dict[str, Any]]:
    return list(sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=1).get("Messages", []))


@pytest.mark.parametrize("version", sorted(PRESIGNED))
def test_presigned_links_are_their_signers(other: Client, version: str) -> None:
    s3 = other("s3", config=PRESIGNED[version])
    bucket = new_bucket(s3)
    place = {"Bucket": bucket, "Key": "k"}
    put, get = (s3.generate_presigned_url(name, place) for name in ("put_object", "get_object"))
    assert requests.put(put, data=b"theirs", timeout=10).status_code == 200
    assert requests.get(get, timeout=10).content == b"theirs"
    assert bucket in requests.get(s3.generate_presigned_url("list_buckets"), timeout=10).text


@pytest.mark.parametrize("version", sorted(PRESIGNED))
def test_forms_are_their_signers(other: Client, version: str) -> None:
    s3 = other("s3", config=PRESIGNED[version])
    bucket = new_bucket(s3)
    form = s3.generate_presigned_post(bucket, "by-form")
    answer = requests.post(form["url"], data=form["fields"], files={"file": b"theirs"}, timeout=10)
    assert answer.status_code == 204, answer.text
    assert s3.get_object(Bucket=bucket, Key="by-form")["Body"].read() == b"theirs"


def test_a_key_may_be_given_an_account(start_server: Start) -> None:
    """Also where nobody looks at its secret."""
    running = start_server("--executor", "process", "--key-pair", "SOMEKEY=secret@333333333333,OWNKEY=secret")
    accounts = {
        key: running.client("sts", aws_access_key_id=key).get_caller_identity()["Account"]
        for key in ("SOMEKEY", "OWNKEY", "test", OTHER)
    }
    assert accounts == {"SOMEKEY": "333333333333", "OWNKEY": OWN, "test": OWN, OTHER: OTHER}
