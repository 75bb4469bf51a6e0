"""What is not there is a secret of those who may list: nobody else is told by a 404."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

import pytest

from tests.api.conftest import OTHER
from tests.api.s3_calls import may, new_bucket, put_policy, refused

Say = Callable[..., None]
TAGS = {"Tagging": {"TagSet": [{"Key": "a", "Value": "b"}]}}
LOCK = {"Retention": {"Mode": "GOVERNANCE", "RetainUntilDate": time.time() + 3600}}
CALLS: dict[str, dict[str, Any]] = {
    "get_object": {},
    "head_object": {},
    "get_object_attributes": {"ObjectAttributes": ["ETag"]},
    "get_object_tagging": {},
    "put_object_tagging": TAGS,
    "delete_object_tagging": {},
    "restore_object": {"RestoreRequest": {"Days": 1}},
    "get_object_retention": {},
    "put_object_retention": LOCK,
    "get_object_legal_hold": {},
    "put_object_legal_hold": {"LegalHold": {"Status": "ON"}},
}
WITH_ACLS: dict[str, dict[str, Any]] = {"get_object_acl": {}, "put_object_acl": {"ACL": "private"}}
NONE = "0" * 32
#: What is allowed, and what a key and a version that are not there are answered with then.
KNOWN = [("s3:*Object*", "AccessDenied", "AccessDenied"), ("s3:*", "NoSuchKey", "NoSuchVersion")]


@pytest.fixture
def bucket(open_bucket: str) -> str:
    return open_bucket


def answered(call: Any, code: str, **params: Any) -> None:
    """A call is answered with an error of this code, which HEAD has no body to tell."""
    status = 403 if code == "AccessDenied" else 404
    refused(call, str(status) if call.__name__.startswith("head") else code, status, **params)


def test_of_those_who_may_read_or_list(other: Any, bucket: str, say: Say) -> None:
    say(Action="s3:GetObject", Resource=f"arn:aws:s3:::{bucket}/*")
    assert may(other, bucket)
    refused(other.get_object, "AccessDenied", 403, Bucket=bucket, Key="none")
    say(Action=["s3:GetObject", "s3:ListBucket"])
    refused(other.get_object, "NoSuchKey", 404, Bucket=bucket, Key="none")
    resource, seen = f"arn:aws:s3:::{bucket}", {"StringLike": {"s3:prefix": "seen/*"}}
    say(Action="s3:ListBucket", Resource=resource, Condition=seen)
    refused(other.head_object, "404", 404, Bucket=bucket, Key="seen/none")
    refused(other.head_object, "403", 403, Bucket=bucket, Key="hidden/none")
    refused(other.head_object, "403", 403, Bucket=bucket, Key="k")


@pytest.mark.parametrize("name", CALLS | WITH_ACLS)
def test_of_every_call_that_looks_for_an_object(s3: Any, other: Any, name: str) -> None:
    acls = {"ObjectOwnership": "ObjectWriter"} if name in WITH_ACLS else {}
    bucket = new_bucket(s3, ObjectLockEnabledForBucket=True, **acls)
    s3.delete_public_access_block(Bucket=bucket)
    s3.put_object(Bucket=bucket, Key="gone")
    s3.delete_object(Bucket=bucket, Key="gone")
    call, params = getattr(other, name), (CALLS | WITH_ACLS)[name]
    for action, code, of_version in KNOWN:
        put_policy(s3, bucket, Action=action)
        for key in ("none", "gone"):
            answered(call, code, Bucket=bucket, Key=key, **params)
        answered(call, of_version, Bucket=bucket, Key="none", VersionId=NONE, **params)


def test_of_the_source_of_a_copy(s3: Any, other: Any, bucket: str, say: Say) -> None:
    mine = f"{bucket}-other"
    other.create_bucket(Bucket=mine)
    upload = {"Bucket": mine, "Key": "parts"}
    upload["UploadId"] = other.create_multipart_upload(**upload)["UploadId"]
    copies = ((other.copy_object, {"Bucket": mine, "Key": "k"}), (other.upload_part_copy, {**upload, "PartNumber": 1}))
    for action, code, of_version in KNOWN:
        say(Action=action)
        for call, params in copies:
            answered(call, code, CopySource=f"{bucket}/none", **params)
            answered(call, of_version, CopySource=f"{bucket}/none?versionId={NONE}", **params)


def test_who_is_denied_a_list_sees_nothing(s3: Any, other: Any, bucket: str) -> None:
    """Though all else is allowed; it binds the owner, too."""
    allow = {"Effect": "Allow", "Principal": "*", "Action": "s3:*"}
    allow["Resource"] = [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"]
    deny = allow | {"Effect": "Deny", "Action": "s3:ListBucket", "Resource": f"arn:aws:s3:::{bucket}"}
    s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps({"Version": "2012-10-17", "Statement": [allow, deny]}))
    for client in (s3, other):
        assert may(client, bucket)
        refused(client.get_object, "AccessDenied", 403, Bucket=bucket, Key="none")
        refused(client.get_object_tagging, "AccessDenied", 403, Bucket=bucket, Key="none")
    deny["Principal"] = {"AWS": OTHER}
    s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps({"Version": "2012-10-17", "Statement": [allow, deny]}))
    refused(s3.get_object, "NoSuchKey", 404, Bucket=bucket, Key="none")
    refused(other.get_object, "AccessDenied", 403, Bucket=bucket, Key="none")


def test_an_acl_that_lets_list_lets_see(s3: Any, other: Any, bucket: str) -> None:
    refused(other.get_object_acl, "AccessDenied", 403, Bucket=bucket, Key="none")
    s3.put_bucket_acl(Bucket=bucket, ACL="public-read")
    refused(other.get_object, "NoSuchKey", 404, Bucket=bucket, Key="none")
    refused(other.get_object_acl, "NoSuchKey", 404, Bucket=bucket, Key="none")


def test_a_delete_marker_by_its_name(s3: Any, other: Any, bucket: str, say: Say) -> None:
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    version = s3.delete_object(Bucket=bucket, Key="k")["VersionId"]
    say(Action="s3:GetObject*")
    refused(other.get_object, "AccessDenied", 403, Bucket=bucket, Key="k")
    refused(other.get_object, "MethodNotAllowed", 405, Bucket=bucket, Key="k", VersionId=version)
