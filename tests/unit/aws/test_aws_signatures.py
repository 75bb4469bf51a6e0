"""Signatures against the worked examples of S3's documentation, and paths as they were sent."""

from __future__ import annotations

import hashlib
import io
import time
from dataclasses import replace
from urllib.parse import unquote

import pytest

from emulator.aws import http
from emulator.aws.chunked import AwsChunked
from emulator.aws.keys import Keys
from emulator.aws.signatures.admit import known
from emulator.aws.signatures.canonical import canonical, sign, signing_key, string_to_sign
from emulator.aws.signatures.canonical import path as canonical_path
from emulator.aws.signatures.chunks import Chain
from emulator.aws.signatures.claims import Claim
from emulator.credentials import KeyPair
from emulator.errors import ServiceError

SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
SCOPE = "20130524/us-east-1/s3/aws4_request"
MOMENT = "20130524T000000Z"
EMPTY = hashlib.sha256().hexdigest()
SEED = "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9"
CHUNKS = (
    "ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648",
    "0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497",
    "b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9",
)


def request(method: str, path: str, query: str = "", **headers: str) -> http.Request:
    environ = {"REQUEST_METHOD": method, "PATH_INFO": path, "QUERY_STRING": query}
    given = {f"HTTP_{name.upper()}": value for name, value in headers.items()}
    return http.request(environ | given | {"HTTP_HOST": "examplebucket.s3.amazonaws.com"}, io.BytesIO())


def signature(made: http.Request, payload: str = EMPTY) -> str:
    names = sorted(made.headers)
    text = canonical("s3", made, names, payload)
    return sign(signing_key(SECRET, SCOPE), string_to_sign(MOMENT, SCOPE, text))


def test_a_get_of_a_range() -> None:
    made = request("GET", "/test.txt", range="bytes=0-9", x_amz_content_sha256=EMPTY, x_amz_date=MOMENT)
    assert signature(made) == "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"


def test_a_put_of_a_name_that_is_encoded() -> None:
    digest = hashlib.sha256(b"Welcome to Amazon S3.").hexdigest()
    made = request(
        "PUT",
        "/test$file.text",
        date="Fri, 24 May 2013 00:00:00 GMT",
        x_amz_content_sha256=digest,
        x_amz_date=MOMENT,
        x_amz_storage_class="REDUCED_REDUNDANCY",
    )
    assert signature(made, digest) == "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd"


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("lifecycle", "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"),
        ("prefix=J&max-keys=2", "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"),
    ],
)
def test_queries(query: str, expected: str) -> None:
    made = request("GET", "/", query, x_amz_content_sha256=EMPTY, x_amz_date=MOMENT)
    assert signature(made) == expected


def chunked(*parts: tuple[bytes, str]) -> AwsChunked:
    wire = b"".join(f"{len(data):x};chunk-signature={given}\r\n".encode() + data + b"\r\n" for data, given in parts)
    body = AwsChunked(io.BytesIO(wire), sum(len(data) for data, _ in parts))
    body.chain = Chain(Claim("AKIAIOSFODNN7EXAMPLE", SCOPE, MOMENT, (), SEED), SECRET, trailing=False)
    return body


def test_chunks() -> None:
    data = (b"a" * 65536, b"a" * 1024, b"")
    assert chunked(*zip(data, CHUNKS, strict=True)).read() == b"a" * 66560
    for wrong in range(3):
        given = [*CHUNKS[:wrong], CHUNKS[wrong - 1], *CHUNKS[wrong + 1 :]]
        with pytest.raises(ServiceError, match="SignatureDoesNotMatch"):
            chunked(*zip(data, given, strict=True)).read()
    with pytest.raises(ServiceError, match="SignatureDoesNotMatch"):
        chunked((b"a" * 65536, CHUNKS[0]), (b"b" * 1024, CHUNKS[1]), (b"", CHUNKS[2])).read()
    with pytest.raises(ServiceError, match="SignatureDoesNotMatch"):
        chunked((b"a" * 65536, CHUNKS[0]), (b"a" * 1024, CHUNKS[1]), (b"", "")).read()


@pytest.mark.parametrize(
    ("service", "sent", "expected"),
    [
        ("s3", "/b//../%C3%A9%20+%25", "/b//../%C3%A9%20%2B%25"),
        ("lambda", "/a/./b//../c%20d/", "/a/c%2520d/"),
        ("lambda", "//a/b", "/a/b"),
        ("lambda", "/", "/"),
        ("lambda", "/tags/arn%3Aaws%3Ax%2Fy", "/tags/arn%253Aaws%253Ax%252Fy"),
        ("lambda", "/tags/arn:aws:x/y", "/tags/arn%3Aaws%3Ax/y"),
    ],
)
def test_paths(service: str, sent: str, expected: str) -> None:
    path = unquote(sent).encode().decode("latin-1")
    assert canonical_path(service, replace(request("GET", path), sent_path=sent)) == expected


def test_a_path_of_which_only_the_meaning_is_known() -> None:
    assert canonical_path("lambda", request("GET", "/a/b c/d")) == "/a/b%2520c/d"


@pytest.mark.parametrize(("service", "code"), [("s3", "ExpiredToken"), ("sagemaker", "ExpiredTokenException")])
def test_temporary_credentials_end(service: str, code: str) -> None:
    claim = Claim("ASIA", SCOPE, MOMENT, ("host",), SEED, token="token")
    pair = KeyPair("ASIA", SECRET, "123456789012", "token", time.time() + 60)
    assert known(claim, service, Keys(pairs=[pair], strict=True)) == pair
    with pytest.raises(ServiceError, match=f"{code}:"):
        known(claim, service, Keys(pairs=[replace(pair, expires=time.time() - 1)], strict=True))
