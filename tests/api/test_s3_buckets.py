"""Buckets, their names, owners, regions, sub-resources, and versioning."""

from __future__ import annotations

import os
from typing import Any

import pytest

from tests.api.s3_calls import refused
from tests.conftest import Client


@pytest.mark.parametrize(
    "name", ["ab", "Upper", "under_score", "-start", "end-", "a..b", "1.2.3.4", "xn--bucket", "x-s3alias", "x" * 64]
)
def test_bad_names(s3: Any, name: str) -> None:
    refused(s3.create_bucket, "InvalidBucketName", 400, Bucket=name)


def test_create_head_list_delete(s3: Any, bucket: str) -> None:
    assert s3.head_bucket(Bucket=bucket)["BucketRegion"] == "us-east-1"
    assert bucket in [one["Name"] for one in s3.list_buckets()["Buckets"]]
    s3.create_bucket(Bucket=bucket)  # us-east-1 says yes to the owner, as ever
    s3.put_object(Bucket=bucket, Key="k", Body=b"")
    refused(s3.delete_bucket, "BucketNotEmpty", 409, Bucket=bucket)
    s3.delete_object(Bucket=bucket, Key="k")
    s3.delete_bucket(Bucket=bucket)
    refused(s3.head_bucket, "404", 404, Bucket=bucket)
    refused(s3.delete_bucket, "NoSuchBucket", 404, Bucket=bucket)


def test_regions(client: Client) -> None:
    west, name = client("s3", region_name="us-west-2"), f"west-{os.urandom(6).hex()}"
    refused(west.create_bucket, "IllegalLocationConstraintException", 400, Bucket=name)
    place = {"CreateBucketConfiguration": {"LocationConstraint": "us-west-2"}}
    west.create_bucket(Bucket=name, **place)
    refused(west.create_bucket, "BucketAlreadyOwnedByYou", 409, Bucket=name, **place)
    assert west.get_bucket_location(Bucket=name)["LocationConstraint"] == "us-west-2"
    west.delete_bucket(Bucket=name)


def test_the_expected_owner(s3: Any, bucket: str) -> None:
    s3.head_bucket(Bucket=bucket, ExpectedBucketOwner="123456789012")
    other = "999999999999"
    refused(s3.head_bucket, "403", 403, Bucket=bucket, ExpectedBucketOwner=other)
    refused(s3.put_object, "AccessDenied", 403, Bucket=bucket, Key="k", Body=b"", ExpectedBucketOwner=other)
    refused(s3.list_objects_v2, "AccessDenied", 403, Bucket=bucket, ExpectedBucketOwner=other)


def test_pages_of_buckets(s3: Any) -> None:
    prefix = f"pages-{os.urandom(4).hex()}-"
    names = [f"{prefix}{number}" for number in range(5)]
    for name in names:
        s3.create_bucket(Bucket=name)
    pages = list(s3.get_paginator("list_buckets").paginate(Prefix=prefix, PaginationConfig={"PageSize": 2}))
    assert [[one["Name"] for one in page["Buckets"]] for page in pages] == [names[:2], names[2:4], names[4:]]


SINGLE = [
    (
        "bucket_cors",
        {"CORSConfiguration": {"CORSRules": [{"AllowedMethods": ["GET"], "AllowedOrigins": ["*"]}]}},
        "NoSuchCORSConfiguration",
    ),
    ("bucket_tagging", {"Tagging": {"TagSet": [{"Key": "a", "Value": "b"}]}}, "NoSuchTagSet"),
    (
        "bucket_website",
        {"WebsiteConfiguration": {"IndexDocument": {"Suffix": "index.html"}}},
        "NoSuchWebsiteConfiguration",
    ),
    (
        "bucket_ownership_controls",
        {"OwnershipControls": {"Rules": [{"ObjectOwnership": "BucketOwnerPreferred"}]}},
        "OwnershipControlsNotFoundError",
    ),
    (
        "public_access_block",
        {
            "PublicAccessBlockConfiguration": {
                "BlockPublicAcls": True,
                "IgnorePublicAcls": False,
                "BlockPublicPolicy": True,
                "RestrictPublicBuckets": False,
            }
        },
        "NoSuchPublicAccessBlockConfiguration",
    ),
]


@pytest.mark.parametrize(("name", "document", "missing"), SINGLE, ids=[row[0] for row in SINGLE])
def test_sub_resources(s3: Any, bucket: str, name: str, document: dict[str, Any], missing: str) -> None:
    get, put, delete = (getattr(s3, f"{verb}_{name}") for verb in ("get", "put", "delete"))
    put(Bucket=bucket, **document)
    answer = get(Bucket=bucket)
    del answer["ResponseMetadata"]
    wrapped = next(iter(document.values()))
    assert answer in (document, wrapped)
    delete(Bucket=bucket)
    refused(get, missing, 404, Bucket=bucket)
    delete(Bucket=bucket)
    refused(get, "NoSuchBucket", 404, Bucket="no-such-bucket-here")


