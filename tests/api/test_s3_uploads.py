"""Multipart uploads at their edges: races, copies of parts, customer keys, checksums of every kind, paging."""

from __future__ import annotations

import hashlib
import itertools
import random
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests
from awscrt import checksums
from botocore.exceptions import ClientError

from tests.api.s3_calls import begin, complete, new_bucket, read, refused, send, text
from tests.conftest import Running
from tests.raw_calls import SIGNED

MB = 1 << 20
ONE, TWO = random.Random(2).randbytes(5 * MB), b"the end"
KEY = "0123456789abcdef0123456789abcdef"
MINE = {"SSECustomerAlgorithm": "AES256", "SSECustomerKey": KEY}


def digest(name: str, data: bytes) -> bytes:
    if name.startswith("SHA"):
        return hashlib.new(name.lower(), data, usedforsecurity=False).digest()
    function = {"CRC32": checksums.crc32, "CRC32C": checksums.crc32c, "CRC64NVME": checksums.crc64nvme}[name]
    return int(function(data)).to_bytes(8 if name == "CRC64NVME" else 4, "big")


KINDS = [
    ("CRC32", "COMPOSITE"),
    ("CRC32C", "COMPOSITE"),
    ("SHA1", "COMPOSITE"),
    ("SHA256", "COMPOSITE"),
    ("CRC32", "FULL_OBJECT"),
    ("CRC32C", "FULL_OBJECT"),
    ("CRC64NVME", "FULL_OBJECT"),
]


@pytest.mark.parametrize(("name", "kind"), KINDS)
def test_checksums_of_every_kind(s3: Any, bucket: str, name: str, kind: str) -> None:
    place = begin(s3, bucket, ChecksumAlgorithm=name, ChecksumType=kind)
    member = f"Checksum{name}"
    wrong = {member: text(digest(name, b"another"))}
    refused(s3.upload_part, "BadDigest", 400, PartNumber=1, Body=ONE, **place, **wrong)
    parts = [send(s3, place, n, body, ChecksumAlgorithm=name) for n, body in enumerate((ONE, TWO), 1)]
    assert [part[member] for part in parts] == [text(digest(name, body)) for body in (ONE, TWO)]
    listed = s3.list_parts(**place)
    assert (listed["ChecksumAlgorithm"], listed["ChecksumType"]) == (name, kind)
    assert [part[member] for part in listed["Parts"]] == [part[member] for part in parts]
    bad = [parts[0] | wrong, parts[1]]
    refused(s3.complete_multipart_upload, "InvalidPart", 400, **place, MultipartUpload={"Parts": bad})
    whole = text(digest(name, ONE + TWO))
    if kind == "COMPOSITE":
        whole = text(digest(name, digest(name, ONE) + digest(name, TWO))) + "-2"
    end = {"MultipartUpload": {"Parts": parts}, "ChecksumType": kind}
    refused(s3.complete_multipart_upload, "BadDigest", 400, **place, **end, **wrong)
    done = s3.complete_multipart_upload(**place, **end, **{member: whole})
    assert (done[member], done["ChecksumType"]) == (whole, kind)
    at = {"Bucket": bucket, "Key": "k"}
    told = s3.get_object_attributes(ObjectAttributes=["Checksum", "ObjectParts"], **at)
    assert told["Checksum"] == {member: whole, "ChecksumType": kind}
    assert told["ObjectParts"]["TotalPartsCount"] == 2
    for number, body in ((1, ONE), (2, TWO)):
        part = s3.get_object(PartNumber=number, ChecksumMode="ENABLED", **at)
        assert part["Body"].read() == body
        assert (part["PartsCount"], part["ContentLength"]) == (2, len(body))
        assert part["ResponseMetadata"]["HTTPStatusCode"] == 206
    refused(s3.get_object, "InvalidPartNumber", 416, PartNumber=3, **at)


@pytest.mark.parametrize(
    ("name", "kind"), [("CRC64NVME", "COMPOSITE"), ("SHA256", "FULL_OBJECT"), ("SHA1", "FULL_OBJECT")]
)
def test_kinds_there_are_not(s3: Any, bucket: str, name: str, kind: str) -> None:
    given = {"ChecksumAlgorithm": name, "ChecksumType": kind}
    refused(s3.create_multipart_upload, "InvalidRequest", 400, Bucket=bucket, Key="k", **given)


def test_another_algorithm_than_the_uploads(s3: Any, bucket: str) -> None:
    place = begin(s3, bucket, ChecksumAlgorithm="SHA256")
    refused(s3.upload_part, "InvalidRequest", 400, PartNumber=1, Body=b"x", ChecksumAlgorithm="SHA1", **place)


