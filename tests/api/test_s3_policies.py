"""Bucket policies keep callers out, or let them in: other accounts, the unsigned, and the owner too."""

from __future__ import annotations

import io
import json
import os
import time
from collections.abc import Callable
from typing import Any

import pytest

from tests.api.conftest import OTHER
from tests.api.s3_calls import may, read, refused

OWNER = "123456789012"


@pytest.fixture
def bucket(open_bucket: str) -> str:
    return open_bucket


def test_without_grants_a_bucket_is_its_owners(s3: Any, other: Any, nobody: Any, bucket: str) -> None:
    assert read(s3, bucket, "k") == b"x"
    for stranger in (other, nobody):
        refused(stranger.get_object, "AccessDenied", 403, Bucket=bucket, Key="k")
        refused(stranger.head_object, "403", 403, Bucket=bucket, Key="k")
        refused(stranger.put_object, "AccessDenied", 403, Bucket=bucket, Key="k", Body=b"")
        refused(stranger.delete_object, "AccessDenied", 403, Bucket=bucket, Key="k")
        refused(stranger.list_objects_v2, "AccessDenied", 403, Bucket=bucket)
        refused(stranger.head_bucket, "403", 403, Bucket=bucket)
        refused(stranger.get_bucket_policy, "AccessDenied", 403, Bucket=bucket)
        refused(stranger.create_multipart_upload, "AccessDenied", 403, Bucket=bucket, Key="k")
        refused(stranger.delete_bucket, "AccessDenied", 403, Bucket=bucket)
        told = stranger.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": "k"}]})
        assert [(one["Key"], one["Code"]) for one in told["Errors"]] == [("k", "AccessDenied")]
    refused(nobody.list_buckets, "AccessDenied", 403)
    refused(nobody.create_bucket, "AccessDenied", 403, Bucket=f"{bucket}-2")
    assert read(s3, bucket, "k") == b"x"


def test_actions_and_resources(s3: Any, other: Any, bucket: str, say: Callable[..., None]) -> None:
    s3.put_object(Bucket=bucket, Key="in/a.csv", Body=b"")
    for resource, names in (("in/*", {"in/a.csv"}), ("?", {"k"}), ("*", {"k", "in/a.csv"}), ("in/a.CSV", set())):
        say(Action="s3:get*", Resource=f"arn:aws:s3:::{bucket}/{resource}")
        assert {key for key in ("k", "in/a.csv") if may(other, bucket, key)} == names
    refused(other.put_object, "AccessDenied", 403, Bucket=bucket, Key="k", Body=b"")
    say(NotAction="s3:GetObject")
    assert not may(other, bucket)
    other.put_object(Bucket=bucket, Key="k2", Body=b"")
    say(NotResource=f"arn:aws:s3:::{bucket}/in/*")
    assert (may(other, bucket), may(other, bucket, "in/a.csv")) == (True, False)
    say(Action="s3:ListBucket", Resource=f"arn:aws:s3:::{bucket}")
    assert other.list_objects_v2(Bucket=bucket)["KeyCount"] == 3
    refused(other.list_object_versions, "AccessDenied", 403, Bucket=bucket)
    refused(other.list_multipart_uploads, "AccessDenied", 403, Bucket=bucket)


def test_versions_have_actions_of_their_own(s3: Any, other: Any, bucket: str, say: Callable[..., None]) -> None:
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    version = s3.put_object(Bucket=bucket, Key="k", Body=b"")["VersionId"]
    say(Action="s3:GetObject", Resource=f"arn:aws:s3:::{bucket}/*")
    assert (may(other, bucket), may(other, bucket, VersionId=version)) == (True, False)
    say(Action=["s3:GetObjectVersion", "s3:DeleteObject"], Resource=f"arn:aws:s3:::{bucket}/*")
    assert may(other, bucket, VersionId=version)
    other.delete_object(Bucket=bucket, Key="k")
    refused(other.delete_object, "AccessDenied", 403, Bucket=bucket, Key="k", VersionId=version)


