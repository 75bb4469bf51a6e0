"""What is signed, as text, and the signature of a text.

A newcomer would get the path wrong: S3 signs the path encoded once, as it is sent, whatever slashes and dots are in it;
every other service signs the *normalised* path encoded twice. The server in use gives no raw path (see http.py), so
outside S3 it is not known which characters a client had encoded in it: :func:`paths` gives all that it can have been.
Each of them decodes to the path that was asked for, so whichever fits, the request is the one that was signed.
Source: "Signature Version 4 signing process" in the IAM user guide.
"""

from __future__ import annotations

import hashlib
import hmac
import posixpath
from collections.abc import Iterator, Sequence
from functools import lru_cache
from urllib.parse import parse_qsl, quote

from emulator.aws.http import Request

ALGORITHM = "AWS4-HMAC-SHA256"
UNRESERVED = "-_.~"
RAW = "-_.~:@!$&'()*+,;="  # what RFC 3986 lets a client leave as it is in a path


def canonical(request: Request, path: str, headers: Sequence[str], payload: str) -> str:
    """The canonical request. Header values are latin-1 characters that stand for the bytes that were sent."""
    values = "".join(f"{name}:{' '.join(request.headers.get(name, '').split())}\n" for name in headers)
    return "\n".join((request.method, path, query(request.query_string), values, ";".join(headers), payload))


def query(given: str) -> str:
    """The canonical query string, without the signature itself."""
    pairs = sorted(
        (quote(name, safe=UNRESERVED), quote(value, safe=UNRESERVED))
        for name, value in parse_qsl(given, keep_blank_values=True)
        if name != "X-Amz-Signature"
    )
    return "&".join(f"{name}={value}" for name, value in pairs)


def paths(service: str, path: str) -> Iterator[str]:
    """The canonical paths a request may have been signed with, the likely one first."""
    if service == "s3":
        yield quote(path, safe=f"/{UNRESERVED}")
        return
    for safe in (UNRESERVED, RAW):
        for sent in _sent(path, safe):
            yield quote(_normal(sent), safe=f"/{UNRESERVED}")


def _sent(path: str, safe: str) -> Iterator[str]:
    """The path as it may have been sent: every slash a separator, or those within one label encoded (an ARN's)."""
    parts = [quote(part, safe=safe) for part in path.split("/")]
    yield "/".join(parts)
    for begin in range(1, len(parts) - 1):
        for end in range(len(parts), begin + 1, -1):
            yield "/".join([*parts[:begin], "%2F".join(parts[begin:end]), *parts[end:]])


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
