"""What CreateFeatureGroup and UpdateFeatureGroup check and fill in beyond the model, the metadata of features, and the
table that Feature Store makes in the data catalogue.

The texts begin with ``Validation Error:`` as AWS's do (aws/sagemaker-python-sdk issue 2916). The table is a record of
its own, made in the transaction that stores the group: it outlives the group, as the data does.
"""

from __future__ import annotations

import re
from typing import Any

from emulator import arns
from emulator.aws.call import Call
from emulator.aws.registry import operation
from emulator.errors import ServiceError, not_found, validation
from emulator.features import layout, parquet, tables
from emulator.features.group import RESERVED
from emulator.services import Services
from emulator.store.watching import Change, watches
from handlers.sagemaker.resource import SERVICE, Record

KIND = "FeatureGroup"
MOST_FEATURES = 2500
MOST_PARAMETERS = 25
MISSING = "Resource Not Found: Amazon SageMaker can't find a FeatureGroup with name {name}"
IN_USE = "Resource Already Exists: FeatureGroup with name {name} already exists. Choose a different name."

_TABLE_NAME = re.compile(r"[a-z0-9_]+")


def invalid(text: str) -> ServiceError:
    """AWS's ``ValidationException`` of the Feature Store operations."""
    return validation(f"Validation Error: {text}")


def prepare(call: Call, services: Services, record: Record) -> None:
    """Check a new group and fill in what AWS tells of it."""
    if "OnlineStoreConfig" not in record and "OfflineStoreConfig" not in record:
        raise invalid("At least one of OnlineStoreConfig and OfflineStoreConfig must be given.")
    check_definitions(record["FeatureDefinitions"], record)
    _check_roles(record)
    record["ThroughputConfig"] = _throughput(record.get("ThroughputConfig", {}))
    if record.get("OnlineStoreConfig", {}).get("EnableOnlineStore"):
        record["OnlineStoreConfig"].setdefault("StorageType", "Standard")
    if "OfflineStoreConfig" in record:
        _prepare_offline(call, services, record)


def check_definitions(definitions: list[Record], record: Record) -> None:
    """Names and collection types; ``record`` has the group's online store."""
    names = [entry["FeatureName"] for entry in definitions]
    doubled = sorted({name for name in names if [other.lower() for other in names].count(name.lower()) > 1})
    if doubled:
        raise invalid(f"Feature names must be unique, without regard to case: {', '.join(doubled)}")
    for entry in definitions:
        if entry["FeatureName"].lower() in RESERVED:
            raise invalid(f"FeatureName {entry['FeatureName']} is reserved: {', '.join(sorted(RESERVED))}")
        if "CollectionType" in entry:
            _check_collection(entry, record.get("OnlineStoreConfig", {}))


def _check_collection(entry: Record, online: Record) -> None:
    name = entry["FeatureName"]
    if online.get("EnableOnlineStore") and online.get("StorageType", "Standard") == "Standard":
        raise invalid(f"Feature {name} has a CollectionType, which an online store of type Standard does not support")
    if entry["CollectionType"] == "Vector":
        if "VectorConfig" not in entry.get("CollectionConfig", {}):
            raise invalid(f"Feature {name} is a Vector and needs CollectionConfig.VectorConfig.Dimension")
        if entry["FeatureType"] != "Fractional":
            raise invalid(f"Feature {name} is a Vector: its FeatureType must be Fractional")


def _check_roles(record: Record) -> None:
    """The record identifier and the event time are features of their own, and of a type that fits."""
    by_name = {entry["FeatureName"]: entry for entry in record["FeatureDefinitions"]}
    for member in ("RecordIdentifierFeatureName", "EventTimeFeatureName"):
        if record[member] not in by_name:
            raise invalid(f"{member} {record[member]} must be one of the FeatureDefinitions")
        if "CollectionType" in by_name[record[member]]:
            raise invalid(f"{member} {record[member]} must not be of a CollectionType")
    if by_name[record["EventTimeFeatureName"]]["FeatureType"] == "Integral":
        raise invalid(f"EventTimeFeatureName {record['EventTimeFeatureName']} must be of type String or Fractional")


