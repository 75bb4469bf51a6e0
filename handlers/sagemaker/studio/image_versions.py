"""Versions of Studio images: AWS numbers them, and a call means one by number, by alias, or the latest by neither.

The counter of the numbers stands in the image's record.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from emulator.aws.call import Call
from emulator.aws.registry import operation
from emulator.errors import not_found, validation
from handlers.sagemaker import crud
from handlers.sagemaker.hooks import unique
from handlers.sagemaker.listing import slice_of
from handlers.sagemaker.resource import SERVICE, Record
from handlers.sagemaker.resources import RESOURCES
from handlers.sagemaker.studio.images import ALIASES, aliases_are_free, versions

if TYPE_CHECKING:
    from emulator.services import Services

COUNTER = "_Versions"
IMAGE, VERSION = RESOURCES["Image"], RESOURCES["ImageVersion"]
ALIAS_MEMBERS = frozenset({"AliasesToAdd", "AliasesToDelete", "Alias"})
PAGE = 100


@operation(SERVICE, "CreateImageVersion")
def create(call: Call, services: Services) -> Record:
    """The next version of an image that is ready for it."""
    aliases = call.params.get("Aliases", [])
    unique(aliases, "Aliases")
    with crud.hold_fast(IMAGE, call, services) as (name, image):
        if image["ImageStatus"] not in {"CREATED", "UPDATE_FAILED"}:
            raise validation(f"Image {name} is in an invalid state.")
        aliases_are_free(call, services, name, aliases)
        number = image.get(COUNTER, 0) + 1
        services.store.records.update(call.scope, "Image", name, {COUNTER: number}, touch=False)
        made = replace(call, params={**call.params, "Version": number})
        record = crud.make(VERSION, made, services, f"{name}/{number}")
    return record


@operation(SERVICE, "DescribeImageVersion")
def describe(call: Call, services: Services) -> Record:
    """A version of an image."""
    return crud.describe(VERSION, _which(call, services), services)


@operation(SERVICE, "UpdateImageVersion")
def update(call: Call, services: Services) -> Record:
    """Change what is said of a version, and its aliases."""
    added, gone = call.params.get("AliasesToAdd", []), set(call.params.get("AliasesToDelete", []))

    def aliases(record: Record) -> Record:
        kept = [alias for alias in record.get(ALIASES, []) if alias not in gone]
        return {ALIASES: kept + [alias for alias in added if alias not in kept]}

    services.store.cycles.settle()
    with services.store.transaction():
        which = _which(call, services)
        aliases_are_free(call, services, call.params["ImageName"], added, but=which.params["Version"])
        services.store.records.update(call.scope, "ImageVersion", VERSION.name(which.params), aliases)
        plain = {member: value for member, value in which.params.items() if member not in ALIAS_MEMBERS}
        return crud.update(VERSION, replace(which, params=plain), services)


@operation(SERVICE, "DeleteImageVersion")
def delete(call: Call, services: Services) -> Record:
    """Delete one version."""
    return crud.delete(VERSION, _which(call, services), services)


@operation(SERVICE, "ListImageVersions")
def list_(call: Call, services: Services) -> Record:
    """The versions of an image that must be there."""
    crud.find(IMAGE, call, services)
    return crud.list_(VERSION, call, services)


@operation(SERVICE, "ListAliases")
def list_aliases(call: Call, services: Services) -> Record:
    """The aliases of an image's versions, or of the one version that a number or an alias means."""
    params = call.params
    crud.find(IMAGE, call, services)
    found = [
        alias
        for record in _versions(call, services)
        for alias in record[ALIASES]
        if params.get("Version", record["Version"]) == record["Version"] and params.get("Alias", alias) == alias
    ]
    page, token = slice_of(found, params, PAGE)
    return {"SageMakerImageVersionAliases": list(page), **token}


def _which(call: Call, services: Services) -> Call:
    """The call with the number of the version it means; ResourceNotFound when there is none."""
    services.store.cycles.settle()
    name, params = call.params["ImageName"], call.params
    found = _versions(call, services)
    if "Version" in params:
        found = [record for record in found if record["Version"] == params["Version"]]
        text = f"ImageVersion with ImageName {name} and Version {params['Version']} does not exist."
    elif "Alias" in params:
        found = [record for record in found if params["Alias"] in record[ALIASES]]
        text = f"ImageVersion with ImageName {name} and Alias {params['Alias']} does not exist."
    else:
        text = f"Latest ImageVersion with ImageName {name} does not exist. Please provide a valid ImageName."
    if not found:
        raise not_found(text)
    return replace(call, params={**params, "Version": found[0]["Version"]})


def _versions(call: Call, services: Services) -> list[Record]:
    return [stored.record for stored in versions(call, services, call.params["ImageName"])]
