"""Which checksum a request brings, and whether the body has it.

A client names one by a header (``x-amz-checksum-crc32``), or announces one as a trailer (``x-amz-trailer``), which the
body's reader knows once it was read to its end. Without any, S3 itself keeps a CRC64NVME.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from emulator.aws.call import Call
from emulator.aws.http import Readable
from emulator.aws.signatures.chunks import Verified
from emulator.errors import ServiceError
from emulator.objects import Blob
from emulator.objects.hashing import ALGORITHMS, DEFAULT, Digest, raw
from emulator.objects.integrity import (
    ANNOUNCED,
    NOTHING,
    PAYLOAD,
    PREFIX,
    SEVERAL,
    SHA256,
    check_md5,
    check_payload,
    content_md5,
    mismatch,
)
from handlers.s3.checks import invalid_argument, invalid_request

LOCKS = ("ObjectLockMode", "ObjectLockLegalHoldStatus")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to compute while a body streams by, and the check of it at the end; ``through`` is the body to read, and
    ``brought`` the algorithm of the checksum that comes with it, if one does."""

    algorithms: tuple[str, ...]
    verify: Callable[[Blob], None]
    through: Callable[[Readable], Readable]
    brought: str = ""


def wanted(call: Call, default: str = DEFAULT) -> Wanted:
    """The checksums of a PutObject or UploadPart call. 400 for headers that are no checksums."""
    given = named(call.params)
    trailer = call.headers.get("x-amz-trailer", "").strip().lower()
    announced = trailer.removeprefix(PREFIX).upper() if trailer.startswith(PREFIX) else ""
    if len(given) > 1:
        raise invalid_request(SEVERAL)
    if ANNOUNCED in call.headers and not (given or announced):
        raise invalid_request(NOTHING)
    if announced and announced not in ALGORITHMS:
        raise invalid_request("The value specified in the x-amz-trailer header is not supported")
    name = next(iter(given), announced) or call.params.get("ChecksumAlgorithm", "").upper() or default
    if name not in ALGORITHMS:
        raise invalid_request(
            "Checksum algorithm provided is unsupported. Please try again with any of the valid types"
        )
    md5 = content_md5(call.params.get("ContentMD5"))
    if not (given or announced or md5 or call.internal) and any(member in call.params for member in LOCKS):
        text_ = "Content-MD5 OR x-amz-checksum- HTTP header is required for Put Object requests with Object Lock"
        raise invalid_request(f"{text_} parameters")
    # A body that some other digest vouches for is not hashed once more for the signature's sake. Where signatures are
    # checked it is already, while it is read.
    vouched = given or announced or md5 or isinstance(call.params.get("Body"), Verified)
    payload = None if vouched else payload_hash(call)
    sha256 = hashlib.sha256()

    def verify(blob: Blob) -> None:
        if payload is not None:
            check_payload(payload, sha256.digest())
        if md5 is not None:
            check_md5(md5, blob.digests["MD5"])
        if name in given and given[name] != blob.digests[name]:
            raise mismatch(name)
        if announced:
            check_trailer(call, announced, blob)

    through = (lambda stream: stream) if payload is None else partial(Hashed, sha256)
    return Wanted((name,), verify, through, name if given or announced else "")


class Hashed:
    """A stream that feeds a digest, which is not kept with the object, with all that is read from it."""

    def __init__(self, digest: Digest, stream: Readable) -> None:
        self._digest = digest
        self._stream = stream

    def read(self, size: int = -1, /) -> bytes:
        """What the stream gives."""
        data = self._stream.read(size)
        self._digest.update(data)
        return data


def payload_hash(call: Call) -> bytes | None:
    """The digest in ``x-amz-content-sha256``, which signed requests carry; None for an unsigned or chunked body."""
    value = call.headers.get(PAYLOAD, "")
    if not value or value == "UNSIGNED-PAYLOAD" or value.startswith("STREAMING-"):
        return None
    if not SHA256.fullmatch(value):
        text_ = "x-amz-content-sha256 must be UNSIGNED-PAYLOAD, STREAMING-UNSIGNED-PAYLOAD-TRAILER,"
        text_ += " STREAMING-AWS4-HMAC-SHA256-PAYLOAD, STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER or a valid sha256"
        raise invalid_argument(f"{text_} value.", PAYLOAD, value)
    return bytes.fromhex(value)


def named(params: Mapping[str, Any]) -> dict[str, bytes]:
    """The checksums a call carries as members, by algorithm. 400 for one that is malformed."""
    found = {}
    for name in ALGORITHMS:
        value = params.get(f"Checksum{name}")
        if value is not None:
            digest = raw(value, name)
            if digest is None:
                raise invalid_request(f"Value for x-amz-checksum-{name.lower()} header is invalid.")
            found[name] = digest
    return found


def check_trailer(call: Call, name: str, blob: Blob) -> None:
    """Compare the trailing checksum, now that the body was read."""
    trailers = getattr(call.params.get("Body"), "trailers", {})
    value = trailers.get(PREFIX + name.lower())
    if value is None:
        raise ServiceError("MalformedTrailerError", "The request contained trailing data that was not well-formed")
    digest = raw(value, name)
    if digest is None:
        raise invalid_request(f"Value for x-amz-checksum-{name.lower()} trailing header is invalid.")
    if digest != blob.digests[name]:
        raise mismatch(name)


def members(checksums: Mapping[str, str]) -> dict[str, str]:
    """``{"CRC32": v}`` as output members ``{"ChecksumCRC32": v}``."""
    return {f"Checksum{name}": value for name, value in checksums.items()}
