"""S3 over bare HTTP: what client libraries never send, or hide from who uses them."""

from __future__ import annotations

import base64
import hashlib
import os
import socket
import zlib
from typing import Any
from urllib.parse import quote, urlsplit

import pytest
import requests

from tests.api.s3_calls import begin, read, refused
from tests.conftest import Running
from tests.raw_calls import SIGNED

AUTHORIZATION = f"Authorization: {SIGNED['Authorization']}"
REGION = "us-east-1"


class Wire:
    """One connection, byte for byte."""

    def __init__(self, server: Running) -> None:
        place = urlsplit(server.url)
        self.socket = socket.create_connection((place.hostname or "", place.port or 0), timeout=20)

    def __enter__(self) -> Wire:
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    def send(self, line: str, *headers: str, body: bytes = b"") -> None:
        head = "\r\n".join((f"{line} HTTP/1.1", "Host: localhost", AUTHORIZATION, *headers, "", ""))
        self.socket.sendall(head.encode() + body)

    def head(self) -> str:
        """The next answer's head."""
        data = b""
        while b"\r\n\r\n" not in data:
            more = self.socket.recv(1)
            if not more:
                break
            data += more
        return data.decode()

    def rest(self) -> str:
        return b"".join(iter(lambda: self.socket.recv(65536), b"")).decode()


def test_100_continue_asks_for_the_body(server: Running, s3: Any, bucket: str) -> None:
    with Wire(server) as wire:
        wire.send(f"PUT /{bucket}/waited", "Content-Length: 4", "Expect: 100-continue")
        assert wire.head().startswith("HTTP/1.1 100")
        wire.socket.sendall(b"body")
        assert wire.head().startswith("HTTP/1.1 200")
    assert read(s3, bucket, "waited") == b"body"


@pytest.mark.parametrize(
    ("line", "headers", "status", "code"),
    [
        ("PUT /no-such-bucket-here/k", ("Content-Length: 4",), 404, "NoSuchBucket"),
        ("PUT /BUCKET/there", ("Content-Length: 4", "If-None-Match: *"), 412, "PreconditionFailed"),
        ("PUT /BUCKET/k", (f"Content-Length: {(5 << 30) + 1}",), 400, "EntityTooLarge"),
        ("PUT /BUCKET/k?partNumber=1&uploadId=none", ("Content-Length: 4",), 404, "NoSuchUpload"),
        (f"PUT /BUCKET/{'k' * 1025}", ("Content-Length: 4",), 400, "KeyTooLongError"),
    ],
)
def test_a_refused_body_is_not_asked_for(
    server: Running, s3: Any, bucket: str, line: str, headers: tuple[str, ...], status: int, code: str
) -> None:
    s3.put_object(Bucket=bucket, Key="there", Body=b"")
    with Wire(server) as wire:
        wire.send(line.replace("BUCKET", bucket), *headers, "Expect: 100-continue")
        answer = wire.head()
        assert answer.startswith(f"HTTP/1.1 {status}")
        assert "connection: close" in answer.lower()
        assert f"<Code>{code}</Code>" in wire.rest()


def test_an_object_over_5_gb_is_too_large(server: Running, s3: Any, bucket: str) -> None:
    upload = s3.create_multipart_upload(Bucket=bucket, Key="k")["UploadId"]
    for query in ("", f"?partNumber=1&uploadId={upload}"):
        with Wire(server) as wire:
            wire.send(f"PUT /{bucket}/k{query}", f"Content-Length: {(5 << 30) + 1}", "Expect: 100-continue")
            wire.head()
            told = wire.rest()
            assert "<Code>EntityTooLarge</Code>" in told
            assert f"<ProposedSize>{(5 << 30) + 1}</ProposedSize>" in told
            assert f"<MaxSizeAllowed>{5 << 30}</MaxSizeAllowed>" in told


def test_a_body_without_length_is_refused(server: Running, s3: Any, bucket: str) -> None:
    with Wire(server) as wire:
        wire.send(f"PUT /{bucket}/chunked", "Transfer-Encoding: chunked", body=b"4\r\nbody\r\n0\r\n\r\n")
        assert wire.head().startswith("HTTP/1.1 411")
    refused(s3.head_object, "404", 404, Bucket=bucket, Key="chunked")


