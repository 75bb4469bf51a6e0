"""PutObject, DeleteObject, DeleteObjects."""

from __future__ import annotations

from io import BytesIO
from typing import Any

from emulator.arns import now
from emulator.aws.call import Call
from emulator.aws.http import Readable
from emulator.aws.registry import operation
from emulator.errors import ServiceError
from emulator.objects import Change, no_such_key
from emulator.services import Services
from emulator.store import Bucket, Entry
from handlers.s3.access.decide import denied, permit
from handlers.s3.checks import (
    bucket,
    conditional,
    failed,
    key,
    key_fits,
    known_form,
    malformed_xml,
    matches,
    not_offered,
    quoted,
    writable,
)
from handlers.s3.checksums import wanted
from handlers.s3.events import tell
from handlers.s3.expiration import expiration
from handlers.s3.headers import checksum_answer, encrypted, meta

MAX_PUT = 5 << 30
MAX_DELETES = 1000
#: Conditions that S3 offers in directory buckets only.
OF_DIRECTORIES = {
    "IfMatchLastModifiedTime": "x-amz-if-match-last-modified-time",
    "IfMatchSize": "x-amz-if-match-size",
}


@operation("s3", "PutObject")
def put_object(call: Call, services: Services) -> dict[str, Any]:
    found_in = bucket(call, services)
    name = key(call)
    fits(call)
    condition = (lambda present: writable(present, call.params)) if conditional(call.params) else None
    if condition:  # also before the body is read: a client that waits for "100 Continue" need not send it
        condition(services.store.objects.get(found_in.name, name))
    checks = wanted(call)
    entry = services.objects.put(
        found_in.name,
        name,
        checks.through(body(call)),
        meta(call, services, found_in),
        algorithms=checks.algorithms,
        verify=checks.verify,
        condition=condition,
    )
    tell(call, services, found_in, f"ObjectCreated:{'Post' if ':method' in call.headers else 'Put'}", entry)
    return written(entry, found_in) | checksum_answer(entry) | expiration(services, found_in, entry, call.params)


def written(entry: Entry, found_in: Bucket) -> dict[str, Any]:
    """What the answers to writes share."""
    answer = {"ETag": quoted(entry.etag), **encrypted(entry.meta)}
    return answer | made_version(entry, found_in)


def made_version(entry: Entry, found_in: Bucket) -> dict[str, Any]:
    """The version a write has made; a bucket that has versioning suspended makes none, and S3 then names none."""
    return {"VersionId": entry.version} if found_in.versioning == "Enabled" else {}


def body(call: Call) -> Readable:
    """The body as a stream; engines may give bytes or nothing."""
    given = call.params.get("Body", b"")
    return BytesIO(given) if isinstance(given, bytes) else given


def length(call: Call) -> int | None:
    """The announced length of the body, without its wrapping; None if there is none."""
    decoded = call.headers.get("x-amz-decoded-content-length", "")
    announced: int | None = int(decoded) if decoded.isdigit() else call.params.get("ContentLength")
    given = call.params.get("Body")
    return len(given) if isinstance(given, bytes) else announced


def fits(call: Call) -> None:
    """400 ``EntityTooLarge`` past 5 GB."""
    size = length(call)
    if size is not None and size > MAX_PUT:
        fields = {"ProposedSize": size, "MaxSizeAllowed": MAX_PUT}
        raise ServiceError("EntityTooLarge", "Your proposed upload exceeds the maximum allowed size", 400, fields)


@operation("s3", "DeleteObject")
def delete_object(call: Call, services: Services) -> dict[str, Any]:
    for member, header in OF_DIRECTORIES.items():
        if member in call.params:
            raise not_offered(header)
    with services.objects.change() as change, services.store.transaction():
        found_in = bucket(call, services)
        done = delete(services, change, found_in, call.params, call.params)
    tell_deleted(call, services, found_in, call.params, done)
    return done


