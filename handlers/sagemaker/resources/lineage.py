"""The nodes of the lineage graph. Artifacts are made and deleted in lineage/artifacts.py."""

from __future__ import annotations

from handlers.sagemaker.lineage.entities import grouped, unlinked
from handlers.sagemaker.resource import Resource
from handlers.sagemaker.resources.texts import INVALID

SOURCE = {"SourceUri": "Source.SourceUri"}

ROWS = (
    Resource(
        "Artifact",
        verbs=("Describe", "List", "Update"),
        missing_text="Artifact '{arn}' does not exist.",
        duplicate=INVALID,
        duplicate_text="Artifact {arn} already exists.",
        paths=SOURCE,
        prepare=grouped,
        deleting=unlinked("Artifact"),
    ),
    *(
        Resource(noun, duplicate=INVALID, paths=SOURCE, prepare=grouped, deleting=unlinked(noun))
        for noun in ("Action", "Context")
    ),
)
