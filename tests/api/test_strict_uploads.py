"""``--auth strict``: presigned links, upload forms, and uploads whose chunks are signed one by one."""

from __future__ import annotations

import base64
import json
import os
import zlib
from typing import Any

import pytest
import requests
from botocore.awsrequest import AWSRequest
from botocore.config import Config

from tests.api.s3_calls import new_bucket
from tests.conftest import Running
from tests.strict import OTHER_KEY, OTHER_SECRET, ChunkSigner, client, code, link, send, upload

SIGNED = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"
TRAILER = f"{SIGNED}-TRAILER"
UNSIGNED = "STREAMING-UNSIGNED-PAYLOAD-TRAILER"
PARTS = (os.urandom(64 << 10), os.urandom(64 << 10), os.urandom(1000))
WHOLE = b"".join(PARTS)
CRC = base64.b64encode(zlib.crc32(WHOLE).to_bytes(4, "big")).decode()
V4 = Config(signature_version="s3v4")


@pytest.fixture(scope="module")
def s3(strict: Running) -> Any:
    return client(strict, "s3", config=V4)


@pytest.fixture(scope="module")
def bucket(s3: Any) -> str:
    return new_bucket(s3)


def there(s3: Any, bucket: str, key: str) -> bytes | None:
    try:
        return bytes(s3.get_object(Bucket=bucket, Key=key)["Body"].read())
    except s3.exceptions.NoSuchKey:
        return None


# --- links -----------------------------------------------------------------------------------------------------------


def test_links(s3: Any, bucket: str) -> None:
    def at(operation: str, **more: Any) -> str:
        return str(s3.generate_presigned_url(operation, {"Bucket": bucket, "Key": "a b/é+", **more}))

    put = at("put_object", ContentType="text/plain", Metadata={"a": "b"})
    headers = {"Content-Type": "text/plain", "x-amz-meta-a": "b"}
    assert requests.put(put, data=b"linked", headers=headers, timeout=10).status_code == 200
    assert code(requests.put(put, data=b"", headers=headers | {"Content-Type": "a/b"}, timeout=10)) == (
        "SignatureDoesNotMatch"
    )
    assert requests.get(at("get_object", ResponseContentType="a/b"), timeout=10).headers["Content-Type"] == "a/b"
    assert requests.head(at("head_object"), timeout=10).headers["x-amz-meta-a"] == "b"
    assert requests.head(at("get_object"), timeout=10).status_code == 403
    assert requests.delete(at("delete_object"), timeout=10).status_code == 204
    assert there(s3, bucket, "a b/é+") is None


def test_links_that_were_changed(s3: Any, bucket: str) -> None:
    s3.put_object(Bucket=bucket, Key="k", Body=b"")
    url = s3.generate_presigned_url("get_object", {"Bucket": bucket, "Key": "k"})
    assert requests.get(url, timeout=10).status_code == 200
    for old, new, expected in (
        ("/k?", "/k2?", "SignatureDoesNotMatch"),
        ("X-Amz-Expires=3600", "X-Amz-Expires=3601", "SignatureDoesNotMatch"),
        ("&X-Amz-Signature=", "&versionId=null&X-Amz-Signature=", "SignatureDoesNotMatch"),
        ("X-Amz-Credential=AKIDMINE", "X-Amz-Credential=AKIDNOBODY", "InvalidAccessKeyId"),
        ("X-Amz-Algorithm=AWS4-HMAC-SHA256", "X-Amz-Algorithm=AWS4-ECDSA-P256-SHA256", "NotImplemented"),
        ("X-Amz-Algorithm=AWS4-HMAC-SHA256&", "", "InvalidRequest"),
        ("X-Amz-Date=2", "X-Amz-Date=1", "AuthorizationHeaderMalformed"),
    ):
        assert old in url
        assert code(requests.get(url.replace(old, new), timeout=10)) == expected, new
    more = requests.get(url, headers={"x-amz-request-payer": "requester"}, timeout=10)
    assert code(more) == "AccessDenied"
    assert "<HeadersNotSigned>x-amz-request-payer</HeadersNotSigned>" in more.text
    both = requests.get(url, headers={"Authorization": "AWS4-HMAC-SHA256 Credential=a"}, timeout=10)
    assert code(both) == "InvalidArgument"


