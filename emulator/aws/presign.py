"""Presigned URLs: what they say, and whether they are over.

That is checked always, since programs rely on links that end; who signed them only by a strict server (signatures/).
Both query forms are read: ``X-Amz-*`` (SigV4) and ``AWSAccessKeyId``/``Signature``/``Expires`` (the old S3 form boto3
still makes for us-east-1).
Source: "Authenticating Requests: Using Query Parameters" in the S3 API reference.
"""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from datetime import UTC, datetime

from emulator.aws.http import Request
from emulator.errors import ServiceError

_WEEK = 7 * 24 * 3600
_SKEW = 15 * 60
_SCOPE_PARTS = 5
_NUMBER = re.compile(r"[0-9]{1,18}")


@dataclass(frozen=True, slots=True)
class Presigned:
    """A presigned query. Times are epoch seconds; ``scope`` is ``date/region/service/aws4_request`` (empty in v2)."""

    access_key: str
    scope: str
    signed_at: float
    expires_at: float
    signed_headers: tuple[str, ...]
    signature: str


def sign(url: str, access_key: str, secret: str, region: str, seconds: int) -> str:
    """A URL of an S3 object that whoever has it may GET as the holder of the key, for so many seconds."""
    from botocore.auth import S3SigV4QueryAuth  # takes long to import, and few ask for URLs
    from botocore.awsrequest import AWSRequest
    from botocore.credentials import Credentials

    request = AWSRequest("GET", url)
    S3SigV4QueryAuth(Credentials(access_key, secret), "s3", region, expires=seconds).add_auth(request)
    return str(request.url)


def check(request: Request) -> Presigned | None:
    """What a presigned request says, ``None`` for others. Raises 403 ``AccessDenied`` and the like."""
    if "Signature=" not in request.query_string:
        return None
    found = read(request)
    if found is None:
        return None
    if time.time() > found.expires_at:
        raise expired(found.signed_at if found.scope else None, found.expires_at)
    return found


def expired(signed_at: float | None, expires_at: float) -> ServiceError:
    """S3's 403 for a link that is over; one of the old kind (None) does not say when it was signed."""
    fields = {} if signed_at is None else {"X-Amz-Expires": str(int(expires_at - signed_at))}
    fields |= {"Expires": _iso(expires_at), "ServerTime": _iso(time.time())}
    return ServiceError("AccessDenied", "Request has expired", 403, fields)


def read(request: Request) -> Presigned | None:
    """The presigned query of a request, in either form, or ``None``."""
    if request.first("X-Amz-Signature") is not None:
        return _read_v4(request)
    if request.first("Signature") is not None and request.first("AWSAccessKeyId") is not None:
        expires = request.first("Expires") or ""
        if not _NUMBER.fullmatch(expires):
            raise ServiceError("AccessDenied", f"Invalid date (should be seconds since epoch): {expires}", 403)
        key, signature = request.first("AWSAccessKeyId") or "", request.first("Signature") or ""
        return Presigned(key, "", 0.0, float(expires), (), signature)
    return None


def _read_v4(request: Request) -> Presigned:
    credential = (request.first("X-Amz-Credential") or "").split("/")
    expires = request.first("X-Amz-Expires") or ""
    if len(credential) < _SCOPE_PARTS:
        raise _query_error("Error parsing the X-Amz-Credential parameter; the Credential is mal-formed")
    if not _NUMBER.fullmatch(expires):
        raise _query_error("X-Amz-Expires should be a number")
    if int(expires) > _WEEK:
        raise _query_error(
            "X-Amz-Expires must be less than a week (in seconds); "
            "that is, the given X-Amz-Expires must be less than 604800 seconds"
        )
    try:
        signed = datetime.strptime(request.first("X-Amz-Date") or "", "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC).timestamp()
    except ValueError as error:
        raise _query_error("X-Amz-Date must be in the ISO8601 Long Format \"yyyyMMdd'T'HHmmss'Z'\"") from error
    if signed > time.time() + _SKEW:
        raise ServiceError("AccessDenied", "Request is not valid yet", 403)
    # Headers' names and values are bytes as latin-1, what a query says is text.
    headers = tuple((request.first("X-Amz-SignedHeaders") or "host").encode().decode("latin-1").split(";"))
    key, scope = "/".join(credential[:-4]), "/".join(credential[-4:])
    return Presigned(key, scope, signed, signed + int(expires), headers, request.first("X-Amz-Signature") or "")


def _query_error(message: str) -> ServiceError:
    return ServiceError("AuthorizationQueryParametersError", message, 400)


def _iso(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
