"""Object lock: retention and legal holds, of single versions and by a bucket's default.

A lock belongs to a version, so it never keeps anybody from writing a new one or hiding all by a delete marker; what it
stops is the removal of that version (``writing.held``) and its own weakening (:func:`weakened`).
Source: "Locking objects with Object Lock" in the S3 user guide.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from emulator.arns import now
from emulator.aws.call import Call
from emulator.aws.registry import operation
from emulator.errors import ServiceError
from emulator.services import Services
from emulator.store import Bucket
from handlers.s3.access.decide import denied
from handlers.s3.checks import bucket, entry, invalid_argument, invalid_request, malformed_xml
from handlers.s3.events import tell
from handlers.s3.tagging import change, lockable

MODES = {"GOVERNANCE", "COMPLIANCE"}
DAY = 24 * 3600
YEAR = 365 * DAY
LONGEST = 100 * YEAR


def locked(kept: Mapping[str, Any], services: Services, found_in: Bucket) -> dict[str, Any]:
    """The lock members a new object adds to its ``meta``: the bucket's default retention. 400 for a request's own
    that make no sense."""
    mode, until = kept.get("ObjectLockMode"), kept.get("ObjectLockRetainUntilDate")
    hold = kept.get("ObjectLockLegalHoldStatus")
    if (mode or until or hold) and not found_in.object_lock:
        raise invalid_request("Bucket is missing Object Lock Configuration")
    if (mode is None) != (until is None):
        text = "x-amz-object-lock-retain-until-date and x-amz-object-lock-mode must both be supplied"
        raise invalid_argument(text, "x-amz-object-lock-mode", mode or "")
    if mode is not None and mode not in MODES:
        raise invalid_argument("Unknown wormMode directive.", "x-amz-object-lock-mode", mode)
    if until is not None:
        in_future(until)
    if hold not in {None, "ON", "OFF"}:
        raise invalid_argument("Legal Hold must be either of 'ON' or 'OFF'", "x-amz-object-lock-legal-hold", hold)
    return {} if mode or not found_in.object_lock else default(services, found_in)


def default(services: Services, found_in: Bucket) -> dict[str, Any]:
    """The retention a bucket gives to every new object, if any."""
    config = services.store.buckets.config(found_in.name, "ObjectLockConfiguration") or {}
    rule = config.get("Rule", {}).get("DefaultRetention")
    if not rule:
        return {}
    return {"ObjectLockMode": rule["Mode"], "ObjectLockRetainUntilDate": now() + seconds(rule)}


def seconds(rule: Mapping[str, Any]) -> int:
    """How long a bucket's default retention is."""
    found: int = rule["Days"] * DAY if "Days" in rule else rule["Years"] * YEAR
    return found


def in_future(until: float) -> None:
    """400 for a retention that has ended before it begins."""
    if until <= now():
        text = "The retain until date must be in the future!"
        raise invalid_argument(text, "x-amz-object-lock-retain-until-date", until)


def configuration(document: Mapping[str, Any]) -> None:
    """400 for a bucket's lock configuration that breaks the schema or gives no period of its own."""
    if document.get("ObjectLockEnabled") != "Enabled":
        raise malformed_xml()
    if "Rule" not in document:
        return
    rule = document["Rule"].get("DefaultRetention", {})
    if rule.get("Mode") not in MODES or ("Days" in rule) == ("Years" in rule):
        raise malformed_xml()
    if seconds(rule) <= 0:
        text = "Default retention period must be a positive integer value."
        raise ServiceError("InvalidRetentionPeriod", text)
    if seconds(rule) > LONGEST:
        raise ServiceError("InvalidRetentionPeriod", "Default retention period must be no more than 100 years.")


@operation("s3", "PutObjectRetention")
def put_object_retention(call: Call, services: Services) -> dict[str, Any]:
    found_in = bucket(call, services)
    lockable(found_in)
    wanted = call.params.get("Retention", {})
    mode, until = wanted.get("Mode"), wanted.get("RetainUntilDate")
    if (mode is None) != (until is None) or (mode is not None and mode not in MODES):
        raise malformed_xml()
    if until is not None:
        in_future(until)
    with services.store.transaction():
        if weakened(entry(call, services).meta, mode, until) and not bypassed(call, services):
            raise denied()
        changed = change(call, services, {"ObjectLockMode": mode, "ObjectLockRetainUntilDate": until})
    tell(call, services, found_in, "ObjectRetention:Put", changed)
    return {}


def weakened(meta: Mapping[str, Any], mode: str | None, until: float | None) -> bool:
    """Whether a running retention would end sooner or change its mode: governance guards itself, too."""
    present = meta.get("ObjectLockRetainUntilDate", 0)
    if present <= now():
        return False
    return until is None or until < present or meta.get("ObjectLockMode") != mode


def bypassed(call: Call, services: Services) -> bool:
    """Whether the caller goes past a governance retention; nobody goes past compliance."""
    mode = entry(call, services).meta.get("ObjectLockMode")
    return mode == "GOVERNANCE" and bool(call.params.get("BypassGovernanceRetention"))


@operation("s3", "GetObjectLockConfiguration")
def get_object_lock_configuration(call: Call, services: Services) -> dict[str, Any]:
    found_in = bucket(call, services)
    if not found_in.object_lock:
        text = "Object Lock configuration does not exist for this bucket"
        raise ServiceError("ObjectLockConfigurationNotFoundError", text, 404, {"BucketName": found_in.name})
    found = services.store.buckets.config(found_in.name, "ObjectLockConfiguration")
    return {"ObjectLockConfiguration": found or {"ObjectLockEnabled": "Enabled"}}


@operation("s3", "PutObjectLockConfiguration")
def put_object_lock_configuration(call: Call, services: Services) -> None:
    """Also switches object lock on for a bucket with versioning, as S3 does since 2023."""
    document = call.params.get("ObjectLockConfiguration", {})
    with services.store.transaction():
        found_in = bucket(call, services)
        configuration(document)
        if found_in.versioning != "Enabled":
            text = "Versioning must be 'Enabled' on the bucket to apply a Object Lock configuration"
            raise ServiceError("InvalidBucketState", text, 409)
        services.store.buckets.set_object_lock(found_in.name)
        services.store.buckets.put_config(found_in.name, "ObjectLockConfiguration", document)