def test_uploads_need_more_for_what_they_set(s3: Any, other: Any, bucket: str, say: Callable[..., None]) -> None:
    say(Action="s3:PutObject", Resource=f"arn:aws:s3:::{bucket}/*")
    at = {"Bucket": bucket, "Key": "new", "Body": b""}
    other.put_object(**at)
    refused(other.put_object, "AccessDenied", 403, ACL="bucket-owner-full-control", **at)
    refused(other.put_object, "AccessDenied", 403, Tagging="a=b", **at)
    upload = {"Bucket": bucket, "Key": "parts"}
    upload["UploadId"] = other.create_multipart_upload(**upload)["UploadId"]
    part = {"PartNumber": 1, "ETag": other.upload_part(PartNumber=1, Body=b"p", **upload)["ETag"]}
    other.complete_multipart_upload(MultipartUpload={"Parts": [part]}, **upload)
    refused(other.upload_part_copy, "NoSuchUpload", 404, PartNumber=1, CopySource=f"{bucket}/k", **upload)


def test_copies_need_their_source(s3: Any, other: Any, bucket: str, say: Callable[..., None]) -> None:
    mine = f"{bucket}-other"
    other.create_bucket(Bucket=mine)
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    copy = {"Bucket": mine, "Key": "copy", "CopySource": f"{bucket}/k"}
    refused(other.copy_object, "AccessDenied", 403, **copy)
    say(Action="s3:GetObject", Resource=f"arn:aws:s3:::{bucket}/k")
    other.copy_object(**copy)
    refused(s3.get_object, "AccessDenied", 403, Bucket=mine, Key="copy")
    refused(s3.copy_object, "AccessDenied", 403, Bucket=mine, Key="copy", CopySource=f"{bucket}/k")


def test_copies_of_tags_need_them_to_be_readable(s3: Any, other: Any, bucket: str, say: Callable[..., None]) -> None:
    mine = f"{bucket}-other"
    other.create_bucket(Bucket=mine)
    copy = {"Bucket": mine, "Key": "copy", "CopySource": f"{bucket}/k"}
    say(Action="s3:GetObject", Resource=f"arn:aws:s3:::{bucket}/*")
    refused(other.copy_object, "AccessDenied", 403, **copy)
    refused(other.copy_object, "AccessDenied", 403, TaggingDirective="COPY", **copy)
    for tags in ({}, {"Tagging": "a=b"}):
        other.copy_object(TaggingDirective="REPLACE", **tags, **copy)
    say(Action=["s3:GetObject", "s3:GetObjectTagging"], Resource=f"arn:aws:s3:::{bucket}/*")
    other.copy_object(**copy)
    assert other.get_object_tagging(Bucket=mine, Key="copy")["TagSet"] == [{"Key": "team", "Value": "red"}]
    say("Deny", Action="s3:GetObjectVersionTagging", Resource=f"arn:aws:s3:::{bucket}/*")
    s3.copy_object(Bucket=bucket, Key="copy", CopySource=f"{bucket}/k")
    refused(s3.copy_object, "AccessDenied", 403, Bucket=bucket, Key="copy", CopySource=f"{bucket}/k?versionId=null")


def test_copies_of_tags_need_them_to_be_writable(s3: Any, other: Any, bucket: str, say: Callable[..., None]) -> None:
    tagged, bare = f"{bucket}-other/tagged", f"{bucket}-other/bare"
    other.create_bucket(Bucket=f"{bucket}-other")
    other.put_object(Bucket=f"{bucket}-other", Key="tagged", Tagging="a=b")
    other.put_object(Bucket=f"{bucket}-other", Key="bare")
    copy = {"Bucket": bucket, "Key": "copy"}
    say(Action="s3:PutObject", Resource=f"arn:aws:s3:::{bucket}/*")
    other.copy_object(CopySource=bare, **copy)
    other.copy_object(CopySource=tagged, TaggingDirective="REPLACE", **copy)
    refused(other.copy_object, "AccessDenied", 403, CopySource=tagged, **copy)
    refused(other.copy_object, "AccessDenied", 403, CopySource=bare, TaggingDirective="REPLACE", Tagging="a=b", **copy)
    say(Action=["s3:PutObject", "s3:PutObjectTagging"], Resource=f"arn:aws:s3:::{bucket}/*")
    other.copy_object(CopySource=tagged, **copy)
    other.copy_object(CopySource=bare, TaggingDirective="REPLACE", Tagging="a=b", **copy)