def aws_chunked(*chunks: bytes, trailer: bytes = b"", signed: bool = False) -> bytes:
    signature = b";chunk-signature=" + b"0" * 64 if signed else b""
    body = b"".join(b"%x%b\r\n%b\r\n" % (len(chunk), signature, chunk) for chunk in chunks)
    return body + b"0" + signature + b"\r\n" + (trailer + b"\r\n\r\n" if trailer else b"\r\n")


@pytest.mark.parametrize(
    ("kind", "trailed", "signed"),
    [
        ("STREAMING-UNSIGNED-PAYLOAD-TRAILER", True, False),
        ("STREAMING-AWS4-HMAC-SHA256-PAYLOAD", False, True),
        ("STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER", True, True),
    ],
)
def test_aws_chunked_bodies(server: Running, s3: Any, bucket: str, kind: str, trailed: bool, signed: bool) -> None:
    whole = b"0123456789" * 7000
    crc = base64.b64encode(zlib.crc32(whole).to_bytes(4, "big"))
    trailer = b"x-amz-checksum-crc32:" + crc if trailed else b""
    if trailed and signed:
        trailer += b"\r\nx-amz-trailer-signature:" + b"0" * 64
    headers = SIGNED | {
        "x-amz-content-sha256": kind,
        "content-encoding": "aws-chunked,gzip",
        "x-amz-decoded-content-length": str(len(whole)),
    }
    if trailed:
        headers["x-amz-trailer"] = "x-amz-checksum-crc32"
    body = aws_chunked(whole[:65536], whole[65536:], trailer=trailer, signed=signed)
    answer = requests.put(f"{server.url}/{bucket}/chunks", data=body, headers=headers, timeout=20)
    assert answer.status_code == 200, answer.text
    told = s3.get_object(Bucket=bucket, Key="chunks", ChecksumMode="ENABLED")
    assert told["Body"].read() == whole
    assert told["ContentEncoding"] == "gzip"
    assert told.get("ChecksumCRC32") == (crc.decode() if trailed else None)


@pytest.mark.parametrize("key", ["x" * 1024, "é" * 512, "\U0001f600" * 256])
def test_keys_of_1024_bytes(s3: Any, bucket: str, key: str) -> None:
    s3.put_object(Bucket=bucket, Key=key, Body=b"long")
    assert read(s3, bucket, key) == b"long"
    error = refused(s3.put_object, "KeyTooLongError", 400, Bucket=bucket, Key=f"{key}x", Body=b"")
    assert (error["Size"], error["MaxSizeAllowed"]) == ("1025", "1024")
    upload = {"Bucket": bucket, "Key": f"{key}x"}
    refused(s3.create_multipart_upload, "KeyTooLongError", 400, **upload)
    refused(s3.copy_object, "KeyTooLongError", 400, CopySource={"Bucket": bucket, "Key": key}, **upload)


@pytest.mark.parametrize(
    "key",
    [".", "..", "../up", "a/../b", "a/./b", "//", "/a", "a//", "%41", "%", "a+b", "a b", "é", "\n", "<&>\"'"],
)
def test_keys_that_paths_might_eat(server: Running, s3: Any, bucket: str, key: str) -> None:
    line = f"/{bucket}/{quote(key, safe='/.')}"
    with Wire(server) as wire:
        wire.send(f"PUT {line}", "Content-Length: 1", "Connection: close", body=b"x")
        assert wire.head().startswith("HTTP/1.1 200")
    assert key in [one["Key"] for one in s3.list_objects_v2(Bucket=bucket)["Contents"]]
    assert read(s3, bucket, key) == b"x"
    told = s3.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": key}]})
    assert [one["Key"] for one in told["Deleted"]] == [key]
    refused(s3.head_object, "404", 404, Bucket=bucket, Key=key)


