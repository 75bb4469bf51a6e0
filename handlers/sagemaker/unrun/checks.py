"""What the Create calls of jobs that are not run check beyond the model, and what their records hold besides."""

from __future__ import annotations

from emulator import arns
from emulator.aws.call import Call
from emulator.errors import ServiceError, validation
from emulator.services import Services
from handlers.sagemaker.hooks import find_model, require_one
from handlers.sagemaker.model_packages import package_missing, package_name
from handlers.sagemaker.resource import Record

KINDS_OF_OPTIMIZATION = {
    "ModelQuantizationConfig": "Quantization",
    "ModelCompilationConfig": "Compilation",
    "ModelShardingConfig": "Sharding",
    "ModelSpeculativeDecodingConfig": "SpeculativeDecoding",
}


def prepare_compilation(call: Call, services: Services, record: Record) -> None:
    """A model from S3 or from the registry, for a device or a platform."""
    require_one(record, "InputConfig", "ModelPackageVersionArn", "CreateCompilationJob")
    require_one(record["OutputConfig"], "TargetDevice", "TargetPlatform", "OutputConfig")
    find_package(call, services, record)


def prepare_optimization(call: Call, services: Services, record: Record) -> None:
    """The model must be there; the kinds of optimization are what lists show and filter by."""
    require_one(record["ModelSource"], "S3", "SageMakerModel", "ModelSource")
    if "ModelName" in record["ModelSource"].get("SageMakerModel", {}):
        find_model(call, services, record["ModelSource"]["SageMakerModel"]["ModelName"])
    given = {member for config in record["OptimizationConfigs"] for member in config}
    record["OptimizationTypes"] = [KINDS_OF_OPTIMIZATION[member] for member in sorted(given)]


def prepare_automl(call: Call, services: Services, record: Record) -> None:
    """Problem type and objective come together or are both found out by the service."""
    if ("ProblemType" in record) != ("AutoMLJobObjective" in record):
        raise validation("ProblemType and AutoMLJobObjective must either both be given or both be left out.")


def prepare_recommendations(call: Call, services: Services, record: Record) -> None:
    """The model, by its name or its package, must be there."""
    source = record["InputConfig"]
    if "ModelName" in source:
        find_model(call, services, source["ModelName"])
    elif "ModelPackageVersionArn" not in source:
        raise validation("InputConfig needs a ModelName or a ModelPackageVersionArn.")
    find_package(call, services, source)


def find_package(call: Call, services: Services, given: Record) -> None:
    """The package of ``ModelPackageVersionArn``, if that is given, must be there."""
    name = package_name(call.scope, given.get("ModelPackageVersionArn", ""))
    if name and services.store.records.get(call.scope, "ModelPackage", name) is None:
        raise package_missing(call.scope, name)


def prepare_workload(call: Call, services: Services, record: Record) -> None:
    """The workload to measure with, given by name or ARN, must be there; lists show its name."""
    name = arns.own(call.scope, record["AIWorkloadConfigIdentifier"], "ai-workload-config")
    if services.store.records.get(call.scope, "AIWorkloadConfig", name) is None:
        raise ServiceError("ResourceNotFound", f"AIWorkloadConfig '{name}' does not exist.")
    record["AIWorkloadConfigName"] = name


def prepare_job(call: Call, services: Services, record: Record) -> None:
    """The first of the job's transitions."""
    record["SecondaryStatusTransitions"] = [{"Status": "Starting", "StartTime": record["CreationTime"]}]