def tell_deleted(call: Call, services: Services, found_in: Bucket, one: dict[str, Any], done: dict[str, Any]) -> None:
    """Tell of a delete, or of the delete marker that a version is hidden behind."""
    marker = bool(done.get("DeleteMarker")) and "VersionId" not in one
    gone = Entry(one["Key"], found_in.name, version=done.get("VersionId", "null"), marker=marker)
    tell(call, services, found_in, f"ObjectRemoved:{'DeleteMarkerCreated' if marker else 'Delete'}", gone)


@operation("s3", "DeleteObjects")
def delete_objects(call: Call, services: Services) -> dict[str, Any]:
    wanted_gone = call.params["Delete"].get("Objects", [])
    if not 0 < len(wanted_gone) <= MAX_DELETES or any("Key" not in one for one in wanted_gone):
        raise malformed_xml()
    deleted, errors, gone = [], [], []
    bypass = {name: call.params[name] for name in ("BypassGovernanceRetention",) if name in call.params}
    with services.objects.change() as change, services.store.transaction():
        found_in = bucket(call, services)
        for one in wanted_gone:
            named = {name: one[name] for name in ("Key", "VersionId") if name in one}
            try:
                permit(call, services, found_in, one | bypass, "DeleteObject")
                done = delete(services, change, found_in, one, call.params)
            except ServiceError as error:
                errors.append({**named, "Code": error.code, "Message": error.message})
            else:
                deleted.append(named | result(done, one))
                gone.append((one, done))
    for one, done in gone:
        tell_deleted(call, services, found_in, one, done)
    return {"Deleted": [] if call.params["Delete"].get("Quiet") else deleted, "Errors": errors}


def result(done: dict[str, Any], one: dict[str, Any]) -> dict[str, Any]:
    """DeleteObject's answer in DeleteObjects' words."""
    if not done.get("DeleteMarker"):
        return {}
    return {"DeleteMarker": True, "DeleteMarkerVersionId": done["VersionId"]}


def delete(
    services: Services, change: Change, found_in: Bucket, one: dict[str, Any], params: dict[str, Any]
) -> dict[str, Any]:
    """Delete an object or a version within a transaction; the DeleteObject answer. What is not there is deleted."""
    index, name, version = services.store.objects, one["Key"], one.get("VersionId")
    key_fits(name)
    if version is not None:
        known_form(version)
    fulfilled(index.get(found_in.name, name, version), one)
    if version is None:
        marker, blobs = index.delete(found_in.name, name, found_in.versioning)
        change.drop(blobs)
        return {"DeleteMarker": True, "VersionId": marker.version} if marker else {}
    held(index.get(found_in.name, name, version), params)
    gone, blobs = index.delete_version(found_in.name, name, version)
    change.drop(blobs)
    return {"VersionId": version, "DeleteMarker": True if gone and gone.marker else None}


def fulfilled(found: Entry | None, one: dict[str, Any]) -> None:
    """The conditions of a delete: DeleteObject's If-Match, DeleteObjects' own. An ETag wants an object that has it: 404
    where there is none, 412 where there is another or a delete marker; size and time match nothing at all."""
    wanted_tag = one.get("IfMatch", one.get("ETag"))
    if wanted_tag is not None:
        if found is None:
            raise no_such_key(one["Key"])
        if found.marker or not matches(wanted_tag, found):
            raise failed("If-Match")
    if found is None or found.marker:
        return
    modified = one.get("LastModifiedTime")
    if modified is not None and int(modified) != int(found.modified):
        raise failed("x-amz-if-match-last-modified-time")
    if one.get("Size", found.size) != found.size:
        raise failed("x-amz-if-match-size")


def held(found: Entry | None, params: dict[str, Any]) -> None:
    """403 while a version is under legal hold or retention."""
    if found is None or found.marker:
        return
    retained = found.meta.get("ObjectLockRetainUntilDate", 0) > now()
    bypass = found.meta.get("ObjectLockMode") == "GOVERNANCE" and params.get("BypassGovernanceRetention")
    if found.meta.get("ObjectLockLegalHoldStatus") == "ON" or (retained and not bypass):
        raise denied()