@pytest.mark.parametrize("name", ["plain", "with.dots.in-it"])
def test_virtual_hosts(server: Running, s3: Any, name: str) -> None:
    bucket = f"{name}-{os.urandom(4).hex()}"
    s3.create_bucket(Bucket=bucket)
    for host in (f"{bucket}.s3.localhost", f"{bucket}.s3.amazonaws.com", f"{bucket}.s3.{REGION}.amazonaws.com"):
        headers = SIGNED | {"Host": host}
        body = host.encode()
        put = requests.put(f"{server.url}/a/b c", data=body, headers=headers, timeout=10)
        assert put.status_code == 200, put.text
        assert read(s3, bucket, "a/b c") == body
        assert requests.get(f"{server.url}/a/b c", headers=headers, timeout=10).content == body
        assert "<Key>a/b c</Key>" in requests.get(f"{server.url}/?list-type=2", headers=headers, timeout=10).text
        assert requests.delete(f"{server.url}/a/b c", headers=headers, timeout=10).status_code == 204
    assert requests.delete(f"{server.url}/", headers=headers, timeout=10).status_code == 204
    refused(s3.head_bucket, "404", 404, Bucket=bucket)


def test_websites_are_not_served(server: Running, s3: Any, bucket: str) -> None:
    for host in (f"{bucket}.s3-website-{REGION}.amazonaws.com", f"{bucket}.s3-website.localhost"):
        answer = requests.get(f"{server.url}/", headers=SIGNED | {"Host": host}, timeout=10)
        assert (answer.status_code, "<Code>NotImplemented</Code>" in answer.text) == (501, True), answer.text
        assert "static website hosting" in answer.text


@pytest.mark.parametrize("request_", ["GET ?session", "GET /k?torrent", "GET ?metadataTable"])
def test_what_s3_express_and_others_have(server: Running, bucket: str, request_: str) -> None:
    method, _, rest = request_.partition(" ")
    answer = requests.request(method, f"{server.url}/{bucket}{rest}", headers=SIGNED, timeout=10)
    assert (answer.status_code, "<Code>NotImplemented</Code>" in answer.text) == (501, True), answer.text


def test_composed_and_decomposed_letters_are_two_keys(s3: Any, bucket: str) -> None:
    for key in ("caf\u00e9", "cafe\u0301"):
        s3.put_object(Bucket=bucket, Key=key, Body=key.encode())
    assert s3.list_objects_v2(Bucket=bucket, Prefix="caf")["KeyCount"] == 2
    assert read(s3, bucket, "cafe\u0301") == "cafe\u0301".encode()


def test_presigned_head_and_delete(s3: Any, bucket: str) -> None:
    place = {"Bucket": bucket, "Key": "signed é/+"}
    s3.put_object(Body=b"abc", **place)
    head = requests.head(s3.generate_presigned_url("head_object", place), timeout=10)
    assert (head.status_code, head.headers["Content-Length"], head.content) == (200, "3", b"")
    assert requests.delete(s3.generate_presigned_url("delete_object", place), timeout=10).status_code == 204
    refused(s3.head_object, "404", 404, **place)
    assert requests.head(s3.generate_presigned_url("head_object", place), timeout=10).status_code == 404


def test_overrides_of_answers_are_for_the_signed(server: Running, s3: Any, bucket: str) -> None:
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    given = {
        "ResponseCacheControl": "no-store",
        "ResponseContentDisposition": 'attachment; filename="a b.txt"',
        "ResponseContentEncoding": "identity",
        "ResponseContentLanguage": "de",
        "ResponseContentType": "text/plain",
        "ResponseExpires": 0,
    }
    url = s3.generate_presigned_url("get_object", {"Bucket": bucket, "Key": "k", **given})
    answer = requests.get(url, timeout=10)
    assert answer.headers["Expires"] == "Thu, 01 Jan 1970 00:00:00 GMT"
    for name in ("CacheControl", "ContentDisposition", "ContentEncoding", "ContentLanguage", "ContentType"):
        header = {"CacheControl": "Cache-Control"}.get(name, name.replace("Content", "Content-"))
        assert answer.headers[header] == given[f"Response{name}"]
    s3.delete_public_access_block(Bucket=bucket)
    s3.put_bucket_policy(
        Bucket=bucket,
        Policy='{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":"*","Action":"s3:GetObject",'
        f'"Resource":"arn:aws:s3:::{bucket}/k"}}}}',
    )
    url = f"{server.url}/{bucket}/k"
    assert requests.get(url, timeout=10).content == b"x"
    answer = requests.get(f"{url}?response-content-type=text/plain", timeout=10)
    assert (answer.status_code, "<Code>InvalidRequest</Code>" in answer.text) == (400, True)
    s3.delete_bucket_policy(Bucket=bucket)


