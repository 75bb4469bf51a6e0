"""The lineage SageMaker records of an endpoint: a context for it, and an action for each deployment, to which the
models and images of its configuration contributed.

Source: developer guide, "Amazon SageMaker-created tracking entities", endpoints. The SDK's ``ModelArtifact.endpoints``
follows model -> action -> context. A deployment is recorded when the endpoint comes into service, once for each
configuration (a digest of which stands in the action's name).
"""

from __future__ import annotations

from hashlib import blake2b
from typing import Any

from emulator import arns
from emulator.arns import Scope
from emulator.services import Services
from emulator.store import Stored
from emulator.store.watching import Change, watches
from handlers.sagemaker.lineage.entities import record_artifact, record_entity, record_link
from handlers.sagemaker.tracking.lineage import containers

Record = dict[str, Any]

SUFFIX = "aws-endpoint"


@watches("Endpoint")
def follow(change: Change, services: Services) -> None:
    """Record a deployment when its endpoint comes into service."""
    if not change.became("EndpointStatus", "InService"):
        return
    config = change.record["EndpointConfigName"]
    name = f"{change.name}-{blake2b(config.encode(), digest_size=4).hexdigest()}-{SUFFIX}"
    if services.store.records.get(change.scope, "Action", name) is not None:
        return
    action = record_entity(
        services,
        change.scope,
        "Action",
        name,
        {
            "ActionType": "ModelDeployment",
            "Status": "Completed",
            "Source": {"SourceUri": arns.arn(change.scope, f"endpoint-config/{config}"), "SourceType": "ARN"},
            "Properties": {"EndpointName": change.name},
        },
    )
    for part in _deployed(services, change.scope, config):
        record_link(services, part, action, "ContributedTo")
    record_link(services, action, _context(change, services), "AssociatedWith")


def _context(change: Change, services: Services) -> Stored:
    source = {
        "SourceUri": change.record["EndpointArn"],
        "SourceType": "ARN",
        "SourceId": str(int(change.record["CreationTime"])),
    }
    members = {"ContextType": "Endpoint", "Source": source, "Properties": {}}
    return record_entity(services, change.scope, "Context", f"{change.name}-{SUFFIX}", members)


def _deployed(services: Services, scope: Scope, config: str) -> list[Stored]:
    """The artifacts of the models of a configuration's variants: of data, of image, of model package."""
    found = services.store.records.get(scope, "EndpointConfig", config) or {}
    variants = [*found.get("ProductionVariants", []), *found.get("ShadowProductionVariants", [])]
    names = dict.fromkeys(variant["ModelName"] for variant in variants if "ModelName" in variant)
    models = (services.store.records.get(scope, "Model", name) or {} for name in names)
    return [part for model in models for container in containers(model) for part in _parts(services, scope, container)]


def _parts(services: Services, scope: Scope, container: Record) -> list[Stored]:
    types = {"Image": "Image", "ModelDataUrl": "Model", "ModelPackageName": "ModelPackage"}
    return [
        record_artifact(services, scope, container[member], kind)
        for member, kind in types.items()
        if container.get(member)
    ]
