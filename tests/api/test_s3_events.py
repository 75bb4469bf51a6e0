"""Notifications: a bucket's events in a queue, behind a topic, on the event bus of the same emulator."""

from __future__ import annotations

import json
import os
import time
from typing import Any

import pytest
import requests

from tests.api.s3_calls import refused
from tests.conftest import Client, Running


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
    records = [message["Records"][0] for message in received(client, url, 5) if "Records" in message]
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
    test, message = received(client, url, 2)
    assert json.loads(test["Message"])["Event"] == "s3:TestEvent"
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


def test_every_event_is_told(server: Running, client: Client, s3: Any, bucket: str, queue: tuple[str, str]) -> None:
    url, arn = queue
    name = f"{bucket}-locked"
    s3.create_bucket(Bucket=name, ObjectLockEnabledForBucket=True, ObjectOwnership="ObjectWriter")
    events = [
        "s3:ObjectCreated:*",
        "s3:ObjectRemoved:*",
        "s3:ObjectTagging:*",
        "s3:ObjectAcl:Put",
        "s3:ObjectRestore:*",
        "s3:ObjectRetention:Put",
        "s3:LifecycleExpiration:*",
        "s3:LifecycleTransition",
    ]
    config = {"QueueConfigurations": [{"QueueArn": arn, "Events": events}]}
    s3.put_bucket_notification_configuration(
        Bucket=name, NotificationConfiguration=config, SkipDestinationValidation=True
    )
    form = s3.generate_presigned_post(name, "k")
    files = {"file": ("k", b"x")}
    assert requests.post(form["url"], data=form["fields"], files=files, timeout=10).status_code == 204
    at = {"Bucket": name, "Key": "k"}
    s3.put_object_acl(ACL="private", **at)
    until = time.time() + 60
    s3.put_object_retention(Retention={"Mode": "GOVERNANCE", "RetainUntilDate": until}, **at)
    s3.delete_object_tagging(**at)
    s3.put_object(Bucket=name, Key="cold", Body=b"", StorageClass="GLACIER")
    s3.restore_object(Bucket=name, Key="cold", RestoreRequest={"Days": 1})
    upload = {"Bucket": name, "Key": "parts"}
    upload["UploadId"] = s3.create_multipart_upload(**upload)["UploadId"]
    part = s3.upload_part(PartNumber=1, Body=b"", **upload)
    s3.complete_multipart_upload(MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]}, **upload)
    s3.delete_object(Bucket=name, Key="parts")
    rules = [
        {"Status": "Enabled", "Filter": {"Prefix": "k"}, "Expiration": {"Days": 1}},
        {
            "Status": "Enabled",
            "Filter": {"Prefix": "cold"},
            "Transitions": [{"Days": 1, "StorageClass": "DEEP_ARCHIVE"}],
        },
    ]
    s3.put_bucket_lifecycle_configuration(Bucket=name, LifecycleConfiguration={"Rules": rules})
    requests.post(f"{server.url}/_emulator/s3/lifecycle", json={"days": 3}, timeout=30)
    told = [message["Records"][0]["eventName"] for message in received(client, url, 11)]
    assert told[:10] == [
        "ObjectCreated:Post",
        "ObjectAcl:Put",
        "ObjectRetention:Put",
        "ObjectTagging:Delete",
        "ObjectCreated:Put",
        "ObjectRestore:Post",
        "ObjectRestore:Completed",
        "ObjectCreated:CompleteMultipartUpload",
        "ObjectRemoved:DeleteMarkerCreated",
        "LifecycleTransition",
    ]
    assert told[10:] == ["LifecycleExpiration:DeleteMarkerCreated"]


ALL = "s3:ObjectCreated:*"
SQS, SNS = "arn:aws:sqs:us-east-1:123456789012:", "arn:aws:sns:us-east-1:123456789012:"
FUNCTION = "arn:aws:lambda:us-east-1:123456789012:function:"
PUT = "put_bucket_notification_configuration"


def configured(*queues: Any, **others: Any) -> dict[str, Any]:
    return {"NotificationConfiguration": {"QueueConfigurations": list(queues), **others}}