def test_head_answers_as_get_without_a_body(s3: Any, bucket: str) -> None:
    tag = s3.put_object(Bucket=bucket, Key="h", Body=b"0123456789")["ETag"]
    at = {"Bucket": bucket, "Key": "h"}
    told = s3.head_object(Range="bytes=2-4", **at)
    assert (told["ContentLength"], told["ContentRange"]) == (3, "bytes 2-4/10")
    assert told["ResponseMetadata"]["HTTPStatusCode"] == 206
    refused(s3.head_object, "416", 416, Range="bytes=10-", **at)
    refused(s3.head_object, "304", 304, IfNoneMatch=tag, **at)
    refused(s3.head_object, "412", 412, IfMatch='"x"', **at)
    refused(s3.head_object, "304", 304, IfModifiedSince=told["LastModified"], **at)
    refused(s3.head_object, "412", 412, IfUnmodifiedSince=0, **at)
    assert s3.head_object(IfMatch=f'"x", {tag}', **at)["ETag"] == tag


def test_a_range_of_a_changed_object(server: Running, s3: Any, bucket: str) -> None:
    """``If-Range``: the range if it is still that object, else all of it."""
    tag = s3.put_object(Bucket=bucket, Key="r", Body=b"0123456789")["ETag"]
    url, span = f"{server.url}/{bucket}/r", SIGNED | {"Range": "bytes=2-4"}
    for condition, body in ((tag, b"234"), ('"other"', b"0123456789")):
        answer = requests.get(url, headers=span | {"If-Range": condition}, timeout=10)
        assert answer.content == body


def test_metadata(server: Running, s3: Any, bucket: str) -> None:
    url = f"{server.url}/{bucket}/meta"
    headers = SIGNED | {"X-Amz-Meta-CamelCase": "a", "x-amz-meta-under_score": "b", "x-amz-meta-utf": "é".encode()}
    assert requests.put(url, data=b"", headers=headers, timeout=10).status_code == 200
    told = s3.head_object(Bucket=bucket, Key="meta")["Metadata"]
    assert (told["camelcase"], told["under_score"]) == ("a", "b")
    assert "utf" in told
    s3.put_object(Bucket=bucket, Key="meta", Body=b"", Metadata={"k": "v" * 2047})
    assert s3.head_object(Bucket=bucket, Key="meta")["Metadata"] == {"k": "v" * 2047}
    refused(s3.put_object, "MetadataTooLarge", 400, Bucket=bucket, Key="meta", Body=b"", Metadata={"k": "v" * 2048})


def test_a_thousand_deletes(s3: Any, bucket: str) -> None:
    s3.put_object(Bucket=bucket, Key="gone-999", Body=b"")
    keys = [{"Key": f"gone-{number}"} for number in range(1000)]
    assert len(s3.delete_objects(Bucket=bucket, Delete={"Objects": keys})["Deleted"]) == 1000
    refused(s3.head_object, "404", 404, Bucket=bucket, Key="gone-999")


def test_conditions_of_copies(s3: Any, bucket: str) -> None:
    tag = s3.put_object(Bucket=bucket, Key="from", Body=b"x")["ETag"]
    modified = s3.head_object(Bucket=bucket, Key="from")["LastModified"]
    copy = {"Bucket": bucket, "Key": "to", "CopySource": {"Bucket": bucket, "Key": "from"}}
    for wrong in (
        {"CopySourceIfMatch": '"x"'},
        {"CopySourceIfNoneMatch": tag},
        {"CopySourceIfModifiedSince": modified},
        {"CopySourceIfUnmodifiedSince": 0},
    ):
        refused(s3.copy_object, "PreconditionFailed", 412, **wrong, **copy)
    s3.copy_object(CopySourceIfMatch=tag, CopySourceIfUnmodifiedSince=0, **copy)
    refused(s3.copy_object, "PreconditionFailed", 412, IfNoneMatch="*", **copy)
    refused(s3.copy_object, "PreconditionFailed", 412, IfMatch='"x"', **copy)
    s3.copy_object(IfMatch=tag, **copy)
    upload = s3.create_multipart_upload(Bucket=bucket, Key="to")["UploadId"]
    part = {"Bucket": bucket, "Key": "to", "UploadId": upload, "PartNumber": 1, "CopySource": copy["CopySource"]}
    refused(s3.upload_part_copy, "PreconditionFailed", 412, CopySourceIfMatch='"x"', **part)
    s3.upload_part_copy(CopySourceIfMatch=tag, **part)


