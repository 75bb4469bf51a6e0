"""Feature Store's records: put, get, delete, update, list, one by one or in batches.

A put is one transaction: the online store's row (unless a newer event is there) and the offline store's queue. What a
newcomer would get wrong: PutRecord and DeleteRecord model no ``ResourceNotFound``, so a group that is not there is a
``ValidationError`` for them (aws/sagemaker-python-sdk issue 2606); a soft delete is an event like any other, so a put
with an older event time does not bring the record back; expired records are gone for everyone.
"""

from __future__ import annotations

import base64
import binascii
from datetime import UTC, datetime
from typing import Any

from emulator import arns
from emulator.aws.call import Call
from emulator.aws.registry import EXECUTES, operation
from emulator.errors import ServiceError
from emulator.features.group import Group, Values, invalid
from emulator.services import Services
from emulator.store.features import Online

SERVICE = "sagemaker-featurestore-runtime"
PAGE = 100
PARTIAL = ("Standard_V2", "InMemory")
MOST_UPDATED = 100

Record = dict[str, Any]


@operation(SERVICE, "PutRecord", does=EXECUTES)
def put_record(call: Call, services: Services) -> Record:
    """Store a whole record in the stores of the group, or in those named."""
    _put(call, services, call.params, call.params.get("TtlDuration"))
    return {}


@operation(SERVICE, "BatchWriteRecord", does=EXECUTES)
def batch_write_record(call: Call, services: Services) -> Record:
    """As PutRecord for each entry; an entry that is refused is told of and does not keep the others."""
    errors = []
    for entry in call.params["Entries"]:
        try:
            _put(call, services, entry, entry.get("TtlDuration") or call.params.get("TtlDuration"))
        except ServiceError as error:
            errors.append({"Entry": entry, "ErrorCode": error.code, "ErrorMessage": error.message})
    return {"Errors": errors, "UnprocessedEntries": []}


@operation(SERVICE, "GetRecord", does=EXECUTES)
def get_record(call: Call, services: Services) -> Record:
    """The newest record of an identifier; an empty answer when there is none."""
    group = _group(call, services, call.params["FeatureGroupName"], "ResourceNotFound")
    return _get(services, group, call.params["RecordIdentifierValueAsString"], call.params, call.params)


@operation(SERVICE, "BatchGetRecord", does=EXECUTES)
def batch_get_record(call: Call, services: Services) -> Record:
    """Records of several groups; those not found are left out, groups that cannot be read are told of."""
    records, errors = [], []
    for asked in call.params["Identifiers"]:
        for id in asked["RecordIdentifiersValueAsString"]:
            place = {"FeatureGroupName": asked["FeatureGroupName"], "RecordIdentifierValueAsString": id}
            try:
                group = _group(call, services, asked["FeatureGroupName"], "ResourceNotFound")
                found = _get(services, group, id, asked, call.params)
            except ServiceError as error:
                errors.append(place | {"ErrorCode": error.code, "ErrorMessage": error.message})
            else:
                records += [place | found] if found else []
    return {"Records": records, "Errors": errors, "UnprocessedIdentifiers": []}


@operation(SERVICE, "DeleteRecord", does=EXECUTES)
def delete_record(call: Call, services: Services) -> Record:
    """Delete an identifier's record as of an event time, and append that to the offline store."""
    params, id = call.params, call.params["RecordIdentifierValueAsString"]
    services.store.cycles.settle()
    with services.store.transaction():
        group = _group(call, services, params["FeatureGroupName"])
        online, offline = _targets(group, params)
        given = {group.id: id, group.event: params["EventTime"]}
        id, event, values = group.complete(_feature_values(given))
        if online and params.get("DeletionMode") == "HardDelete":
            _hard_delete(services, group, id, event)
        elif online:
            services.store.features.put(group.arn, Online(id, event, None, True, {}), arns.now())
        if offline:
            _queue(services, group, event, values, deleted=True)
    return {}


@operation(SERVICE, "UpdateRecord", does=EXECUTES)
def update_record(call: Call, services: Services) -> Record:
    """Change some features of a record that is there."""
    params, id = call.params, call.params["RecordIdentifierValueAsString"]
    services.store.cycles.settle()
    with services.store.transaction():
        group = _group(call, services, params["FeatureGroupName"], "ResourceNotFound")
        online, offline = _targets(group, params)
        given = _changes(group, params)
        present = services.store.features.get(group.arn, id, arns.now())
        if present is None or present.deleted:
            raise ServiceError("ResourceNotFound", f"Resource Not Found: FeatureGroup {group.name} has no record {id}")
        event = group.time(given[group.event]) if group.event in given else present.event
        if event < present.event:
            raise ServiceError("ConflictException", f"The record {id} has a newer {group.event} than the update.")
        values = present.values | given
        if online:
            ttl = params.get("TtlDuration")
            expires = group.expires(event, ttl) if ttl else present.expires
            services.store.features.replace(group.arn, Online(id, event, expires, False, values))
        if offline:
            _queue(services, group, event, values)
    return {}


