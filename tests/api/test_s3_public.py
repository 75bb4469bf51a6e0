"""Public access blocks and ACLs: what is public, and whom it lets in."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.api.conftest import OTHER
from tests.api.s3_calls import may, new_bucket, refused

BLOCKS = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")


@pytest.fixture
def bucket(open_bucket: str) -> str:
    return open_bucket


PUBLIC = [
    ({}, True),
    ({"effect": "Deny", "Action": "s3:PutBucketTagging"}, False),
    ({"Principal": {"AWS": OTHER}}, False),
    ({"NotPrincipal": {"AWS": OTHER}}, True),
    ({"Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-1"}}}, False),
    ({"Condition": {"StringLike": {"aws:SourceVpce": "vpce-*"}}}, True),
    ({"Condition": {"StringNotEquals": {"aws:SourceVpce": "vpce-1"}}}, True),
    ({"Condition": {"StringEquals": {"aws:PrincipalAccount": "${aws:ResourceAccount}"}}}, True),
    ({"Condition": {"IpAddress": {"aws:SourceIp": "54.240.143.0/24"}}}, False),
    ({"Condition": {"IpAddress": {"aws:SourceIp": "0.0.0.0/1"}}}, True),
    ({"Condition": {"StringEquals": {"aws:Referer": "https://example.com"}}}, True),
]


@pytest.mark.parametrize(("statement", "public"), PUBLIC, ids=[json.dumps(row[0]) for row in PUBLIC])
def test_what_is_public(
    s3: Any, bucket: str, say: Callable[..., None], statement: dict[str, Any], public: bool
) -> None:
    say(**statement)
    assert s3.get_bucket_policy_status(Bucket=bucket)["PolicyStatus"] == {"IsPublic": public}
    s3.delete_bucket_policy(Bucket=bucket)
    refused(s3.get_bucket_policy_status, "NoSuchBucketPolicy", 404, Bucket=bucket)
    block = {"BlockPublicPolicy": True}
    s3.put_public_access_block(Bucket=bucket, PublicAccessBlockConfiguration=block)
    if public:
        with pytest.raises(s3.exceptions.ClientError, match="public policies are prevented by the BlockPublicPolicy"):
            say(**statement)
    else:
        say(**statement)


def test_restricted_buckets_shut_strangers_out(
    s3: Any, other: Any, nobody: Any, bucket: str, say: Callable[..., None]
) -> None:
    say()
    assert may(other, bucket)
    assert may(nobody, bucket)
    block = {"RestrictPublicBuckets": True}
    s3.put_public_access_block(Bucket=bucket, PublicAccessBlockConfiguration=block)
    assert (may(s3, bucket), may(other, bucket), may(nobody, bucket)) == (True, False, False)
    say(Principal={"AWS": OTHER})
    assert (may(s3, bucket), may(other, bucket), may(nobody, bucket)) == (True, True, False)


def test_acls_let_others_in(s3: Any, other: Any, nobody: Any, bucket: str) -> None:
    at = {"Bucket": bucket, "Key": "k"}
    s3.put_object_acl(ACL="authenticated-read", **at)
    assert (may(other, bucket), may(nobody, bucket)) == (True, False)
    s3.put_object_acl(ACL="public-read", **at)
    assert (may(other, bucket), may(nobody, bucket)) == (True, True)
    refused(nobody.get_object_acl, "AccessDenied", 403, **at)
    s3.put_public_access_block(Bucket=bucket, PublicAccessBlockConfiguration={"IgnorePublicAcls": True})
    assert (may(other, bucket), may(nobody, bucket)) == (False, False)
    them = other.list_buckets()["Owner"]["ID"]
    s3.put_object_acl(GrantRead=f"id={them}", GrantReadACP=f"id={them}", **at)
    assert (may(other, bucket), may(nobody, bucket)) == (True, False)
    other.get_object_acl(**at)
    refused(other.put_object_acl, "AccessDenied", 403, ACL="private", **at)
    refused(other.get_object_tagging, "AccessDenied", 403, **at)
    controls = {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}
    s3.put_bucket_ownership_controls(Bucket=bucket, OwnershipControls=controls)
    assert not may(other, bucket)


def test_acls_of_buckets(s3: Any, other: Any, nobody: Any, bucket: str) -> None:
    s3.put_bucket_acl(Bucket=bucket, ACL="public-read")
    assert nobody.list_objects_v2(Bucket=bucket)["KeyCount"] == 1
    refused(nobody.get_object, "AccessDenied", 403, Bucket=bucket, Key="k")
    refused(nobody.get_object, "NoSuchKey", 404, Bucket=bucket, Key="none")
    refused(nobody.put_object, "AccessDenied", 403, Bucket=bucket, Key="k", Body=b"")
    s3.put_bucket_acl(Bucket=bucket, ACL="public-read-write")
    nobody.put_object(Bucket=bucket, Key="new", Body=b"x")
    other.delete_object(Bucket=bucket, Key="new")
    refused(other.get_bucket_acl, "AccessDenied", 403, Bucket=bucket)
    them = other.list_buckets()["Owner"]["ID"]
    s3.put_bucket_acl(Bucket=bucket, GrantFullControl=f"id={them}")
    other.get_bucket_acl(Bucket=bucket)
    other.put_bucket_acl(Bucket=bucket, ACL="private")


def test_objects_of_others(s3: Any, other: Any, bucket: str) -> None:
    mine, theirs = (client.list_buckets()["Owner"]["ID"] for client in (s3, other))
    s3.put_bucket_acl(Bucket=bucket, ACL="public-read-write")

    def owners(key: str) -> tuple[str, set[tuple[str, str]]]:
        told = other.get_object_acl(Bucket=bucket, Key=key)
        listed = s3.list_objects_v2(Bucket=bucket, Prefix=key, FetchOwner=True)["Contents"]
        assert listed[0]["Owner"]["ID"] == told["Owner"]["ID"]
        return told["Owner"]["ID"], {(one["Grantee"]["ID"], one["Permission"]) for one in told["Grants"]}

    for acl, more in (("private", set()), ("bucket-owner-read", {(mine, "READ")})):
        other.put_object(Bucket=bucket, Key="theirs", Body=b"", ACL=acl)
        assert owners("theirs") == (theirs, {(theirs, "FULL_CONTROL")} | more)
        assert may(other, bucket, "theirs")
        assert may(s3, bucket, "theirs") == bool(more)
        refused(s3.get_object_acl, "AccessDenied", 403, Bucket=bucket, Key="theirs")
        if not more:
            source = f"{bucket}/theirs"
            refused(s3.head_object, "403", 403, Bucket=bucket, Key="theirs")
            refused(s3.copy_object, "AccessDenied", 403, Bucket=bucket, Key="copy", CopySource=source)
    other.put_object_acl(Bucket=bucket, Key="theirs", ACL="bucket-owner-full-control")
    assert owners("theirs")[1] == {(theirs, "FULL_CONTROL"), (mine, "FULL_CONTROL")}
    controls = {"Rules": [{"ObjectOwnership": "BucketOwnerPreferred"}]}
    s3.put_bucket_ownership_controls(Bucket=bucket, OwnershipControls=controls)
    other.put_object(Bucket=bucket, Key="given", Body=b"", ACL="bucket-owner-full-control")
    refused(other.get_object_acl, "AccessDenied", 403, Bucket=bucket, Key="given")
    assert s3.get_object_acl(Bucket=bucket, Key="given")["Owner"]["ID"] == mine


def test_what_a_new_bucket_blocks(s3: Any, nobody: Any) -> None:
    name = new_bucket(s3)
    told = s3.get_public_access_block(Bucket=name)["PublicAccessBlockConfiguration"]
    assert told == dict.fromkeys(BLOCKS, True)
    statement = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::{name}/*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    refused(s3.put_bucket_policy, "AccessDenied", 403, Bucket=name, Policy=policy)
    refused(nobody.list_objects_v2, "AccessDenied", 403, Bucket=name)
