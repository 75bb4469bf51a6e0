"""Feature Store's groups."""

from __future__ import annotations

from handlers.sagemaker import feature_groups
from handlers.sagemaker.cycle import Cycle
from handlers.sagemaker.resource import Resource

ROWS = (
    Resource(
        "FeatureGroup",
        cycle=Cycle(create=("Creating", "Created"), delete="Deleting", failed="CreateFailed"),
        missing_text=feature_groups.MISSING,
        duplicate_text=feature_groups.IN_USE,
        # Required in the answer although features are never paged here: AWS gives 2500, the most there can be.
        defaults={"NextToken": ""},
        merges=("OnlineStoreConfig",),
        paths={"OfflineStoreStatusEquals": "OfflineStoreStatus.Status"},
        sorts={"OfflineStoreStatus": "OfflineStoreStatus.Status"},
        prepare=feature_groups.prepare,
        updating=feature_groups.check_update,
        amend=feature_groups.amend,
        leaving=feature_groups.leaving,
        deleting=feature_groups.deleting,
    ),
)