def _prepare_offline(call: Call, services: Services, record: Record) -> None:
    if "RoleArn" not in record:
        raise invalid("RoleArn is required when OfflineStoreConfig is given.")
    if not parquet.available():
        raise validation(parquet.MISSING)
    offline, name, created = record["OfflineStoreConfig"], record["FeatureGroupName"], record["CreationTime"]
    storage = offline["S3StorageConfig"]
    storage["ResolvedOutputS3Uri"] = layout.resolved(storage["S3Uri"], call.scope, name, created)
    offline.setdefault("DisableGlueTableCreation", False)
    record["OfflineStoreStatus"] = {"Status": "Active"}
    if not offline["DisableGlueTableCreation"]:
        _prepare_table(call, services, record)
    bucket = layout.split_uri(storage["S3Uri"])[0]
    if services.store.buckets.get(bucket) is None:
        record["_fate"] = f"The S3 bucket {bucket} of OfflineStoreConfig does not exist."
        record["OfflineStoreStatus"] = {"Status": "Blocked", "BlockedReason": record["_fate"]}


def _prepare_table(call: Call, services: Services, record: Record) -> None:
    given = record["OfflineStoreConfig"].setdefault("DataCatalogConfig", {})
    given.setdefault("TableName", layout.table(record["FeatureGroupName"], record["CreationTime"]))
    given.setdefault("Catalog", layout.CATALOG)
    given.setdefault("Database", layout.DATABASE)
    if given["Catalog"] != layout.CATALOG:
        raise invalid(f"The Catalog of DataCatalogConfig must be {layout.CATALOG}")
    for member in ("TableName", "Database"):
        if not _TABLE_NAME.fullmatch(given[member]):
            raise invalid(
                f"{member} {given[member]} of DataCatalogConfig may have lower case letters, digits and _ only"
            )
    if tables.get(services.store, call.scope, given["Database"], given["TableName"]) is not None:
        record["_fate"] = f"Table {given['TableName']} already exists in database {given['Database']}."


def check_update(call: Call, services: Services, record: Record) -> None:
    """One kind of change at a time, and only of what the group has."""
    given = [member for member in call.params if member != "FeatureGroupName"]
    if len(given) != 1:
        raise invalid("Exactly one of FeatureAdditions, OnlineStoreConfig and ThroughputConfig must be given.")
    if record["FeatureGroupStatus"] != "Created":
        raise invalid(f"FeatureGroup {record['FeatureGroupName']} is in status {record['FeatureGroupStatus']}.")
    if "OnlineStoreConfig" in given and not record.get("OnlineStoreConfig", {}).get("EnableOnlineStore"):
        raise invalid(f"FeatureGroup {record['FeatureGroupName']} has no online store.")
    if "FeatureAdditions" in given:
        check_definitions([*record["FeatureDefinitions"], *call.params["FeatureAdditions"]], record)


def amend(params: Record, record: Record, changed: Record) -> Record:
    """The changes of an UpdateFeatureGroup: added features, and that it went well. A TtlDuration without unit and value
    takes the group's away."""
    additions = changed.pop("FeatureAdditions", [])
    if additions:
        definitions = [*record["FeatureDefinitions"], *additions]
        if len(definitions) > MOST_FEATURES:
            raise invalid(f"A FeatureGroup has {MOST_FEATURES} features at most.")
        changed["FeatureDefinitions"] = definitions
    if changed.get("OnlineStoreConfig", {}).get("TtlDuration") == {}:
        del changed["OnlineStoreConfig"]["TtlDuration"]
    if "ThroughputConfig" in changed:
        given, present = params["ThroughputConfig"], record["ThroughputConfig"]
        kept = {} if given.get("ThroughputMode") == "OnDemand" else present
        changed["ThroughputConfig"] = _throughput(kept | given)
    return changed | {"LastUpdateStatus": {"Status": "Successful"}}


