"""Multipart uploads: parts in any order and size, sent again, left out, copied, torn; what completion refuses."""

from __future__ import annotations

import base64
import hashlib
import io
import os
import random
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.api.s3_calls import begin, complete, new_bucket, read, send
from tests.conftest import Running

MB = 1 << 20
BODY = random.Random(1).randbytes(17 * MB)


def code(function: Any, *args: Any, **params: Any) -> str:
    with pytest.raises(ClientError) as caught:
        function(*args, **params)
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] in (400, 404, 412)
    return str(caught.value.response["Error"]["Code"])


@pytest.mark.parametrize(
    ("sizes", "order"),
    [
        ((8, 8, 1), (1, 2, 3)),
        ((8, 8, 1), (3, 2, 1)),
        ((5, 6, 6), (2, 1, 3)),
        ((6, 5, 6), (1, 3, 2)),
        ((17,), (1,)),
    ],
)
def test_parts_of_any_size_in_any_order(s3: Any, bucket: str, sizes: tuple[int, ...], order: tuple[int, ...]) -> None:
    starts = [sum(sizes[:index]) * MB for index in range(len(sizes))]
    bodies = {n + 1: BODY[start : start + size * MB] for n, (start, size) in enumerate(zip(starts, sizes, strict=True))}
    place = begin(s3, bucket, ContentType="text/x", Metadata={"a": "b"})
    parts = {number: send(s3, place, number, bodies[number]) for number in order}
    done = complete(s3, place, [parts[number] for number in sorted(parts)])
    digests = b"".join(hashlib.md5(bodies[n], usedforsecurity=False).digest() for n in sorted(bodies))
    assert done["ETag"] == f'"{hashlib.md5(digests, usedforsecurity=False).hexdigest()}-{len(sizes)}"'
    assert read(s3, bucket) == BODY
    head = s3.head_object(Bucket=bucket, Key="k", PartNumber=len(sizes))
    assert (head["PartsCount"], head["ContentLength"]) == (len(sizes), sizes[-1] * MB)
    assert (head["ContentType"], head["Metadata"]) == ("text/x", {"a": "b"})
    assert read(s3, bucket, PartNumber=len(sizes)) == bodies[len(sizes)]


def test_parts_sent_again_and_parts_left_out(s3: Any, bucket: str) -> None:
    place = begin(s3, bucket)
    send(s3, place, 1, b"wrong" * MB)
    send(s3, place, 3, b"left out" * MB)
    parts = [send(s3, place, 1, BODY[: 5 * MB]), send(s3, place, 7, BODY[5 * MB :])]
    complete(s3, place, parts)
    assert read(s3, bucket) == BODY


def test_completing_twice_gives_the_same_answer(s3: Any, bucket: str) -> None:
    place = begin(s3, bucket)
    parts = [send(s3, place, 1, b"x")]
    assert complete(s3, place, parts)["ETag"] == complete(s3, place, parts)["ETag"]
    assert code(s3.abort_multipart_upload, **place) == "NoSuchUpload"
    assert code(send, s3, place, 1, b"x") == "NoSuchUpload"


def test_what_completion_refuses(s3: Any, bucket: str) -> None:
    place = begin(s3, bucket)
    one, two = send(s3, place, 1, b"small"), send(s3, place, 2, b"last")
    assert code(complete, s3, place, [one, two]) == "EntityTooSmall"
    assert code(complete, s3, place, [two, one]) == "InvalidPartOrder"
    assert code(complete, s3, place, [one, {"PartNumber": 2, "ETag": "no"}]) == "InvalidPart"
    assert code(complete, s3, place, [{"PartNumber": 9, "ETag": one["ETag"]}]) == "InvalidPart"
    assert code(complete, s3, place, []) == "MalformedXML"
    assert code(complete, s3, place, [two], MpuObjectSize=99) == "InvalidRequest"
    assert code(complete, s3, place | {"UploadId": "none"}, [one]) == "NoSuchUpload"
    assert code(s3.upload_part, **place, PartNumber=10_001, Body=b"") == "InvalidArgument"
    complete(s3, place, [two])
    assert read(s3, bucket) == b"last"


