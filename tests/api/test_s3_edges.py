"""Locks through every road to a version, and answers that nothing else asks for."""

from __future__ import annotations

import base64
import hashlib
import os
import time
from typing import Any

import pytest
import requests

from tests.api.s3_calls import read, refused
from tests.conftest import Client, Running
from tests.raw_calls import SIGNED

DAY = 24 * 3600


def test_a_locked_version_outlives_every_delete(s3: Any, locked: str) -> None:
    until = int(time.time()) + DAY
    lock = {"ObjectLockMode": "GOVERNANCE", "ObjectLockRetainUntilDate": until}
    version = s3.put_object(Bucket=locked, Key="k", Body=b"kept", **lock)["VersionId"]
    one = {"Objects": [{"Key": "k", "VersionId": version}, {"Key": "other"}]}
    told = s3.delete_objects(Bucket=locked, Delete=one)
    assert [(error["Key"], error["VersionId"], error["Code"]) for error in told["Errors"]] == [
        ("k", version, "AccessDenied")
    ]
    assert [gone["Key"] for gone in told["Deleted"]] == ["other"]
    marker = s3.delete_object(Bucket=locked, Key="k")
    assert marker["DeleteMarker"] is True
    assert read(s3, locked, "k", VersionId=version) == b"kept"
    s3.delete_object(Bucket=locked, Key="k", VersionId=marker["VersionId"])
    s3.put_object(Bucket=locked, Key="k", Body=b"newer")
    assert read(s3, locked, "k", VersionId=version) == b"kept"
    told = s3.delete_objects(Bucket=locked, Delete=one, BypassGovernanceRetention=True)
    assert "Errors" not in told


def test_locks_of_copies_and_uploads(s3: Any, locked: str) -> None:
    until = int(time.time()) + DAY
    lock = {
        "ObjectLockMode": "COMPLIANCE",
        "ObjectLockRetainUntilDate": until,
        "ObjectLockLegalHoldStatus": "ON",
    }
    s3.put_object(Bucket=locked, Key="source", Body=b"x")
    s3.copy_object(Bucket=locked, Key="copy", CopySource=f"{locked}/source", **lock)
    upload = {"Bucket": locked, "Key": "upload"}
    upload["UploadId"] = s3.create_multipart_upload(**upload, **lock)["UploadId"]
    part = s3.upload_part(PartNumber=1, Body=b"x", **upload)
    s3.complete_multipart_upload(MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]}, **upload)
    for key in ("copy", "upload"):
        told = s3.head_object(Bucket=locked, Key=key)
        assert (told["ObjectLockMode"], told["ObjectLockLegalHoldStatus"]) == ("COMPLIANCE", "ON")
        assert int(told["ObjectLockRetainUntilDate"].timestamp()) == until
        refused(s3.delete_object, "AccessDenied", 403, Bucket=locked, Key=key, VersionId=told["VersionId"])
    refused(s3.get_object_retention, "NoSuchObjectLockConfiguration", 404, Bucket=locked, Key="source")
    refused(s3.get_object_legal_hold, "NoSuchObjectLockConfiguration", 404, Bucket=locked, Key="source")


def test_a_locked_upload_wants_a_digest(server: Running, s3: Any, locked: str) -> None:
    url, body = f"{server.url}/{locked}/k", b"body"
    hold = SIGNED | {"x-amz-object-lock-legal-hold": "ON"}
    answer = requests.put(url, data=body, headers=hold, timeout=10)
    assert (answer.status_code, "<Code>InvalidRequest</Code>" in answer.text) == (400, True), answer.text
    assert "Content-MD5 OR x-amz-checksum-" in answer.text
    md5 = base64.b64encode(hashlib.md5(body, usedforsecurity=False).digest()).decode()
    assert requests.put(url, data=body, headers=hold | {"Content-MD5": md5}, timeout=10).status_code == 200


def test_ranges_of_nothing(s3: Any, bucket: str) -> None:
    s3.put_object(Bucket=bucket, Key="empty", Body=b"")
    at = {"Bucket": bucket, "Key": "empty"}
    for span in ("bytes=0-", "bytes=0-0", "bytes=-1"):
        error = refused(s3.get_object, "InvalidRange", 416, Range=span, **at)
        assert (error["RangeRequested"], error["ActualObjectSize"]) == (span, "0")
    assert s3.get_object(**at)["Body"].read() == b""
    assert s3.get_object(PartNumber=1, **at)["Body"].read() == b""


