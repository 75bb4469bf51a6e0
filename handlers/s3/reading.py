"""GetObject, HeadObject, GetObjectAttributes: which bytes, and what is told about them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, BinaryIO

from emulator.aws import model
from emulator.aws.call import Call, FileBody
from emulator.aws.registry import operation
from emulator.errors import ServiceError
from emulator.objects import Objects, no_such_key
from emulator.objects.hashing import DEFAULT
from emulator.services import Services
from emulator.store import Entry
from handlers.s3.access.decide import theirs
from handlers.s3.archive import thawed
from handlers.s3.checks import bucket, entry, http_date, invalid_argument, invalid_request, present, quoted, readable
from handlers.s3.checksums import members
from handlers.s3.customer_keys import opens
from handlers.s3.encryption import unasked
from handlers.s3.expiration import expiration
from handlers.s3.headers import OVERRIDES, checksum_answer, read_answer

RANGE = re.compile(r"bytes=(\d*)-(\d*)")
MAX_PARTS = 1000


@operation("s3", "GetObject")
def get_object(call: Call, services: Services) -> dict[str, Any]:
    found_in = bucket(call, services)
    unasked(call.headers)
    signed_overrides(call)
    found, file = open_present(services.objects, call.params)
    try:
        theirs(call, services, found)
        answer, offset, length = about(still(call, found), found)
        thawed(found)
    except ServiceError:
        file.close()
        raise
    body = FileBody(file, offset, length)
    told = read_answer(found, found_in, call.params) | expiration(services, found_in, found, call.params)
    return {"Body": body, **told, **answer}


def signed_overrides(call: Call) -> None:
    """400 for an unsigned request that says how it is to be answered."""
    if not (call.key or call.internal) and any(name in call.params for name in OVERRIDES):
        raise invalid_request("Request specific response headers cannot be used for anonymous GET requests.")


def still(call: Call, found: Entry) -> dict[str, Any]:
    """The call's params without their range, if ``If-Range`` names another object than the one that is there now."""
    condition = call.headers.get("if-range")
    if condition is None or "Range" not in call.params or condition in {quoted(found.etag), http_date(found.modified)}:
        return call.params
    return {name: value for name, value in call.params.items() if name != "Range"}


def open_present(objects: Objects, place: Mapping[str, Any]) -> tuple[Entry, BinaryIO]:
    """An object that is there, and its open body; else S3's error (see :func:`present`)."""
    found, file = objects.open(place["Bucket"], place["Key"], place.get("VersionId"))
    entry_found = present(found, place)
    if file is None:
        raise no_such_key(place["Key"])
    return entry_found, file


@operation("s3", "HeadObject")
def head_object(call: Call, services: Services) -> dict[str, Any]:
    found_in = bucket(call, services)
    unasked(call.headers)
    found = entry(call, services)
    told = read_answer(found, found_in, call.params) | expiration(services, found_in, found, call.params)
    return told | about(call.params, found)[0]


def about(params: Mapping[str, Any], found: Entry) -> tuple[dict[str, Any], int, int]:
    """Length, range and checksum members of a read, and the slice of the body. 304, 400, 403, 412 or 416."""
    readable(found, params)
    opens(found.meta, params)
    if "PartNumber" in params and "Range" in params:
        raise invalid_request("Cannot specify both Range header and partNumber query parameter")
    span = part_span(params["PartNumber"], found) if "PartNumber" in params else range_of(params.get("Range"), found)
    offset, length = span or (0, found.size)
    answer: dict[str, Any] = {"ContentLength": length}
    if span is not None:
        answer["ContentRange"] = f"bytes {offset}-{offset + length - 1}/{found.size}"
    if "PartNumber" in params and found.meta.get("Parts"):
        answer["PartsCount"] = len(found.meta["Parts"])
    if params.get("ChecksumMode") == "ENABLED":
        answer |= range_checksum(params, found) if span is not None else checksum_answer(found)
    return answer, offset, length


