"""A strict server and its key pairs, for the tests of signatures; and signing by hand what no client will sign."""

from __future__ import annotations

import datetime
import hashlib
import hmac
from typing import Any

import requests
from botocore.auth import S3SigV4Auth, S3SigV4QueryAuth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

OWN, OTHER = "123456789012", "222222222222"
KEY, SECRET = "AKIDMINE", "mine+/secret=="
OTHER_KEY, OTHER_SECRET = "AKIDTHEIRS", "theirs/secret"
STRICT = (
    *("--auth", "strict"),
    *("--key-pair", f"{KEY}={SECRET}", "--key-pair", f"{OTHER_KEY}={OTHER_SECRET}@{OTHER}"),
)
MOMENT = "%Y%m%dT%H%M%SZ"


def client(server: Any, service: str, key: str = KEY, secret: str = SECRET, **options: Any) -> Any:
    return server.client(service, aws_access_key_id=key, aws_secret_access_key=secret, **options)


class _Signs:
    """What botocore signs, at another time than now, or with another word for the body."""

    minutes = 0
    word = ""

    def _modify_request_before_signing(self, request: AWSRequest) -> None:
        request.context["timestamp"] = moment(self.minutes)
        super()._modify_request_before_signing(request)  # type: ignore[misc]

    def payload(self, request: AWSRequest) -> str:
        return self.word or str(super().payload(request))  # type: ignore[misc]


class _SignsS3(_Signs, S3SigV4Auth):
    pass


class _SignsOthers(_Signs, SigV4Auth):
    pass


class _SignsLinks(_Signs, S3SigV4QueryAuth):
    pass


def link(url: str, *, minutes: int, seconds: int) -> str:
    """A link made so many minutes from now, good for so many seconds."""
    request = AWSRequest("GET", url)
    signer = _SignsLinks(Credentials(KEY, SECRET), "s3", "us-east-1", expires=seconds)
    signer.minutes = minutes
    signer.add_auth(request)
    return str(request.url)


def signed(
    method: str,
    url: str,
    service: str = "s3",
    headers: dict[str, str] | None = None,
    body: bytes = b"",
    *,
    minutes: int = 0,
    word: str = "",
) -> AWSRequest:
    """A request as botocore signs it: so many minutes from now, with ``word`` for the digest of the body."""
    request = AWSRequest(method, url, headers or {}, body)
    signer = (_SignsS3 if service == "s3" else _SignsOthers)(Credentials(KEY, SECRET), service, "us-east-1")
    signer.minutes, signer.word = minutes, word
    signer.add_auth(request)
    return request


def send(request: AWSRequest, body: bytes | None = None, **changes: str | None) -> requests.Response:
    """Send it, with another body or with headers changed (``None``: left out); ``_`` in names stands for ``-``."""
    headers = dict(request.headers.items())
    for name, value in changes.items():
        headers = {one: text for one, text in headers.items() if one.lower() != name.replace("_", "-").lower()}
        if value is not None:
            headers[name.replace("_", "-")] = value
    sent = request.data if body is None else body
    return requests.request(request.method, request.url, headers=headers, data=sent, timeout=10)


def moment(minutes: int = 0) -> str:
    return (datetime.datetime.now(datetime.UTC) + datetime.timedelta(minutes=minutes)).strftime(MOMENT)


def key_of(day: str, service: str = "s3", secret: str = SECRET) -> bytes:
    """The signing key of a day in us-east-1."""
    key = f"AWS4{secret}".encode()
    for part in (day, "us-east-1", service, "aws4_request"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    return key


def sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


class ChunkSigner:
    """Signs chunks after a request that botocore signed, in the words of S3's documentation."""

    def __init__(self, request: AWSRequest) -> None:
        self.before = request.headers["Authorization"].rpartition("Signature=")[2]
        self.time = request.headers["X-Amz-Date"]
        self.scope = f"{self.time[:8]}/us-east-1/s3/aws4_request"

    def sign(self, what: str, *digests: str) -> str:
        text = "\n".join((f"AWS4-HMAC-SHA256-{what}", self.time, self.scope, self.before, *digests))
        self.before = hmac.new(key_of(self.time[:8]), text.encode(), hashlib.sha256).hexdigest()
        return self.before

    def chunk(self, data: bytes) -> bytes:
        signature = self.sign("PAYLOAD", sha(b""), sha(data))
        return f"{len(data):x};chunk-signature={signature}\r\n".encode() + data + b"\r\n"

    def last(self, trailer: str = "") -> bytes:
        end = self.chunk(b"").removesuffix(b"\r\n")
        if not trailer:
            return end + b"\r\n"
        signature = self.sign("TRAILER", sha(f"{trailer}\n".encode()))
        return end + f"{trailer}\r\nx-amz-trailer-signature:{signature}\r\n\r\n".encode()


def upload(url: str, word: str, length: int, **more: str) -> AWSRequest:
    """The signed head of a chunked upload of so many bytes."""
    headers = {"x-amz-decoded-content-length": str(length), "Content-Encoding": "aws-chunked", **more}
    return signed("PUT", url, headers=headers, word=word)


def code(answer: requests.Response) -> str:
    """The error code of an answer in XML."""
    return answer.text.partition("<Code>")[2].partition("</Code>")[0]