@pytest.mark.parametrize("header", ["If-Modified-Since", "If-Unmodified-Since"])
def test_dates_that_are_none_are_ignored(server: Running, s3: Any, bucket: str, header: str) -> None:
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    answer = requests.get(f"{server.url}/{bucket}/k", headers=SIGNED | {header: "yesterday"}, timeout=10)
    assert (answer.status_code, answer.content) == (200, b"x")


def test_conditions_together(s3: Any, bucket: str) -> None:
    """RFC 9110's order: a true If-Match silences If-Unmodified-Since, a false If-None-Match If-Modified-Since."""
    tag = s3.put_object(Bucket=bucket, Key="k", Body=b"x")["ETag"]
    at = {"Bucket": bucket, "Key": "k"}
    now = s3.head_object(**at)["LastModified"]
    assert read(s3, bucket, "k", IfMatch=tag, IfUnmodifiedSince=0) == b"x"
    refused(s3.get_object, "304", 304, IfNoneMatch=tag, IfModifiedSince=0, **at)
    assert read(s3, bucket, "k", IfNoneMatch='"x"', IfModifiedSince=now) == b"x"
    refused(s3.get_object, "PreconditionFailed", 412, IfMatch='"x"', IfNoneMatch=tag, **at)
    assert read(s3, bucket, "k", IfMatch="*") == b"x"
    refused(s3.get_object, "304", 304, IfNoneMatch="*", **at)


def test_a_trailer_that_does_not_come(server: Running, s3: Any, bucket: str) -> None:
    headers = SIGNED | {
        "x-amz-content-sha256": "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
        "content-encoding": "aws-chunked",
        "x-amz-trailer": "x-amz-checksum-crc32",
        "x-amz-decoded-content-length": "4",
    }
    answer = requests.put(f"{server.url}/{bucket}/k", data=b"4\r\nbody\r\n0\r\n\r\n", headers=headers, timeout=10)
    assert (answer.status_code, "<Code>MalformedTrailerError</Code>" in answer.text) == (400, True)
    refused(s3.head_object, "404", 404, Bucket=bucket, Key="k")


def test_where_buckets_cannot_be(server: Running, s3: Any) -> None:
    name = f"edges-{os.urandom(6).hex()}"
    place = {"CreateBucketConfiguration": {"LocationConstraint": "us-east-1"}}
    refused(s3.create_bucket, "InvalidLocationConstraint", 400, Bucket=name, **place)
    place = {"CreateBucketConfiguration": {"LocationConstraint": "mars-1"}}
    refused(s3.create_bucket, "InvalidLocationConstraint", 400, Bucket=name, **place)
    place = {"CreateBucketConfiguration": {"LocationConstraint": "EU"}}
    s3.create_bucket(Bucket=name, **place)
    assert s3.get_bucket_location(Bucket=name)["LocationConstraint"] == "eu-west-1"


def test_what_is_no_region_is_told_the_right_one(server: Running, client: Client) -> None:
    """By which s3cmd, whose own word for it is US, and boto3 try again, as they do against AWS."""
    name = f"edges-{os.urandom(6).hex()}"
    headers = {"Authorization": SIGNED["Authorization"].replace("us-east-1", "US")}
    answer = requests.put(f"{server.url}/{name}", headers=headers, timeout=10)
    assert answer.status_code == 400
    assert "<Code>AuthorizationHeaderMalformed</Code>" in answer.text
    assert "<Region>us-east-1</Region>" in answer.text
    there = client("s3", region_name="nowhere")
    there.create_bucket(Bucket=name)
    assert there.head_bucket(Bucket=name)["BucketRegion"] == "us-east-1"


def test_a_document_without_end(server: Running, bucket: str) -> None:
    url = f"{server.url}/{bucket}?versioning"
    with requests.Session() as session:
        answer = session.put(url, data=b" " * ((64 << 20) + 1), headers=SIGNED, timeout=60)
        assert (answer.status_code, "<Code>RequestEntityTooLarge</Code>" in answer.text) == (413, True)