PRINCIPALS = [
    ({"Principal": "*"}, True, True),
    ({"Principal": {"AWS": "*"}}, True, True),
    ({"Principal": {"AWS": OTHER}}, True, False),
    ({"Principal": {"AWS": ["999999999999", f"arn:aws:iam::{OTHER}:root"]}}, True, False),
    ({"Principal": {"AWS": f"arn:aws:iam::{OTHER}:role/service-role/SageMakerExecutionRole"}}, True, False),
    ({"Principal": {"AWS": f"arn:aws:sts::{OTHER}:assumed-role/SageMakerExecutionRole/SageMaker"}}, True, False),
    ({"Principal": {"AWS": f"arn:aws:iam::{OTHER}:user/jo"}}, False, False),
    ({"Principal": {"Service": "logging.s3.amazonaws.com"}}, False, False),
    ({"NotPrincipal": {"AWS": OTHER}}, False, True),
]


@pytest.mark.parametrize(("who", "stranger", "unsigned"), PRINCIPALS, ids=[json.dumps(row[0]) for row in PRINCIPALS])
def test_principals(
    other: Any, nobody: Any, bucket: str, say: Callable[..., None], who: dict[str, Any], stranger: bool, unsigned: bool
) -> None:
    say(**who)
    assert (may(other, bucket), may(nobody, bucket)) == (stranger, unsigned)


def test_a_canonical_user(s3: Any, other: Any, bucket: str, say: Callable[..., None]) -> None:
    say(Principal={"CanonicalUser": other.list_buckets()["Owner"]["ID"]})
    assert may(other, bucket)
    say(Principal={"CanonicalUser": s3.list_buckets()["Owner"]["ID"]})
    assert not may(other, bucket)


def test_deny_beats_allow_and_binds_the_owner(s3: Any, other: Any, bucket: str, say: Callable[..., None]) -> None:
    allow = {"Effect": "Allow", "Principal": "*", "Action": "s3:*", "Resource": f"arn:aws:s3:::{bucket}/*"}
    deny = allow | {"Effect": "Deny", "Action": "s3:GetObject"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [allow, deny]})
    s3.put_bucket_policy(Bucket=bucket, Policy=policy)
    for client in (s3, other):
        refused(client.get_object, "AccessDenied", 403, Bucket=bucket, Key="k")
        client.put_object(Bucket=bucket, Key="k", Body=b"x")
    told = refused(s3.get_object, "AccessDenied", 403, Bucket=bucket, Key="k")["Message"]
    assert "is not authorized to perform: s3:GetObject" in told
    assert "with an explicit deny in a resource-based policy" in told
    assert s3.get_bucket_policy(Bucket=bucket)["Policy"] == policy


def test_the_account_cannot_lock_itself_out(s3: Any, other: Any, bucket: str, say: Callable[..., None]) -> None:
    say("Deny")
    refused(s3.get_object, "AccessDenied", 403, Bucket=bucket, Key="k")
    refused(s3.list_objects_v2, "AccessDenied", 403, Bucket=bucket)
    refused(s3.delete_bucket, "AccessDenied", 403, Bucket=bucket)
    assert json.loads(s3.get_bucket_policy(Bucket=bucket)["Policy"])["Statement"][0]["Effect"] == "Deny"
    say("Allow", Action="s3:*Policy*", Resource=f"arn:aws:s3:::{bucket}")
    refused(other.get_bucket_policy, "MethodNotAllowed", 405, Bucket=bucket)
    refused(other.delete_bucket_policy, "MethodNotAllowed", 405, Bucket=bucket)
    s3.delete_bucket_policy(Bucket=bucket)
    assert read(s3, bucket, "k") == b"x"


def test_a_policy_of_many_keys_is_asked_for_each(s3: Any, bucket: str, say: Callable[..., None]) -> None:
    s3.put_object(Bucket=bucket, Key="kept", Body=b"")
    say("Deny", Action="s3:DeleteObject", Resource=f"arn:aws:s3:::{bucket}/kept")
    told = s3.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": "k"}, {"Key": "kept"}]})
    assert [one["Key"] for one in told["Deleted"]] == ["k"]
    assert [(one["Key"], one["Code"]) for one in told["Errors"]] == [("kept", "AccessDenied")]


