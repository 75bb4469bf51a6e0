"""What is done to endpoints and components that exist: policies, weights, copies; and AWS's catalogue of models."""

from __future__ import annotations

from emulator.aws.call import Call
from emulator.aws.registry import keeps, operation, refused
from emulator.errors import not_found, unsupported
from emulator.services import Services
from handlers.sagemaker import crud
from handlers.sagemaker.listing import nothing
from handlers.sagemaker.resource import SERVICE, Record
from handlers.sagemaker.resources import RESOURCES

ENDPOINT = RESOURCES["Endpoint"]
COMPONENT = RESOURCES["InferenceComponent"]
LATER = refused("Hosting comes later.")
NONE = keeps("there is none: CreateEndpoint is refused")


@operation(SERVICE, "PutEndpointPolicy", "DeleteEndpointPolicy", does=NONE)
def set_policy(call: Call, services: Services) -> Record:
    """Keep or forget the resource policy of an endpoint; it is never evaluated."""
    name, record = crud.find(ENDPOINT, call, services)
    if call.operation == "DeleteEndpointPolicy":
        _policy(record)
    changes = {"_Policy": call.params.get("ResourcePolicy")}
    services.store.records.update(call.scope, ENDPOINT.noun, name, changes, touch=False)
    return record


@operation(SERVICE, "GetEndpointPolicy", does=NONE)
def get_policy(call: Call, services: Services) -> Record:
    """The resource policy of an endpoint."""
    _, record = crud.find(ENDPOINT, call, services)
    return record | {"ResourcePolicy": _policy(record)}


def _policy(record: Record) -> str:
    if "_Policy" not in record:
        raise not_found(f"Cannot find resource policy for endpoint {record['EndpointArn']}.")
    return str(record["_Policy"])


@operation(SERVICE, "UpdateEndpointWeightsAndCapacities", does=LATER)
def update_weights(call: Call, services: Services) -> Record:
    """Refused for every endpoint until endpoints are served."""
    crud.find(ENDPOINT, call, services)
    raise unsupported(call.operation, LATER.note)


@operation(SERVICE, "UpdateInferenceComponentRuntimeConfig", does=LATER)
def update_copies(call: Call, services: Services) -> Record:
    """Refused for every component until endpoints are served."""
    crud.find(COMPONENT, call, services)
    raise unsupported(call.operation, LATER.note)


@operation(SERVICE, "ListModelMetadata", does=keeps("none: the catalogue is AWS's"))
def list_model_metadata(call: Call, services: Services) -> Record:
    """None: the catalogue of models that AWS has measured is AWS's."""
    return nothing("ModelMetadataSummaries", call)
