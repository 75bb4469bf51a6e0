"""Walks over all operations of S3: the expected bucket owner, missing buckets, refusals, strangers."""

from __future__ import annotations

from typing import Any

import botocore.session
import pytest

from emulator.aws import model
from tests.api.s3_calls import new_bucket, refused
from tests.conftest import Client

S3 = botocore.session.get_session().get_service_model("s3")
#: Operations whose requests are those of newer ones.
OLDER = {"GetBucketLifecycle", "GetBucketNotification", "PutBucketLifecycle", "PutBucketNotification"}
#: botocore sends these to a host of their own, whatever the endpoint.
ELSEWHERE = {"WriteGetObjectResponse", "ListDirectoryBuckets", "CreateSession"}
REFUSED = {
    "GetObjectTorrent": 501,
    "SelectObjectContent": 405,
    "RenameObject": 501,
    "UpdateObjectEncryption": 501,
    "CreateBucketMetadataTableConfiguration": 501,
    "GetBucketMetadataConfiguration": 501,
    "PutObjectAnnotation": 501,
    "ListObjectAnnotations": 501,
}


def filled(shape: Any, name: str = "") -> Any:
    """The least that botocore's own validation takes."""
    kind = shape.type_name
    if kind == "structure":
        wanted = shape.required_members or (list(shape.members)[:1] if shape.metadata.get("union") else [])
        return {member: filled(shape.members[member], member) for member in wanted}
    if kind in {"list", "map"}:
        return [filled(shape.member)] if kind == "list" else {}
    if kind in {"integer", "long", "float", "double"}:
        return 1
    if kind in {"boolean", "timestamp", "blob"}:
        return {"boolean": False, "timestamp": 0, "blob": b""}[kind]
    return shape.metadata["enum"][0] if "enum" in shape.metadata else NAMES.get(name, "x")


NAMES = {
    "CopySource": "a-bucket/a-key",
    "RenameSource": "a-key",
    "Policy": "{}",
    "KMSKeyArn": f"arn:aws:kms:::key/{'0' * 36}",
}


def params(operation: str, **more: Any) -> dict[str, Any]:
    return filled(S3.operation_model(operation).input_shape) | more


def method(client: Any, operation: str) -> Any:
    names = {py: name for py, name in client.meta.method_to_api_mapping.items() if name == operation}
    return getattr(client, next(iter(names)))


def having(member: str) -> list[str]:
    shapes = ((name, S3.operation_model(name).input_shape) for name in S3.operation_names)
    found = [name for name, shape in shapes if shape is not None and member in shape.members]
    return [name for name in found if name not in OLDER | ELSEWHERE]


@pytest.fixture(scope="module")
def bucket(s3: Any) -> str:
    name = new_bucket(s3)
    s3.put_object(Bucket=name, Key="x", Body=b"")
    return name


def denied(operation: str) -> str:
    """HEAD's answers have no body to hold a code."""
    return "403" if operation.startswith("Head") else "AccessDenied"


@pytest.mark.parametrize("operation", having("ExpectedBucketOwner"))
def test_the_expected_owner_is_compared(s3: Any, bucket: str, operation: str) -> None:
    given = params(operation, Bucket=bucket, ExpectedBucketOwner="999999999999")
    refused(method(s3, operation), denied(operation), 403, **given)


@pytest.mark.parametrize("operation", [name for name in having("Bucket") if name != "CreateBucket"])
def test_a_missing_bucket_is_missing(s3: Any, operation: str) -> None:
    code = "404" if operation.startswith("Head") else "NoSuchBucket"
    refused(method(s3, operation), code, 404, **params(operation, Bucket="no-such-bucket-here"))


@pytest.mark.parametrize(
    "operation", [name for name in having("Bucket") if name not in {"CreateBucket", "DeleteObjects"}]
)
def test_strangers_are_kept_out(client: Client, bucket: str, operation: str) -> None:
    other = client("s3", aws_access_key_id="210987654321")
    refused(method(other, operation), denied(operation), 403, **params(operation, Bucket=bucket))


@pytest.mark.parametrize(("operation", "status"), REFUSED.items())
def test_what_is_not_done_says_so(s3: Any, bucket: str, operation: str, status: int) -> None:
    code = "NotImplemented" if status == 501 else "MethodNotAllowed"
    error = refused(method(s3, operation), code, status, **params(operation, Bucket=bucket))
    assert ":" in error["Message"], "the reason and what to do instead"


def test_copy_sources_have_an_expected_owner_too(s3: Any, bucket: str) -> None:
    source = {"CopySource": f"{bucket}/x", "ExpectedSourceBucketOwner": "999999999999"}
    refused(s3.copy_object, "AccessDenied", 403, Bucket=bucket, Key="copy", **source)
    upload = s3.create_multipart_upload(Bucket=bucket, Key="copy")["UploadId"]
    place = {"Bucket": bucket, "Key": "copy", "UploadId": upload, "PartNumber": 1}
    refused(s3.upload_part_copy, "AccessDenied", 403, **place, **source)


def test_every_operation_is_done_or_refused() -> None:
    from emulator.app import load_handlers
    from emulator.aws import registry

    load_handlers()
    names = set(model.service("s3").operation_names)
    assert {name for name in names if not registry.handles("s3", name)} == OLDER
