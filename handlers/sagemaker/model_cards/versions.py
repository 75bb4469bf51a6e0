"""Model cards and their versions: a change of content is a new version, a change of status is one of the last version.

"All edits of a model card, other than approval status changes, create a new version" (developer guide, model cards).
The card's record is its last version; every version has a record of its own as well, ``card/n``, listed by the card.
"""

from __future__ import annotations

from dataclasses import replace

import orjson

from emulator import arns
from emulator.aws.call import Call
from emulator.aws.registry import operation
from emulator.errors import validation
from emulator.services import Services
from emulator.store import Query
from handlers.sagemaker import crud
from handlers.sagemaker.listing import answer, page
from handlers.sagemaker.resource import SERVICE, Record
from handlers.sagemaker.resources import RESOURCES

CARD = RESOURCES["ModelCard"]
VERSION = "ModelCardVersion"
EXPORT = "ModelCardExportJob"
CHANGEABLE = ("Content", "ModelCardStatus")


def _by_age(params: Record) -> Record:
    """Versions are numbered in the order they are made."""
    return {member: "CreationTime" if member == "SortBy" else value for member, value in params.items()}


VERSIONS = replace(CARD, noun=VERSION, parent="ModelCardName", narrow=_by_age)


@operation(SERVICE, "CreateModelCard")
def create_card(call: Call, services: Services) -> Record:
    """A card and its version 1."""
    check_content(call.params["Content"])
    with services.store.transaction():
        card = crud.create(CARD, call, services)
        _keep(call, services, card)
    return card


def check_content(content: str) -> None:
    """The content is a JSON object; its schema is left to those who read it."""
    try:
        document = orjson.loads(content)
    except orjson.JSONDecodeError as error:
        raise validation(f"Content is not valid JSON: {error}") from error
    if not isinstance(document, dict):
        raise validation("Content must be a JSON object.")


def _keep(call: Call, services: Services, card: Record) -> None:
    """The record of the card's last version, made now."""
    name = card["ModelCardName"]
    version = card | {"CreationTime": card["LastModifiedTime"]}
    services.store.records.insert(
        call.scope, VERSION, f"{name}/{card[VERSION]}", version, status=card["ModelCardStatus"], parent=name
    )


@operation(SERVICE, "UpdateModelCard")
def update_card(call: Call, services: Services) -> Record:
    """New content, as a new version, or a new status; one at a time (API reference, UpdateModelCard)."""
    given: Record = {member: call.params[member] for member in CHANGEABLE if member in call.params}
    if len(given) == len(CHANGEABLE):
        raise validation("Content and ModelCardStatus cannot be updated in a single call.")
    if not given:
        raise validation("Content or ModelCardStatus must be given.")
    check_content(given.get("Content", "{}"))
    with crud.hold_fast(CARD, call, services) as (name, card):
        changes, status = given, given.get("ModelCardStatus")
        if "Content" in given:
            changes = given | {VERSION: card[VERSION] + 1}
        updated = services.store.records.update(call.scope, CARD.noun, name, changes, status=status) or card
        if "Content" in given:
            _keep(call, services, updated)
        else:
            services.store.records.update(call.scope, VERSION, f"{name}/{card[VERSION]}", given, status=status)
    return updated


@operation(SERVICE, "DescribeModelCard")
def describe_card(call: Call, services: Services) -> Record:
    """The last version, or the one that is asked for."""
    card = find_version(call, services)
    if call.params.get("IncludedData") == "MetadataOnly":
        return {member: value for member, value in card.items() if member != "Content"}
    return card


def find_version(call: Call, services: Services) -> Record:
    """The version of a card that a call means: without ``ModelCardVersion`` the last."""
    name, card = crud.find(CARD, call, services)
    number = call.params.get("ModelCardVersion", card[VERSION])
    version = services.store.records.get(call.scope, VERSION, f"{name}/{number}")
    if version is None:
        raise CARD.missing_error(call, f"{name} and version {number}")
    return version


@operation(SERVICE, "DeleteModelCard")
def delete_card(call: Call, services: Services) -> Record:
    """The card with all its versions and export jobs."""
    with crud.hold_fast(CARD, call, services) as (name, _):
        for kind in (VERSION, EXPORT):
            for stored in list(services.store.records.each(call.scope, kind, Query(parent=name))):
                services.store.records.delete(call.scope, kind, stored.name)
        return crud.delete(CARD, call, services)


@operation(SERVICE, "ListModelCardVersions")
def list_versions(call: Call, services: Services) -> Record:
    """The versions of a card, the last first."""
    crud.find(CARD, call, services)
    return answer("ModelCardVersionSummaryList", page(VERSIONS, call, services))


def export_arn(call: Call, card: str, job: str) -> str:
    """The ARN of an export job, which lies under its card's."""
    return arns.arn(call.scope, f"model-card/{card}/export-job/{job}")
