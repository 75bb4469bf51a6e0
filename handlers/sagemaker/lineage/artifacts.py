"""Artifacts where they are no plain row: they are named by a hash of their source, and deleted by ARN or by source."""

from __future__ import annotations

from emulator import arns
from emulator.aws.call import Call
from emulator.aws.registry import operation
from emulator.errors import validation
from emulator.services import Services
from handlers.sagemaker import crud
from handlers.sagemaker.lineage.entities import artifact_name
from handlers.sagemaker.resource import SERVICE, Record
from handlers.sagemaker.resources import RESOURCES

ROW = RESOURCES["Artifact"]


@operation(SERVICE, "CreateArtifact")
def create_artifact(call: Call, services: Services) -> Record:
    """A new artifact; ``ValidationException`` ("already exists") when its source has one."""
    name = artifact_name(call.params["Source"])
    record = crud.fresh(ROW, call, name)
    ROW.prepare(call, services, record)
    if services.store.records.get(call.scope, ROW.noun, name) is not None:
        source = call.params["Source"]["SourceUri"]
        raise validation(f"Artifact {record['ArtifactArn']} with source {source} already exists.")
    crud.insert(ROW, call, services, name, record)
    return record


@operation(SERVICE, "DeleteArtifact")
def delete_artifact(call: Call, services: Services) -> Record:
    """Remove an artifact without associations."""
    arn, source = call.params.get("ArtifactArn"), call.params.get("Source")
    if (arn is None) == (source is None):
        raise validation("Either ArtifactArn or Source must be specified.")
    name = arns.own(call.scope, arn, "artifact") if arn else artifact_name(source or {})
    with services.store.transaction():
        record = services.store.records.get(call.scope, ROW.noun, name)
        if record is None:
            raise ROW.missing_error(call, name)
        ROW.deleting(call, services, record)
        services.store.records.delete(call.scope, ROW.noun, name)
        services.store.tags.drop(record["ArtifactArn"])
    return record