def test_a_part_without_the_uploads_checksum(server: Running, s3: Any, bucket: str) -> None:
    """It is missed where a checksum is made of the parts' ones, in the part and in the list of parts."""
    for kind, status in (("COMPOSITE", 400), ("FULL_OBJECT", 200)):
        place = begin(s3, bucket, ChecksumAlgorithm="CRC32", ChecksumType=kind)
        url = f"{server.url}/{bucket}/k?partNumber=1&uploadId={place['UploadId']}"
        answer = requests.put(url, data=TWO, headers=SIGNED, timeout=10)
        assert answer.status_code == status, answer.text
        tag = send(s3, place, 1, TWO, ChecksumAlgorithm="CRC32")["ETag"]
        listed = {"MultipartUpload": {"Parts": [{"PartNumber": 1, "ETag": tag}]}}
        if kind == "COMPOSITE":
            error = refused(s3.complete_multipart_upload, "InvalidRequest", 400, **place, **listed)
            assert "must include the checksum for each part. It was missing for part 1" in error["Message"]
        else:
            s3.complete_multipart_upload(**place, **listed)


def test_completions_at_once_make_one_object(s3: Any, bucket: str) -> None:
    for _ in range(5):
        place = begin(s3, bucket, "raced")
        parts = [send(s3, place, 1, ONE), send(s3, place, 2, TWO)]
        with ThreadPoolExecutor(4) as pool:
            ends = [pool.submit(complete, s3, place, parts) for _ in range(4)]
            answers = [end.result()["ETag"] for end in ends]
        assert len(set(answers)) == 1
        assert read(s3, bucket, "raced") == ONE + TWO


def test_completion_and_abort_at_once_are_one_or_the_other(s3: Any, bucket: str) -> None:
    def outcome(function: Any, **params: Any) -> str:
        try:
            function(**params)
        except ClientError as error:
            return str(error.response["Error"]["Code"])
        return "done"

    for turn in range(10):
        key = f"either-{turn}"
        place = begin(s3, bucket, key)
        parts = {"MultipartUpload": {"Parts": [send(s3, place, 1, TWO)]}}
        calls = [(s3.complete_multipart_upload, place | parts), (s3.abort_multipart_upload, place)]
        with ThreadPoolExecutor(2) as pool:
            ends = [pool.submit(outcome, function, **params) for function, params in calls[:: 1 - 2 * (turn % 2)]]
        completed, aborted = [end.result() for end in ends][:: 1 - 2 * (turn % 2)]
        assert sorted((completed, aborted)) == ["NoSuchUpload", "done"]
        there = s3.list_objects_v2(Bucket=bucket, Prefix=key)["KeyCount"] == 1
        assert there == (completed == "done")
    assert not any(
        one["Key"].startswith("either-") for one in s3.list_multipart_uploads(Bucket=bucket).get("Uploads", [])
    )


def test_conditions_of_a_completion(s3: Any, bucket: str) -> None:
    tag = s3.put_object(Bucket=bucket, Key="there", Body=b"x")["ETag"]
    place = begin(s3, bucket, "there")
    parts = [send(s3, place, 1, TWO)]
    refused(
        s3.complete_multipart_upload,
        "PreconditionFailed",
        412,
        **place,
        MultipartUpload={"Parts": parts},
        IfNoneMatch="*",
    )
    refused(
        s3.complete_multipart_upload,
        "PreconditionFailed",
        412,
        **place,
        MultipartUpload={"Parts": parts},
        IfMatch='"x"',
    )
    complete(s3, place, parts, IfMatch=tag)
    fresh = begin(s3, bucket, "fresh")
    complete(s3, fresh, [send(s3, fresh, 1, TWO)], IfNoneMatch="*")
    assert read(s3, bucket, "fresh") == TWO
    none = begin(s3, bucket, "none")
    listed = {"Parts": [send(s3, none, 1, TWO)]}
    refused(s3.complete_multipart_upload, "NoSuchKey", 404, **none, MultipartUpload=listed, IfMatch=tag)


def test_customer_keys_of_uploads_and_copies(s3: Any, bucket: str) -> None:
    other = MINE | {"SSECustomerKey": KEY[::-1]}
    place = begin(s3, bucket, "secret", **MINE)
    refused(s3.upload_part, "InvalidRequest", 400, PartNumber=1, Body=TWO, **place)
    refused(s3.upload_part, "InvalidRequest", 400, PartNumber=1, Body=TWO, **place, **other)
    done = complete(s3, place, [send(s3, place, 1, TWO, **MINE)])
    assert "ETag" in done
    at = {"Bucket": bucket, "Key": "secret"}
    refused(s3.get_object, "InvalidRequest", 400, **at)
    refused(s3.head_object, "403", 403, **at, **other)
    refused(s3.get_object_attributes, "InvalidRequest", 400, ObjectAttributes=["ETag"], **at)
    assert s3.head_object(**at, **MINE)["SSECustomerAlgorithm"] == "AES256"
    assert read(s3, bucket, "secret", **MINE) == TWO
    opened = {f"CopySource{name}": value for name, value in MINE.items()}
    target = {"Bucket": bucket, "Key": "moved", "CopySource": at}
    refused(
        s3.copy_object, "AccessDenied", 403, **target, **{f"CopySource{name}": value for name, value in other.items()}
    )
    s3.copy_object(**target, **opened, **other)
    assert read(s3, bucket, "moved", **other) == TWO
    refused(s3.get_object, "AccessDenied", 403, Bucket=bucket, Key="moved", **MINE)
    plain = begin(s3, bucket, "plain")
    part = {"PartNumber": 1, "CopySource": at, **plain}
    refused(s3.upload_part_copy, "InvalidRequest", 400, **part)
    copied = s3.upload_part_copy(**part, **opened)["CopyPartResult"]
    complete(s3, plain, [{"PartNumber": 1, "ETag": copied["ETag"]}])
    assert read(s3, bucket, "plain") == TWO
    half = MINE | {"SSECustomerKeyMD5": text(hashlib.md5(b"x", usedforsecurity=False).digest())}
    refused(s3.put_object, "InvalidArgument", 400, Body=b"", **at, **half)