def test_lifecycle_and_its_delete(s3: Any, bucket: str) -> None:
    refused(s3.get_bucket_lifecycle_configuration, "NoSuchLifecycleConfiguration", 404, Bucket=bucket)
    rule = {"ID": "x", "Status": "Enabled", "Filter": {"Prefix": "tmp/"}, "Expiration": {"Days": 1}}
    s3.put_bucket_lifecycle_configuration(Bucket=bucket, LifecycleConfiguration={"Rules": [rule]})
    assert s3.get_bucket_lifecycle_configuration(Bucket=bucket)["Rules"] == [rule]
    s3.delete_bucket_lifecycle(Bucket=bucket)
    refused(s3.get_bucket_lifecycle_configuration, "NoSuchLifecycleConfiguration", 404, Bucket=bucket)


def test_what_a_bucket_has_by_default(s3: Any, bucket: str) -> None:
    rules = s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]["Rules"]
    assert rules[0]["ApplyServerSideEncryptionByDefault"] == {"SSEAlgorithm": "AES256"}
    assert s3.get_bucket_request_payment(Bucket=bucket)["Payer"] == "BucketOwner"
    assert s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"]["BlockPublicAcls"] is True
    assert s3.get_bucket_acl(Bucket=bucket)["Grants"][0]["Permission"] == "FULL_CONTROL"
    assert "Status" not in s3.get_bucket_versioning(Bucket=bucket)
    assert "LoggingEnabled" not in s3.get_bucket_logging(Bucket=bucket)


def test_the_default_encryption_reaches_objects(s3: Any, bucket: str) -> None:
    rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": "arn:aws:kms:::key/k"}}
    s3.put_bucket_encryption(Bucket=bucket, ServerSideEncryptionConfiguration={"Rules": [rule]})
    put = s3.put_object(Bucket=bucket, Key="k", Body=b"")
    assert (put["ServerSideEncryption"], put["SSEKMSKeyId"]) == ("aws:kms", "arn:aws:kms:::key/k")


def test_named_configurations(s3: Any, bucket: str) -> None:
    for name in ("b", "a"):
        s3.put_bucket_metrics_configuration(Bucket=bucket, Id=name, MetricsConfiguration={"Id": name})
    assert s3.get_bucket_metrics_configuration(Bucket=bucket, Id="a")["MetricsConfiguration"] == {"Id": "a"}
    listed = s3.list_bucket_metrics_configurations(Bucket=bucket)["MetricsConfigurationList"]
    assert listed == [{"Id": "a"}, {"Id": "b"}]
    s3.delete_bucket_metrics_configuration(Bucket=bucket, Id="a")
    refused(s3.get_bucket_metrics_configuration, "NoSuchConfiguration", 404, Bucket=bucket, Id="a")


def test_bad_documents(s3: Any, bucket: str) -> None:
    refused(s3.put_bucket_policy, "MalformedPolicy", 400, Bucket=bucket, Policy="no json")


def test_versions(s3: Any, bucket: str) -> None:
    first = s3.put_object(Bucket=bucket, Key="k", Body=b"null")
    assert "VersionId" not in first
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    ids = [s3.put_object(Bucket=bucket, Key="k", Body=body)["VersionId"] for body in (b"1", b"2")]
    deleted = s3.delete_object(Bucket=bucket, Key="k")
    assert deleted["DeleteMarker"] is True
    refused(s3.get_object, "NoSuchKey", 404, Bucket=bucket, Key="k")
    refused(s3.get_object, "MethodNotAllowed", 405, Bucket=bucket, Key="k", VersionId=deleted["VersionId"])
    assert "Contents" not in s3.list_objects_v2(Bucket=bucket)
    told = s3.list_object_versions(Bucket=bucket)
    assert [(one["VersionId"], one["IsLatest"]) for one in told["Versions"]] == [
        (ids[1], False),
        (ids[0], False),
        ("null", False),
    ]
    assert [(one["VersionId"], one["IsLatest"]) for one in told["DeleteMarkers"]] == [(deleted["VersionId"], True)]
    for version, body in [("null", b"null"), (ids[0], b"1"), (ids[1], b"2")]:
        assert s3.get_object(Bucket=bucket, Key="k", VersionId=version)["Body"].read() == body
    s3.delete_object(Bucket=bucket, Key="k", VersionId=deleted["VersionId"])
    assert s3.get_object(Bucket=bucket, Key="k")["VersionId"] == ids[1]
    s3.delete_object(Bucket=bucket, Key="k", VersionId=ids[1])
    assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == b"1"
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Suspended"})
    assert "VersionId" not in s3.put_object(Bucket=bucket, Key="k", Body=b"new null")
    assert s3.get_object(Bucket=bucket, Key="k")["VersionId"] == "null"
    told = s3.list_object_versions(Bucket=bucket)["Versions"]
    assert [(one["VersionId"], one["IsLatest"]) for one in told] == [("null", True), (ids[0], False)]


def test_pages_of_versions(s3: Any, bucket: str) -> None:
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    for key in ("a", "b", "b", "b", "c"):
        s3.put_object(Bucket=bucket, Key=key, Body=b"")
    s3.delete_object(Bucket=bucket, Key="b")
    whole = s3.list_object_versions(Bucket=bucket)
    seen: list[tuple[str, str]] = []
    for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket, PaginationConfig={"PageSize": 2}):
        found = page.get("Versions", []) + page.get("DeleteMarkers", [])
        assert len(found) <= 2
        seen += [(one["Key"], one["VersionId"]) for one in found]
    expected = [(one["Key"], one["VersionId"]) for one in whole["Versions"] + whole["DeleteMarkers"]]
    assert sorted(seen) == sorted(expected)
    assert len(seen) == 6
