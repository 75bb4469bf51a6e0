"""Objects through boto3 and raw HTTP: bodies, ranges, conditions, checksums, metadata, copies, deletes."""

from __future__ import annotations

import base64
import hashlib
import http.client
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests

from tests.api.s3_calls import new_bucket, read, refused
from tests.conftest import Running
from tests.raw_calls import SIGNED

KEY = "/a//b/../c d+e%2Fé&=?#~*'()\u2603"


@pytest.fixture
def bucket(s3: Any) -> Iterator[str]:
    name = new_bucket(s3)
    yield name
    for page in s3.get_paginator("list_object_versions").paginate(Bucket=name):
        found = page.get("Versions", []) + page.get("DeleteMarkers", [])
        if found:
            keys = [{"Key": one["Key"], "VersionId": one["VersionId"]} for one in found]
            s3.delete_objects(Bucket=name, Delete={"Objects": keys, "Quiet": True})
    s3.delete_bucket(Bucket=name)


@pytest.mark.parametrize("key", [KEY, "k", "folder/", "x" * 1024, "..", "a/./b", "%", "+", " ", "\U0001f600"])
def test_any_key_goes_and_comes_back(s3: Any, bucket: str, key: str) -> None:
    s3.put_object(Bucket=bucket, Key=key, Body=key.encode())
    assert read(s3, bucket, key) == key.encode()
    assert [one["Key"] for one in s3.list_objects_v2(Bucket=bucket)["Contents"]] == [key]
    s3.copy_object(Bucket=bucket, Key="copy", CopySource={"Bucket": bucket, "Key": key})
    assert read(s3, bucket, "copy") == key.encode()


def test_a_key_over_1024_bytes_is_too_long(s3: Any, bucket: str) -> None:
    refused(s3.put_object, "KeyTooLongError", 400, Bucket=bucket, Key="é" * 513, Body=b"")


def test_headers_and_metadata_come_back(s3: Any, bucket: str) -> None:
    given = {
        "CacheControl": "no-cache",
        "ContentDisposition": 'attachment; filename="x.csv"',
        "ContentEncoding": "gzip",
        "ContentLanguage": "de",
        "ContentType": "text/csv",
        "Metadata": {"one": "1", "two-words": "a b"},
        "StorageClass": "STANDARD_IA",
    }
    s3.put_object(Bucket=bucket, Key="k", Body=b"x", Tagging="a=1&b=%2F", **given)
    for answer in (s3.head_object(Bucket=bucket, Key="k"), s3.get_object(Bucket=bucket, Key="k")):
        assert {name: answer[name] for name in given} == given
        assert answer["ServerSideEncryption"] == "AES256"
        assert answer["AcceptRanges"] == "bytes"
    assert s3.get_object_tagging(Bucket=bucket, Key="k")["TagSet"] == [
        {"Key": "a", "Value": "1"},
        {"Key": "b", "Value": "/"},
    ]
    other = s3.get_object(Bucket=bucket, Key="k", ResponseContentType="text/plain", ResponseCacheControl="max-age=1")
    assert (other["ContentType"], other["CacheControl"]) == ("text/plain", "max-age=1")


def test_kms_without_a_key_is_accepted_and_echoed(s3: Any, bucket: str) -> None:
    put = s3.put_object(Bucket=bucket, Key="k", Body=b"x", ServerSideEncryption="aws:kms")
    assert put["ServerSideEncryption"] == "aws:kms"
    assert put["SSEKMSKeyId"].startswith("arn:aws:kms:")


@pytest.mark.parametrize(
    ("header", "expected", "content_range"),
    [
        ("bytes=0-3", b"0123", "bytes 0-3/10"),
        ("bytes=7-", b"789", "bytes 7-9/10"),
        ("bytes=-2", b"89", "bytes 8-9/10"),
        ("bytes=-99", b"0123456789", "bytes 0-9/10"),
        ("bytes=5-99", b"56789", "bytes 5-9/10"),
        ("bytes=0-1,3-4", b"0123456789", None),
        ("bytes=5-2", b"0123456789", None),
        ("lines=1-2", b"0123456789", None),
    ],
)
def test_ranges(s3: Any, bucket: str, header: str, expected: bytes, content_range: str | None) -> None:
    s3.put_object(Bucket=bucket, Key="k", Body=b"0123456789")
    answer = s3.get_object(Bucket=bucket, Key="k", Range=header)
    assert answer["Body"].read() == expected
    assert answer.get("ContentRange") == content_range
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == (206 if content_range else 200)


