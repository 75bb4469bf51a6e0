"""ACLs and archived objects."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.api.s3_calls import read, refused
from tests.conftest import Client

ALL = "http://acs.amazonaws.com/groups/global/AllUsers"
SOMEBODY = "ab" * 32


@pytest.fixture
def open_bucket(s3: Any, bucket: str) -> str:
    s3.put_bucket_ownership_controls(
        Bucket=bucket, OwnershipControls={"Rules": [{"ObjectOwnership": "BucketOwnerPreferred"}]}
    )
    s3.delete_public_access_block(Bucket=bucket)
    return bucket


def granted(answer: dict[str, Any]) -> set[tuple[str, str]]:
    mine = answer["Owner"]["ID"]
    names = [(one["Grantee"].get("URI") or one["Grantee"]["ID"], one["Permission"]) for one in answer["Grants"]]
    return {("me" if name == mine else name, permission) for name, permission in names}


def test_a_new_bucket_takes_no_acls(s3: Any, bucket: str) -> None:
    s3.put_object(Bucket=bucket, Key="k", Body=b"", ACL="bucket-owner-full-control")
    assert granted(s3.get_object_acl(Bucket=bucket, Key="k")) == {("me", "FULL_CONTROL")}
    code = "AccessControlListNotSupported"
    refused(s3.put_object, code, 400, Bucket=bucket, Key="k", Body=b"", ACL="public-read")
    refused(s3.put_bucket_acl, code, 400, Bucket=bucket, ACL="public-read")
    refused(s3.put_bucket_acl, code, 400, Bucket=bucket, ACL="private")
    refused(s3.put_object_acl, code, 400, Bucket=bucket, Key="k", ACL="private")
    s3.put_object(Bucket=bucket, Key="k", Body=b"", ACL="private")
    made = {"Bucket": f"{bucket}-2", "ACL": "public-read"}
    refused(s3.create_bucket, "InvalidBucketAclWithObjectOwnership", 400, **made)
    code = "InvalidBucketAclWithBlockPublicAccessError"
    refused(s3.create_bucket, code, 400, **made, ObjectOwnership="ObjectWriter")
    told = refused(s3.create_bucket, "InvalidArgument", 400, **made, ObjectOwnership="Somebody")
    assert told["ArgumentName"] == "x-amz-object-ownership"
    refused(s3.head_bucket, "404", 404, Bucket=f"{bucket}-2")


def test_acls_go_before_they_are_switched_off(s3: Any, open_bucket: str) -> None:
    switch = {"Bucket": open_bucket, "OwnershipControls": {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}}
    s3.put_bucket_acl(Bucket=open_bucket, ACL="public-read")
    refused(s3.put_bucket_ownership_controls, "InvalidBucketAclWithObjectOwnership", 400, **switch)
    s3.put_bucket_acl(Bucket=open_bucket, ACL="private")
    s3.put_bucket_ownership_controls(**switch)
    for rules in ([{"ObjectOwnership": "Nobody"}], [{"ObjectOwnership": "ObjectWriter"}] * 2):
        bad = {"Bucket": open_bucket, "OwnershipControls": {"Rules": rules}}
        refused(s3.put_bucket_ownership_controls, "MalformedXML", 400, **bad)


def test_a_bucket_made_again_is_private_again(s3: Any, open_bucket: str) -> None:
    s3.put_bucket_acl(Bucket=open_bucket, ACL="public-read")
    s3.create_bucket(Bucket=open_bucket)
    assert granted(s3.get_bucket_acl(Bucket=open_bucket)) == {("me", "FULL_CONTROL")}
    s3.create_bucket(Bucket=open_bucket, ACL="public-read")
    assert granted(s3.get_bucket_acl(Bucket=open_bucket)) == {("me", "FULL_CONTROL"), (ALL, "READ")}
    tags = {"CreateBucketConfiguration": {"Tags": [{"Key": "a", "Value": "b"}]}}
    refused(s3.create_bucket, "BucketAlreadyOwnedByYou", 409, Bucket=open_bucket, **tags)


def test_a_stranger_in_a_bucket_without_acls(client: Client, s3: Any, bucket: str) -> None:
    stranger = client("s3", aws_access_key_id="210987654321")
    allow = {"Effect": "Allow", "Principal": {"AWS": "210987654321"}, "Action": "s3:*"}
    statement = {**allow, "Resource": [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"]}
    s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps({"Version": "2012-10-17", "Statement": statement}))
    at = {"Bucket": bucket, "Key": "k"}
    refused(stranger.put_object, "AccessControlListNotSupported", 400, **at, ACL="private")
    refused(stranger.create_multipart_upload, "AccessControlListNotSupported", 400, **at, ACL="private")
    stranger.put_object(**at, ACL="bucket-owner-full-control")
    assert granted(s3.get_object_acl(**at)) == {("me", "FULL_CONTROL")}
    upload = stranger.create_multipart_upload(**at)["UploadId"]
    told = s3.list_multipart_uploads(Bucket=bucket)["Uploads"][0]
    assert told["Initiator"]["ID"] != told["Owner"]["ID"] == s3.list_buckets()["Owner"]["ID"]
    parts = s3.list_parts(**at, UploadId=upload)
    assert (parts["Initiator"], parts["Owner"]) == (told["Initiator"], told["Owner"])
    s3.put_bucket_ownership_controls(Bucket=bucket, OwnershipControls={"Rules": [{"ObjectOwnership": "ObjectWriter"}]})
    stranger.create_multipart_upload(Bucket=bucket, Key="theirs")
    told = s3.list_multipart_uploads(Bucket=bucket, Prefix="theirs")["Uploads"][0]
    assert told["Owner"]["ID"] == told["Initiator"]["ID"] == stranger.list_buckets()["Owner"]["ID"]


def test_acls_are_kept_and_echoed(s3: Any, open_bucket: str) -> None:
    at = {"Bucket": open_bucket, "Key": "k"}
    s3.put_object(Body=b"x", ACL="public-read", **at)
    assert granted(s3.get_object_acl(**at)) == {("me", "FULL_CONTROL"), (ALL, "READ")}
    s3.put_object_acl(GrantRead=f'id="{SOMEBODY}", uri="{ALL}"', GrantWriteACP=f"id={SOMEBODY}", **at)
    assert granted(s3.get_object_acl(**at)) == {(SOMEBODY, "READ"), (ALL, "READ"), (SOMEBODY, "WRITE_ACP")}
    s3.put_bucket_acl(Bucket=open_bucket, ACL="public-read-write")
    told = s3.get_bucket_acl(Bucket=open_bucket)
    assert granted(told) == {("me", "FULL_CONTROL"), (ALL, "READ"), (ALL, "WRITE")}
    policy = {"Owner": told["Owner"], "Grants": told["Grants"]}
    s3.put_object_acl(AccessControlPolicy=policy, **at)
    assert granted(s3.get_object_acl(**at)) == granted(told)
    refused(s3.put_object_acl, "MalformedACLError", 400, AccessControlPolicy={"Grants": []}, **at)
    refused(s3.put_object_acl, "AccessDenied", 403, AccessControlPolicy={"Owner": {"ID": SOMEBODY}}, **at)
    refused(s3.put_object_acl, "InvalidArgument", 400, GrantRead="id=nobody", **at)
    refused(s3.put_object_acl, "InvalidArgument", 400, GrantRead='uri="http://x"', **at)
    refused(s3.put_object_acl, "InvalidRequest", 400, GrantRead=f"id={SOMEBODY}", ACL="private", **at)
    refused(s3.put_object_acl, "InvalidArgument", 400, ACL="open", **at)
    refused(s3.put_object_acl, "MissingSecurityHeader", 400, **at)
    block = {"BlockPublicAcls": True}
    s3.put_public_access_block(Bucket=open_bucket, PublicAccessBlockConfiguration=block)
    refused(s3.put_object_acl, "AccessDenied", 403, ACL="public-read", **at)


def test_archived_objects_are_restored_first(s3: Any, bucket: str) -> None:
    at = {"Bucket": bucket, "Key": "k"}
    s3.put_object(Body=b"cold", StorageClass="GLACIER", **at)
    assert s3.head_object(**at)["StorageClass"] == "GLACIER"
    refused(s3.get_object, "InvalidObjectState", 403, **at)
    refused(s3.copy_object, "InvalidObjectState", 403, Bucket=bucket, Key="copy", CopySource=at)
    s3.restore_object(RestoreRequest={"Days": 2}, **at)
    assert read(s3, bucket, "k") == b"cold"
    assert s3.head_object(**at)["Restore"].startswith('ongoing-request="false", expiry-date="')
    s3.put_object(Bucket=bucket, Key="warm", Body=b"")
    refused(s3.restore_object, "InvalidObjectState", 403, Bucket=bucket, Key="warm", RestoreRequest={"Days": 2})
    refused(s3.put_object, "InvalidStorageClass", 400, Body=b"", StorageClass="CELLAR", **at)


def test_mfa_delete_is_kept(s3: Any, bucket: str) -> None:
    config = {"Status": "Enabled", "MFADelete": "Disabled"}
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration=config, MFA="arn 123456")
    told = s3.get_bucket_versioning(Bucket=bucket)
    assert {name: told[name] for name in config} == config
