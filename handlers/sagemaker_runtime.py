"""Invoking endpoints: none is served yet, so each call gets AWS's answer to an endpoint that is not there."""

from __future__ import annotations

from typing import Any

from emulator.aws.call import Call
from emulator.aws.registry import operation, refused
from emulator.errors import ServiceError
from emulator.services import Services

NONE = refused(
    "Hosting comes later, so there is no endpoint to invoke; run the model with CreateTransformJob meanwhile."
)


@operation("sagemaker-runtime", "InvokeEndpoint", "InvokeEndpointAsync", "InvokeEndpointWithResponseStream", does=NONE)
def invoke(call: Call, services: Services) -> dict[str, Any]:
    """A ``ValidationError`` (so is it modelled here, not ``ValidationException``) that names the endpoint."""
    raise ServiceError(
        "ValidationError", f"Endpoint {call.params['EndpointName']} of account {call.scope.account} not found."
    )