@pytest.mark.parametrize("header", ["bytes=10-", "bytes=-0", "bytes=99-100"])
def test_a_range_of_nothing_is_416(s3: Any, bucket: str, header: str) -> None:
    s3.put_object(Bucket=bucket, Key="k", Body=b"0123456789")
    refused(s3.get_object, "InvalidRange", 416, Bucket=bucket, Key="k", Range=header)


def test_conditions_of_reads(s3: Any, bucket: str) -> None:
    etag = s3.put_object(Bucket=bucket, Key="k", Body=b"x")["ETag"]
    modified = s3.head_object(Bucket=bucket, Key="k")["LastModified"]
    place = {"Bucket": bucket, "Key": "k"}
    assert read(s3, bucket, "k", IfMatch=etag, IfUnmodifiedSince=0) == b"x"
    refused(s3.get_object, "PreconditionFailed", 412, **place, IfMatch='"0"')
    refused(s3.get_object, "304", 304, **place, IfNoneMatch=etag)
    assert read(s3, bucket, "k", IfNoneMatch='"0"', IfModifiedSince=modified) == b"x"
    refused(s3.get_object, "304", 304, **place, IfModifiedSince=modified)
    refused(s3.get_object, "PreconditionFailed", 412, **place, IfUnmodifiedSince=0)


def test_conditions_of_writes(s3: Any, bucket: str) -> None:
    place = {"Bucket": bucket, "Key": "k"}
    refused(s3.put_object, "NoSuchKey", 404, **place, Body=b"0", IfMatch='"0"')
    etag = s3.put_object(**place, Body=b"1", IfNoneMatch="*")["ETag"]
    refused(s3.put_object, "PreconditionFailed", 412, **place, Body=b"2", IfNoneMatch="*")
    refused(s3.put_object, "PreconditionFailed", 412, **place, Body=b"2", IfMatch='"0"')
    s3.put_object(**place, Body=b"3", IfMatch=etag)
    assert read(s3, bucket, "k") == b"3"


@pytest.mark.parametrize("name", ["CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256"])
def test_checksums_are_checked_and_returned(s3: Any, bucket: str, name: str) -> None:
    place = {"Bucket": bucket, "Key": "k"}
    put = s3.put_object(**place, Body=b"123456789", ChecksumAlgorithm=name)
    known = {
        "CRC32": "y/Q5Jg==",
        "CRC32C": "4waSgw==",
        "CRC64NVME": "rosUhgp5mIg=",
        "SHA1": base64.b64encode(hashlib.sha1(b"123456789", usedforsecurity=False).digest()).decode(),
        "SHA256": base64.b64encode(hashlib.sha256(b"123456789").digest()).decode(),
    }
    assert put[f"Checksum{name}"] == known[name]
    got = s3.get_object(**place, ChecksumMode="ENABLED")
    assert got[f"Checksum{name}"] == put[f"Checksum{name}"]
    assert got["Body"].read() == b"123456789"
    wrong = base64.b64encode(bytes(len(base64.b64decode(put[f"Checksum{name}"])))).decode()
    refused(s3.put_object, "BadDigest", 400, **place, Body=b"other", **{f"Checksum{name}": wrong})
    assert read(s3, bucket, "k") == b"123456789"


def test_content_md5(s3: Any, bucket: str) -> None:
    place = {"Bucket": bucket, "Key": "k"}
    good = base64.b64encode(hashlib.md5(b"x", usedforsecurity=False).digest()).decode()
    s3.put_object(**place, Body=b"x", ContentMD5=good)
    refused(s3.put_object, "BadDigest", 400, **place, Body=b"y", ContentMD5=good)
    refused(s3.put_object, "InvalidDigest", 400, **place, Body=b"y", ContentMD5="bm8=")
    assert read(s3, bucket, "k") == b"x"


