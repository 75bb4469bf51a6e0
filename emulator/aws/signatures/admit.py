"""Whether a request is from whom it says: :func:`admit`, once per request, before anything else is done for it.

The order is AWS's: form, key, token, time, signature. The body is part of the signature. Of S3 it is checked while it
streams, so a handler must have read it to its end before it believes it, as all that store something do; elsewhere it
is read whole here.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import time
from dataclasses import replace
from typing import NamedTuple

from emulator.aws import presign
from emulator.aws.chunked import AwsChunked
from emulator.aws.detect import OWNED, SAGEMAKER_PATHS, Target
from emulator.aws.http import Readable, Request
from emulator.aws.keys import Keys
from emulator.aws.signatures import refusals, version2
from emulator.aws.signatures.canonical import canonical, sign, signing_key, string_to_sign
from emulator.aws.signatures.chunks import Chain, Verified
from emulator.aws.signatures.claims import Claim, read
from emulator.credentials import KeyPair
from emulator.errors import ServiceError

PAYLOAD = "x-amz-content-sha256"
OPERATION = "x-amz-target"
UNSIGNED = "UNSIGNED-PAYLOAD"
CHUNKED = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"
TRAILING = f"{CHUNKED}-TRAILER"
UNSIGNED_CHUNKS = "STREAMING-UNSIGNED-PAYLOAD-TRAILER"
HEX = re.compile(r"[0-9a-f]{64}")
NOBODY = ""


class Admitted(NamedTuple):
    """A request that may go on: its account (:data:`NOBODY` for an unsigned one), and itself with its body guarded."""

    account: str
    request: Request


def admit(request: Request, target: Target, keys: Keys) -> Admitted:
    """The request with its account; ServiceError if it is not signed as it must be."""
    old = version2.read(request) if target.service == "s3" else None
    if old is not None:
        pair = known(old, "s3", keys)
        version2.verify(request, old, pair.secret)
        return Admitted(pair.account, request)
    claim = read(request, target.service)
    if claim is None:
        return _unsigned(request, target)
    pair = known(claim, target.service, keys)
    wanted = _signing_name(target.service)
    if wanted and claim.service != wanted:
        raise refusals.other_service(target.service, claim.service, wanted)
    _covers(request, claim, target.service)
    _in_time(claim, target.service)
    payload = _payload(request, claim, target.service)
    _verify(request, claim, pair, target.service, payload)
    return Admitted(pair.account, _guarded(request, claim, pair, payload) if target.service == "s3" else request)


def known(claim: Claim, service: str, keys: Keys) -> KeyPair:
    """The key pair of a claim, if there is one, with this session token, and not over."""
    pair = keys.find(claim.key)
    if pair is None:
        raise refusals.unknown_key(service, claim.key)
    if not hmac.compare_digest(pair.token.encode(), claim.token.encode()):
        raise refusals.token(service, claim.token)
    if pair.expires < time.time():
        raise refusals.expired_token(service, claim.token)
    return pair


def _unsigned(request: Request, target: Target) -> Admitted:
    """Nobody's, if it is S3's, whose buckets decide (handlers/s3/access).

    Elsewhere AWS takes some operations unsigned, as AssumeRoleWithWebIdentity: it checks the identity's token, which
    nothing here can. Whoever asks would get credentials, and with them everything.
    """
    if target.service == "s3":
        return Admitted(NOBODY, request)
    raise refusals.unsigned(target.service)


def _signing_name(service: str) -> str:
    """The signing name of a service of ours; of others only their own scope tells what they are."""
    if service in SAGEMAKER_PATHS:
        return "sagemaker"
    return service if service in OWNED else ""


def _covers(request: Request, claim: Claim, service: str) -> None:
    """The host must be signed, and what names the operation: a request for another one would be as well signed. Of S3,
    all ``x-amz-`` headers must, but a digest of the body that a link came without."""
    missing = [] if "host" in claim.signed_headers else ["host"]
    if service != "s3" and OPERATION in request.headers and OPERATION not in claim.signed_headers:
        missing.append(OPERATION)
    if service == "s3":
        missing += [
            name
            for name in request.headers
            if name.startswith("x-amz-")
            and name not in claim.signed_headers
            and not (name == PAYLOAD and claim.expires_at is not None)
        ]
    if missing:
        raise refusals.unsigned_headers(service, missing)


def _in_time(claim: Claim, service: str) -> None:
    now, signed = time.time(), claim.seconds
    if claim.expires_at is not None:  # how long a link is good for was checked when it was read
        if now > claim.expires_at:
            late = presign.expired(signed, claim.expires_at)
            raise late if service == "s3" else refusals.not_now(service, claim.moment, signed, now)
        return
    if abs(now - signed) > (refusals.SKEW if service == "s3" else refusals.SKEW_ELSEWHERE):
        raise refusals.not_now(service, claim.moment, signed, now)


def _payload(request: Request, claim: Claim, service: str) -> str:
    """What stands for the body in the canonical request."""
    given = request.headers.get(PAYLOAD, "")
    if service != "s3":
        return UNSIGNED if given == UNSIGNED else hashlib.sha256(request.data).hexdigest()
    if claim.expires_at is not None and PAYLOAD not in claim.signed_headers:
        return UNSIGNED
    if not given:
        raise ServiceError("InvalidRequest", f"Missing required header for this request: {PAYLOAD}")
    if given.startswith("STREAMING-AWS4-ECDSA"):
        text = "A header you provided implies functionality that is not implemented"
        raise ServiceError("NotImplemented", text, 501, {"Header": PAYLOAD})
    if given not in {UNSIGNED, CHUNKED, TRAILING, UNSIGNED_CHUNKS} and not HEX.fullmatch(given):
        text = f"{PAYLOAD} must be {UNSIGNED}, {UNSIGNED_CHUNKS}, {CHUNKED}, {TRAILING} or a valid sha256 value."
        raise ServiceError("InvalidArgument", text, 400, {"ArgumentName": PAYLOAD, "ArgumentValue": given})
    return given


def _verify(request: Request, claim: Claim, pair: KeyPair, service: str, payload: str) -> None:
    text = canonical(service, request, claim.signed_headers, payload)
    to_sign = string_to_sign(claim.moment, claim.scope, text)
    signature = sign(signing_key(pair.secret, claim.scope), to_sign)
    if not hmac.compare_digest(signature.encode(), claim.signature.encode()):
        raise refusals.mismatch(service, claim.key, claim.signature, to_sign, text)


def _guarded(request: Request, claim: Claim, pair: KeyPair, payload: str) -> Request:
    """The request with a body that is checked while it is read."""
    body: Readable = request.body
    if payload in {CHUNKED, TRAILING} and isinstance(body, AwsChunked):
        body.chain = Chain(claim, pair.secret, payload == TRAILING)
        return request
    return replace(request, body=Verified(body, payload)) if HEX.fullmatch(payload) else request
