"""Multipart uploads: create, parts, complete, abort, list of parts. (On disk: ``emulator/objects/parts.py``.)"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from emulator.aws.call import Call
from emulator.aws.registry import operation
from emulator.errors import ServiceError
from emulator.objects import no_such_upload
from emulator.objects.hashing import CRC_BYTES, DEFAULT
from emulator.services import Services
from emulator.store import Bucket, Entry, Upload
from handlers.s3.assembly import assemble
from handlers.s3.checks import bucket, invalid_argument, invalid_request, key, owner, quoted, writable
from handlers.s3.checksums import members, wanted
from handlers.s3.customer_keys import same
from handlers.s3.events import tell
from handlers.s3.expiration import expiration
from handlers.s3.headers import checksum_answer, encrypted, meta
from handlers.s3.listing import page_size
from handlers.s3.writing import body, fits, length, written

MAX_PART = 10_000
JUDGED = (
    "x-amz-acl",
    "x-amz-grant-",
    "x-amz-object-lock-",
    "x-amz-server-side-encryption",
    "x-amz-storage-class",
    "x-amz-tagging",
)


@operation("s3", "CreateMultipartUpload")
def create_multipart_upload(call: Call, services: Services) -> dict[str, Any]:
    found_in = bucket(call, services)
    asked = {"Headers": telling(call.headers), "Initiator": call.scope.account}
    kept = meta(call, services, found_in) | checksum_plan(call) | asked
    upload = services.objects.begin(found_in.name, key(call), kept)
    told = {name: upload.meta[name] for name in ("ChecksumAlgorithm", "ChecksumType") if call.params.get(name)}
    if "ChecksumAlgorithm" in told:
        told["ChecksumType"] = upload.meta["ChecksumType"]
    return {"Bucket": found_in.name, "Key": upload.key, "UploadId": upload.id, **encrypted(upload.meta), **told}


def telling(headers: Mapping[str, str]) -> dict[str, str]:
    """The headers by which policies judge an upload, for its parts, which do not repeat them. No secrets."""
    return {name: value for name, value in headers.items() if name.startswith(JUDGED) and "customer-key" not in name}


def checksum_plan(call: Call) -> dict[str, str]:
    """The checksum of the object to be: its algorithm, and whether it is of all bytes or of the parts' checksums."""
    algorithm = call.params.get("ChecksumAlgorithm", "").upper()
    default = "FULL_OBJECT" if algorithm in {"", DEFAULT} else "COMPOSITE"
    kind = call.params.get("ChecksumType", default)
    if kind == "FULL_OBJECT" and algorithm and algorithm not in CRC_BYTES:
        text = f"The FULL_OBJECT checksum type cannot be used with the {algorithm.lower()} checksum algorithm."
        raise invalid_request(text)
    if kind == "COMPOSITE" and algorithm in {"", DEFAULT}:
        text = (
            f"The COMPOSITE checksum type cannot be used with the {(algorithm or DEFAULT).lower()} checksum algorithm."
        )
        raise invalid_request(text)
    return {"ChecksumAlgorithm": algorithm or DEFAULT, "ChecksumType": kind}


@operation("s3", "UploadPart")
def upload_part(call: Call, services: Services) -> dict[str, Any]:
    found_in = bucket(call, services)
    upload = upload_of(call, services, found_in)
    fits(call)
    same(upload.meta, call.params)
    own = upload.meta["ChecksumAlgorithm"]
    checks = wanted(call, own)
    of_its_kind(upload, checks.brought)
    # The upload's algorithm is needed to complete it, whatever the client checks its part with.
    algorithms = tuple(dict.fromkeys((*checks.algorithms, own)))
    stream = checks.through(body(call))
    part = services.objects.parts.write(upload, part_number(call), stream, length(call), algorithms, checks.verify)
    shown = {name: part.checksums[name] for name in checks.algorithms}
    return {"ETag": quoted(part.etag), **members(shown), **encrypted(upload.meta)}