NOW = time.time()
READS = [
    ({"IpAddress": {"aws:SourceIp": "127.0.0.0/8"}}, {}, True),
    ({"IpAddress": {"aws:SourceIp": ["10.0.0.0/8", "192.168.0.1"]}}, {}, False),
    ({"NotIpAddress": {"aws:SourceIp": "10.0.0.0/8"}}, {}, True),
    ({"Bool": {"aws:SecureTransport": "false"}}, {}, False),
    ({"Bool": {"aws:SecureTransport": True}}, {}, True),
    ({"StringEquals": {"aws:PrincipalAccount": OTHER}}, {}, True),
    ({"StringNotEquals": {"aws:PrincipalAccount": OTHER}}, {}, False),
    ({"StringEquals": {"s3:ResourceAccount": OWNER}}, {}, True),
    ({"ArnLike": {"aws:PrincipalArn": f"arn:aws:iam::{OTHER}:role/Sage*"}}, {}, True),
    ({"ArnNotLike": {"aws:PrincipalArn": f"arn:aws:iam::{OTHER}:role/Sage*"}}, {}, False),
    ({"StringEquals": {"s3:ExistingObjectTag/team": ["blue", "red"]}}, {}, True),
    ({"StringEquals": {"s3:ExistingObjectTag/team": "blue"}}, {}, False),
    ({"StringEqualsIgnoreCase": {"s3:ExistingObjectTag/team": "RED"}}, {}, True),
    ({"StringLike": {"s3:existingobjecttag/team": "r?d"}}, {}, True),
    ({"StringNotLike": {"s3:ExistingObjectTag/team": "r*"}}, {}, False),
    ({"StringEquals": {"s3:ExistingObjectTag/none": "x"}}, {}, False),
    ({"StringEqualsIfExists": {"s3:ExistingObjectTag/none": "x"}}, {}, True),
    ({"StringNotEquals": {"s3:ExistingObjectTag/none": "x"}}, {}, True),
    ({"ForAnyValue:StringEquals": {"s3:ExistingObjectTag/none": "x"}}, {}, False),
    ({"ForAllValues:StringEquals": {"s3:ExistingObjectTag/none": "x"}}, {}, True),
    ({"Null": {"s3:ExistingObjectTag/team": "false"}}, {}, True),
    ({"Null": {"s3:ExistingObjectTag/team": "true"}}, {}, False),
    ({"Null": {"s3:ExistingObjectTag/none": True}}, {}, True),
    ({"DateGreaterThan": {"aws:CurrentTime": "2020-01-01T00:00:00Z"}}, {}, True),
    ({"DateLessThan": {"aws:CurrentTime": "2020-01-01T00:00:00Z"}}, {}, False),
    ({"NumericGreaterThan": {"aws:EpochTime": str(int(NOW) - 60)}}, {}, True),
    ({"NumericLessThanEquals": {"aws:EpochTime": int(NOW) - 60}}, {}, False),
    ({"StringLike": {"aws:UserAgent": "*Boto3*"}}, {}, True),
    ({"StringEquals": {"aws:Referer": "https://a"}}, {}, False),
    ({"StringEquals": {"s3:authType": "REST-HEADER", "s3:signatureversion": "AWS4-HMAC-SHA256"}}, {}, True),
    ({"StringEquals": {"s3:authType": "REST-HEADER", "aws:RequestedRegion": "eu-west-1"}}, {}, False),
    ({"Bool": {"aws:SecureTransport": "true"}, "IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}, {}, False),
    ({"StringEquals": {"aws:SourceVpce": "vpce-1"}}, {}, False),
]


@pytest.mark.parametrize(("condition", "params", "held"), READS, ids=[json.dumps(row[0]) for row in READS])
def test_conditions_of_reads(
    other: Any, bucket: str, say: Callable[..., None], condition: dict[str, Any], params: dict[str, Any], held: bool
) -> None:
    say(Action="s3:GetObject", Resource=f"arn:aws:s3:::{bucket}/*", Condition=condition)
    assert may(other, bucket, **params) == held


WRITES = [
    ({"StringEquals": {"s3:x-amz-acl": "bucket-owner-full-control"}}, {"ACL": "bucket-owner-full-control"}, True),
    ({"StringEquals": {"s3:x-amz-acl": "bucket-owner-full-control"}}, {}, False),
    ({"StringEquals": {"s3:x-amz-server-side-encryption": "aws:kms"}}, {"ServerSideEncryption": "aws:kms"}, True),
    ({"StringEquals": {"s3:x-amz-server-side-encryption": "aws:kms"}}, {"ServerSideEncryption": "AES256"}, False),
    ({"Null": {"s3:x-amz-server-side-encryption": "true"}}, {}, True),
    ({"StringEquals": {"s3:x-amz-storage-class": "GLACIER"}}, {"StorageClass": "GLACIER"}, True),
    ({"StringEquals": {"s3:RequestObjectTag/a": "1"}}, {"Tagging": "a=1&b=2"}, True),
    ({"StringEquals": {"s3:RequestObjectTag/a": "1"}}, {"Tagging": "a=2"}, False),
    ({"ForAllValues:StringEquals": {"s3:RequestObjectTagKeys": ["a", "b"]}}, {"Tagging": "a=1"}, True),
    ({"ForAllValues:StringEquals": {"s3:RequestObjectTagKeys": ["a", "b"]}}, {"Tagging": "a=1&c=2"}, False),
    ({"ForAnyValue:StringEquals": {"s3:RequestObjectTagKeys": ["a", "b"]}}, {"Tagging": "a=1&c=2"}, True),
    ({"Null": {"s3:if-none-match": "false"}}, {"IfNoneMatch": "*"}, True),
    ({"Null": {"s3:if-none-match": "false"}}, {}, False),
]


@pytest.mark.parametrize(("condition", "params", "held"), WRITES, ids=[json.dumps(row[:2]) for row in WRITES])
def test_conditions_of_writes(
    other: Any, bucket: str, say: Callable[..., None], condition: dict[str, Any], params: dict[str, Any], held: bool
) -> None:
    say(Action="s3:Put*", Resource=f"arn:aws:s3:::{bucket}/*", Condition=condition)
    if held:
        other.put_object(Bucket=bucket, Key="new", Body=b"", **params)
    else:
        refused(other.put_object, "AccessDenied", 403, Bucket=bucket, Key="new", Body=b"", **params)


def test_parts_are_judged_by_how_their_upload_began(s3: Any, bucket: str, say: Callable[..., None]) -> None:
    unencrypted = {"Null": {"s3:x-amz-server-side-encryption": "true"}}
    say("Deny", Action="s3:PutObject", Resource=f"arn:aws:s3:::{bucket}/*", Condition=unencrypted)
    body = os.urandom(9 << 20)
    refused(s3.create_multipart_upload, "AccessDenied", 403, Bucket=bucket, Key="big")
    s3.upload_fileobj(io.BytesIO(body), bucket, "big", ExtraArgs={"ServerSideEncryption": "AES256"})
    assert read(s3, bucket, "big") == body
    untagged = {"StringNotEquals": {"s3:RequestObjectTag/team": "red"}}
    say("Deny", Action="s3:PutObject", Resource=f"arn:aws:s3:::{bucket}/*", Condition=untagged)
    s3.upload_fileobj(io.BytesIO(body), bucket, "big", ExtraArgs={"Tagging": "team=red"})


def test_conditions_of_lists(other: Any, bucket: str, say: Callable[..., None]) -> None:
    resource = f"arn:aws:s3:::{bucket}"
    say(
        Action="s3:ListBucket",
        Resource=resource,
        Condition={"StringLike": {"s3:prefix": ["home/*", ""]}, "NumericLessThanEquals": {"s3:max-keys": "10"}},
    )
    other.list_objects_v2(Bucket=bucket, Prefix="home/me", MaxKeys=10)
    other.list_objects(Bucket=bucket, Prefix="", MaxKeys=1)
    for wrong in ({"Prefix": "other"}, {"Prefix": "home/me", "MaxKeys": 11}, {"Prefix": "home/me"}, {"MaxKeys": 1}):
        refused(other.list_objects_v2, "AccessDenied", 403, Bucket=bucket, **wrong)


GOOD = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::BUCKET/*"}
BAD = [
    ("no json", "Policies must be valid JSON and the first byte must be '{'"),
    ("[]", "Policies must be valid JSON and the first byte must be '{'"),
    ("[" * 20_000, "Policies must be valid JSON and the first byte must be '{'"),
    ({"Version": "2020-01-01", "Statement": [GOOD]}, "The policy must contain a valid version string"),
    ({"Statement": [GOOD], "Other": 1}, "Unknown field Other"),
    ({"Version": "2012-10-17"}, "Missing required field Statement"),
    ({"Statement": []}, "Could not parse the policy: Statement is empty!"),
    (GOOD | {"Effect": "Maybe"}, "Invalid effect"),
    (GOOD | {"Effect": ["Allow"]}, "Invalid effect"),
    ({name: GOOD[name] for name in GOOD if name != "Effect"}, "Missing required field Effect"),
    ({name: GOOD[name] for name in GOOD if name != "Principal"}, "Missing required field Principal"),
    ({name: GOOD[name] for name in GOOD if name != "Action"}, "Missing required field Action"),
    ({name: GOOD[name] for name in GOOD if name != "Resource"}, "Missing required field Resource"),
    (GOOD | {"Sidd": "x"}, "Unknown field Sidd"),
    (GOOD | {"Action": []}, "Missing required field Action cannot be empty!"),
    (GOOD | {"NotAction": "s3:*"}, "Statement cannot have both Action and NotAction"),
    (GOOD | {"Principal": {"AWS": "jo"}}, "Invalid principal in policy"),
    (GOOD | {"Principal": {"Aws": "*"}}, "Invalid principal in policy"),
    (GOOD | {"Principal": "jo"}, "Invalid principal in policy"),
    (GOOD | {"Principal": {"AWS": "arn:aws:iam::123456789012:user/*"}}, "Invalid principal in policy"),
    (GOOD | {"Principal": {"AWS": []}}, "Invalid principal in policy"),
    (GOOD | {"Action": "s3:Nonsense"}, "Policy has invalid action"),
    (GOOD | {"Action": "ec2:*"}, "Policy has invalid action"),
    (GOOD | {"Resource": "*"}, "Policy has invalid resource"),
    (GOOD | {"Resource": "arn:aws:s3:::another-bucket/*"}, "Policy has invalid resource"),
    (GOOD | {"Resource": "arn:aws:s3:::BUCKET"}, "Action does not apply to any resource(s) in statement"),
    (GOOD | {"Action": "s3:ListBucket"}, "Action does not apply to any resource(s) in statement"),
    (GOOD | {"Condition": {"StringAlmost": {"aws:SourceIp": "x"}}}, "Invalid Condition type : StringAlmost"),
    (GOOD | {"Condition": {"StringEquals": {"nothing": "x"}}}, "Policy has an invalid condition key"),
    (
        GOOD | {"Condition": {"StringEquals": {"s3:prefix": "x"}}},
        "Conditions do not apply to combination of actions and resources in statement",
    ),
    (GOOD | {"Sid": "x" * (20 << 10)}, "Policies must not be larger than 20480 bytes"),
]


@pytest.mark.parametrize(("policy", "says"), BAD, ids=[f"{number}: {row[1]}" for number, row in enumerate(BAD)])
def test_policies_that_are_none(s3: Any, bucket: str, policy: Any, says: str) -> None:
    if isinstance(policy, dict) and "Statement" not in policy and "Version" not in policy:
        policy = {"Version": "2012-10-17", "Statement": [policy]}
    text = (policy if isinstance(policy, str) else json.dumps(policy)).replace("BUCKET", bucket)
    error = refused(s3.put_bucket_policy, "MalformedPolicy", 400, Bucket=bucket, Policy=text)
    assert error["Message"] == says
    refused(s3.get_bucket_policy, "NoSuchBucketPolicy", 404, Bucket=bucket)


def test_a_copy_needs_no_right_to_read_what_it_makes(
    s3: Any, other: Any, bucket: str, say: Callable[..., None]
) -> None:
    only = {"StringLike": {"s3:x-amz-copy-source": f"{bucket}/k*"}}
    target = f"{bucket}-copies"
    s3.create_bucket(Bucket=target, ObjectOwnership="ObjectWriter")
    s3.delete_public_access_block(Bucket=target)
    allow = {"Effect": "Allow", "Principal": "*", "Action": "s3:PutObject", "Resource": f"arn:aws:s3:::{target}/*"}
    document = {"Version": "2012-10-17", "Statement": [{**allow, "Condition": only}]}
    s3.put_bucket_policy(Bucket=target, Policy=json.dumps(document))
    say(Action="s3:GetObject", Resource=f"arn:aws:s3:::{bucket}/*")
    for key in ("k", "other"):
        s3.put_object(Bucket=bucket, Key=key)
    other.copy_object(Bucket=target, Key="new", CopySource={"Bucket": bucket, "Key": "k"})
    source = {"Bucket": bucket, "Key": "other"}
    refused(other.copy_object, "AccessDenied", 403, Bucket=target, Key="new", CopySource=source)
