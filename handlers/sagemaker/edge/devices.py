"""Devices of a fleet: registered, described, listed, counted. None ever connects, so none has a heartbeat or a model.

A device is a record of its own, named ``fleet/device`` and listed by its fleet. What is said of one that is not there
is what terraform-provider-aws compares (internal/service/sagemaker/device.go): the fleet is spelt otherwise than in
DescribeDeviceFleet's own error.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from emulator import arns
from emulator.aws.call import Call
from emulator.aws.registry import operation
from emulator.errors import ServiceError, validation
from emulator.services import Services
from emulator.store import Exists, Query
from handlers.sagemaker import crud
from handlers.sagemaker.hooks import unique
from handlers.sagemaker.listing import answer, page
from handlers.sagemaker.resource import SERVICE, Record
from handlers.sagemaker.resources import RESOURCES
from handlers.sagemaker.tags import check_tags

KIND = "Device"
FLEET = replace(RESOURCES["DeviceFleet"], missing_text="No device fleet with name {name} found.")


def _never(record: Record, value: object) -> bool:
    """A filter on what only devices that connect have."""
    return False


LISTED = replace(
    FLEET, noun=KIND, parent="DeviceFleetName", filters={"LatestHeartbeatAfter": _never, "ModelName": _never}
)


@operation(SERVICE, "RegisterDevices")
def register_devices(call: Call, services: Services) -> Record:
    """Add devices to a fleet, all or none."""
    check_tags(call.params.get("Tags", []))
    unique([device["DeviceName"] for device in call.params["Devices"]], "Device names")
    with crud.hold_fast(FLEET, call, services) as (fleet, _):
        for device in call.params["Devices"]:
            _register(call, services, fleet, device)
    return {}


def _register(call: Call, services: Services, fleet: str, device: Record) -> None:
    name, now = f"{fleet}/{device['DeviceName']}", arns.now()
    arn = arns.arn(call.scope, f"device-fleet/{fleet}/device/{device['DeviceName']}")
    times = {"CreationTime": now, "LastModifiedTime": now, "RegistrationTime": now}
    record = device | times | {"DeviceFleetName": fleet, "DeviceArn": arn}
    try:
        services.store.records.insert(call.scope, KIND, name, record, arn=arn, parent=fleet)
    except Exists as error:
        raise validation(f"Device {device['DeviceName']} is already registered in fleet {fleet}.") from error
    services.store.tags.add(arn, call.params.get("Tags", []))


@operation(SERVICE, "UpdateDevices")
def update_devices(call: Call, services: Services) -> Record:
    """Change what is known of devices, all or none."""
    fleet, _ = crud.find(FLEET, call, services)
    with services.store.transaction():
        for device in call.params["Devices"]:
            changed = services.store.records.update(call.scope, KIND, f"{fleet}/{device['DeviceName']}", device)
            if changed is None:
                raise _missing(fleet, device["DeviceName"])
    return {}


@operation(SERVICE, "DeregisterDevices")
def deregister_devices(call: Call, services: Services) -> Record:
    """Remove devices, all or none."""
    fleet, _ = crud.find(FLEET, call, services)
    with services.store.transaction():
        for name in call.params["DeviceNames"]:
            if not services.store.records.delete(call.scope, KIND, f"{fleet}/{name}"):
                raise validation(f"Device with name {name} is not registered in fleet {fleet}.")
            services.store.tags.drop(arns.arn(call.scope, f"device-fleet/{fleet}/device/{name}"))
    return {}


def _missing(fleet: str, name: str) -> ServiceError:
    return validation(f"No device with name {name} found in fleet {fleet}.")


@operation(SERVICE, "DescribeDevice")
def describe_device(call: Call, services: Services) -> Record:
    """One device."""
    fleet, _ = crud.find(FLEET, call, services)
    name = call.params["DeviceName"]
    record = services.store.records.get(call.scope, KIND, f"{fleet}/{name}")
    if record is None:
        raise _missing(fleet, name)
    return record


@operation(SERVICE, "ListDevices")
def list_devices(call: Call, services: Services) -> Record:
    """Devices of one fleet or of all."""
    return answer("DeviceSummaries", page(LISTED, call, services))


@operation(SERVICE, "GetDeviceFleetReport")
def report(call: Call, services: Services) -> Record:
    """The fleet and how many devices it has; none is connected."""
    name, fleet = crud.find(FLEET, call, services)
    each = partial(services.store.records.each, call.scope, KIND)
    count = sum(1 for _ in each(Query(parent=name, limit=1000)))
    stats = {"ConnectedDeviceCount": 0, "RegisteredDeviceCount": count}
    return fleet | {"ReportGenerated": arns.now(), "DeviceStats": stats, "AgentVersions": [], "ModelStats": []}
