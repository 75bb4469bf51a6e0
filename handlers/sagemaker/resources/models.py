"""Models, their registry, and hosting: configurations are kept, endpoints refused until something serves them."""

from __future__ import annotations

from emulator.aws.registry import refused
from handlers.sagemaker import model_packages, models
from handlers.sagemaker.hooks import childless
from handlers.sagemaker.resource import Resource
from handlers.sagemaker.resources.texts import COULD_NOT_FIND, DOES_NOT_EXIST, EXISTING, INVALID

ROWS = (
    Resource(
        "Model",
        missing=INVALID,
        missing_text=COULD_NOT_FIND,
        duplicate=INVALID,
        duplicate_text=EXISTING,
        prepare=models.prepare_model,
    ),
    Resource(
        "ModelPackageGroup",
        status="Completed",
        missing=INVALID,
        missing_text=DOES_NOT_EXIST,
        duplicate=INVALID,
        duplicate_text="Model Package Group already exists: {arn}",
        ascending=True,
        filters={"CrossAccountFilterOption": lambda record, value: bool(value == "SameAccount")},
        deleting=childless(
            "ModelPackage",
            "Model package group {name} cannot be deleted: it has model packages. Delete them first.",
            "ConflictException",
        ),
    ),
    Resource(
        "ModelPackage",
        verbs=("Describe", "List", "Delete"),
        missing=INVALID,
        missing_text=DOES_NOT_EXIST,
        parent="ModelPackageGroupName",
        key=model_packages.package_key,
        ascending=True,
        narrow=model_packages.narrow,
        filters={"ModelPackageType": model_packages.of_type},
    ),
    Resource(
        "EndpointConfig",
        missing=INVALID,
        missing_text='Could not find endpoint configuration "{arn}".',
        duplicate=INVALID,
        duplicate_text='Cannot create already existing endpoint configuration "{arn}".',
        prepare=models.prepare_endpoint_config,
    ),
    Resource(
        "Endpoint",
        status="Creating",
        missing=INVALID,
        missing_text=COULD_NOT_FIND,
        duplicate=INVALID,
        duplicate_text=EXISTING,
        does={"Create": refused("Hosting comes later; run the model with CreateTransformJob meanwhile.")},
    ),
)
