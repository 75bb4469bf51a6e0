"""Human loops (Augmented AI): kept as they are started, for nobody here reviews anything.

A loop stays ``InProgress`` until it is stopped: it never claims an answer that no worker gave. This service's codes are
not SageMaker's: ``ResourceNotFoundException`` and ``ConflictException``, and a flow definition that is not there is a
``ValidationException``, since StartHumanLoop models nothing better.
"""

from __future__ import annotations

import orjson

from emulator import arns
from emulator.aws.call import Call
from emulator.aws.registry import keeps, operation
from emulator.errors import ServiceError, validation
from emulator.services import Services
from emulator.store import Exists
from handlers.sagemaker.listing import answer, page
from handlers.sagemaker.resource import Record, Resource

SERVICE = "sagemaker-a2i-runtime"
LOOPS = Resource("HumanLoop", parent="FlowDefinitionArn")
UNSEEN = keeps("the loop stays InProgress until it is stopped: nobody reviews it")


@operation(SERVICE, "StartHumanLoop", does=UNSEEN)
def start(call: Call, services: Services) -> Record:
    """Keep a loop of a flow definition that is active; its input must be JSON."""
    given = call.params
    _require_flow(call, services)
    try:
        orjson.loads(given["HumanLoopInput"]["InputContent"])
    except orjson.JSONDecodeError as error:
        raise validation(f"InputContent is not valid JSON: {error}") from error
    name = given["HumanLoopName"]
    record = {
        **given,
        "HumanLoopArn": arns.arn(call.scope, f"human-loop/{name}"),
        "HumanLoopStatus": "InProgress",
        "CreationTime": arns.now(),
    }
    parent = arns.tail(given["FlowDefinitionArn"])
    try:
        services.store.records.insert(
            call.scope, LOOPS.noun, name, record, arn=record["HumanLoopArn"], status="InProgress", parent=parent
        )
    except Exists as error:
        raise ServiceError("ConflictException", f"Human loop {name} already exists.") from error
    return record


def _require_flow(call: Call, services: Services) -> None:
    """The flow definition is there and active."""
    services.store.cycles.settle()
    arn = call.params["FlowDefinitionArn"]
    found = services.store.records.by_arn(arn, call.scope)
    if found is None:
        raise validation(f"Flow definition {arn} does not exist.")
    if found.status != "Active":
        raise validation(f"Flow definition {arn} is in status {found.status}; it must be Active.")


@operation(SERVICE, "DescribeHumanLoop")
def describe(call: Call, services: Services) -> Record:
    """The loop."""
    return _find(call, services)


def _find(call: Call, services: Services) -> Record:
    name = call.params["HumanLoopName"]
    record = services.store.records.get(call.scope, LOOPS.noun, name)
    if record is None:
        raise ServiceError("ResourceNotFoundException", f"Human loop {name} does not exist.")
    return record


@operation(SERVICE, "ListHumanLoops")
def list_(call: Call, services: Services) -> Record:
    """One page of a flow definition's loops."""
    return answer("HumanLoopSummaries", page(LOOPS, call, services))


@operation(SERVICE, "StopHumanLoop")
def stop(call: Call, services: Services) -> Record:
    """End a loop; one that has ended is refused."""
    name = call.params["HumanLoopName"]
    with services.store.transaction():
        status = _find(call, services)["HumanLoopStatus"]
        if status != "InProgress":
            raise validation(f"Human loop {name} cannot be stopped: it is {status}.")
        stopped = {"HumanLoopStatus": "Stopped"}
        services.store.records.update(call.scope, LOOPS.noun, name, stopped, status="Stopped")
    return {}


@operation(SERVICE, "DeleteHumanLoop")
def delete(call: Call, services: Services) -> Record:
    """Forget a loop, in any status."""
    _find(call, services)
    services.store.records.delete(call.scope, LOOPS.noun, call.params["HumanLoopName"])
    return {}
