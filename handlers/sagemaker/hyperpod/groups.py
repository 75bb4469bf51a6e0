"""Instance groups as a cluster's record has them, made from what callers say of them; pure but for the checks."""

from __future__ import annotations

from emulator.aws.call import Call
from emulator.errors import validation
from emulator.services import Services
from handlers.sagemaker.hooks import require_one, unique
from handlers.sagemaker.resource import Record, refusal

KINDS = ("InstanceGroups", "RestrictedInstanceGroups")
SHARED = "RestrictedInstanceGroupsConfig"


def prepare_cluster(call: Call, services: Services, record: Record) -> None:
    """Groups with all their instances, under names of their own."""
    for kind in KINDS:
        if kind in record or kind == "InstanceGroups":
            record[kind] = [group_of(given) for given in record.get(kind, [])]
    _check(record)
    record |= _shared(record)
    record["TrainingPlanArns"] = plans_of(record)
    if "AutoScaling" in record:
        record["AutoScaling"] = record["AutoScaling"] | {"Status": "InService"}


def _check(record: Record) -> None:
    groups = [group for kind in KINDS for group in record.get(kind, [])]
    unique([group["InstanceGroupName"] for group in groups], "Instance group names")
    for group in groups:
        if not {"InstanceType", "InstanceRequirements"} & group.keys():
            name = group["InstanceGroupName"]
            raise validation(f"Instance group {name} must have either InstanceType or InstanceRequirements.")


def group_of(given: Record) -> Record:
    """A group as Describe gives it: what was asked for is there."""
    if "InstanceRequirements" in given:
        require_one(given, "InstanceType", "InstanceRequirements", f"instance group {given['InstanceGroupName']}")
    count = given["InstanceCount"]
    group = given | {"CurrentCount": count, "TargetCount": count, "Status": "InService"}
    if "InstanceRequirements" in given:
        types = given["InstanceRequirements"]["InstanceTypes"]
        group["InstanceRequirements"] = {"CurrentInstanceTypes": types[:1], "DesiredInstanceTypes": types}
    return group


def amend_cluster(params: Record, record: Record, changed: Record) -> Record:
    """Groups that are named are changed or added, ``InstanceGroupsToDelete`` are removed, the others stay."""
    gone = set(changed.pop("InstanceGroupsToDelete", []))
    present = {group["InstanceGroupName"] for kind in KINDS for group in record.get(kind, [])}
    if gone - present:
        raise validation(f"Instance groups not found: {', '.join(sorted(gone - present))}.")
    for kind in KINDS:
        groups = {group["InstanceGroupName"]: group for group in record.get(kind, [])}
        for given in params.get(kind, []):
            name = given["InstanceGroupName"]
            groups[name] = groups.get(name, {}) | group_of(given)
        if groups or kind in record:
            changed[kind] = [group for name, group in groups.items() if name not in gone]
    if "AutoScaling" in changed:
        changed["AutoScaling"] = changed["AutoScaling"] | {"Status": "InService"}
    _check(record | changed)
    return changed | _shared(changed) | {"TrainingPlanArns": plans_of(record | changed)}


def _shared(given: Record) -> Record:
    """The environment that restricted groups share as Describe gives it: what was asked for is there."""
    if SHARED not in given:
        return {}
    asked = given[SHARED]["SharedEnvironmentConfig"]
    both = {f"{state}{member}": value for state in ("Current", "Desired") for member, value in asked.items()}
    return {SHARED: {"SharedEnvironmentConfig": both}}


def resize(record: Record, name: str, more: int) -> Record:
    """The changes of a cluster one of whose groups grows or shrinks by ``more`` instances."""
    changed: Record = {}
    for kind in KINDS:
        for group in record.get(kind, []):
            if group["InstanceGroupName"] == name:
                count = max(0, group["TargetCount"] + more)
                group |= {"TargetCount": count, "CurrentCount": count}
                changed[kind] = record[kind]
    return changed


def reserves(record: Record, plan: str) -> bool:
    """The filter ``TrainingPlanArn``: some group runs on that plan."""
    return plan in plans_of(record)


def plans_of(record: Record) -> list[str]:
    """The training plans of a cluster's groups."""
    groups = [group for kind in KINDS for group in record.get(kind, [])]
    return sorted({group["TrainingPlanArn"] for group in groups if "TrainingPlanArn" in group})


def of_cluster(call: Call, services: Services, record: Record) -> None:
    """The cluster of ``ClusterArn`` must be there."""
    find_cluster(call, services, record["ClusterArn"])


def find_cluster(call: Call, services: Services, arn: str) -> Record:
    """The cluster of an ARN."""
    found = services.store.records.by_arn(arn, call.scope)
    if found is None:
        raise refusal(call, "ResourceNotFound", f"Cluster {arn} does not exist.")
    return found.record
