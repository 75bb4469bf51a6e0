"""Describe of what has numbered versions: the present one, or one before."""

from __future__ import annotations

from functools import partial

from emulator.aws.call import Call
from emulator.aws.registry import add
from emulator.services import Services
from handlers.sagemaker import crud
from handlers.sagemaker.hyperpod.quotas import PAST
from handlers.sagemaker.resource import SERVICE, Record, Resource
from handlers.sagemaker.resources import RESOURCES


def describe(row: Resource, call: Call, services: Services) -> Record:
    """The version that is asked for; without one the present."""
    record = crud.describe(row, call, services)
    member = f"{row.noun}Version"
    wanted = call.params.get(member, record[member])
    if wanted == record[member]:
        return record
    past: Record | None = record.get(PAST, {}).get(str(wanted))
    if past is None:
        raise row.missing_error(call, f"{row.name(call.params)} version {wanted}")
    return past


for _noun in ("ComputeQuota", "ClusterSchedulerConfig"):
    add(SERVICE, f"Describe{_noun}", partial(describe, RESOURCES[_noun]))
