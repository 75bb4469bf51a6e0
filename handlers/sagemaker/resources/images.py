"""Studio images and how apps use them. The versions' own operations are in ``studio/image_versions.py``."""

from __future__ import annotations

from handlers.sagemaker.cycle import Cycle
from handlers.sagemaker.resource import Resource
from handlers.sagemaker.studio import images

ROWS = (
    Resource(
        "Image",
        cycle=Cycle(
            create=("CREATING", "CREATED"), update=("UPDATING", "CREATED"), delete="DELETING", failed="CREATE_FAILED"
        ),
        missing_text="No Image with the name {name} exists.",
        # As seen in aws-samples/sagemaker-studio-custom-image-samples issue 17.
        duplicate_text="The Image with ImageName {name} already exists. Please use a different ImageName.",
        amend=images.without,
        deleting=images.forget_versions,
    ),
    Resource(
        "ImageVersion",
        verbs=(),
        keys=("ImageName", "Version"),
        parent="ImageName",
        cycle=Cycle(create=("CREATING", "CREATED"), delete="DELETING", failed="CREATE_FAILED"),
        prepare=images.prepare_version,
    ),
    # As seen in the same issue.
    Resource("AppImageConfig", duplicate_text="The ID or Name specified is already in use."),
)