def test_links_end(strict: Running, s3: Any, bucket: str) -> None:
    s3.put_object(Bucket=bucket, Key="k", Body=b"")
    url = f"{strict.url}/{bucket}/k"
    assert requests.get(link(url, minutes=-10, seconds=601), timeout=10).status_code == 200
    for late in (link(url, minutes=-10, seconds=599), link(url, minutes=20, seconds=60)):
        answer = requests.get(late, timeout=10)
        assert (answer.status_code, code(answer)) == (403, "AccessDenied")
    answer = requests.get(link(url, minutes=0, seconds=604801), timeout=10)
    assert (answer.status_code, code(answer)) == (400, "AuthorizationQueryParametersError")


# --- forms -----------------------------------------------------------------------------------------------------------


def test_forms(strict: Running, s3: Any, bucket: str) -> None:
    def post(key: str, signer: Any = s3, **changes: str) -> requests.Response:
        form = signer.generate_presigned_post(bucket, key, ExpiresIn=60)
        fields = {name: value for name, value in (form["fields"] | changes).items() if value}
        return requests.post(form["url"], data=fields, files={"file": b"by form"}, timeout=10)

    assert post("by-form").status_code == 204
    assert there(s3, bucket, "by-form") == b"by form"
    policy = base64.b64decode(s3.generate_presigned_post(bucket, "x")["fields"]["policy"])
    longer = base64.b64encode(policy.replace(b'"key": "x"', b'"key": "other"')).decode()
    for changes, expected in (
        ({"x-amz-signature": "0" * 64}, "SignatureDoesNotMatch"),
        ({"policy": longer}, "SignatureDoesNotMatch"),
        ({"x-amz-credential": "AKIDNOBODY/20200101/us-east-1/s3/aws4_request"}, "AccessDenied"),
        ({"policy": "", "x-amz-signature": ""}, "AccessDenied"),
    ):
        answer = post("other", **changes)
        assert (answer.status_code, code(answer)) == (403, expected), changes
    wrong = client(strict, "s3", secret="wrong", config=V4)
    assert code(post("other", wrong)) == "SignatureDoesNotMatch"
    nobody = client(strict, "s3", key="AKIDNOBODY", config=V4)
    assert code(post("other", nobody)) == "InvalidAccessKeyId"
    assert code(post("other", client(strict, "s3", OTHER_KEY, OTHER_SECRET, config=V4))) == "AccessDenied"
    assert there(s3, bucket, "other") is None


def test_a_form_of_nobody_needs_a_bucket_that_takes_it(strict: Running, s3: Any) -> None:
    name = new_bucket(s3)
    s3.delete_public_access_block(Bucket=name)
    allow = {"Effect": "Allow", "Principal": "*", "Action": "s3:PutObject", "Resource": f"arn:aws:s3:::{name}/*"}
    s3.put_bucket_policy(Bucket=name, Policy=json.dumps({"Version": "2012-10-17", "Statement": [allow]}))
    answer = requests.post(f"{strict.url}/{name}", data={"key": "k"}, files={"file": b"x"}, timeout=10)
    assert answer.status_code == 204, answer.text


# --- chunks ----------------------------------------------------------------------------------------------------------


def chunks(request: AWSRequest, trailer: str = "") -> list[bytes]:
    """The wire of an upload in pieces: its chunks, signed, and the end."""
    signer = ChunkSigner(request)
    return [*(signer.chunk(part) for part in PARTS), signer.last(trailer)]


def start(strict: Running, bucket: str, key: str, word: str = SIGNED, **more: str) -> AWSRequest:
    return upload(f"{strict.url}/{bucket}/{key}", word, len(WHOLE), **more)


def test_signed_chunks(strict: Running, s3: Any, bucket: str) -> None:
    request = start(strict, bucket, "chunks")
    answer = send(request, b"".join(chunks(request)))
    assert answer.status_code == 200, answer.text
    assert there(s3, bucket, "chunks") == WHOLE