def range_checksum(params: Mapping[str, Any], found: Entry) -> dict[str, Any]:
    """The checksum of a part that was asked for by number; there is none for any other slice."""
    parts = found.meta.get("Parts")
    if "PartNumber" not in params or not parts:
        return {}
    found_here = members(parts[params["PartNumber"] - 1].get("Checksums", {}))
    return {**found_here, "ChecksumType": found.meta.get("ChecksumType", "FULL_OBJECT")} if found_here else {}


def range_of(header: str | None, found: Entry) -> tuple[int, int] | None:
    """(offset, length) of a Range header; None: the whole object, also for several ranges and for nonsense, as S3
    does. 416 ``InvalidRange`` when nothing of it is there."""
    match = RANGE.fullmatch(header.strip()) if header else None
    if match is None or not any(match.groups()):
        return None
    first, last = match.groups()
    if not first:
        length = min(int(last), found.size)
        begin, end = found.size - length, found.size - 1
    else:
        begin, end = int(first), min(int(last or found.size), found.size - 1)
        if last and int(last) < begin:
            return None
    if begin >= found.size or end < begin:
        fields = {"RangeRequested": header, "ActualObjectSize": found.size}
        raise ServiceError("InvalidRange", "The requested range is not satisfiable", 416, fields)
    return begin, end - begin + 1


def part_span(number: int, found: Entry) -> tuple[int, int] | None:
    """(offset, length) of a part; an object put in one piece is its own part 1."""
    parts = found.meta.get("Parts") or [{"PartNumber": 1, "Size": found.size}]
    if not 1 <= number <= len(parts):
        text = "The requested partnumber is not satisfiable"
        fields = {"PartNumberRequested": number, "ActualPartCount": len(parts)}
        raise ServiceError("InvalidPartNumber", text, 416, fields)
    length = parts[number - 1]["Size"]
    # Content-Range cannot say "nothing"; an empty object's part 1 is the whole answer.
    return (sum(part["Size"] for part in parts[: number - 1]), length) if length else None


@operation("s3", "GetObjectAttributes")
def get_object_attributes(call: Call, services: Services) -> dict[str, Any]:
    found_in = bucket(call, services)
    known = model.service("s3").model.shape_for("ObjectAttributes").metadata["enum"]
    if not set(call.params["ObjectAttributes"]) <= set(known):
        given = ",".join(call.params["ObjectAttributes"])
        raise invalid_argument("Invalid attribute name specified.", "x-amz-object-attributes", given)
    found = entry(call, services)
    opens(found.meta, call.params)
    told = {
        "ETag": found.etag,
        "StorageClass": found.meta.get("StorageClass", "STANDARD"),
        "ObjectSize": found.size,
        "Checksum": checksum_answer(found),
        "ObjectParts": object_parts(call.params, found),
    }
    wanted = call.params["ObjectAttributes"]
    answer = {name: value for name, value in told.items() if name in wanted and value not in (None, {})}
    answer["LastModified"] = found.modified
    return {**answer, "VersionId": found.version} if found_in.versioning else answer


def object_parts(params: Mapping[str, Any], found: Entry) -> dict[str, Any] | None:
    """The parts of a multipart object, paged; None for one put in one piece. Only their number where the upload asked
    for no checksum: S3 then has none by part to tell."""
    parts = found.meta.get("Parts")
    if not parts:
        return None
    if DEFAULT in found.meta.get("Checksums", ()):
        return {"TotalPartsCount": len(parts)}
    marker, limit = params.get("PartNumberMarker", 0), min(params.get("MaxParts", MAX_PARTS), MAX_PARTS)
    rest = [part for part in parts if part["PartNumber"] > marker]
    page = rest[:limit]
    answer: dict[str, Any] = {
        "TotalPartsCount": len(parts),
        "PartNumberMarker": marker,
        "NextPartNumberMarker": page[-1]["PartNumber"] if page else 0,
        "MaxParts": limit,
        "IsTruncated": len(page) < len(rest),
    }
    if page:
        answer["Parts"] = [
            {"PartNumber": part["PartNumber"], "Size": part["Size"], **members(part.get("Checksums", {}))}
            for part in page
        ]
    return answer
