"""Notifications: a bucket's events in a queue, behind a topic, on the event bus of the same emulator."""

from __future__ import annotations

import json
import os
from typing import Any

import pytest

from tests.api.test_s3_objects import refused
from tests.conftest import Client


@pytest.fixture(scope="module")
def s3(client: Client) -> Any:
    return client("s3")


@pytest.fixture
def bucket(s3: Any) -> str:
    name = f"events-{os.urandom(6).hex()}"
    s3.create_bucket(Bucket=name)
    return name


@pytest.fixture
def queue(client: Client) -> tuple[str, str]:
    """A queue's URL and ARN."""
    sqs = client("sqs")
    url = sqs.create_queue(QueueName=f"queue-{os.urandom(6).hex()}")["QueueUrl"]
    return url, sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]


def received(client: Client, url: str, count: int) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for _ in range(20):
        told = client("sqs").receive_message(QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=1)
        found += [json.loads(one["Body"]) for one in told.get("Messages", [])]
        if len(found) >= count:
            break
    assert len(found) == count, found
    return found


def test_a_queue_is_told(client: Client, s3: Any, bucket: str, queue: tuple[str, str]) -> None:
    url, arn = queue
    rules = [{"Name": "prefix", "Value": "in/"}, {"Name": "suffix", "Value": ".csv"}]
    one = {
        "Id": "mine",
        "QueueArn": arn,
        "Events": ["s3:ObjectCreated:*", "s3:ObjectRemoved:Delete"],
        "Filter": {"Key": {"FilterRules": rules}},
    }
    s3.put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration={"QueueConfigurations": [one]})
    for key in ("in/a b.csv", "out/a.csv", "in/a.txt"):
        s3.put_object(Bucket=bucket, Key=key, Body=b"abc")
    s3.copy_object(Bucket=bucket, Key="in/b.csv", CopySource={"Bucket": bucket, "Key": "in/a.txt"})
    s3.delete_object(Bucket=bucket, Key="in/b.csv")
    s3.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": "in/a b.csv"}, {"Key": "in/a.txt"}]})
    records = [message["Records"][0] for message in received(client, url, 4)]
    names = sorted((record["eventName"], record["s3"]["object"]["key"]) for record in records)
    assert names == [
        ("ObjectCreated:Copy", "in/b.csv"),
        ("ObjectCreated:Put", "in/a+b.csv"),
        ("ObjectRemoved:Delete", "in/a+b.csv"),
        ("ObjectRemoved:Delete", "in/b.csv"),
    ]
    put = next(record for record in records if record["eventName"] == "ObjectCreated:Put")
    assert (put["s3"]["configurationId"], put["s3"]["bucket"]["name"]) == ("mine", bucket)
    assert (put["s3"]["object"]["size"], put["s3"]["object"]["eTag"]) == (3, "900150983cd24fb0d6963f7d28e17f72")


def test_a_topic_is_told(client: Client, s3: Any, bucket: str, queue: tuple[str, str]) -> None:
    url, arn = queue
    topic = client("sns").create_topic(Name=f"topic-{os.urandom(6).hex()}")["TopicArn"]
    client("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
    one = {"TopicArn": topic, "Events": ["s3:ObjectTagging:Put"]}
    config = {"TopicConfigurations": [one]}
    s3.put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration=config)
    s3.put_object(Bucket=bucket, Key="k", Body=b"")
    s3.put_object_tagging(Bucket=bucket, Key="k", Tagging={"TagSet": [{"Key": "a", "Value": "b"}]})
    [message] = received(client, url, 1)
    assert json.loads(message["Message"])["Records"][0]["eventName"] == "ObjectTagging:Put"


def test_the_event_bus_is_told(client: Client, s3: Any, bucket: str, queue: tuple[str, str]) -> None:
    url, arn = queue
    rule = f"rule-{os.urandom(6).hex()}"
    pattern = {"source": ["aws.s3"], "detail": {"bucket": {"name": [bucket]}}}
    client("events").put_rule(Name=rule, EventPattern=json.dumps(pattern))
    client("events").put_targets(Rule=rule, Targets=[{"Id": "1", "Arn": arn}])
    s3.put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration={"EventBridgeConfiguration": {}})
    s3.put_object(Bucket=bucket, Key="a b", Body=b"x")
    [message] = received(client, url, 1)
    assert (message["detail-type"], message["detail"]["object"]["key"]) == ("Object Created", "a b")


def test_a_missing_queue_fails_no_upload(s3: Any, bucket: str) -> None:
    arn = "arn:aws:sqs:us-east-1:123456789012:no-such-queue"
    config = {"QueueConfigurations": [{"QueueArn": arn, "Events": ["s3:ObjectCreated:*"]}]}
    s3.put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration=config)
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    config["QueueConfigurations"][0]["Events"] = ["s3:Nothing"]
    refused(
        s3.put_bucket_notification_configuration,
        "InvalidArgument",
        400,
        Bucket=bucket,
        NotificationConfiguration=config,
    )