def test_a_truncated_upload_stores_nothing(server: Running, s3: Any, bucket: str) -> None:
    s3.put_object(Bucket=bucket, Key="k", Body=b"old")
    place = urlsplit(server.url)
    connection = http.client.HTTPConnection(place.hostname or "", place.port, timeout=30)
    connection.putrequest("PUT", f"/{bucket}/k")
    connection.putheader("Content-Length", "1000000")
    connection.putheader("Authorization", SIGNED["Authorization"])
    connection.endheaders(b"only the beginning")
    connection.close()
    chunked = requests.put(
        f"{server.url}/{bucket}/k",
        data=b"5\r\nhello\r\n",
        headers=SIGNED
        | {
            "x-amz-content-sha256": "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
            "content-encoding": "aws-chunked",
            "x-amz-decoded-content-length": "10",
        },
        timeout=30,
    )
    assert chunked.status_code == 400
    assert "<Code>IncompleteBody</Code>" in chunked.text
    assert read(s3, bucket, "k") == b"old"


def test_trailing_checksums(server: Running, s3: Any, bucket: str) -> None:
    def put(trailer: str) -> requests.Response:
        return requests.put(
            f"{server.url}/{bucket}/k",
            data=f"9\r\n123456789\r\n0\r\nx-amz-checksum-crc32:{trailer}\r\n\r\n".encode(),
            headers=SIGNED
            | {
                "x-amz-content-sha256": "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
                "content-encoding": "aws-chunked",
                "x-amz-trailer": "x-amz-checksum-crc32",
                "x-amz-decoded-content-length": "9",
            },
            timeout=30,
        )

    assert put("y/Q5Jg==").status_code == 200
    got = s3.get_object(Bucket=bucket, Key="k", ChecksumMode="ENABLED")
    assert (got["Body"].read(), got["ChecksumCRC32"], got.get("ContentEncoding")) == (b"123456789", "y/Q5Jg==", None)
    assert "<Code>BadDigest</Code>" in put("AAAAAA==").text


def test_copies(s3: Any, bucket: str) -> None:
    s3.put_object(Bucket=bucket, Key="a", Body=b"x", ContentType="text/csv", Metadata={"m": "1"}, Tagging="t=1")
    source = {"Bucket": bucket, "Key": "a"}
    s3.copy_object(Bucket=bucket, Key="same", CopySource=source)
    kept = s3.head_object(Bucket=bucket, Key="same")
    assert (kept["ContentType"], kept["Metadata"], kept["TagCount"]) == ("text/csv", {"m": "1"}, 1)
    new = {"MetadataDirective": "REPLACE", "Metadata": {"n": "2"}, "TaggingDirective": "REPLACE", "Tagging": "u=2&v=3"}
    s3.copy_object(Bucket=bucket, Key="other", CopySource=f"/{bucket}/a", **new)
    replaced = s3.head_object(Bucket=bucket, Key="other")
    assert (replaced["ContentType"], replaced["Metadata"], replaced["TagCount"]) == (
        "binary/octet-stream",
        {"n": "2"},
        2,
    )
    refused(s3.copy_object, "InvalidRequest", 400, Bucket=bucket, Key="a", CopySource=source)
    refused(s3.copy_object, "NoSuchKey", 404, Bucket=bucket, Key="b", CopySource=f"{bucket}/none")
    refused(
        s3.copy_object,
        "PreconditionFailed",
        412,
        Bucket=bucket,
        Key="b",
        CopySource=source,
        CopySourceIfMatch='"0"',
    )
    s3.delete_object(Bucket=bucket, Key="a")
    assert read(s3, bucket, "same") == b"x"


def test_deleting_many(s3: Any, bucket: str) -> None:
    for number in range(5):
        s3.put_object(Bucket=bucket, Key=f"k{number}", Body=b"x")
    keys = [{"Key": f"k{number}"} for number in range(4)] + [{"Key": "never was"}]
    assert s3.delete_objects(Bucket=bucket, Delete={"Objects": keys})["Deleted"] == keys
    assert [one["Key"] for one in s3.list_objects_v2(Bucket=bucket)["Contents"]] == ["k4"]
    quiet = s3.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": "k4"}], "Quiet": True})
    assert "Deleted" not in quiet
    many = [{"Key": str(number)} for number in range(1001)]
    refused(s3.delete_objects, "MalformedXML", 400, Bucket=bucket, Delete={"Objects": many})


