"""Storage classes: which there are, and that objects in the archive must be restored before they are read.

A restore is done at once, so ``ongoing-request`` is always false; it ends at the time it was asked for.
"""

from __future__ import annotations

from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any

from emulator.arns import now
from emulator.aws import model
from emulator.aws.call import Call
from emulator.aws.registry import operation
from emulator.errors import ServiceError
from emulator.objects.lifecycle import DAY, LAST
from emulator.services import Services
from emulator.store import Entry
from handlers.s3.checks import bucket, entry, http_date, malformed_xml
from handlers.s3.events import tell
from handlers.s3.tagging import change

ARCHIVED = {"GLACIER", "DEEP_ARCHIVE"}


def storage_class(name: str | None) -> None:
    """400 ``InvalidStorageClass`` for a name that is none."""
    if name is not None and name not in model.service("s3").model.shape_for("StorageClass").metadata["enum"]:
        text = "The storage class you specified is not valid"
        raise ServiceError("InvalidStorageClass", text, 400, {"StorageClassRequested": name})


def thawed(found: Entry) -> None:
    """403 ``InvalidObjectState`` for an archived object that is not restored."""
    kept_in = found.meta.get("StorageClass")
    if kept_in in ARCHIVED and expiry(found) <= now():
        text = "The operation is not valid for the object's storage class"
        raise ServiceError("InvalidObjectState", text, 403, {"StorageClass": kept_in})


def expiry(found: Entry) -> float:
    """When the restored copy goes; 0 if there is none."""
    value = found.meta.get("Restore", "")
    date = value.partition('expiry-date="')[2].rstrip('"')
    return parsedate_to_datetime(date).timestamp() if date else 0


@operation("s3", "RestoreObject", status=HTTPStatus.ACCEPTED)
def restore_object(call: Call, services: Services) -> dict[str, Any]:
    found_in = bucket(call, services)
    found = entry(call, services)
    if found.meta.get("StorageClass") not in ARCHIVED:
        text = "Restore is not allowed for the object's current storage class"
        raise ServiceError(
            "InvalidObjectState", text, 403, {"StorageClass": found.meta.get("StorageClass", "STANDARD")}
        )
    days = call.params.get("RestoreRequest", {}).get("Days", 0)
    if days < 1:
        raise malformed_xml()
    # S3 lets it end at the midnight that follows.
    until = min((int(now()) // DAY + days + 1) * DAY, LAST)
    change(call, services, {"Restore": f'ongoing-request="false", expiry-date="{http_date(until)}"'})
    for event in ("Post", "Completed"):
        tell(call, services, found_in, f"ObjectRestore:{event}", found)
    return {}
