"""Compute quotas and scheduler configurations: numbered versions, changed only by who knows the last one."""

from __future__ import annotations

from emulator.aws.call import Call
from emulator.errors import ServiceError
from emulator.services import Services
from emulator.store import Query
from handlers.sagemaker.resource import Amend, Record

PAST = "_Past"


def next_version(noun: str) -> Amend:
    """``TargetVersion`` must be the present version; the one before stays to be described."""
    member = f"{noun}Version"

    def amend(params: Record, record: Record, changed: Record) -> Record:
        target = changed.pop("TargetVersion")
        if target != record[member]:
            raise ServiceError(
                "ConflictException", f"TargetVersion {target} is not the present version {record[member]}."
            )
        past = {key: value for key, value in record.items() if not key.startswith("_")}
        return changed | {member: target + 1, PAST: record.get(PAST, {}) | {str(target): past}}

    return amend


def one_per_cluster(call: Call, services: Services, record: Record) -> None:
    """A cluster has one scheduler configuration."""
    for stored in services.store.records.each(call.scope, "ClusterSchedulerConfig", Query()):
        if stored.record["ClusterArn"] == record["ClusterArn"]:
            text = (
                f"ClusterSchedulerConfig '{stored.record['Name']}' already exists for cluster {record['ClusterArn']}."
            )
            raise ServiceError("ConflictException", text)