def test_what_is_not_there(s3: Any, bucket: str) -> None:
    refused(s3.get_object, "NoSuchKey", 404, Bucket=bucket, Key="none")
    assert refused(s3.head_object, "404", 404, Bucket=bucket, Key="none")["Message"] == "Not Found"
    refused(s3.get_object, "NoSuchBucket", 404, Bucket="no-such-bucket-here", Key="none")
    refused(s3.put_object, "NoSuchBucket", 404, Bucket="no-such-bucket-here", Key="none", Body=b"")
    refused(s3.get_object, "NoSuchVersion", 404, Bucket=bucket, Key="none", VersionId="x" * 32)
    refused(s3.get_object_tagging, "NoSuchKey", 404, Bucket=bucket, Key="none")
    s3.delete_object(Bucket=bucket, Key="none")


def test_presigned_urls(s3: Any, bucket: str) -> None:
    place = {"Bucket": bucket, "Key": KEY}
    put = requests.put(s3.generate_presigned_url("put_object", place), data=b"signed", timeout=30)
    assert put.status_code == 200, put.text
    assert requests.get(s3.generate_presigned_url("get_object", place), timeout=30).content == b"signed"


def test_object_attributes(s3: Any, bucket: str) -> None:
    s3.put_object(Bucket=bucket, Key="k", Body=b"123456789")
    wanted = ["ETag", "Checksum", "ObjectSize", "StorageClass", "ObjectParts"]
    told = s3.get_object_attributes(Bucket=bucket, Key="k", ObjectAttributes=wanted)
    assert told["ObjectSize"] == 9
    assert told["ETag"] == hashlib.md5(b"123456789", usedforsecurity=False).hexdigest()
    assert told["Checksum"]["ChecksumCRC32"] == "y/Q5Jg=="
    assert "ObjectParts" not in told


def test_memory_and_disk_stay_flat(server: Running, s3: Any, bucket: str, tmp_path: Path) -> None:
    before, stored = peak(server.pid), on_disk(server)
    path = tmp_path / "big"
    with path.open("wb") as file:
        file.truncate(256 << 20)
    s3.upload_file(str(path), bucket, "big")
    with path.open("rb") as file:
        s3.put_object(Bucket=bucket, Key="one", Body=file)
    s3.download_file(bucket, "big", str(tmp_path / "back"))
    assert (tmp_path / "back").stat().st_size == 256 << 20
    assert peak(server.pid) - before < 60 << 20
    for key in ("big", "one"):
        s3.delete_object(Bucket=bucket, Key=key)
    assert not any(note.stat().st_size for note in (server.data_dir / "objects" / "pending").iterdir())
    assert on_disk(server) == stored


def on_disk(server: Running) -> int:
    """Bytes in stored bodies."""
    return sum(one.stat().st_size for one in (server.data_dir / "objects" / "bodies").rglob("*") if one.is_file())


def peak(pid: int) -> int:
    """The largest resident size a process ever had, in bytes."""
    line = next(line for line in Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) << 10


@pytest.mark.parametrize(
    ("sent", "kept"), [("gzip, aws-chunked", "gzip"), ("aws-chunked,br", "br"), ("aws-chunked", None)]
)
def test_an_encoding_that_only_says_aws_chunked(s3: Any, bucket: str, sent: str, kept: str | None) -> None:
    s3.put_object(Bucket=bucket, Key="k", Body=b"5\r\nplain", ContentEncoding=sent)
    told = s3.get_object(Bucket=bucket, Key="k")
    assert (told["Body"].read(), told.get("ContentEncoding")) == (b"5\r\nplain", kept)


def test_conditions_that_s3_does_not_offer(s3: Any, bucket: str) -> None:
    at = {"Bucket": bucket, "Key": "k"}
    etag = s3.put_object(Body=b"x", **at)["ETag"]
    for condition, header in (
        ({"IfMatch": "*"}, "If-Match"),
        ({"IfNoneMatch": etag}, "If-None-Match"),
        ({"IfMatch": etag, "IfNoneMatch": "*"}, "If-Match,If-None-Match"),
    ):
        assert refused(s3.put_object, "NotImplemented", 501, Body=b"y", **condition, **at)["Header"] == header
        copy = {"CopySource": f"{bucket}/k", "MetadataDirective": "REPLACE"}
        assert refused(s3.copy_object, "NotImplemented", 501, **copy, **condition, **at)["Header"] == header
    assert read(s3, bucket, "k") == b"x"