@pytest.mark.parametrize(
    ("algorithm", "kind"),
    [("CRC32", "COMPOSITE"), ("CRC32", "FULL_OBJECT"), ("CRC32C", "FULL_OBJECT"), ("SHA256", "COMPOSITE")],
)
def test_checksums_of_the_whole(s3: Any, bucket: str, algorithm: str, kind: str) -> None:
    place = begin(s3, bucket, ChecksumAlgorithm=algorithm, ChecksumType=kind)
    bodies = (BODY[: 6 * MB], BODY[6 * MB :])
    parts = [send(s3, place, n, body, ChecksumAlgorithm=algorithm) for n, body in enumerate(bodies, 1)]
    done = complete(s3, place, parts)
    assert done["ChecksumType"] == kind
    whole = s3.put_object(Bucket=bucket, Key="whole", Body=BODY, ChecksumAlgorithm=algorithm)
    member = f"Checksum{algorithm}"
    assert (done[member] == whole[member]) == (kind == "FULL_OBJECT")
    assert done[member].endswith("-2") == (kind == "COMPOSITE")
    assert s3.head_object(Bucket=bucket, Key="k", ChecksumMode="ENABLED")[member] == done[member]


def test_copied_parts(s3: Any, bucket: str) -> None:
    s3.put_object(Bucket=bucket, Key="source", Body=BODY)
    place, source = begin(s3, bucket), {"Bucket": bucket, "Key": "source"}
    parts = []
    for number, span in enumerate((f"bytes=0-{8 * MB - 1}", f"bytes={8 * MB}-{17 * MB - 1}"), 1):
        result = s3.upload_part_copy(**place, PartNumber=number, CopySource=source, CopySourceRange=span)
        parts.append({"PartNumber": number, "ETag": result["CopyPartResult"]["ETag"]})
    complete(s3, place, parts)
    assert read(s3, bucket) == BODY
    bad = {"CopySource": source, "CopySourceRange": f"bytes=0-{17 * MB}"}
    assert code(s3.upload_part_copy, **begin(s3, bucket), PartNumber=1, **bad) == "InvalidArgument"


def test_copy_of_a_multipart_object_has_an_etag_of_its_own(s3: Any, bucket: str) -> None:
    s3.upload_fileobj(io.BytesIO(BODY), bucket, "parts")
    copied = s3.copy_object(Bucket=bucket, Key="copied", CopySource={"Bucket": bucket, "Key": "parts"})
    assert copied["CopyObjectResult"]["ETag"] == f'"{hashlib.md5(BODY, usedforsecurity=False).hexdigest()}"'
    assert read(s3, bucket, "copied") == BODY


def test_lists_of_parts_and_uploads(s3: Any) -> None:
    name = new_bucket(s3)
    ids = [s3.create_multipart_upload(Bucket=name, Key=key)["UploadId"] for key in ("b/1", "a", "b/2", "a", "c")]
    wanted = [("a", ids[1]), ("a", ids[3]), ("b/1", ids[0]), ("b/2", ids[2]), ("c", ids[4])]
    told = s3.list_multipart_uploads(Bucket=name)["Uploads"]
    assert [(one["Key"], one["UploadId"]) for one in told] == wanted
    pages = s3.get_paginator("list_multipart_uploads").paginate(Bucket=name, PaginationConfig={"PageSize": 1})
    assert [(one["Key"], one["UploadId"]) for page in pages for one in page.get("Uploads", [])] == wanted
    rolled = s3.list_multipart_uploads(Bucket=name, Delimiter="/")
    assert rolled["CommonPrefixes"] == [{"Prefix": "b/"}]
    place = {"Bucket": name, "Key": "c", "UploadId": ids[4]}
    for number in (3, 1, 2):
        send(s3, place, number, bytes(number))
    pages = s3.get_paginator("list_parts").paginate(**place, PaginationConfig={"PageSize": 2})
    assert [(p["PartNumber"], p["Size"]) for page in pages for p in page["Parts"]] == [(1, 1), (2, 2), (3, 3)]
    s3.delete_bucket(Bucket=name)


