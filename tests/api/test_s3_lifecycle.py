"""Lifecycle rules, carried out at a moment the test names."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from tests.conftest import Running


def ruled(s3: Any, bucket: str, **rule: Any) -> None:
    one = {"ID": "one", "Status": "Enabled", "Filter": {"Prefix": ""}, **rule}
    s3.put_bucket_lifecycle_configuration(Bucket=bucket, LifecycleConfiguration={"Rules": [one]})


def later(server: Running, days: float) -> dict[str, int]:
    answer = requests.post(f"{server.url}/_emulator/s3/lifecycle", json={"days": days}, timeout=30)
    answer.raise_for_status()
    return dict(answer.json()["done"])


def keys(s3: Any, bucket: str) -> list[str]:
    return [one["Key"] for one in s3.list_objects_v2(Bucket=bucket).get("Contents", [])]


def test_objects_expire(server: Running, s3: Any, bucket: str) -> None:
    s3.put_object(Bucket=bucket, Key="logs/a", Body=b"12345")
    s3.put_object(Bucket=bucket, Key="logs/tagged", Body=b"12345", Tagging="keep=no")
    s3.put_object(Bucket=bucket, Key="data/a", Body=b"12345", Tagging="keep=no")
    tag = {"Key": "keep", "Value": "no"}
    ruled(s3, bucket, Filter={"And": {"Prefix": "logs/", "Tags": [tag]}}, Expiration={"Days": 3})
    later(server, 2)
    assert keys(s3, bucket) == ["data/a", "logs/a", "logs/tagged"]
    assert later(server, 4) == {"expired": 1}
    assert keys(s3, bucket) == ["data/a", "logs/a"]
    ruled(s3, bucket, Filter={"ObjectSizeGreaterThan": 4}, Expiration={"Days": 1}, Status="Disabled")
    assert later(server, 10) == {}
    ruled(s3, bucket, Filter={"ObjectSizeGreaterThan": 5}, Expiration={"Days": 1})
    assert later(server, 10) == {}


def test_versions_expire(server: Running, s3: Any, bucket: str) -> None:
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    for body in (b"1", b"2", b"3"):
        s3.put_object(Bucket=bucket, Key="k", Body=body)
    ruled(s3, bucket, NoncurrentVersionExpiration={"NoncurrentDays": 5, "NewerNoncurrentVersions": 1})
    assert later(server, 7) == {"removed": 1}
    ruled(s3, bucket, Expiration={"Days": 5})
    assert later(server, 7) == {"expired": 1}
    told = s3.list_object_versions(Bucket=bucket)
    assert (len(told["Versions"]), len(told["DeleteMarkers"])) == (2, 1)
    ruled(
        s3,
        bucket,
        NoncurrentVersionExpiration={"NoncurrentDays": 1},
        Expiration={"ExpiredObjectDeleteMarker": True},
    )
    assert later(server, 7) == {"removed": 2}
    assert later(server, 7) == {"removed": 1}
    s3.delete_bucket(Bucket=bucket)


def test_classes_change_and_uploads_end(server: Running, s3: Any, bucket: str) -> None:
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    s3.create_multipart_upload(Bucket=bucket, Key="u")
    ruled(
        s3,
        bucket,
        Transitions=[{"Days": 30, "StorageClass": "STANDARD_IA"}, {"Days": 90, "StorageClass": "GLACIER"}],
        AbortIncompleteMultipartUpload={"DaysAfterInitiation": 7},
    )
    assert later(server, 32) == {"moved": 1, "aborted": 1}
    assert s3.head_object(Bucket=bucket, Key="k")["StorageClass"] == "STANDARD_IA"
    assert "Uploads" not in s3.list_multipart_uploads(Bucket=bucket)
    assert later(server, 92) == {"moved": 1}
    assert s3.head_object(Bucket=bucket, Key="k")["StorageClass"] == "GLACIER"
    s3.delete_bucket_lifecycle(Bucket=bucket)


def test_a_moment_that_is_none(server: Running) -> None:
    for body in ({"days": "x"}, {"at": []}, [1], {"daze": 31}):
        assert requests.post(f"{server.url}/_emulator/s3/lifecycle", json=body, timeout=10).status_code == 400
    assert requests.post(f"{server.url}/_emulator/s3/lifecycle", data="31", timeout=10).status_code == 400


@pytest.mark.parametrize("kind", ["application/json", "application/x-www-form-urlencoded"])
def test_a_moment_in_a_body_of_any_kind(server: Running, kind: str) -> None:
    """The latter is what curl says of every body."""
    url, headers = f"{server.url}/_emulator/s3/lifecycle", {"Content-Type": kind}
    assert requests.post(url, data='{"at": 1.5}', headers=headers, timeout=10).json()["at"] == 1.5
    assert requests.post(url, data="{}", headers=headers, timeout=10).status_code == 200
    assert requests.post(url, data='{"daze": 1}', headers=headers, timeout=10).status_code == 400