@operation(SERVICE, "ListRecords", does=EXECUTES)
def list_records(call: Call, services: Services) -> Record:
    """Identifiers of the online store in their order."""
    params = call.params
    group = _group(call, services, params["FeatureGroupName"], "ResourceNotFound")
    _need_online(group)
    limit, after = params.get("MaxResults", PAGE), _after(params.get("NextToken"))
    deleted = params.get("IncludeSoftDeletedRecords", False)
    ids = services.store.features.ids(group.arn, after, limit + 1, arns.now(), deleted)
    answer: Record = {"RecordIdentifiers": ids[:limit]}
    if len(ids) > limit:
        answer["NextToken"] = base64.urlsafe_b64encode(f"id:{ids[limit - 1]}".encode()).decode()
    return answer


def _put(call: Call, services: Services, params: Record, ttl: Record | None) -> None:
    services.store.cycles.settle()
    with services.store.transaction():
        group = _group(call, services, params["FeatureGroupName"])
        online, offline = _targets(group, params)
        id, event, values = group.complete(params["Record"])
        if online:
            now = arns.now()
            services.store.features.put(group.arn, Online(id, event, group.expires(event, ttl), False, values), now)
            services.store.features.sweep(now)
        if offline:
            _queue(services, group, event, values)


def _queue(services: Services, group: Group, event: float, values: Values, deleted: bool = False) -> None:
    services.store.features.queue(group.arn, event, arns.now(), deleted, values)
    services.store.after_commit(services.offline.wake)


def _get(services: Services, group: Group, id: str, asked: Record, params: Record) -> Record:
    """A record as GetRecord gives it; empty when there is none."""
    _need_online(group)
    found = services.store.features.get(group.arn, id, arns.now())
    features = group.features(found.values if found else {}, asked.get("FeatureNames"))
    if found is None or found.deleted:
        return {}
    answer: Record = {"Record": features} if features else {}
    if params.get("ExpirationTimeResponse") == "Enabled" and found.expires is not None:
        moment = datetime.fromtimestamp(found.expires, UTC)
        answer["ExpiresAt"] = moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return answer


def _feature_values(values: dict[str, str]) -> list[Record]:
    return [{"FeatureName": name, "ValueAsString": value} for name, value in values.items()]


def _hard_delete(services: Services, group: Group, id: str, event: float) -> None:
    present = services.store.features.get(group.arn, id, arns.now())
    if present is not None and present.event >= event:
        raise invalid(f"EventTime: the record {id} has the same or a newer event time, so it is not deleted")
    services.store.features.remove(group.arn, id)


def _group(call: Call, services: Services, given: str, code: str = "ValidationError") -> Group:
    """A group that is created; ``code`` where it is not there (yet)."""
    name = arns.own(call.scope, given, "feature-group")
    record = services.store.records.get(call.scope, "FeatureGroup", name)
    if record is None or record["FeatureGroupStatus"] != "Created":
        raise ServiceError(code, f"Resource Not Found: Amazon SageMaker can't find a FeatureGroup with name {name}")
    return Group.of(record)


def _targets(group: Group, params: Record) -> tuple[bool, bool]:
    """Whether a call is for the online store, and for the offline store: both by default, as far as there are any."""
    given = params.get("TargetStores")
    if given is None:
        return group.online, group.offline
    for store, there in (("OnlineStore", group.online), ("OfflineStore", group.offline)):
        if store in given and not there:
            raise invalid(f"TargetStores has {store}, which FeatureGroup {group.name} has not")
    return "OnlineStore" in given, "OfflineStore" in given


def _need_online(group: Group) -> None:
    if not group.online:
        raise invalid(f"FeatureGroup {group.name} has no online store")


def _changes(group: Group, params: Record) -> Values:
    """The features an UpdateRecord changes."""
    if group.storage not in PARTIAL:
        raise invalid(f"UpdateRecord needs an online store of type {' or '.join(PARTIAL)}, not {group.storage}")
    if len(params["Features"]) > MOST_UPDATED:
        raise invalid(f"UpdateRecord changes {MOST_UPDATED} features at most")
    given = group.values(params["Features"])
    if given.get(group.id, params["RecordIdentifierValueAsString"]) != params["RecordIdentifierValueAsString"]:
        raise invalid(f"The record identifier feature {group.id} cannot be changed")
    if "TtlDuration" in params and group.event not in given:
        raise invalid(f"TtlDuration needs a new value of the event time feature {group.event}")
    return given


def _after(token: str | None) -> str | None:
    """The identifier a page begins behind."""
    if token is None:
        return None
    try:
        text = base64.urlsafe_b64decode(token).decode()
    except (binascii.Error, ValueError):
        text = ""
    if not text.startswith("id:"):
        raise invalid("Invalid pagination token")
    return text.removeprefix("id:")
