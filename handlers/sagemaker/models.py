"""What CreateModel and CreateEndpointConfig check beyond the model, and what AWS echoes."""

from __future__ import annotations

from emulator.aws.call import Call
from emulator.errors import validation
from emulator.services import Services
from handlers.sagemaker.hooks import find_model, require, unique
from handlers.sagemaker.model_packages import package_missing, package_name
from handlers.sagemaker.resource import Record


def prepare_model(call: Call, services: Services, record: Record) -> None:
    """A model has one container or several; a container with a model package gets the package's image and data."""
    if ("PrimaryContainer" in record) == ("Containers" in record):
        raise validation("Exactly one of PrimaryContainer and Containers must be given.")
    record.setdefault("EnableNetworkIsolation", False)
    if "PrimaryContainer" in record:
        record["PrimaryContainer"] = _containers(call, services, record["PrimaryContainer"])[0]
    else:
        record["Containers"] = [made for given in record["Containers"] for made in _containers(call, services, given)]
        unique(
            [made["ContainerHostname"] for made in record["Containers"] if "ContainerHostname" in made], "Host names"
        )


def _containers(call: Call, services: Services, given: Record) -> list[Record]:
    """One container of the request as the containers it stands for."""
    if "Image" not in given and "ModelPackageName" not in given:
        raise validation("A container definition needs an Image or a ModelPackageName.")
    if "ModelDataUrl" in given and "ModelDataSource" in given:
        raise validation("A container definition takes either ModelDataUrl or ModelDataSource, not both.")
    if "ModelPackageName" not in given:
        return [{"Mode": "SingleModel", "Environment": {}} | given]
    return [_from_package(given, part) for part in _package_parts(call, services, given["ModelPackageName"])]


def _package_parts(call: Call, services: Services, name: str) -> list[Record]:
    key = package_name(call.scope, name)
    package = services.store.records.get(call.scope, "ModelPackage", key)
    if package is None:
        raise package_missing(call.scope, key)
    parts: list[Record] = package.get("InferenceSpecification", {}).get("Containers", [])
    if not parts:
        raise validation(f"Model package {name} has no InferenceSpecification to make a model from.")
    return parts


def _from_package(given: Record, part: Record) -> Record:
    kept = ("Image", "ModelDataUrl", "ModelDataSource", "ContainerHostname")
    container = {"Mode": "SingleModel"} | {member: part[member] for member in kept if member in part} | given
    container["Environment"] = part.get("Environment", {}) | given.get("Environment", {})
    return container


def prepare_endpoint_config(call: Call, services: Services, record: Record) -> None:
    """Variants have names of their own and models that exist (or the config a role, for inference components)."""
    variants = record["ProductionVariants"] + record.get("ShadowProductionVariants", [])
    unique([variant["VariantName"] for variant in variants], "Variant names")
    for variant in variants:
        _complete_variant(call, services, record, variant)


def _complete_variant(call: Call, services: Services, record: Record, variant: Record) -> None:
    if "ModelName" in variant:
        find_model(call, services, variant["ModelName"])
    elif "ExecutionRoleArn" not in record:
        require(variant, "ModelName", "ProductionVariants")
    variant.setdefault("InitialVariantWeight", 1.0)
    if "ServerlessConfig" in variant:
        if "InstanceType" in variant or "InitialInstanceCount" in variant:
            raise validation(
                f"Variant {variant['VariantName']} takes either ServerlessConfig or InstanceType, not both."
            )
        return
    require(variant, "InstanceType", "ProductionVariants")
    if "ManagedInstanceScaling" not in variant:
        variant.setdefault("InitialInstanceCount", 1)
