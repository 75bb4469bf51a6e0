"""Lifecycle documents: what S3 takes, what it adds, and each error it answers."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.api.s3_calls import refused

MIDNIGHT = datetime(2030, 1, 1, tzinfo=UTC)
DAYS = {"Expiration": {"Days": 1}}
ALL = {"Filter": {"Prefix": ""}}
GLACIER = {"StorageClass": "GLACIER"}


def put(s3: Any, bucket: str, *rules: dict[str, Any]) -> list[dict[str, Any]]:
    s3.put_bucket_lifecycle_configuration(Bucket=bucket, LifecycleConfiguration={"Rules": list(rules)})
    found: list[dict[str, Any]] = s3.get_bucket_lifecycle_configuration(Bucket=bucket)["Rules"]
    return found


def test_a_rule_without_id_gets_one(s3: Any, bucket: str) -> None:
    rules = [{"Status": "Enabled", "Filter": {"Prefix": prefix}, **DAYS} for prefix in "ab"]
    found = put(s3, bucket, *rules)
    assert all(one["ID"] for one in found)
    assert found[0]["ID"] != found[1]["ID"]
    assert [{**one, "ID": ""} for one in found] == [{**one, "ID": ""} for one in rules]


@pytest.mark.parametrize(
    "rule",
    [
        {"Prefix": "a/", **DAYS},
        {**ALL, "Expiration": {"Date": MIDNIGHT}},
        {**ALL, "Expiration": {"ExpiredObjectDeleteMarker": True}},
        {**ALL, "Transitions": [{"Days": 0, **GLACIER}, {"Days": 30, "StorageClass": "STANDARD_IA"}]},
        {**ALL, "NoncurrentVersionExpiration": {"NoncurrentDays": 1, "NewerNoncurrentVersions": 2}},
        {**ALL, "NoncurrentVersionTransitions": [{"NoncurrentDays": 1, **GLACIER}]},
        {"Filter": {"And": {"Prefix": "a", "Tags": [{"Key": "a", "Value": "b"}]}}, **DAYS},
        {**ALL, "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 1}},
    ],
)
def test_rules_that_are_taken(s3: Any, bucket: str, rule: dict[str, Any]) -> None:
    rule = {"ID": "one", "Status": "Disabled", **rule}
    assert put(s3, bucket, rule) == [rule]


TWICE = [{"Key": "a", "Value": value} for value in "bc"]


@pytest.mark.parametrize(
    ("rule", "code"),
    [
        ({**ALL, **DAYS, "ID": "x" * 256}, "InvalidArgument"),
        ({**ALL, **DAYS, "Status": "enabled"}, "MalformedXML"),
        (DAYS, "MalformedXML"),
        ({**ALL, **DAYS, "Prefix": "a"}, "MalformedXML"),
        ({"Filter": {"Prefix": "a", "ObjectSizeGreaterThan": 1}, **DAYS}, "MalformedXML"),
        ({"Filter": {"And": {"Prefix": "a", "Tags": TWICE}}, **DAYS}, "InvalidRequest"),
        (ALL, "InvalidRequest"),
        ({**ALL, "Expiration": {}}, "MalformedXML"),
        ({**ALL, "Expiration": {"Days": 1, "ExpiredObjectDeleteMarker": True}}, "MalformedXML"),
        ({**ALL, "Expiration": {"Days": 0}}, "InvalidArgument"),
        ({**ALL, "Expiration": {"Date": datetime(2030, 1, 1, 12, tzinfo=UTC)}}, "InvalidArgument"),
        ({**ALL, "Transitions": [{"Days": 1, "StorageClass": "ATTIC"}]}, "MalformedXML"),
        ({**ALL, "Transitions": [GLACIER]}, "MalformedXML"),
        ({**ALL, "Transitions": [{"Date": datetime(2030, 1, 1, 1, tzinfo=UTC), **GLACIER}]}, "InvalidArgument"),
        ({**ALL, "Transitions": [{"Days": 29, "StorageClass": "STANDARD_IA"}]}, "InvalidArgument"),
        ({**ALL, "Transitions": [{"Days": -1, **GLACIER}]}, "InvalidArgument"),
        ({**ALL, "NoncurrentVersionExpiration": {}}, "MalformedXML"),
        ({**ALL, "NoncurrentVersionExpiration": {"NoncurrentDays": 0}}, "InvalidArgument"),
        ({**ALL, "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 0}}, "InvalidArgument"),
    ],
)
def test_rules_that_are_not(s3: Any, bucket: str, rule: dict[str, Any], code: str) -> None:
    given = {"Rules": [{"Status": "Enabled", **rule}]}
    refused(s3.put_bucket_lifecycle_configuration, code, 400, Bucket=bucket, LifecycleConfiguration=given)


def test_ids_are_unique(s3: Any, bucket: str) -> None:
    rules = [{"ID": "same", "Status": "Enabled", **ALL, **DAYS}] * 2
    refused(
        s3.put_bucket_lifecycle_configuration,
        "InvalidArgument",
        400,
        Bucket=bucket,
        LifecycleConfiguration={"Rules": rules},
    )


def test_answers_tell_when_an_object_expires(s3: Any, bucket: str) -> None:
    later = {"ID": "later", "Status": "Enabled", "Filter": {"Prefix": "x/"}, "Expiration": {"Days": 9}}
    soon = {**later, "ID": "a/b", "Filter": {"Tag": {"Key": "a", "Value": "b"}}, "Expiration": {"Days": 1}}
    off = {**soon, "ID": "off", "Status": "Disabled", "Filter": {"Prefix": ""}}
    put(s3, bucket, later, soon, off)
    midnight = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)

    def says(answer: dict[str, Any], rule: str, days: int) -> bool:
        # It may have become another day since ``midnight`` was taken.
        ends = [(midnight + timedelta(days=days + more)).strftime("%a, %d %b %Y %H:%M:%S GMT") for more in (1, 2)]
        return answer.get("Expiration") in [f'expiry-date="{end}", rule-id="{rule}"' for end in ends]

    at = {"Bucket": bucket, "Key": "x/1"}
    for answer in (s3.put_object(**at, Body=b"x"), s3.get_object(**at), s3.head_object(**at)):
        assert says(answer, "later", 9)
    assert says(s3.copy_object(Bucket=bucket, Key="x/2", CopySource=at), "later", 9)
    upload = {"Bucket": bucket, "Key": "x/3"}
    upload["UploadId"] = s3.create_multipart_upload(**upload)["UploadId"]
    parts = [{"PartNumber": 1, "ETag": s3.upload_part(**upload, PartNumber=1, Body=b"x")["ETag"]}]
    assert says(s3.complete_multipart_upload(**upload, MultipartUpload={"Parts": parts}), "later", 9)
    s3.put_object_tagging(**at, Tagging={"TagSet": [{"Key": "a", "Value": "b"}]})
    assert says(s3.head_object(**at), "a%2Fb", 1)
    assert "Expiration" not in s3.put_object(Bucket=bucket, Key="y")
    assert "Expiration" not in s3.head_object(**at, VersionId="null")
    put(s3, bucket, {**later, "Expiration": {"Date": MIDNIGHT}})
    assert s3.head_object(**at)["Expiration"] == 'expiry-date="Tue, 01 Jan 2030 00:00:00 GMT", rule-id="later"'
    s3.delete_bucket_lifecycle(Bucket=bucket)
    assert "Expiration" not in s3.head_object(**at)
