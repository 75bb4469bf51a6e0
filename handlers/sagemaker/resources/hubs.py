"""Private hubs and their contents. The contents' own operations are in ``hubs/contents.py``."""

from __future__ import annotations

from handlers.sagemaker.cycle import Cycle
from handlers.sagemaker.hubs import hooks
from handlers.sagemaker.resource import Resource

ROWS = (
    Resource(
        "Hub",
        cycle=Cycle(
            create=("Creating", "InService"),
            update=("Updating", "InService"),
            delete="Deleting",
            failed="CreateFailed",
        ),
        deleting=hooks.hub_is_empty,
    ),
    Resource(
        "HubContent",
        verbs=(),
        keys=("HubName", "HubContentType", "HubContentName", "HubContentVersion"),
        name_of=hooks.content_name,
        parent="HubName",
        cycle=Cycle(create=("Importing", "Available"), delete="Deleting", failed="ImportFailed"),
        missing_text="HubContent {arn} does not exist.",
        duplicate_text="HubContent {arn} already exists.",
        defaults={"HubContentDependencies": []},
        prepare=hooks.prepare_content,
        paths={"OriginalCreationTime": "CreationTime"},
        narrow=hooks.narrow,
        filters={
            "MaxSchemaVersion": hooks.at_most("DocumentSchemaVersion"),
            "MinVersion": hooks.at_least("HubContentVersion"),
        },
    ),
)
