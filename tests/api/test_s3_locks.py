"""Object lock, customer keys, delete markers' answers, and what a signed body is compared with."""

from __future__ import annotations

import base64
import hashlib
import sqlite3
import time
from contextlib import closing
from datetime import UTC, datetime
from typing import Any

import pytest
import requests
from botocore.exceptions import ClientError

from tests.api.s3_calls import read, refused
from tests.conftest import Running, Start
from tests.raw_calls import SIGNED

DAY = 24 * 3600
KEY = b"0123456789abcdef0123456789abcdef"


def test_governance_can_be_got_round_and_compliance_cannot(s3: Any, locked: str) -> None:
    until = int(time.time()) + DAY
    for mode in ("GOVERNANCE", "COMPLIANCE"):
        made = s3.put_object(Bucket=locked, Key=mode, Body=b"x", ObjectLockMode=mode, ObjectLockRetainUntilDate=until)
        at = {"Bucket": locked, "Key": mode, "VersionId": made["VersionId"]}
        told = s3.get_object_retention(**at)["Retention"]
        assert (told["Mode"], told["RetainUntilDate"].timestamp()) == (mode, until)
        shorter = {"Mode": mode, "RetainUntilDate": until - 60}
        refused(s3.put_object_retention, "AccessDenied", 403, Retention=shorter, **at)
        refused(s3.delete_object, "AccessDenied", 403, **at)
        longer = until + 60.25  # told as it was put: else it would end behind what is told of it
        s3.put_object_retention(Retention={"Mode": mode, "RetainUntilDate": longer}, **at)
        assert s3.get_object_retention(**at)["Retention"]["RetainUntilDate"].timestamp() == longer
        other = {"Mode": "COMPLIANCE" if mode == "GOVERNANCE" else "GOVERNANCE", "RetainUntilDate": until + 90}
        refused(s3.put_object_retention, "AccessDenied", 403, Retention=other, **at)
        if mode == "GOVERNANCE":
            s3.put_object_retention(Retention=shorter, BypassGovernanceRetention=True, **at)
            s3.delete_object(BypassGovernanceRetention=True, **at)
        else:
            refused(s3.put_object_retention, "AccessDenied", 403, Retention={}, BypassGovernanceRetention=True, **at)
            refused(s3.delete_object, "AccessDenied", 403, BypassGovernanceRetention=True, **at)


def test_a_legal_hold_keeps_a_version(s3: Any, locked: str) -> None:
    version = s3.put_object(Bucket=locked, Key="k", Body=b"x", ObjectLockLegalHoldStatus="ON")["VersionId"]
    refused(s3.delete_object, "AccessDenied", 403, Bucket=locked, Key="k", VersionId=version)
    s3.put_object_legal_hold(Bucket=locked, Key="k", LegalHold={"Status": "OFF"})
    assert s3.get_object_legal_hold(Bucket=locked, Key="k")["LegalHold"] == {"Status": "OFF"}
    s3.delete_object(Bucket=locked, Key="k", VersionId=version)


def test_a_lock_kept_past_the_calendar_ends_with_it(start_server: Start) -> None:
    """Earlier versions took any number for a date."""
    running = start_server("--executor", "process")
    s3 = running.client("s3")
    s3.create_bucket(Bucket="old", ObjectLockEnabledForBucket=True)
    lock = {"ObjectLockMode": "COMPLIANCE", "ObjectLockRetainUntilDate": time.time() + DAY}
    version = s3.put_object(Bucket="old", Key="k", Body=b"x", **lock)["VersionId"]
    with closing(sqlite3.connect(running.data_dir / "state.db", timeout=30)) as state, state:
        path = "$.ObjectLockRetainUntilDate"
        state.execute(f"UPDATE objects SET meta = json_set(meta, '{path}', 1e12) WHERE bucket = 'old'")
    last = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)
    assert s3.head_object(Bucket="old", Key="k")["ObjectLockRetainUntilDate"] == last
    assert s3.get_object(Bucket="old", Key="k")["ObjectLockRetainUntilDate"] == last
    assert s3.get_object_retention(Bucket="old", Key="k")["Retention"]["RetainUntilDate"] == last
    refused(s3.delete_object, "AccessDenied", 403, Bucket="old", Key="k", VersionId=version)