def test_an_aborted_upload_leaves_nothing_on_disk(server: Running, s3: Any, bucket: str) -> None:
    def bodies() -> int:
        return sum(1 for one in (server.data_dir / "objects" / "bodies").rglob("*") if one.is_file())

    before = bodies()
    place = begin(s3, bucket)
    send(s3, place, 1, BODY)
    send(s3, place, 1, BODY + b"again")
    s3.abort_multipart_upload(**place)
    assert bodies() == before


@pytest.mark.parametrize(
    ("algorithm", "kind"), [("SHA256", "COMPOSITE"), ("SHA1", "COMPOSITE"), ("CRC32", "FULL_OBJECT")]
)
def test_the_checksum_of_the_whole_comes_with_its_completion(s3: Any, bucket: str, algorithm: str, kind: str) -> None:
    member = f"Checksum{algorithm}"
    body = os.urandom(3000)
    place = begin(s3, bucket, ChecksumAlgorithm=algorithm, ChecksumType=kind)
    parts = [send(s3, place, 1, body, ChecksumAlgorithm=algorithm)]
    known = complete(s3, place, parts)[member]
    assert complete(s3, place, parts)[member] == known  # a completion that is sent again
    place = begin(s3, bucket, ChecksumAlgorithm=algorithm, ChecksumType=kind)
    parts = [send(s3, place, 1, body, ChecksumAlgorithm=algorithm)]
    wrong = base64.b64encode(bytes(len(base64.b64decode(parts[0][member])))).decode()
    assert code(complete, s3, place, parts, **{member: wrong}) == "BadDigest"
    assert complete(s3, place, parts, **{member: known})[member] == known
    for read_part in (s3.get_object, s3.head_object):
        told = read_part(Bucket=bucket, Key="k", PartNumber=1, ChecksumMode="ENABLED")
        assert (told[member], told["ChecksumType"], told["PartsCount"]) == (parts[0][member], kind, 1)


def test_the_parts_an_object_tells(s3: Any, bucket: str) -> None:
    asked = {"Bucket": bucket, "Key": "k", "ObjectAttributes": ["ObjectParts"]}
    place = begin(s3, bucket)
    complete(s3, place, [send(s3, place, 1, b"x")])
    assert s3.get_object_attributes(**asked)["ObjectParts"] == {"TotalPartsCount": 1}
    place = begin(s3, bucket, ChecksumAlgorithm="SHA256")
    sent = [send(s3, place, number, BODY[: 5 * MB], ChecksumAlgorithm="SHA256") for number in (2, 5, 9)]
    complete(s3, place, sent)
    first = s3.get_object_attributes(**asked, MaxParts=2)["ObjectParts"]
    assert [part["PartNumber"] for part in first["Parts"]] == [2, 5]
    assert (first["TotalPartsCount"], first["IsTruncated"], first["NextPartNumberMarker"]) == (3, True, 5)
    last = s3.get_object_attributes(**asked, PartNumberMarker=5)["ObjectParts"]
    assert [(part["PartNumber"], part["ChecksumSHA256"]) for part in last["Parts"]] == [(9, sent[2]["ChecksumSHA256"])]
    beyond = s3.get_object_attributes(**asked, PartNumberMarker=10)["ObjectParts"]
    assert (beyond["IsTruncated"], beyond["NextPartNumberMarker"], "Parts" in beyond) == (False, 0, False)


@pytest.mark.parametrize(
    ("span", "expected"),
    [
        ("0-8", "InvalidArgument"),
        ("bytes=1-0", "InvalidArgument"),
        ("bytes=0-10", "InvalidArgument"),
        ("bytes=10-11", "InvalidRequest"),
    ],
)
def test_ranges_that_are_not_in_the_source(s3: Any, bucket: str, span: str, expected: str) -> None:
    s3.put_object(Bucket=bucket, Key="ten", Body=b"0123456789")
    source = {"CopySource": {"Bucket": bucket, "Key": "ten"}, "CopySourceRange": span}
    assert code(s3.upload_part_copy, **begin(s3, bucket), PartNumber=1, **source) == expected
