"""Whether a body is the one its headers vouch for: documents, which are read whole, are checked here; what streams by
(``handlers/s3/checksums.py``) is refused in the same words.

SDKs send a checksum with every document, whichever they are set to; some operations are refused without any, since a
document that arrives torn would delete or lose more than was meant.
Source: "Checking object integrity" in the S3 user guide, and Content-MD5 of the operations in the API reference.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping

from emulator.errors import ServiceError
from emulator.objects.hashing import ALGORITHMS, new, raw, text

PAYLOAD = "x-amz-content-sha256"
SHA256 = re.compile("[0-9a-f]{64}")
PREFIX = "x-amz-checksum-"
ANNOUNCED = "x-amz-sdk-checksum-algorithm"
NOTHING = f"{ANNOUNCED} specified, but no corresponding x-amz-checksum-* or x-amz-trailer headers were found."
SEVERAL = "Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed."
#: Operations whose checksum headers are not of the document they come with, but of the object to be.
OF_OBJECTS = {"CompleteMultipartUpload"}
#: Operations that S3 refuses without Content-MD5 or a checksum.
REQUIRED = {
    "DeleteObjects",
    "PutBucketCors",
    "PutBucketLifecycle",
    "PutBucketLifecycleConfiguration",
    "PutBucketReplication",
    "PutBucketTagging",
    "PutObjectLegalHold",
    "PutObjectLockConfiguration",
    "PutObjectRetention",
}


def check(operation: str, headers: Mapping[str, str], data: bytes) -> None:
    """400 ``BadDigest``, ``InvalidDigest``, ``InvalidRequest`` or ``XAmzContentSHA256Mismatch`` for a document that is
    another. ``headers`` have lower-case names, trailing ones among them."""
    md5 = content_md5(headers.get("content-md5"))
    if md5 is not None:
        check_md5(md5, hashlib.md5(data, usedforsecurity=False).digest())
    found = {} if operation in OF_OBJECTS else checksums(headers)
    for name, digest in found.items():
        if calculated(name, data) != digest:
            raise mismatch(name)
    if data and operation in REQUIRED and md5 is None and not found:
        raise invalid("Missing required header for this request: Content-MD5 OR x-amz-checksum-*")
    payload = headers.get(PAYLOAD, "")
    if SHA256.fullmatch(payload):
        check_payload(bytes.fromhex(payload), hashlib.sha256(data).digest())


def content_md5(given: str | None) -> bytes | None:
    """The digest in a Content-MD5; 400 ``InvalidDigest`` if it is none."""
    digest = None if given is None else raw(given, "MD5")
    if given is not None and digest is None:
        raise ServiceError("InvalidDigest", "The Content-MD5 you specified was invalid.", 400, {"Content-MD5": given})
    return digest


def check_md5(expected: bytes, calculated: bytes) -> None:
    """400 ``BadDigest`` for a body that does not have the MD5 it came with."""
    if expected != calculated:
        fields = {"ExpectedDigest": text(expected), "CalculatedDigest": text(calculated)}
        text_ = "The Content-MD5 you specified did not match what we received."
        raise ServiceError("BadDigest", text_, 400, fields)


def check_payload(expected: bytes, calculated: bytes) -> None:
    """400 ``XAmzContentSHA256Mismatch`` for a body that is not the one that was signed."""
    if expected != calculated:
        fields = {"ClientComputedContentSHA256": expected.hex(), "S3ComputedContentSHA256": calculated.hex()}
        text_ = "The provided 'x-amz-content-sha256' header does not match what was computed."
        raise ServiceError("XAmzContentSHA256Mismatch", text_, 400, fields)


def mismatch(name: str) -> ServiceError:
    """A body that does not have the checksum it came with."""
    return ServiceError("BadDigest", f"The {name} you specified did not match the calculated checksum.")


def checksums(headers: Mapping[str, str]) -> dict[str, bytes]:
    """The checksum a document comes with, by algorithm. 400 for a malformed one, for several, and for none where one
    is announced."""
    found: dict[str, bytes] = {}
    for name in ALGORITHMS:
        value = headers.get(PREFIX + name.lower())
        if value is None:
            continue
        digest = raw(value, name)
        if digest is None:
            raise invalid(f"Value for {PREFIX}{name.lower()} header is invalid.")
        found[name] = digest
    if len(found) > 1:
        raise invalid(SEVERAL)
    if not found and ANNOUNCED in headers:
        raise invalid(NOTHING)
    return found


def calculated(name: str, data: bytes) -> bytes:
    """The digest of a document."""
    digest = new(name)
    digest.update(data)
    return digest.digest()


def invalid(why: str) -> ServiceError:
    return ServiceError("InvalidRequest", why)
