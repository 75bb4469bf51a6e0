"""From the parts a client names to the object they make: order, sizes, ETag and checksum. Nothing is read again."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

from emulator.aws.call import Call
from emulator.errors import ServiceError
from emulator.objects.hashing import ALGORITHMS, combine, composite, text
from emulator.objects.integrity import mismatch
from emulator.store import Entry, Part, Upload
from handlers.s3.checks import invalid_request, malformed_xml

MIN_PART = 5 << 20
#: What an upload keeps that its object does not.
OF_UPLOADS = {"ChecksumAlgorithm", "Headers", "Initiator"}


def assemble(call: Call, upload: Upload, stored: Sequence[Part]) -> tuple[list[Part], Entry]:
    """The chosen parts, and the object they make (without blob). 400 for what S3 does not put together."""
    parts = chosen(call, stored)
    if upload.meta["ChecksumType"] == "COMPOSITE":
        vouched(call.params["MultipartUpload"]["Parts"], upload.meta["ChecksumAlgorithm"])
    size = sum(part.size for part in parts)
    if call.params.get("MpuObjectSize", size) != size:
        raise invalid_request(f"The provided 'x-amz-mp-object-size' header does not match what was computed. ({size})")
    meta = {name: value for name, value in upload.meta.items() if name not in OF_UPLOADS}
    meta["Parts"] = [{"PartNumber": part.number, "Size": part.size, "Checksums": part.checksums} for part in parts]
    meta["Checksums"] = checksum(call, upload, parts)
    meta["UploadId"] = upload.id
    return parts, Entry(upload.key, upload.bucket, size=size, etag=etag(parts), meta=meta)


def chosen(call: Call, stored: Sequence[Part]) -> list[Part]:
    """The parts of the request's list, checked against what was uploaded."""
    listed = call.params.get("MultipartUpload", {}).get("Parts") or []
    if not listed or any("PartNumber" not in one for one in listed):
        raise malformed_xml()
    numbers = [one["PartNumber"] for one in listed]
    if any(number >= following for number, following in pairwise(numbers)):
        text_ = "The list of parts was not in ascending order. Parts must be ordered by part number."
        raise ServiceError("InvalidPartOrder", text_, 400, {"UploadId": call.params["UploadId"]})
    known = {part.number: part for part in stored}
    parts = [match(one, known.get(one["PartNumber"]), call.params["UploadId"]) for one in listed]
    for part in parts[:-1]:
        if part.size < MIN_PART:
            fields = {
                "ProposedSize": part.size,
                "MinSizeAllowed": MIN_PART,
                "PartNumber": part.number,
                "ETag": part.etag,
            }
            text_ = "Your proposed upload is smaller than the minimum allowed size"
            raise ServiceError("EntityTooSmall", text_, 400, fields)
    return parts


def vouched(listed: Sequence[Mapping[str, Any]], algorithm: str) -> None:
    """400 unless the list has the checksum of every part, which a composite one is made of."""
    missing = next((one["PartNumber"] for one in listed if f"Checksum{algorithm}" not in one), None)
    if missing is not None:
        text_ = f"The upload was created using a {algorithm.lower()} checksum. The complete request must include the"
        raise invalid_request(f"{text_} checksum for each part. It was missing for part {missing} in the request.")


def match(listed: Mapping[str, Any], part: Part | None, upload_id: str) -> Part:
    """The part a list member names, if it is that one."""
    tag = listed.get("ETag", "").strip('"')
    same = part is not None and part.etag == tag
    if part is not None and same:
        given = {name: listed[f"Checksum{name}"] for name in ALGORITHMS if f"Checksum{name}" in listed}
        same = all(part.checksums.get(name, value) == value for name, value in given.items())
    if part is None or not same:
        text_ = (
            "One or more of the specified parts could not be found.  The part may not have been uploaded, or the"
            " specified entity tag may not match the part's entity tag."
        )
        fields = {"UploadId": upload_id, "PartNumber": listed["PartNumber"], "ETag": tag}
        raise ServiceError("InvalidPart", text_, 400, fields)
    return part


def etag(parts: Sequence[Part]) -> str:
    """The MD5 of the parts' MD5s, and their number."""
    digests = b"".join(bytes.fromhex(part.etag) for part in parts)
    return f"{hashlib.md5(digests, usedforsecurity=False).hexdigest()}-{len(parts)}"


def checksum(call: Call, upload: Upload, parts: Sequence[Part]) -> dict[str, str]:
    """The object's checksum by algorithm; 400 ``BadDigest`` if the client expects another."""
    name = upload.meta["ChecksumAlgorithm"]
    digests = [base64.b64decode(part.checksums[name]) for part in parts]
    if upload.meta["ChecksumType"] == "COMPOSITE":
        value = f"{text(composite(name, digests))}-{len(parts)}"
    else:
        value = text(combine(name, [(digest, part.size) for digest, part in zip(digests, parts, strict=True)]))
    given = call.params.get(f"Checksum{name}")
    # Some SDKs send a composite checksum without the number of parts.
    if given is not None and given not in (value, value.split("-")[0]):
        raise mismatch(name)
    return {name: value}
