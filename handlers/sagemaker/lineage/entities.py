"""What the nodes of the lineage graph have in common: their types, their group, and that they are made once.

An artifact *is* its source: "there can be only one artifact with a unique SourceUri" (SageMaker developer guide,
lineage tracking entities). Its ARN ends in a hash of the source, so whoever records it again meets the same artifact.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from typing import Any

import orjson

from emulator import arns
from emulator.arns import Scope
from emulator.aws.call import Call
from emulator.errors import validation
from emulator.services import Services
from emulator.store import Association, Exists, Stored

Record = dict[str, Any]
Hook = Callable[[Call, "Services", Record], None]

LINEAGE_TYPES = ("Artifact", "Action", "Context", "TrialComponent")
DEFAULT_GROUP = "sagemaker-default-lineage-group"
JOB_PREFIX = "SageMaker"


def group_arn(scope: Scope, name: str = DEFAULT_GROUP) -> str:
    """The ARN of a lineage group."""
    return arns.arn(scope, f"lineage-group/{name}")


def artifact_name(source: Mapping[str, Any]) -> str:
    """The last part of an artifact's ARN: 32 hex digits of its source."""
    types = sorted((kind["SourceIdType"], kind["Value"]) for kind in source.get("SourceTypes", []))
    return hashlib.blake2b(orjson.dumps([source["SourceUri"], types]), digest_size=16).hexdigest()


def type_of(entity: Stored) -> str:
    """The type of a node as associations give it: ``DataSet``, ``Approval``, ``SageMakerTrainingJob`` …

    For trial components see the comment in the SDK's ``sagemaker/lineage/artifact.py`` (``downstream_trials``).
    """
    if entity.kind == "TrialComponent":
        return str(entity.record.get("Source", {}).get("SourceType", f"{JOB_PREFIX}ExperimentTrialComponent"))
    return str(entity.record.get(f"{entity.kind}Type", entity.kind))


def record_entity(services: Services, scope: Scope, kind: str, name: str, members: Record) -> Stored:
    """The artifact, action or context of that name, made now if there is none."""
    arn, now = arns.arn(scope, f"{kind.lower()}/{name}"), arns.now()
    present = services.store.records.get(scope, kind, name)
    if present is not None:
        return Stored(scope, kind, name, arn, "", present)
    given = members if kind == "Artifact" else {f"{kind}Name": name, **members}
    record = {
        **given,
        f"{kind}Arn": arn,
        "CreationTime": now,
        "LastModifiedTime": now,
        "CreatedBy": {},
        "LastModifiedBy": {},
        "LineageGroupArn": group_arn(scope),
    }
    services.store.records.insert(scope, kind, name, record, arn=arn)
    return Stored(scope, kind, name, arn, "", record)


def record_artifact(services: Services, scope: Scope, uri: str, kind: str) -> Stored:
    """The artifact of a URI. One that is there keeps its type: a model that is a job's input stays a ``Model``."""
    source = {"SourceUri": uri, "SourceTypes": []}
    return record_entity(
        services, scope, "Artifact", artifact_name(source), {"ArtifactType": kind, "Source": source, "Properties": {}}
    )


def link(services: Services, source: Stored, destination: Stored, kind: str = "") -> None:
    """Associate two nodes; raises :class:`Exists` when they are."""
    services.store.associations.add(
        source.scope,
        Association(source.arn, destination.arn, type_of(source), type_of(destination), kind, arns.now()),
    )


def record_link(services: Services, source: Stored, destination: Stored, kind: str) -> None:
    """Associate two nodes; they may be associated already."""
    try:
        link(services, source, destination, kind)
    except Exists:
        return


def grouped(call: Call, services: Services, record: Record) -> None:
    """Hook before a node is stored: every one belongs to the account's group."""
    record["LineageGroupArn"] = group_arn(call.scope)


def unlinking(kind: str, check: Hook) -> Hook:
    """Hook before a node is removed that may have associations: they go with it, if ``check`` lets it go."""

    def hook(call: Call, services: Services, record: Record) -> None:
        check(call, services, record)
        services.store.associations.drop(record[f"{kind}Arn"])

    return hook


def unlinked(kind: str) -> Hook:
    """Hook before a node is removed: refuse while it has associations (the SDK's ``delete(disassociate=True)`` removes
    them first)."""

    def hook(call: Call, services: Services, record: Record) -> None:
        arn = record[f"{kind}Arn"]
        if services.store.associations.any(arn):
            raise validation(f"{kind} {arn} cannot be deleted because it has associations. Delete them first.")

    return hook
