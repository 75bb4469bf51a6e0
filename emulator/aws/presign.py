"""Presigned URLs and, when keys are configured, signature checks.

Signatures are not checked by default: any credentials do, as a local service must accept the dummy ones everybody has.
Expiry always is, since programs rely on links that end. Both query forms are read: ``X-Amz-*`` (SigV4) and
``AWSAccessKeyId``/``Signature``/``Expires`` (the old S3 form boto3 still makes for us-east-1).
Source: "Authenticating Requests: Using Query Parameters" in the S3 API reference.
"""

from __future__ import annotations

import hashlib
import hmac
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import parse_qsl, quote

from emulator.aws.http import Request
from emulator.errors import ServiceError

#: Secret key of an access key id, or ``None`` if there is no such key.
Secrets = Callable[[str], str | None]

_WEEK = 7 * 24 * 3600
_SKEW = 15 * 60
_SCOPE_PARTS = 5


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


def check(request: Request, secret_of: Secrets | None = None) -> Presigned | None:
    """What a presigned request says, ``None`` for others. Raises 403 ``AccessDenied`` and the like."""
    if "Signature=" not in request.query_string:
        return None
    found = read(request)
    if found is None:
        return None
    if time.time() > found.expires_at:
        fields = {"X-Amz-Expires": str(int(found.expires_at - found.signed_at)), "Expires": _iso(found.expires_at)}
        raise ServiceError("AccessDenied", "Request has expired", 403, {**fields, "ServerTime": _iso(time.time())})
    if secret_of is not None and found.scope:
        _verify(request, found, secret_of)
    return found


def read(request: Request) -> Presigned | None:
    """The presigned query of a request, in either form, or ``None``."""
    if request.first("X-Amz-Signature") is not None:
        return _read_v4(request)
    if request.first("Signature") is not None and request.first("AWSAccessKeyId") is not None:
        expires = request.first("Expires") or ""
        if not expires.isdigit():
            raise ServiceError("AccessDenied", f"Invalid date (should be seconds since epoch): {expires}", 403)
        key, signature = request.first("AWSAccessKeyId") or "", request.first("Signature") or ""
        return Presigned(key, "", 0.0, float(expires), (), signature)
    return None


def _read_v4(request: Request) -> Presigned:
    credential = (request.first("X-Amz-Credential") or "").split("/")
    expires = request.first("X-Amz-Expires") or ""
    if len(credential) < _SCOPE_PARTS:
        raise _query_error("Error parsing the X-Amz-Credential parameter; the Credential is mal-formed")
    if not expires.isdigit():
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
    headers = tuple((request.first("X-Amz-SignedHeaders") or "host").split(";"))
    key, scope = "/".join(credential[:-4]), "/".join(credential[-4:])
    return Presigned(key, scope, signed, signed + int(expires), headers, request.first("X-Amz-Signature") or "")


def _query_error(message: str) -> ServiceError:
    return ServiceError("AuthorizationQueryParametersError", message, 400)


def _iso(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _verify(request: Request, found: Presigned, secret_of: Secrets) -> None:
    secret = secret_of(found.access_key)
    if secret is None:
        raise ServiceError(
            "InvalidAccessKeyId", "The AWS Access Key Id you provided does not exist in our records.", 403
        )
    if not hmac.compare_digest(signature(request, found, secret), found.signature):
        raise ServiceError(
            "SignatureDoesNotMatch",
            "The request signature we calculated does not match the signature you provided. "
            "Check your key and signing method.",
            403,
        )


def signature(request: Request, found: Presigned, secret: str) -> str:
    """The SigV4 signature a presigned request should bear."""
    pairs = [
        (quote(name, safe="-_.~"), quote(value, safe="-_.~"))
        for name, value in parse_qsl(request.query_string, keep_blank_values=True)
        if name != "X-Amz-Signature"
    ]
    headers = "".join(f"{name}:{' '.join(request.headers.get(name, '').split())}\n" for name in found.signed_headers)
    canonical = "\n".join(
        (
            request.method,
            # The server keeps no raw path; S3's canonical path is the key encoded once, which can be made again.
            quote(request.path, safe="/-_.~"),
            "&".join(f"{name}={value}" for name, value in sorted(pairs)),
            headers,
            ";".join(found.signed_headers),
            "UNSIGNED-PAYLOAD",
        )
    )
    moment = datetime.fromtimestamp(found.signed_at, UTC).strftime("%Y%m%dT%H%M%SZ")
    digest = hashlib.sha256(canonical.encode()).hexdigest()
    text = "\n".join(("AWS4-HMAC-SHA256", moment, found.scope, digest))
    key = f"AWS4{secret}".encode()
    for part in found.scope.split("/"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
