"""What rows of inference resources check and fill in."""

from __future__ import annotations

from emulator import arns
from emulator.aws.call import Call
from emulator.errors import validation
from emulator.services import Services
from handlers.sagemaker.hooks import unique
from handlers.sagemaker.resource import Record


def needs_endpoint(call: Call, services: Services, record: Record) -> None:
    """The endpoint must be there; SDK and waiters look for "Could not find"."""
    name = record["EndpointName"]
    if services.store.records.get(call.scope, "Endpoint", name) is None:
        raise validation(f'Could not find endpoint "{arns.arn(call.scope, f"endpoint/{name}")}".')


def prepare_router(call: Call, services: Services, record: Record) -> None:
    """Targets have names of their own; nothing answers at their destinations."""
    record["RoutingTargets"] = unroutable(record["RoutingTargets"])


def amend_router(params: Record, record: Record, changed: Record) -> Record:
    """As for a new router."""
    return changed | {"RoutingTargets": unroutable(changed["RoutingTargets"])}


def unroutable(targets: list[Record]) -> list[Record]:
    """The targets, each destination as it is wished for, else as it is: no request reaches it."""
    unique([target["Name"] for target in targets], "Routing target names")
    return [
        target | {"Destinations": [{"RoutingStatus": "Unroutable"} | place for place in target["Destinations"]]}
        for target in targets
    ]
