"""What the rows of hubs and their contents check; imports no row."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from emulator import arns
from emulator.aws.call import Call
from emulator.errors import ServiceError, not_found, validation
from emulator.store import Query, Stored
from handlers.sagemaker.resource import Record

if TYPE_CHECKING:
    from emulator.services import Services

LATEST = "_Latest"
# The model's pattern forgets to escape its dots and admits 123456.
VERSION = re.compile(r"[0-9]{1,4}\.[0-9]{1,4}\.[0-9]{1,4}")


def version_key(version: str) -> tuple[int, ...]:
    """``1.10.0`` as three numbers, to compare; filters are given without dots too, which their pattern admits."""
    numbers = [int(part) for part in re.findall(r"\d+", version)]
    return tuple((*numbers, 0, 0)[:3])


def content_name(params: Record) -> str:
    """The name of the record of one version of a content: hub (also where the ARN is given), type, name, version."""
    hub = arns.tail(params["HubName"])
    return f"{hub}/{params['HubContentType']}/{params['HubContentName']}/{params['HubContentVersion']}"


def hub_is_empty(call: Call, services: Services, record: Record) -> None:
    """A hub goes without contents."""
    if services.store.records.list(call.scope, "HubContent", Query(parent=record["HubName"], limit=1)).items:
        text = f"Hub {record['HubArn']} cannot be deleted: it has hub contents. Delete them first."
        raise ServiceError("ResourceInUse", text)


def prepare_content(call: Call, services: Services, record: Record) -> None:
    """The hub must be there; its ARN goes into the content, whose version has three numbers."""
    if not VERSION.fullmatch(record["HubContentVersion"]):
        raise validation(f"HubContentVersion {record['HubContentVersion']} is not of the form 1.0.0.")
    name = arns.own(call.scope, record["HubName"], "hub")
    hub = services.store.records.get(call.scope, "Hub", name)
    if hub is None:
        raise not_found(f"Hub '{name}' does not exist.")
    record["HubName"], record["HubArn"] = hub["HubName"], hub["HubArn"]


def versions(call: Call, services: Services, params: Record) -> list[Stored]:
    """All versions of the content that a call means, the latest first."""
    stem = content_name({**params, "HubContentVersion": ""})
    query = Query(parent=arns.own(call.scope, params["HubName"], "hub"), name_contains=stem)
    found = services.store.records.each(call.scope, "HubContent", query)
    return sorted(found, key=lambda stored: version_key(stored.record["HubContentVersion"]), reverse=True)


def mark_latest(call: Call, services: Services, params: Record) -> None:
    """ListHubContents shows one version of each content, the latest: note which that is."""
    staying = [stored for stored in versions(call, services, params) if stored.status != "Deleting"]
    for number, stored in enumerate(staying):
        if stored.record.get(LATEST) != (number == 0):
            changes = {LATEST: number == 0}
            services.store.records.update(call.scope, "HubContent", stored.name, changes, touch=False)


def at_least(member: str) -> Any:
    """A filter: the record's version is that or later."""
    return lambda record, value: version_key(record[member]) >= version_key(value)


def at_most(member: str) -> Any:
    """A filter: the record's version is that or earlier."""
    return lambda record, value: version_key(record[member]) <= version_key(value)


def narrow(params: Record) -> Record:
    """A List call's members as filters of records: the record's name holds more than the content's."""
    names = {"NameContains": "HubContentNameContains"}
    return {names.get(member, member): value for member, value in params.items()}
