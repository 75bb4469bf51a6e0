"""Tags and holds of single objects: parts of an object that change without a new version."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from emulator.aws.call import Call
from emulator.aws.registry import operation
from emulator.errors import ServiceError
from emulator.services import Services
from emulator.store import Bucket, Entry
from handlers.s3.checks import bucket, entry, invalid_request, malformed_xml
from handlers.s3.events import tell
from handlers.s3.tag_sets import tags


@operation("s3", "GetObjectTagging")
def get_object_tagging(call: Call, services: Services) -> dict[str, Any]:
    found_in = bucket(call, services)
    found = entry(call, services)
    return versioned(found_in, found) | {"TagSet": found.meta.get("Tags", [])}


@operation("s3", "PutObjectTagging")
def put_object_tagging(call: Call, services: Services) -> dict[str, Any]:
    found_in = bucket(call, services)
    changed = change(call, services, {"Tags": tags(call.params["Tagging"].get("TagSet", []))})
    tell(call, services, found_in, "ObjectTagging:Put", changed)
    return versioned(found_in, changed)


@operation("s3", "DeleteObjectTagging")
def delete_object_tagging(call: Call, services: Services) -> dict[str, Any]:
    found_in = bucket(call, services)
    changed = change(call, services, {"Tags": None})
    tell(call, services, found_in, "ObjectTagging:Delete", changed)
    return versioned(found_in, changed)


@operation("s3", "PutObjectLegalHold")
def put_object_legal_hold(call: Call, services: Services) -> dict[str, Any]:
    lockable(bucket(call, services))
    status = call.params.get("LegalHold", {}).get("Status")
    if status not in {"ON", "OFF"}:
        raise malformed_xml()
    change(call, services, {"ObjectLockLegalHoldStatus": status})
    return {}


@operation("s3", "GetObjectLegalHold")
def get_object_legal_hold(call: Call, services: Services) -> dict[str, Any]:
    lockable(bucket(call, services))
    status = entry(call, services).meta.get("ObjectLockLegalHoldStatus")
    if status is None:
        raise no_lock()
    return {"LegalHold": {"Status": status}}


@operation("s3", "GetObjectRetention")
def get_object_retention(call: Call, services: Services) -> dict[str, Any]:
    lockable(bucket(call, services))
    meta = entry(call, services).meta
    if "ObjectLockMode" not in meta:
        raise no_lock()
    return {"Retention": {"Mode": meta["ObjectLockMode"], "RetainUntilDate": meta["ObjectLockRetainUntilDate"]}}


def change(call: Call, services: Services, members: dict[str, Any]) -> Entry:
    """Change members of an object's ``meta``; ``None`` removes one. The object as it is then: who tells of it must not
    ask for it again, by a permission that may have gone with the tags or the ACL that were."""
    with services.store.transaction():
        bucket(call, services)
        found = entry(call, services)
        meta = {name: value for name, value in {**found.meta, **members}.items() if value is not None}
        changed = replace(found, meta=meta)
        services.store.objects.set_meta(changed)
    return changed


def versioned(found_in: Bucket, found: Entry) -> dict[str, Any]:
    return {"VersionId": found.version} if found_in.versioning else {}


def lockable(found_in: Bucket) -> None:
    if not found_in.object_lock:
        raise invalid_request("Bucket is missing Object Lock Configuration")


def no_lock() -> ServiceError:
    text = "The specified object does not have a ObjectLock configuration"
    return ServiceError("NoSuchObjectLockConfiguration", text, 404)