def test_a_default_retention_reaches_new_objects(s3: Any, bucket: str) -> None:
    config = {"ObjectLockEnabled": "Enabled", "Rule": {"DefaultRetention": {"Mode": "GOVERNANCE", "Days": 2}}}
    refused(s3.get_object_lock_configuration, "ObjectLockConfigurationNotFoundError", 404, Bucket=bucket)
    put = {"Bucket": bucket, "ObjectLockConfiguration": config}
    refused(s3.put_object_lock_configuration, "InvalidBucketState", 409, **put)
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    s3.put_object_lock_configuration(**put)
    assert s3.get_object_lock_configuration(Bucket=bucket)["ObjectLockConfiguration"] == config
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    told = s3.head_object(Bucket=bucket, Key="k")
    assert told["ObjectLockMode"] == "GOVERNANCE"
    assert DAY < told["ObjectLockRetainUntilDate"].timestamp() - time.time() <= 2 * DAY


def test_locks_that_make_no_sense(s3: Any, bucket: str, locked: str) -> None:
    later, before = time.time() + DAY, time.time() - DAY
    put = {"Key": "k", "Body": b"x"}
    refused(s3.put_object, "InvalidRequest", 400, Bucket=bucket, ObjectLockLegalHoldStatus="ON", **put)
    refused(s3.put_object, "InvalidArgument", 400, Bucket=locked, ObjectLockMode="GOVERNANCE", **put)
    for mode, until in (("GOVERNANCE", before), ("governance", later)):
        lock = {"ObjectLockMode": mode, "ObjectLockRetainUntilDate": until}
        refused(s3.put_object, "InvalidArgument", 400, Bucket=locked, **lock, **put)
    for rule in ({"Mode": "GOVERNANCE"}, {"Mode": "GOVERNANCE", "Days": 1, "Years": 1}, {"Mode": "x", "Days": 1}):
        config = {"ObjectLockEnabled": "Enabled", "Rule": {"DefaultRetention": rule}}
        refused(s3.put_object_lock_configuration, "MalformedXML", 400, Bucket=locked, ObjectLockConfiguration=config)
    config = {"ObjectLockEnabled": "Enabled", "Rule": {"DefaultRetention": {"Mode": "GOVERNANCE", "Days": 0}}}
    refused(
        s3.put_object_lock_configuration, "InvalidRetentionPeriod", 400, Bucket=locked, ObjectLockConfiguration=config
    )


def test_customer_keys(s3: Any, bucket: str) -> None:
    mine = {"SSECustomerAlgorithm": "AES256", "SSECustomerKey": KEY}
    other = mine | {"SSECustomerKey": KEY[::-1]}
    at = {"Bucket": bucket, "Key": "k"}
    made = s3.put_object(Body=b"secret", **at, **mine)
    assert made["SSECustomerKeyMD5"] == base64.b64encode(hashlib.md5(KEY).digest()).decode()
    assert read(s3, bucket, "k", **mine) == b"secret"
    refused(s3.get_object, "InvalidRequest", 400, **at)
    refused(s3.get_object, "AccessDenied", 403, **at, **other)
    refused(s3.head_object, "400", 400, **at)
    source = {"CopySource": at, "Bucket": bucket, "Key": "copy"}
    refused(s3.copy_object, "InvalidRequest", 400, **source)
    s3.copy_object(**source, **{f"CopySource{name}": value for name, value in mine.items()})
    assert read(s3, bucket, "copy") == b"secret"
    refused(s3.get_object, "InvalidRequest", 400, Bucket=bucket, Key="copy", **mine)
    refused(s3.put_object, "InvalidArgument", 400, Body=b"", **at, **(mine | {"SSECustomerKey": b"short"}))
    wrong = mine | {"SSECustomerAlgorithm": "AES512"}
    refused(s3.put_object, "InvalidEncryptionAlgorithmError", 400, Body=b"", **at, **wrong)
    upload = s3.create_multipart_upload(**at, **mine)["UploadId"]
    part = {"UploadId": upload, "PartNumber": 1, "Body": b"x", **at}
    refused(s3.upload_part, "InvalidRequest", 400, **part)
    s3.upload_part(**part, **mine)


def test_delete_markers_say_so(s3: Any, bucket: str) -> None:
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    marker = s3.delete_object(Bucket=bucket, Key="k")["VersionId"]
    for params, status in (({}, 404), ({"VersionId": marker}, 405)):
        with pytest.raises(ClientError) as caught:
            s3.get_object(Bucket=bucket, Key="k", **params)
        told = caught.value.response["ResponseMetadata"]
        assert told["HTTPStatusCode"] == status
        assert told["HTTPHeaders"]["x-amz-delete-marker"] == "true"
        assert told["HTTPHeaders"]["x-amz-version-id"] == marker
    assert "last-modified" in told["HTTPHeaders"]
    refused(s3.get_object, "InvalidArgument", 400, Bucket=bucket, Key="k", VersionId="no-such-form")


