"""Model packages: versions in a group (``.../<group>/<n>``) or, without a group, single packages by name.

Describe, List and Delete are ordinary (a row of the table); creating numbers the versions, updating merges maps.
Versions are never reused: the group counts them in the private member ``_Versions``.
"""

from __future__ import annotations

from typing import Any

from emulator import arns
from emulator.arns import Scope
from emulator.aws.call import Call
from emulator.aws.registry import operation
from emulator.errors import ServiceError, validation
from emulator.services import Services
from emulator.store import Exists
from handlers.sagemaker.resource import SERVICE, Record
from handlers.sagemaker.tags import check_tags

KIND = "ModelPackage"
GROUP = "ModelPackageGroup"
NOT_KEPT = frozenset({"Tags", "ClientToken"})


def package_key(given: str) -> str:
    """The record name of an ARN or a name: ``group/3`` or ``single-package``."""
    return given.rsplit(":model-package/", 1)[-1]


def package_name(scope: Scope, given: str) -> str:
    """As :func:`package_key`, for what must be the caller's own: another ARN stays whole."""
    return arns.own(scope, given, "model-package")


def package_missing(scope: Scope, name: str) -> ServiceError:
    """The error of naming a package that is not there."""
    return validation(f"ModelPackage {arns.of(scope, 'model-package', name)} does not exist.")


@operation(SERVICE, "CreateModelPackage")
def create_model_package(call: Call, services: Services) -> Record:
    """A new version of a group, or a package of its own."""
    versioned, named = "ModelPackageGroupName" in call.params, "ModelPackageName" in call.params
    if versioned and named:
        raise validation(
            "Both ModelPackageName and ModelPackageGroupName are provided in the input. "
            "Cannot determine which one to use."
        )
    if not versioned and not named:
        raise validation("Missing ARN: one of ModelPackageName and ModelPackageGroupName is required.")
    check_tags(call.params.get("Tags", []))
    with services.store.transaction():
        record = _version(call, services) if versioned else _single(call)
        _insert(call, services, record)
    return record


def _version(call: Call, services: Services) -> Record:
    group = _group_name(call)
    counted = services.store.records.update(call.scope, GROUP, group, _count_up, touch=False)
    if counted is None:
        raise _group_missing(call, group)
    number = counted["_Versions"]
    return (
        {"ModelApprovalStatus": "PendingManualApproval"}
        | _record(call, f"{group}/{number}")
        | {
            "ModelPackageGroupName": group,
            "ModelPackageVersion": number,
        }
    )


def _group_name(call: Call) -> str:
    """The name of the group that a call gives by name or ARN."""
    return arns.own(call.scope, call.params["ModelPackageGroupName"], "model-package-group")


def _group_missing(call: Call, group: str) -> ServiceError:
    return validation(f"ModelPackageGroup {arns.of(call.scope, 'model-package-group', group)} does not exist.")


def _count_up(group: Record) -> Record:
    return {"_Versions": group.get("_Versions", 0) + 1}


def _single(call: Call) -> Record:
    return _record(call, call.params["ModelPackageName"])


def _record(call: Call, name: str) -> Record:
    now = arns.now()
    return {member: value for member, value in call.params.items() if member not in NOT_KEPT} | {
        "ModelPackageArn": arns.arn(call.scope, f"model-package/{name}"),
        "ModelPackageStatus": "Completed",
        "ModelPackageStatusDetails": {"ValidationStatuses": [], "ImageScanStatuses": []},
        "CertifyForMarketplace": call.params.get("CertifyForMarketplace", False),
        "CreationTime": now,
        "LastModifiedTime": now,
        "CreatedBy": {},
        "LastModifiedBy": {},
    }


def _insert(call: Call, services: Services, record: Record) -> None:
    arn, name = record["ModelPackageArn"], package_key(record["ModelPackageArn"])
    try:
        services.store.records.insert(
            call.scope, KIND, name, record, arn=arn, status="Completed", parent=record.get("ModelPackageGroupName", "")
        )
    except Exists as error:
        raise validation(f"ModelPackage already exists: {arn}") from error
    if call.params.get("Tags"):
        services.store.tags.add(arn, call.params["Tags"])


@operation(SERVICE, "UpdateModelPackage")
def update_model_package(call: Call, services: Services) -> Record:
    """Approval, metadata and additional specifications of a package."""
    name = package_name(call.scope, call.params["ModelPackageArn"])
    changed = services.store.records.update(call.scope, KIND, name, lambda record: _changes(call.params, record))
    if changed is None:
        raise package_missing(call.scope, name)
    return changed


def _changes(params: Record, record: Record) -> Record:
    changed = {
        member: value
        for member, value in params.items()
        if member not in NOT_KEPT and member != "ModelPackageArn" and not member.endswith(("ToRemove", "ToAdd"))
    }
    metadata = record.get("CustomerMetadataProperties", {}) | params.get("CustomerMetadataProperties", {})
    removed = set(params.get("CustomerMetadataPropertiesToRemove", []))
    if metadata:
        changed["CustomerMetadataProperties"] = {key: value for key, value in metadata.items() if key not in removed}
    if "AdditionalInferenceSpecificationsToAdd" in params:
        present = record.get("AdditionalInferenceSpecifications", [])
        changed["AdditionalInferenceSpecifications"] = present + params["AdditionalInferenceSpecificationsToAdd"]
    return changed


@operation(SERVICE, "BatchDescribeModelPackage")
def batch_describe_model_package(call: Call, services: Services) -> Record:
    """Summaries by ARN; ARNs that are not there go into the error map."""
    found, errors = {}, {}
    for arn in call.params["ModelPackageArnList"]:
        record = services.store.records.get(call.scope, KIND, package_name(call.scope, arn))
        if record is None:
            errors[arn] = {"ErrorCode": "ValidationException", "ErrorResponse": f"ModelPackage {arn} does not exist."}
        else:
            found[arn] = record
    return {"ModelPackageSummaries": found, "BatchDescribeModelPackageErrorMap": errors}


@operation(SERVICE, "PutModelPackageGroupPolicy", "GetModelPackageGroupPolicy", "DeleteModelPackageGroupPolicy")
def group_policy(call: Call, services: Services) -> Record:
    """The resource policy of a group: kept and given back, never evaluated."""
    group = _group_name(call)
    record = services.store.records.get(call.scope, GROUP, group)
    if record is None:
        raise validation(f"Cannot find Model Package Group: {arns.of(call.scope, 'model-package-group', group)}")
    arn = record["ModelPackageGroupArn"]
    if "_Policy" not in record and call.operation != "PutModelPackageGroupPolicy":
        raise validation(f"Cannot find resource policy for ModelPackageGroup {arn}.")
    if call.operation == "GetModelPackageGroupPolicy":
        return {"ResourcePolicy": record["_Policy"]}
    services.store.records.update(call.scope, GROUP, group, {"_Policy": call.params.get("ResourcePolicy")}, touch=False)
    return {"ModelPackageGroupArn": arn}


def narrow(params: Record) -> Record:
    """ListModelPackages without a group and without a type lists the unversioned packages only."""
    kind = "Versioned" if "ModelPackageGroupName" in params else "Unversioned"
    return {"ModelPackageType": kind} | params


def of_type(record: Record, wanted: Any) -> bool:
    """The filter ``ModelPackageType``."""
    return bool(wanted == "Both" or (wanted == "Versioned") == ("ModelPackageVersion" in record))
