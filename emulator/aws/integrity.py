"""Whether a document that was read whole is the one its headers vouch for. (Streamed bodies: ``handlers/s3``.)"""

from __future__ import annotations

import base64
import hashlib
import re
import zlib
from collections.abc import Callable, Mapping

from emulator.errors import ServiceError

PAYLOAD = "x-amz-content-sha256"
DIGESTS: dict[str, Callable[[bytes], bytes]] = {
    "x-amz-checksum-crc32": lambda data: zlib.crc32(data).to_bytes(4, "big"),
    "x-amz-checksum-sha1": lambda data: hashlib.sha1(data, usedforsecurity=False).digest(),
    "x-amz-checksum-sha256": lambda data: hashlib.sha256(data).digest(),
}


#: Operations whose checksum headers are not of the document they come with, but of the object to be.
OF_OBJECTS = {"CompleteMultipartUpload"}


def check(operation: str, headers: Mapping[str, str], data: bytes) -> None:
    """400 ``BadDigest``, ``InvalidDigest`` or ``XAmzContentSHA256Mismatch`` for a document that is another."""
    md5 = headers.get("content-md5")
    if md5 is not None and md5 != _text(hashlib.md5(data, usedforsecurity=False).digest()):
        if not re.fullmatch(r"[A-Za-z0-9+/]{22}==", md5):
            raise ServiceError("InvalidDigest", "The Content-MD5 you specified was invalid.", 400, {"Content-MD5": md5})
        raise ServiceError("BadDigest", "The Content-MD5 you specified did not match what we received.")
    for name, digest in () if operation in OF_OBJECTS else DIGESTS.items():
        if headers.get(name, "") and headers[name] != _text(digest(data)):
            algorithm = name.rpartition("-")[2].upper()
            raise ServiceError("BadDigest", f"The {algorithm} you specified did not match the calculated checksum.")
    payload = headers.get(PAYLOAD, "")
    if re.fullmatch("[0-9a-f]{64}", payload) and payload != hashlib.sha256(data).hexdigest():
        text = "The provided 'x-amz-content-sha256' header does not match what was computed."
        raise ServiceError("XAmzContentSHA256Mismatch", text)


def _text(digest: bytes) -> str:
    return base64.b64encode(digest).decode()