def test_not_modified_has_its_headers(s3: Any, bucket: str) -> None:
    tag = s3.put_object(Bucket=bucket, Key="k", Body=b"x", CacheControl="max-age=5")["ETag"]
    with pytest.raises(ClientError) as caught:
        s3.get_object(Bucket=bucket, Key="k", IfNoneMatch=tag)
    told = caught.value.response["ResponseMetadata"]
    assert told["HTTPStatusCode"] == 304
    assert {name: told["HTTPHeaders"].get(name) for name in ("etag", "cache-control")} == {
        "etag": tag,
        "cache-control": "max-age=5",
    }


def test_a_range_of_a_part_is_not_for_sale(s3: Any, bucket: str) -> None:
    s3.put_object(Bucket=bucket, Key="k", Body=b"abc")
    at = {"Bucket": bucket, "Key": "k"}
    refused(s3.get_object, "InvalidRequest", 400, Range="bytes=0-1", PartNumber=1, **at)
    refused(s3.get_object, "InvalidPartNumber", 416, PartNumber=2, **at)


def test_null_versions_of_a_suspended_bucket(s3: Any, bucket: str) -> None:
    at = {"Bucket": bucket, "Key": "k"}
    s3.put_object(Body=b"before", **at)
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    kept = s3.put_object(Body=b"kept", **at)["VersionId"]
    assert read(s3, bucket, "k", VersionId="null") == b"before"
    s3.put_object_tagging(VersionId="null", Tagging={"TagSet": [{"Key": "a", "Value": "b"}]}, **at)
    assert s3.get_object_tagging(**at)["TagSet"] == []
    assert s3.get_object_tagging(VersionId="null", **at)["TagSet"] == [{"Key": "a", "Value": "b"}]
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Suspended"})
    gone = s3.delete_object(**at)
    assert (gone["DeleteMarker"], gone["VersionId"]) == (True, "null")
    refused(s3.get_object, "MethodNotAllowed", 405, VersionId="null", **at)
    assert read(s3, bucket, "k", VersionId=kept) == b"kept"
    s3.put_object(Body=b"again", **at)
    told = s3.list_object_versions(Bucket=bucket)
    assert [one["VersionId"] for one in told["Versions"]] == ["null", kept]
    assert "DeleteMarkers" not in told


def test_conditional_deletes(s3: Any, bucket: str) -> None:
    s3.put_object(Bucket=bucket, Key="k", Body=b"abc")
    at = {"Bucket": bucket, "Key": "k"}
    refused(s3.delete_object, "PreconditionFailed", 412, IfMatch='"x"', **at)
    for of_directories in ({"IfMatchSize": 3}, {"IfMatchLastModifiedTime": 0}):
        refused(s3.delete_object, "NotImplemented", 501, **of_directories, **at)
    told = s3.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": "k", "Size": 2}]})
    assert [one["Code"] for one in told["Errors"]] == ["PreconditionFailed"]
    s3.delete_object(IfMatch="*", **at)
    refused(s3.head_object, "404", 404, **at)
    refused(s3.delete_object, "NoSuchKey", 404, IfMatch="*", **at)
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    s3.delete_object(**at)
    refused(s3.delete_object, "PreconditionFailed", 412, IfMatch="*", **at)


@pytest.mark.parametrize(("header", "code"), [("0" * 64, "XAmzContentSHA256Mismatch"), ("nonsense", "InvalidArgument")])
def test_the_signed_hash_of_the_body_is_checked(server: Running, s3: Any, bucket: str, header: str, code: str) -> None:
    url = f"{server.url}/{bucket}/k"
    answer = requests.put(url, data=b"body", headers=SIGNED | {"x-amz-content-sha256": header}, timeout=10)
    assert (answer.status_code, f"<Code>{code}</Code>" in answer.text) == (400, True)
    refused(s3.head_object, "404", 404, Bucket=bucket, Key="k")
    right = SIGNED | {"x-amz-content-sha256": hashlib.sha256(b"body").hexdigest()}
    assert requests.put(url, data=b"body", headers=right, timeout=10).status_code == 200
