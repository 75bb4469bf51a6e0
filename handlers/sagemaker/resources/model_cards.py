"""Model cards (handlers/sagemaker/model_cards): every verb but List has to do with versions and is a function there."""

from __future__ import annotations

from handlers.sagemaker.resource import Resource

ROWS = (
    Resource(
        "ModelCard",
        verbs=("List",),
        missing_text="Model card with name {name} does not exist.",
        duplicate="ConflictException",
        duplicate_text="Model card with name {name} already exists.",
        defaults={"ModelCardVersion": 1},
    ),
)
