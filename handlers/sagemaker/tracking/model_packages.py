"""The lineage SageMaker records of a model package: an artifact for it, a context for its group, an action for each
approval status it gets.

Source: developer guide, "Amazon SageMaker-created tracking entities", model packages; the names
``<group>-<version>-<status>-<epoch>-aws-model-group`` are those the SDK's visualizer shows in AWS's examples.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from emulator import arns
from emulator.services import Services
from emulator.store import Stored
from emulator.store.watching import Change, watches
from handlers.sagemaker.lineage.entities import record_artifact, record_entity, record_link

Record = dict[str, Any]

SUFFIX = "aws-model-group"


@watches("ModelPackage")
def follow(change: Change, services: Services) -> None:
    """A new package is recorded with all it is made of; a new approval status is an action."""
    package = record_artifact(services, change.scope, change.record["ModelPackageArn"], "ModelPackage")
    if change.before is None:
        for uri, kind in _made_of(change.record):
            if uri:
                record_link(services, record_artifact(services, change.scope, uri, kind), package, "ContributedTo")
        _in_group(change, services, package)
    if change.became("ModelApprovalStatus"):
        _approve(change, services, package)


def _made_of(package: Record) -> Iterator[tuple[str, str]]:
    for container in package.get("InferenceSpecification", {}).get("Containers", []):
        yield container.get("Image", ""), "Image"
        yield container.get("ModelDataUrl", ""), "Model"
    for algorithm in package.get("SourceAlgorithmSpecification", {}).get("SourceAlgorithms", []):
        yield algorithm.get("AlgorithmName", ""), "Algorithm"
        yield algorithm.get("ModelDataUrl", ""), "Model"


def _in_group(change: Change, services: Services, package: Stored) -> None:
    group = change.record.get("ModelPackageGroupName")
    if group is None:
        return
    made_by = change.record.get("MetadataProperties", {}).get("GeneratedBy", "")
    context = record_entity(
        services,
        change.scope,
        "Context",
        f"{group}-{SUFFIX}",
        {
            "ContextType": "ModelGroup",
            "Source": _source(arns.arn(change.scope, f"model-package-group/{group}"), change.record),
            "Properties": {"PipelineExecutionArn": made_by} if "/execution/" in made_by else {},
        },
    )
    record_link(services, package, context, "AssociatedWith")


def _approve(change: Change, services: Services, package: Stored) -> None:
    status, now = change.record["ModelApprovalStatus"], int(arns.now())
    name = change.name.replace("/", "-")
    action = record_entity(
        services,
        change.scope,
        "Action",
        f"{name}-{status}-{now}-{SUFFIX}",
        {
            "ActionType": "Approval",
            "Status": "Completed",
            "Source": _source(change.record["ModelPackageArn"], change.record),
            "Properties": {"ModelApprovalStatus": status},
        },
    )
    record_link(services, action, package, "ContributedTo")


def _source(arn: str, package: Record) -> Record:
    return {"SourceUri": arn, "SourceType": "ARN", "SourceId": str(int(package["CreationTime"]))}
