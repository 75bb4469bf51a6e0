"""Studio images and how apps use them."""

from __future__ import annotations

from handlers.sagemaker.cycle import Cycle
from handlers.sagemaker.resource import Resource

ROWS = (
    Resource(
        "Image",
        cycle=Cycle(
            create=("CREATING", "CREATED"), update=("UPDATING", "CREATED"), delete="DELETING", failed="CREATE_FAILED"
        ),
    ),
)
