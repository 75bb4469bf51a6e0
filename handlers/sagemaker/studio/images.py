"""Studio images and their versions: what a row's hooks and the versions' operations share.

A version's number is never given twice, also when its version was deleted; an alias belongs to one version.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from emulator import arns
from emulator.aws.call import Call
from emulator.errors import ServiceError
from emulator.store import Query, Stored
from handlers.sagemaker.resource import Record

if TYPE_CHECKING:
    from emulator.services import Services

ALIASES = "_Aliases"


def without(params: Record, record: Record, changed: Record) -> Record:
    """Take away the members that UpdateImage's DeleteProperties names."""
    return changed | dict.fromkeys(changed.pop("DeleteProperties", ()))


def prepare_version(call: Call, services: Services, record: Record) -> None:
    """What AWS adds to a version: its image, and the container image that the base image becomes."""
    record["ImageArn"] = arns.arn(call.scope, f"image/{record['ImageName']}")
    record["ContainerImage"] = record["BaseImage"]
    record[ALIASES] = record.pop("Aliases", [])


def forget_versions(call: Call, services: Services, record: Record) -> None:
    """An image takes its versions with it."""
    for stored in versions(call, services, record["ImageName"]):
        services.store.records.delete(call.scope, "ImageVersion", stored.name)
        services.store.tags.drop(stored.arn)


def aliases_are_free(call: Call, services: Services, image: str, aliases: list[str], but: int = 0) -> None:
    """Refuse aliases that a version of the image other than ``but`` has."""
    for stored in versions(call, services, image):
        taken = set(aliases) & set(stored.record[ALIASES])
        if taken and stored.record["Version"] != but:
            text = f"Alias {min(taken)} of Image {image} is already in use by Version {stored.record['Version']}."
            raise ServiceError("ResourceInUse", text)


def versions(call: Call, services: Services, image: str) -> list[Stored]:
    """An image's versions, the latest first."""
    found = services.store.records.each(call.scope, "ImageVersion", Query(parent=image))
    return sorted(found, key=lambda stored: -int(stored.record["Version"]))