def test_signed_chunks_with_a_signed_trailer(strict: Running, s3: Any, bucket: str) -> None:
    more = {"x-amz-trailer": "x-amz-checksum-crc32"}
    request = start(strict, bucket, "trailer", TRAILER, **more)
    wire = chunks(request, f"x-amz-checksum-crc32:{CRC}")
    answer = send(request, b"".join(wire))
    assert answer.status_code == 200, answer.text
    assert answer.headers["x-amz-checksum-crc32"] == CRC
    for old, new in (
        (CRC.encode(), b"AAAAAA=="),
        (b"trailer-signature:", b"trailer-signature:0"),
        (b"\r\nx-amz-tr", b""),
    ):
        request = start(strict, bucket, "trailer-2", TRAILER, **more)
        wire = chunks(request, f"x-amz-checksum-crc32:{CRC}")
        wire[-1] = wire[-1].replace(old, new)
        answer = send(request, b"".join(wire))
        assert (answer.status_code, code(answer)) == (403, "SignatureDoesNotMatch"), new
    assert there(s3, bucket, "trailer-2") is None


def test_unsigned_chunks_with_a_trailer(strict: Running, s3: Any, bucket: str) -> None:
    request = start(strict, bucket, "unsigned", UNSIGNED, **{"x-amz-trailer": "x-amz-checksum-crc32"})
    wire = b"".join(f"{len(part):x}\r\n".encode() + part + b"\r\n" for part in PARTS)
    answer = send(request, wire + f"0\r\nx-amz-checksum-crc32:{CRC}\r\n\r\n".encode())
    assert answer.status_code == 200, answer.text
    assert there(s3, bucket, "unsigned") == WHOLE


def swapped(wire: list[bytes]) -> list[bytes]:
    return [wire[1], wire[0], *wire[2:]]


def flipped(wire: list[bytes]) -> list[bytes]:
    return [wire[0], wire[1][:-3] + bytes([wire[1][-3] ^ 1]) + b"\r\n", *wire[2:]]


def unsigned_end(wire: list[bytes]) -> list[bytes]:
    return [*wire[:-1], b"0\r\n\r\n"]


def unsigned_chunk(wire: list[bytes]) -> list[bytes]:
    return [b"%x\r\n%s\r\n" % (len(PARTS[0]), PARTS[0]), *wire[1:]]


def left_out(wire: list[bytes]) -> list[bytes]:
    return [*wire[:1], *wire[2:]]


@pytest.mark.parametrize("broken", [swapped, flipped, unsigned_end, unsigned_chunk, left_out])
def test_a_broken_chunk_leaves_nothing(strict: Running, s3: Any, bucket: str, broken: Any) -> None:
    request = start(strict, bucket, "broken")
    answer = send(request, b"".join(broken(chunks(request))))
    assert (answer.status_code, code(answer)) == (403, "SignatureDoesNotMatch")
    assert there(s3, bucket, "broken") is None


def test_parts_are_checked_too(strict: Running, s3: Any, bucket: str) -> None:
    place = {"Bucket": bucket, "Key": "parts"}
    upload_id = s3.create_multipart_upload(**place)["UploadId"]
    url = f"parts?partNumber=1&uploadId={upload_id}"
    request = start(strict, bucket, url)
    assert code(send(request, b"".join(flipped(chunks(request))))) == "SignatureDoesNotMatch"
    assert "Parts" not in s3.list_parts(UploadId=upload_id, **place)
    request = start(strict, bucket, url)
    assert send(request, b"".join(chunks(request))).status_code == 200
    s3.abort_multipart_upload(UploadId=upload_id, **place)


@pytest.mark.parametrize(
    ("word", "status", "expected"),
    [
        ("STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD", 501, "NotImplemented"),
        ("STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD-TRAILER", 501, "NotImplemented"),
        ("STREAMING-MADE-UP", 400, "InvalidArgument"),
        ("abc", 400, "InvalidArgument"),
    ],
)
def test_other_words_for_the_body(strict: Running, bucket: str, word: str, status: int, expected: str) -> None:
    answer = send(start(strict, bucket, "word", word), b"0\r\n\r\n")
    assert (answer.status_code, code(answer)) == (status, expected)