def test_copies_of_versions_and_of_nothing(s3: Any) -> None:
    name = new_bucket(s3)
    s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    old, new = (s3.put_object(Bucket=name, Key="k", Body=body)["VersionId"] for body in (b"old", b"new"))
    place = begin(s3, name, "copy")
    source = {"Bucket": name, "Key": "k", "VersionId": old}
    told = s3.upload_part_copy(PartNumber=1, CopySource=source, **place)
    assert told["CopySourceVersionId"] == old
    complete(s3, place, [{"PartNumber": 1, "ETag": told["CopyPartResult"]["ETag"]}])
    assert read(s3, name, "copy") == b"old"
    copied = s3.copy_object(Bucket=name, Key="copy", CopySource=f"{name}/k?versionId={new}")
    assert copied["CopySourceVersionId"] == new
    s3.delete_object(Bucket=name, Key="k")
    other = begin(s3, name, "other")
    refused(s3.upload_part_copy, "NoSuchKey", 404, PartNumber=1, CopySource=f"{name}/k", **other)
    refused(
        s3.upload_part_copy, "NoSuchVersion", 404, PartNumber=1, CopySource=f"{name}/k?versionId={'x' * 32}", **other
    )
    for span in ("bytes=0-", "bytes=2-1", "bytes=0-3", "0-1"):
        part = {"PartNumber": 1, "CopySource": source, "CopySourceRange": span, **other}
        refused(s3.upload_part_copy, "InvalidArgument", 400, **part)


def test_pages_of_parts(s3: Any, bucket: str) -> None:
    place = begin(s3, bucket, "paged")
    for number in (10_000, 1, 5):
        send(s3, place, number, bytes(number % 7))
    numbers = lambda **ask: [part["PartNumber"] for part in s3.list_parts(**place, **ask).get("Parts", [])]  # noqa: E731
    assert numbers() == [1, 5, 10_000]
    assert numbers(PartNumberMarker=1, MaxParts=1) == [5]
    assert numbers(PartNumberMarker=10_000) == []
    first = s3.list_parts(**place, MaxParts=2)
    assert (first["IsTruncated"], first["NextPartNumberMarker"], first["MaxParts"]) == (True, 5, 2)
    assert s3.list_parts(**place, MaxParts=1001)["MaxParts"] == 1000
    refused(s3.list_parts, "InvalidArgument", 400, MaxParts=-1, **place)
    refused(s3.upload_part, "InvalidArgument", 400, PartNumber=0, Body=b"", **place)
    refused(s3.list_parts, "NoSuchUpload", 404, **place | {"UploadId": "none"})
    refused(s3.list_parts, "NoSuchUpload", 404, **place | {"Key": "another"})


def test_pages_of_uploads(s3: Any) -> None:
    name = new_bucket(s3)
    keys = ["a b", "d/1", "d/2", "e", "é+"]
    ids = {key: begin(s3, name, key)["UploadId"] for key in keys}
    whole = s3.list_multipart_uploads(Bucket=name, EncodingType="url")
    assert whole["EncodingType"] == "url"
    assert [one["Key"] for one in whole["Uploads"]] == ["a%20b", "d/1", "d/2", "e", "%C3%A9%2B"]
    assert [one["Key"] for one in s3.list_multipart_uploads(Bucket=name, Prefix="d/")["Uploads"]] == ["d/1", "d/2"]
    seen, markers = [], {}
    for _ in itertools.repeat(None, 10):
        page = s3.list_multipart_uploads(Bucket=name, Delimiter="/", MaxUploads=1, **markers)
        seen += [one["Key"] for one in page.get("Uploads", [])] + [
            one["Prefix"] for one in page.get("CommonPrefixes", [])
        ]
        if not page["IsTruncated"]:
            break
        markers = {"KeyMarker": page["NextKeyMarker"], "UploadIdMarker": page.get("NextUploadIdMarker", "")}
    assert seen == ["a b", "d/", "e", "é+"]
    refused(s3.list_multipart_uploads, "InvalidArgument", 400, Bucket=name, MaxUploads=-1)
    s3.abort_multipart_upload(Bucket=name, Key="e", UploadId=ids["e"])
    refused(s3.abort_multipart_upload, "NoSuchUpload", 404, Bucket=name, Key="e", UploadId=ids["e"])
