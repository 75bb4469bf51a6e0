"""What is signed, as text, and the signature of a text.

A newcomer would get the path wrong: S3 signs the path encoded once, as it is sent, whatever slashes and dots are in it;
every other service signs the *normalised* path encoded twice: what was sent, with its own escapes, is encoded again.
Source: "Signature Version 4 signing process" in the IAM user guide.
"""

from __future__ import annotations

import hashlib
import hmac
import posixpath
from collections.abc import Sequence
from functools import lru_cache
from urllib.parse import parse_qsl, quote

from emulator.aws.http import Request

ALGORITHM = "AWS4-HMAC-SHA256"
UNRESERVED = "-_.~"


def canonical(service: str, request: Request, headers: Sequence[str], payload: str) -> str:
    """The canonical request. Header values are latin-1 characters that stand for the bytes that were sent."""
    values = "".join(f"{name}:{' '.join(request.headers.get(name, '').split())}\n" for name in headers)
    where, asked = path(service, request), query(request.query_string)
    return "\n".join((request.method, where, asked, values, ";".join(headers), payload))


def query(given: str) -> str:
    """The canonical query string, without the signature itself."""
    pairs = sorted(
        (quote(name, safe=UNRESERVED), quote(value, safe=UNRESERVED))
        for name, value in parse_qsl(given, keep_blank_values=True)
        if name != "X-Amz-Signature"
    )
    return "&".join(f"{name}={value}" for name, value in pairs)


def path(service: str, request: Request) -> str:
    """The canonical path of a request."""
    if service == "s3":
        return quote(request.path, safe=f"/{UNRESERVED}")
    return quote(_normal(request.sent_path or quote(request.path)), safe=f"/{UNRESERVED}")


def _normal(path: str) -> str:
    """Without ``.``, ``..`` and empty parts; a slash at the end stays."""
    normal = posixpath.normpath(f"/{path.lstrip('/')}")
    return f"{normal}/" if path.endswith("/") and normal != "/" else normal


def string_to_sign(moment: str, scope: str, text: str) -> str:
    """What is signed of a canonical request; ``scope`` is ``date/region/service/aws4_request``."""
    return "\n".join((ALGORITHM, moment, scope, hashlib.sha256(text.encode("latin-1")).hexdigest()))


@lru_cache(256)
def signing_key(secret: str, scope: str) -> bytes:
    """The key that signs within a scope: for one day, region and service."""
    key = f"AWS4{secret}".encode()
    for part in scope.split("/"):
        key = hmac.digest(key, part.encode(), "sha256")
    return key


def sign(key: bytes, text: str) -> str:
    """The signature of a text."""
    return hmac.digest(key, text.encode(), "sha256").hex()