def test_a_test_event_goes_ahead(client: Client, s3: Any, bucket: str, queue: tuple[str, str]) -> None:
    url, arn = queue
    s3.put_bucket_notification_configuration(Bucket=bucket, **configured({"QueueArn": arn, "Events": [ALL]}))
    [told] = received(client, url, 1)
    assert (told["Service"], told["Event"], told["Bucket"]) == ("Amazon S3", "s3:TestEvent", bucket)
    kept = s3.get_bucket_notification_configuration(Bucket=bucket)["QueueConfigurations"]
    assert [(one["QueueArn"], one["Events"], bool(one["Id"])) for one in kept] == [(arn, [ALL], True)]
    put = configured({"QueueArn": arn, "Events": [ALL]})
    s3.put_bucket_notification_configuration(Bucket=bucket, SkipDestinationValidation=True, **put)
    s3.put_object(Bucket=bucket, Key="k", Body=b"")
    assert [message["Records"][0]["eventName"] for message in received(client, url, 1)] == ["ObjectCreated:Put"]


def test_destinations_must_be_there(s3: Any, bucket: str) -> None:
    missing = {
        "QueueConfigurations": [{"QueueArn": f"{SQS}none", "Events": [ALL], "Id": "q"}],
        "TopicConfigurations": [{"TopicArn": f"{SNS}none", "Events": ["s3:ObjectRemoved:*"], "Id": "t"}],
        "LambdaFunctionConfigurations": [
            {"LambdaFunctionArn": f"{FUNCTION}none", "Events": ["s3:ObjectTagging:*"], "Id": "f"}
        ],
    }
    put = {"Bucket": bucket, "NotificationConfiguration": missing}
    error = refused(getattr(s3, PUT), "InvalidArgument", 400, **put)
    assert error["Message"] == "Unable to validate the following destination configurations"
    assert [error[f"ArgumentName{number}"] for number in (1, 2, 3)] == [
        f"{SQS}none, null",
        f"{SNS}none, null",
        f"{FUNCTION}none, null",
    ]
    assert error["ArgumentValue1"] == "The destination queue does not exist"
    assert "QueueConfigurations" not in s3.get_bucket_notification_configuration(Bucket=bucket)
    s3.put_bucket_notification_configuration(SkipDestinationValidation=True, **put)
    told = s3.get_bucket_notification_configuration(Bucket=bucket)
    assert {name: told[name] for name in missing} == missing
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")  # a missing queue fails no upload


def rule(name: str, value: str) -> dict[str, Any]:
    return {"Filter": {"Key": {"FilterRules": [{"Name": name, "Value": value}]}}}


MINE = {"QueueArn": f"{SQS}q", "Events": [ALL]}
WRONG = [
    ([MINE | {"Events": ["s3:Nothing"]}], "A specified event is not supported for notifications."),
    ([MINE | {"QueueArn": "queue"}], "The ARN is not well formed"),
    ([MINE | {"QueueArn": f"{SNS}topic"}], "The ARN is not well formed"),
    ([MINE | {"QueueArn": f"{SQS}q.fifo"}], "FIFO SQS queues are not supported."),
    ([MINE | rule("infix", "x")], "filter rule name must be either prefix or suffix"),
    ([MINE | {"Id": "a"}, MINE | {"Id": "a"}], "Same ID used for multiple configurations"),
    ([MINE, MINE | {"Events": ["s3:ObjectCreated:Put"]}], "cannot share a common event type"),
    ([MINE | rule("prefix", "a"), MINE | rule("suffix", "b")], "Configuration is ambiguously defined"),
    ([MINE | {"QueueArn": f"{SQS}q".replace("us-east-1", "eu-west-1")}], "region is not valid for the bucket"),
]


@pytest.mark.parametrize(("queues", "says"), WRONG, ids=[row[1] for row in WRONG])
def test_configurations_that_make_no_sense(s3: Any, bucket: str, queues: list[dict[str, Any]], says: str) -> None:
    error = refused(getattr(s3, PUT), "InvalidArgument", 400, Bucket=bucket, **configured(*queues))
    assert says in error["Message"]


def test_a_rule_without_a_value_means_every_key(s3: Any, client: Client, bucket: str, queue: tuple[str, str]) -> None:
    every = {"Filter": {"Key": {"FilterRules": [{"Name": "prefix"}]}}}
    put = configured({"QueueArn": queue[1], "Events": [ALL]} | every)
    s3.put_bucket_notification_configuration(Bucket=bucket, SkipDestinationValidation=True, **put)
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    assert [one["Records"][0]["s3"]["object"]["key"] for one in received(client, queue[0], 1)] == ["k"]


def test_rules_that_do_not_meet(s3: Any, bucket: str) -> None:
    rules = [
        MINE | rule("prefix", "a/"),
        MINE | rule("prefix", "b/"),
        MINE | {"Events": ["s3:ObjectRemoved:Delete"]} | rule("prefix", "a/"),
    ]
    put = configured(*rules)
    s3.put_bucket_notification_configuration(Bucket=bucket, SkipDestinationValidation=True, **put)