def of_its_kind(upload: Upload, brought: str) -> None:
    """400 for a part whose checksum is of another algorithm than its upload was begun with, or that comes without the
    one a composite checksum is made of. An upload that was begun with none takes any."""
    own = upload.meta["ChecksumAlgorithm"]
    if own in {DEFAULT, brought} or (not brought and upload.meta["ChecksumType"] == "FULL_OBJECT"):
        return
    text = f"Checksum Type mismatch occurred, expected checksum Type: {own.lower()}, actual checksum Type:"
    raise invalid_request(f"{text} {brought.lower() or 'null'}")


def part_number(call: Call) -> int:
    number: int = call.params["PartNumber"]
    if not 1 <= number <= MAX_PART:
        text = "Part number must be an integer between 1 and 10000, inclusive"
        raise invalid_argument(text, "partNumber", number)
    return number


def upload_of(call: Call, services: Services, found_in: Bucket) -> Upload:
    """The upload a call means; 404 ``NoSuchUpload``."""
    upload = services.store.uploads.get(found_in.name, call.params["Key"], call.params["UploadId"])
    if upload is None:
        raise no_such_upload()
    return upload


@operation("s3", "CompleteMultipartUpload")
def complete_multipart_upload(call: Call, services: Services) -> dict[str, Any]:
    found_in = bucket(call, services)
    try:
        upload = upload_of(call, services, found_in)
        parts, new = assemble(call, upload, services.store.uploads.parts(upload.id))
        entry = services.objects.complete(upload, parts, new, lambda present: writable(present, call.params))
    except ServiceError:
        done = done_before(call, services, found_in)
        if done is None:
            upload_of(call, services, found_in)  # parts may be missing because it was aborted just now
            raise
        return completed(call, found_in, done)
    tell(call, services, found_in, "ObjectCreated:CompleteMultipartUpload", entry)
    return completed(call, found_in, entry) | expiration(services, found_in, entry, call.params)


def done_before(call: Call, services: Services, found_in: Bucket) -> Entry | None:
    """The object this upload became: clients repeat a completion whose answer they did not get, or make it twice at
    once, and are answered twice."""
    entry = services.store.objects.get(found_in.name, call.params["Key"])
    return entry if entry is not None and entry.meta.get("UploadId") == call.params["UploadId"] else None


def completed(call: Call, found_in: Bucket, entry: Entry) -> dict[str, Any]:
    host = call.headers.get("host", f"s3.{found_in.region}.amazonaws.com")
    place = {
        "Location": f"http://{host}/{found_in.name}/{quote(entry.key, safe='/')}",
        "Bucket": found_in.name,
        "Key": entry.key,
    }
    return place | written(entry, found_in) | checksum_answer(entry)


@operation("s3", "AbortMultipartUpload")
def abort_multipart_upload(call: Call, services: Services) -> None:
    services.objects.abort(upload_of(call, services, bucket(call, services)))


@operation("s3", "ListParts")
def list_parts(call: Call, services: Services) -> dict[str, Any]:
    found_in = bucket(call, services)
    upload = upload_of(call, services, found_in)
    marker, limit = call.params.get("PartNumberMarker", 0), page_size(call.params, "MaxParts")
    parts = services.store.uploads.parts(upload.id, marker, limit + 1)
    page = parts[:limit]
    return {
        "Bucket": found_in.name,
        "Key": upload.key,
        "UploadId": upload.id,
        "PartNumberMarker": marker,
        "NextPartNumberMarker": page[-1].number if page else 0,
        "MaxParts": limit,
        "IsTruncated": len(parts) > limit,
        "Parts": [
            {
                "PartNumber": part.number,
                "LastModified": int(part.modified),
                "ETag": quoted(part.etag),
                "Size": part.size,
                **members(part.checksums),
            }
            for part in page
        ],
        "Initiator": owner(upload.meta.get("Initiator", found_in.account)),
        "Owner": owner(upload.meta.get("Owner", found_in.account)),
        "StorageClass": upload.meta.get("StorageClass", "STANDARD"),
        "ChecksumAlgorithm": upload.meta["ChecksumAlgorithm"],
        "ChecksumType": upload.meta["ChecksumType"],
    }
