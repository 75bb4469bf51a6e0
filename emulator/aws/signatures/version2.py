"""Signature Version 2, which S3 still takes and boto3 still makes for links in us-east-1: :func:`read`, :func:`verify`.

It signs the method, the path with its sub-resources, Content-MD5, Content-Type, a date and all ``x-amz-`` headers with
HMAC-SHA1; neither the body nor the rest of the query. In a link such headers may stand as parameters, and the end of
the link stands for the date. Source: "Signing and authenticating REST requests (AWS signature version 2)" in the S3
user guide.
"""

from __future__ import annotations

import base64
import hmac
import time
from collections.abc import Iterator
from datetime import UTC
from email.utils import parsedate_to_datetime
from urllib.parse import quote

from emulator.aws import presign, routes
from emulator.aws.detect import bucket_of
from emulator.aws.http import Request
from emulator.aws.signatures import refusals
from emulator.aws.signatures.canonical import UNRESERVED
from emulator.aws.signatures.claims import MOMENT, Claim, seconds_of
from emulator.errors import ServiceError

SCHEME = "AWS"
AMAZON = "x-amz-"
#: Parameters of the query that are part of what is signed.
_NAMES = """
    accelerate acl analytics cors defaultObjectAcl delete inventory lifecycle location logging metrics notification
    object-lock partNumber policy replication requestPayment response-cache-control response-content-disposition
    response-content-encoding response-content-language response-content-type response-expires restore select
    select-type storageClass tagging torrent uploadId uploads versionId versioning versions website
"""
SIGNED_PARAMETERS = frozenset(_NAMES.split())
LISTS_THE_SAME = {"list-type"}


def read(request: Request) -> Claim | None:
    """The claim of a request that is signed in the old way, which has no scope; None for any other."""
    scheme, _, rest = request.headers.get("authorization", "").strip().partition(" ")
    signature = request.first("Signature")
    if scheme == SCHEME and signature is None:
        return _header(request, rest.strip())
    return _query(request) if not scheme and signature is not None else None


def _header(request: Request, given: str) -> Claim:
    key, _, signature = given.partition(":")
    if not key or not signature:
        fields = {"ArgumentName": "Authorization", "ArgumentValue": f"{SCHEME} {given}"}
        text = "AWS authorization header is invalid.  Expected AwsAccessKeyId:signature"
        raise ServiceError("InvalidArgument", text, 400, fields)
    return Claim(key, "", _moment(request), (), signature, request.headers.get("x-amz-security-token", ""))


def _moment(request: Request) -> str:
    date = request.headers.get("x-amz-date", request.headers.get("date", ""))
    try:
        seconds_of(date)
        return date
    except ValueError:
        pass
    try:
        found = parsedate_to_datetime(date).astimezone(UTC)
    except (ValueError, OverflowError):
        raise refusals.no_date("s3", "") from None
    if found.timestamp() < 0:  # before 1970 is no date for S3, while any other is merely too long ago
        raise refusals.no_date("s3", "")
    return found.strftime(MOMENT)


def _query(request: Request) -> Claim:
    found = presign.read(request)
    if found is None or request.first("Expires") is None:
        text = "Query-string authentication requires the Signature, Expires and AWSAccessKeyId parameters"
        raise ServiceError("AccessDenied", text, 403)
    token = request.first("x-amz-security-token") or request.headers.get("x-amz-security-token", "")
    return Claim(found.access_key, "", "", (), found.signature, token, found.expires_at)


def verify(request: Request, claim: Claim, secret: str) -> None:
    """403 for a request that is too old or whose signature is another."""
    if claim.expires_at is None:
        signed, now = seconds_of(claim.moment), time.time()
        if abs(now - signed) > refusals.SKEW:
            raise refusals.not_now("s3", claim.moment, signed, now)
    elif claim.expires_at < time.time():
        raise presign.expired(None, claim.expires_at)
    else:
        _of_one_operation(request)
    text = string_to_sign(request, claim)
    if not hmac.compare_digest(sign(secret, text).encode(), claim.signature.encode()):
        raise refusals.mismatch("s3", claim.key, claim.signature, text)


def _of_one_operation(request: Request) -> None:
    """403 for a link with a parameter that makes it another operation and is not signed: who was given a link to put an
    object could put a legal hold on it."""
    more = request.query.keys() & routes.literals("s3") - SIGNED_PARAMETERS - LISTS_THE_SAME
    if more:
        text = f"Signature Version 2 does not sign {', '.join(sorted(more))}: make the link with Version 4."
        raise ServiceError("AccessDenied", text, 403)


def sign(secret: str, text: str) -> str:
    """The signature of a text, whose characters stand for bytes as those of headers do."""
    return base64.b64encode(hmac.digest(secret.encode(), text.encode("latin-1"), "sha1")).decode()


def string_to_sign(request: Request, claim: Claim) -> str:
    """What is signed of a request."""
    if claim.expires_at is not None:
        date = request.first("Expires") or ""
    else:
        date = "" if "x-amz-date" in request.headers else request.headers.get("date", "")
    given = dict(_given(request, by_query=claim.expires_at is not None))
    amazon = "".join(f"{name}:{given[name]}\n" for name in sorted(given) if name.startswith(AMAZON))
    lines = (request.method, given.get("content-md5", ""), given.get("content-type", ""), date)
    return "\n".join(lines) + f"\n{amazon}{resource(request)}"


def _given(request: Request, *, by_query: bool) -> Iterator[tuple[str, str]]:
    """The headers that may be signed, by lower-case name; a link has some as parameters."""
    if by_query:
        for name, values in request.query.items():
            yield _as_bytes(name.lower()), _as_bytes(",".join(values))
    for name, value in request.headers.items():
        if name.startswith(AMAZON) or name in {"content-md5", "content-type"}:
            yield name, value.strip()


def resource(request: Request) -> str:
    """The bucket and the path as they are sent, and the parameters that are signed, with their values decoded."""
    bucket = bucket_of(request.host)
    path = quote(request.path, safe=f"/{UNRESERVED}")
    if not bucket and path.count("/") == 1 and path != "/":
        path += "/"  # a bucket is signed as a folder, however it is asked for
    found = sorted((name, value) for name in request.query.keys() & SIGNED_PARAMETERS for value in request.query[name])
    query = "&".join(f"{name}={value}" if value else name for name, value in found)
    whole = f"{f'/{bucket}' if bucket else ''}{path}{f'?{query}' if query else ''}"
    return _as_bytes(whole)


def _as_bytes(text: str) -> str:
    """A text as its bytes, each a character: headers come so, parameters do not."""
    return text.encode().decode("latin-1")
