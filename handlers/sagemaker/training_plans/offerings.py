"""Offers of capacity: whatever is asked for is offered, at no price. An offer's id says all there is to it.

``tpo-<type>-x<count>-h<hours>-s<start>-<targets>``; in the type ``.`` is written ``--``, ids having no dots. So nothing
is stored for an offer, and one that was not made here is not found. An extension of a plan, ``tpeo-h<hours>-s<start>-``
and the plan's name, begins when the plan ends.
"""

from __future__ import annotations

import re

from emulator import arns
from emulator.aws.call import Call
from emulator.aws.registry import operation
from emulator.errors import ServiceError, not_found
from emulator.services import Services
from handlers.sagemaker.resource import SERVICE, Record, refusal

HOUR, DAY = 3600, 24
TARGETS = {"t": "training-job", "c": "hyperpod-cluster", "e": "endpoint", "a": "studio-apps"}
OFFER = re.compile(r"tpo-([a-z0-9-]+)-x([0-9]+)-h([0-9]+)-s([0-9]+)-([tcea]+)")


EXTENSION = re.compile(r"tpeo-h([0-9]+)-s([0-9]+)-(.+)")
LONGEST = 4368
EXTENDABLE = ("Scheduled", "Active")


@operation(SERVICE, "SearchTrainingPlanOfferings")
def search_offerings(call: Call, services: Services) -> Record:
    """One offer of what is asked for, if there is time for it; nothing without an instance type or a plan to extend."""
    wanted = call.params
    if "TrainingPlanArn" in wanted:
        found = _extensions(find_plan(call, services), wanted.get("DurationHours", DAY))
        return {"TrainingPlanOfferings": [], "TrainingPlanExtensionOfferings": found}
    if "InstanceType" not in wanted:
        return {"TrainingPlanOfferings": []}
    start = int(max(arns.now(), wanted.get("StartTimeAfter", 0)))
    hours = wanted.get("DurationHours", DAY)
    if start + hours * HOUR > wanted.get("EndTimeBefore", float("inf")):
        return {"TrainingPlanOfferings": []}
    targets = wanted.get("TargetResources", ["training-job"])
    letters = "".join(letter for letter, name in TARGETS.items() if name in targets)
    kind = wanted["InstanceType"].replace(".", "--")
    offer = offered(f"tpo-{kind}-x{wanted.get('InstanceCount', 1)}-h{hours}-s{start}-{letters}")
    asked = {"RequestedStartTimeAfter": "StartTimeAfter", "RequestedEndTimeBefore": "EndTimeBefore"}
    return {
        "TrainingPlanOfferings": [offer | {member: wanted[given] for member, given in asked.items() if given in wanted}]
    }


def offered(offer: str) -> Record:
    """The offer of an id; ``ResourceNotFound`` when it is not one of ours."""
    found = OFFER.fullmatch(offer)
    if found is None:
        raise unknown_offer(offer)
    hours, start = int(found[3]), float(found[4])
    span = {"DurationHours": hours, "DurationMinutes": 0, "StartTime": start, "EndTime": start + hours * HOUR}
    capacity = {
        "ReservedCapacityType": "Instance",
        "InstanceType": found[1].replace("--", "."),
        "InstanceCount": int(found[2]),
    }
    return {
        "TrainingPlanOfferingId": offer,
        "TargetResources": [TARGETS[letter] for letter in found[5]],
        "UpfrontFee": "0.00",
        "CurrencyCode": "USD",
        "ReservedCapacityOfferings": [capacity | span],
        **{member: span[member] for member in ("DurationHours", "DurationMinutes")},
    }


def unknown_offer(offer: str) -> ServiceError:
    """The error of naming an offer that nobody was made."""
    return not_found(f"Training plan offering {offer} does not exist.")


def find_plan(call: Call, services: Services) -> Record:
    """The plan of ``TrainingPlanArn``; ``ResourceNotFound`` where that is modelled."""
    arn = call.params["TrainingPlanArn"]
    stored = services.store.records.by_arn(arn, call.scope)
    if stored is None or stored.kind != "TrainingPlan":
        raise refusal(call, "ResourceNotFound", f"Training plan {arn} does not exist.")
    return stored.record


def _extensions(plan: Record, hours: int) -> list[Record]:
    """The offer to extend a plan; none for one that is not to come or under way, nor for more than half a year."""
    if plan["Status"] not in EXTENDABLE or hours > LONGEST:
        return []
    return [extension(f"tpeo-h{hours}-s{int(plan['EndTime'])}-{plan['TrainingPlanName']}")[1]]


def extension(offer: str) -> tuple[str, Record]:
    """The plan's name and the extension that an offer means; ``ResourceNotFound`` when it is not one of ours."""
    found = EXTENSION.fullmatch(offer)
    if found is None:
        raise unknown_offer(offer)
    hours, start = int(found[1]), float(found[2])
    return found[3], {
        "TrainingPlanExtensionOfferingId": offer,
        "StartDate": start,
        "EndDate": start + hours * HOUR,
        "DurationHours": hours,
        "UpfrontFee": "0.00",
        "CurrencyCode": "USD",
    }
