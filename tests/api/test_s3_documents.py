"""XML documents are compared with the digests they come with: every algorithm, in headers and in trailers."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Callable
from typing import Any

import pytest
import requests
from awscrt import checksums

from tests.api.s3_calls import new_bucket, read, text
from tests.conftest import Running
from tests.raw_calls import SIGNED

DELETE = b"<Delete><Object><Key>k</Key></Object></Delete>"
CORS = (
    b"<CORSConfiguration><CORSRule><AllowedMethod>GET</AllowedMethod><AllowedOrigin>*</AllowedOrigin></CORSRule>"
    b"</CORSConfiguration>"
)
TAGS = b"<Tagging><TagSet><Tag><Key>a</Key><Value>b</Value></Tag></TagSet></Tagging>"


#: What a header of a document holds, by the header's name.
DIGESTS: dict[str, Callable[[bytes], str]] = {
    "Content-MD5": lambda data: text(hashlib.md5(data, usedforsecurity=False).digest()),
    "x-amz-checksum-crc32": lambda data: text(zlib.crc32(data).to_bytes(4, "big")),
    "x-amz-checksum-crc32c": lambda data: text(checksums.crc32c(data).to_bytes(4, "big")),
    "x-amz-checksum-crc64nvme": lambda data: text(checksums.crc64nvme(data).to_bytes(8, "big")),
    "x-amz-checksum-sha1": lambda data: text(hashlib.sha1(data, usedforsecurity=False).digest()),
    "x-amz-checksum-sha256": lambda data: text(hashlib.sha256(data).digest()),
    "x-amz-content-sha256": lambda data: hashlib.sha256(data).hexdigest(),
}


@pytest.fixture
def bucket(s3: Any) -> str:
    name = new_bucket(s3)
    s3.put_object(Bucket=name, Key="k", Body=b"x")
    return name


def delete(server: Running, bucket: str, body: bytes = DELETE, **headers: str) -> requests.Response:
    return requests.post(f"{server.url}/{bucket}?delete", data=body, headers=SIGNED | headers, timeout=10)


@pytest.mark.parametrize("name", DIGESTS)
def test_a_document_has_the_digest_it_comes_with(server: Running, s3: Any, bucket: str, name: str) -> None:
    vouched = {} if "sha256" not in name or "checksum" in name else {"Content-MD5": DIGESTS["Content-MD5"](DELETE)}
    wrong = delete(server, bucket, **vouched, **{name: DIGESTS[name](b"another")})
    code = "XAmzContentSHA256Mismatch" if name == "x-amz-content-sha256" else "BadDigest"
    assert (wrong.status_code, f"<Code>{code}</Code>" in wrong.text) == (400, True), wrong.text
    assert read(s3, bucket, "k") == b"x"
    right = delete(server, bucket, **vouched, **{name: DIGESTS[name](DELETE)})
    assert (right.status_code, "<Key>k</Key>" in right.text) == (200, True), right.text
    assert s3.list_objects_v2(Bucket=bucket)["KeyCount"] == 0


@pytest.mark.parametrize(
    ("headers", "code", "says"),
    [
        ({"Content-MD5": "nonsense"}, "InvalidDigest", "Content-MD5"),
        ({"x-amz-checksum-crc32": "nonsense"}, "InvalidRequest", "x-amz-checksum-crc32 header is invalid"),
        ({"x-amz-checksum-crc64nvme": "AAAAAA=="}, "InvalidRequest", "x-amz-checksum-crc64nvme header is invalid"),
        ({"x-amz-checksum-crc32": "AAAAAA==", "x-amz-checksum-crc32c": "AAAAAA=="}, "InvalidRequest", "a single"),
        ({"x-amz-sdk-checksum-algorithm": "CRC32"}, "InvalidRequest", "no corresponding x-amz-checksum-*"),
        ({}, "InvalidRequest", "Missing required header for this request: Content-MD5 OR x-amz-checksum-*"),
    ],
    ids=["md5", "crc32", "crc64nvme", "two", "announced", "none"],
)
def test_headers_that_vouch_for_nothing(
    server: Running, s3: Any, bucket: str, headers: dict[str, str], code: str, says: str
) -> None:
    answer = delete(server, bucket, **headers)
    assert (answer.status_code, f"<Code>{code}</Code>" in answer.text) == (400, True), answer.text
    assert says in answer.text
    assert read(s3, bucket, "k") == b"x"


@pytest.mark.parametrize(("query", "document", "done"), [("cors", CORS, 200), ("tagging", TAGS, 204)])
def test_documents_of_buckets(server: Running, bucket: str, query: str, document: bytes, done: int) -> None:
    url, name = f"{server.url}/{bucket}?{query}", "x-amz-checksum-crc32c"
    for headers, status in (
        ({}, 400),
        ({name: DIGESTS[name](b"another")}, 400),
        ({name: DIGESTS[name](document)}, done),
    ):
        assert requests.put(url, data=document, headers=SIGNED | headers, timeout=10).status_code == status
    # Of these S3 wants no checksum, but compares the one that comes.
    url = f"{server.url}/{bucket}?versioning"
    versioning = b"<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>"
    for headers, status in (({name: DIGESTS[name](b"another")}, 400), ({}, 200)):
        assert requests.put(url, data=versioning, headers=SIGNED | headers, timeout=10).status_code == status


def test_a_document_in_chunks(server: Running, s3: Any, bucket: str) -> None:
    name = "x-amz-checksum-crc64nvme"
    for digest, status in ((DIGESTS[name](b"another"), 400), (DIGESTS[name](DELETE), 200)):
        chunks = b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in (DELETE[:20], DELETE[20:]))
        body = chunks + b"0\r\n%b:%b\r\n\r\n" % (name.encode(), digest.encode())
        headers = {
            "x-amz-content-sha256": "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
            "content-encoding": "aws-chunked",
            "x-amz-trailer": name,
            "x-amz-decoded-content-length": str(len(DELETE)),
        }
        answer = delete(server, bucket, body, **headers)
        assert answer.status_code == status, answer.text
    assert s3.list_objects_v2(Bucket=bucket)["KeyCount"] == 0


@pytest.mark.parametrize("algorithm", ["CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256"])
def test_what_the_sdk_sends(s3: Any, bucket: str, algorithm: str) -> None:
    told = s3.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": "k"}]}, ChecksumAlgorithm=algorithm)
    assert [one["Key"] for one in told["Deleted"]] == ["k"]