def test_suspended_versioning(s3: Any, bucket: str) -> None:
    at = {"Bucket": bucket, "Key": "k"}
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    first = s3.put_object(Body=b"1", **at)["VersionId"]
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Suspended"})
    for body in (b"2", b"3"):
        s3.put_object(Body=body, **at)
    assert s3.head_object(**at)["VersionId"] == "null"
    copied = s3.copy_object(Bucket=bucket, Key="copy", CopySource=f"{bucket}/k?versionId=null")
    assert (copied["VersionId"], copied["CopySourceVersionId"]) == ("null", "null")
    told = s3.list_object_versions(Bucket=bucket, Prefix="k")["Versions"]
    assert [(one["VersionId"], one["IsLatest"]) for one in told] == [("null", True), (first, False)]
    assert s3.delete_object(**at)["VersionId"] == "null"
    told = s3.list_object_versions(Bucket=bucket, Prefix="k")
    assert [one["VersionId"] for one in told["DeleteMarkers"]] == ["null"]
    gone = s3.delete_object(VersionId="null", **at)
    assert (gone["VersionId"], gone["DeleteMarker"]) == ("null", True)
    assert read(s3, bucket, "k") == b"1"
    assert s3.delete_object(VersionId="null", **at)["VersionId"] == "null"
    upload = s3.create_multipart_upload(**at)["UploadId"]
    part = s3.upload_part(PartNumber=1, Body=b"x", UploadId=upload, **at)
    listed = {"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]}
    s3.complete_multipart_upload(UploadId=upload, MultipartUpload=listed, **at)
    assert s3.head_object(**at)["VersionId"] == "null"
    refused(s3.put_bucket_versioning, "MalformedXML", 400, Bucket=bucket, VersioningConfiguration={"Status": "Off"})


def test_attributes_in_pages(s3: Any, bucket: str) -> None:
    upload = {"Bucket": bucket, "Key": "k"}
    upload["UploadId"] = s3.create_multipart_upload(ChecksumAlgorithm="CRC32", **upload)["UploadId"]
    parts = []
    for number, size in ((1, 5 << 20), (2, 5 << 20), (3, 3)):
        sent = s3.upload_part(PartNumber=number, Body=bytes(size), ChecksumAlgorithm="CRC32", **upload)
        parts.append({"PartNumber": number, "ETag": sent["ETag"], "ChecksumCRC32": sent["ChecksumCRC32"]})
    s3.complete_multipart_upload(MultipartUpload={"Parts": parts}, **upload)
    ask = {"Bucket": bucket, "Key": "k", "ObjectAttributes": ["ObjectParts", "ObjectSize"]}
    told = s3.get_object_attributes(MaxParts=2, **ask)
    assert told["ObjectSize"] == (10 << 20) + 3
    page = told["ObjectParts"]
    assert (page["TotalPartsCount"], page["IsTruncated"], page["NextPartNumberMarker"]) == (3, True, 2)
    assert [(one["PartNumber"], one["Size"]) for one in page["Parts"]] == [(1, 5 << 20), (2, 5 << 20)]
    rest = s3.get_object_attributes(PartNumberMarker=2, **ask)["ObjectParts"]
    assert [one["ChecksumCRC32"] for one in rest["Parts"]] == [parts[2]["ChecksumCRC32"]]
    assert rest["IsTruncated"] is False
    refused(s3.get_object_attributes, "NoSuchKey", 404, Bucket=bucket, Key="none", ObjectAttributes=["ETag"])
    refused(s3.get_object_attributes, "InvalidArgument", 400, Bucket=bucket, Key="k", ObjectAttributes=["Nothing"])


def test_periods_beyond_the_calendar(s3: Any, bucket: str, locked: str) -> None:
    most = 2**31 - 1
    rule = {"Status": "Enabled", "Filter": {}, "Expiration": {"Days": most}}
    s3.put_bucket_lifecycle_configuration(Bucket=bucket, LifecycleConfiguration={"Rules": [rule]})
    told = s3.put_object(Bucket=bucket, Key="k", Body=b"", StorageClass="GLACIER")
    assert 'expiry-date="Fri, 31 Dec 9999' in told["Expiration"]
    s3.restore_object(Bucket=bucket, Key="k", RestoreRequest={"Days": most})
    assert "31 Dec 9999" in s3.head_object(Bucket=bucket, Key="k")["Restore"]
    for period in ({"Years": 101}, {"Days": 36_501}):
        wanted = {"ObjectLockEnabled": "Enabled", "Rule": {"DefaultRetention": {"Mode": "GOVERNANCE", **period}}}
        put = {"Bucket": locked, "ObjectLockConfiguration": wanted}
        refused(s3.put_object_lock_configuration, "InvalidRetentionPeriod", 400, **put)
