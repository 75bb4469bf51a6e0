"""A training plan as its offer makes it, and the filters of its list."""

from __future__ import annotations

from emulator import arns
from emulator.aws.call import Call
from emulator.services import Services
from handlers.sagemaker.resource import Record
from handlers.sagemaker.training_plans.offerings import offered


def prepare_plan(call: Call, services: Services, record: Record) -> None:
    """All that the offer says, and one reserved capacity, named as the plan."""
    offer = offered(record["TrainingPlanOfferingId"])
    (capacity,) = offer["ReservedCapacityOfferings"]
    count = capacity["InstanceCount"]
    span = {member: capacity[member] for member in ("DurationHours", "DurationMinutes", "StartTime", "EndTime")}
    reserved = span | {
        "ReservedCapacityArn": arns.arn(call.scope, f"reserved-capacity/{record['TrainingPlanName']}"),
        "ReservedCapacityType": capacity["ReservedCapacityType"],
        "InstanceType": capacity["InstanceType"],
        "TotalInstanceCount": count,
    }
    record |= span | {member: offer[member] for member in ("UpfrontFee", "CurrencyCode", "TargetResources")}
    record |= {"TotalInstanceCount": count, "AvailableInstanceCount": count, "InUseInstanceCount": 0}
    record["_Capacity"] = reserved


def capacities(record: Record) -> Record:
    """The plan with its reserved capacity, whose status is the plan's."""
    return record | {"ReservedCapacitySummaries": [record["_Capacity"] | {"Status": record["Status"]}]}


def has_status(record: Record, filters: list[Record]) -> bool:
    """The member ``Filters``, which knows of the status only."""
    return all(record["Status"] == given["Value"] for given in filters)


def starts_after(record: Record, moment: float) -> bool:
    """The filter ``StartTimeAfter``."""
    return bool(record["StartTime"] > moment)


def starts_before(record: Record, moment: float) -> bool:
    """The filter ``StartTimeBefore``."""
    return bool(record["StartTime"] < moment)