def _throughput(config: Record) -> Record:
    """The throughput of a group, on demand unless it says otherwise; units are of what is provisioned."""
    found = {"ThroughputMode": "OnDemand"} | config
    if found["ThroughputMode"] == "OnDemand" and len(found) > 1:
        units = ", ".join(sorted(found.keys() - {"ThroughputMode"}))
        raise invalid(f"{units} can only be given with ThroughputMode Provisioned.")
    return found


def leaving(call: Call, services: Services, record: Record) -> None:
    """Write what is still to go to the offline store, which stays. Not in a transaction: the writer has its own lock,
    and takes the store's inside it; what is put before the transaction begins is written a little later."""
    services.offline.flush(record["FeatureGroupArn"])


def deleting(call: Call, services: Services, record: Record) -> None:
    """Forget the online store, and keep what is not yet in the offline store."""
    services.offline.keep(call.scope, record)
    services.store.features.clear(record["FeatureGroupArn"])


@watches(KIND)
def keep_table(change: Change, services: Services) -> None:
    """Make the group's table with the group, unless creating it is going to fail; add its new features later."""
    offline = change.record.get("OfflineStoreConfig", {})
    if offline.get("DisableGlueTableCreation", True) or "DataCatalogConfig" not in offline:
        return
    config, definitions = offline["DataCatalogConfig"], change.record["FeatureDefinitions"]
    if change.before is None:
        if tables.get(services.store, change.scope, config["Database"], config["TableName"]) is None:
            tables.add_group(services.store, change.scope, change.record)
    elif definitions != change.before["FeatureDefinitions"]:
        tables.set_columns(services.store, change.scope, config["Database"], config["TableName"], definitions)


@operation(SERVICE, "DescribeFeatureMetadata")
def describe_metadata(call: Call, services: Services) -> Record:
    """A feature's definition with its description and parameters."""
    return _metadata(_group(call, services), call.params["FeatureName"])


@operation(SERVICE, "UpdateFeatureMetadata")
def update_metadata(call: Call, services: Services) -> Record:
    """Change a feature's description; add and remove parameters (a parameter that is there gets the new value)."""
    name, params = call.params["FeatureName"], call.params

    def change(group: Record) -> Record:
        kept = _metadata(group, name)
        parameters = {entry["Key"]: entry["Value"] for entry in kept.get("Parameters", [])}
        parameters |= {entry["Key"]: entry.get("Value", "") for entry in params.get("ParameterAdditions", [])}
        for key in params.get("ParameterRemovals", []):
            parameters.pop(key, None)
        if len(parameters) > MOST_PARAMETERS:
            raise invalid(f"A feature has {MOST_PARAMETERS} parameters at most.")
        new: Record = {"LastModifiedTime": arns.now()}
        new["Parameters"] = [{"Key": key, "Value": value} for key, value in parameters.items()]
        description = params.get("Description", kept.get("Description"))
        if description is not None:
            new["Description"] = description
        return {"_Metadata": group.get("_Metadata", {}) | {name: new}}

    group = _group(call, services)
    services.store.records.update(call.scope, KIND, group["FeatureGroupName"], change, touch=False)
    return {}


def _group(call: Call, services: Services) -> Record:
    name = arns.own(call.scope, call.params["FeatureGroupName"], "feature-group")
    record = services.store.records.get(call.scope, KIND, name)
    if record is None:
        raise not_found(MISSING.format(name=name))
    return record


def _metadata(group: Record, name: str) -> dict[str, Any]:
    definition = next((entry for entry in group["FeatureDefinitions"] if entry["FeatureName"] == name), None)
    if definition is None:
        raise not_found(f"Resource Not Found: FeatureGroup {group['FeatureGroupName']} has no feature {name}")
    times = {"CreationTime": group["CreationTime"], "LastModifiedTime": group["CreationTime"]}
    identity = {member: group[member] for member in ("FeatureGroupName", "FeatureGroupArn")}
    found: Record = identity | definition | times | group.get("_Metadata", {}).get(name, {})
    return found