@pytest.mark.parametrize("size", [100, 100_000])
@pytest.mark.parametrize("header", ["If-None-Match", "If-Match"])
def test_who_was_faster_while_a_body_came_is_seen(
    server: Running, s3: Any, bucket: str, header: str, size: int
) -> None:
    """Conditions hold when a body is stored, not only when it begins to come: by them clients make locks and logs."""
    wanted = s3.put_object(Bucket=bucket, Key="k", Body=b"old")["ETag"] if header == "If-Match" else "*"
    with Wire(server) as wire:
        wire.send(f"PUT /{bucket}/k", f"{header}: {wanted}", f"Content-Length: {size}", "Expect: 100-continue")
        assert wire.head().startswith("HTTP/1.1 100")
        s3.put_object(Bucket=bucket, Key="k", Body=b"faster")
        wire.socket.sendall(b"x" * size)
        assert wire.head().startswith("HTTP/1.1 412")
    assert read(s3, bucket, "k") == b"faster"


def test_times_in_bodies_are_whole_seconds(s3: Any, bucket: str) -> None:
    """Those of S3's own: tools that sync compare the body of one answer with the header of another."""
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    s3.put_object(Bucket=bucket, Key="from", Body=b"x")
    answer = s3.copy_object(Bucket=bucket, Key="to", CopySource={"Bucket": bucket, "Key": "from"})
    assert answer["CopyObjectResult"]["LastModified"] == s3.head_object(Bucket=bucket, Key="to")["LastModified"]
    s3.delete_object(Bucket=bucket, Key="from")
    (version,) = s3.list_object_versions(Bucket=bucket, Prefix="from")["Versions"]
    (marker,) = s3.list_object_versions(Bucket=bucket)["DeleteMarkers"]
    place = begin(s3, bucket)
    part = s3.upload_part_copy(**place, PartNumber=1, CopySource=f"{bucket}/to")["CopyPartResult"]
    times = [one["CreationDate"] for one in s3.list_buckets()["Buckets"]]
    times += [one["LastModified"] for one in (version, marker, part, *s3.list_parts(**place)["Parts"])]
    times += [one["Initiated"] for one in s3.list_multipart_uploads(Bucket=bucket)["Uploads"]]
    assert len(times) >= 6
    assert not any(one.microsecond for one in times)


def test_digests_of_bodies(server: Running, s3: Any, bucket: str) -> None:
    url = f"{server.url}/{bucket}/digest"
    md5 = base64.b64encode(hashlib.md5(b"other", usedforsecurity=False).digest()).decode()
    for headers, code in (
        ({"Content-MD5": md5}, "BadDigest"),
        ({"Content-MD5": ""}, "InvalidDigest"),
        ({"x-amz-checksum-crc32": "AAAAAA=="}, "BadDigest"),
        ({"x-amz-checksum-crc32": "x"}, "InvalidRequest"),
        ({"x-amz-checksum-crc32": "AAAAAA==", "x-amz-checksum-crc32c": "AAAAAA=="}, "InvalidRequest"),
        ({"x-amz-sdk-checksum-algorithm": "CRC32"}, "InvalidRequest"),
    ):
        answer = requests.put(url, data=b"body", headers=SIGNED | headers, timeout=10)
        assert (answer.status_code, f"<Code>{code}</Code>" in answer.text) == (400, True), (headers, answer.text)
    refused(s3.head_object, "404", 404, Bucket=bucket, Key="digest")
