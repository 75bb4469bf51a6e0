"""Finding references in step arguments: every ``{"Get": "..."}`` anywhere in a JSON value.

``Get`` has four roots: ``Parameters.P``, ``Execution.X``, ``Steps.S.<path>`` (with
``Steps.S.PropertyFiles.F`` inside ``Std:JsonGet``) and ``PipelineExperimentConfig.X``. A dictionary is a reference
only when ``Get`` is its single key and its value a string: a user's own hyperparameter called ``Get`` stays data.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from emulator.pipelines import paths

ROOTS = ("Parameters", "Execution", "Steps", "PipelineExperimentConfig")
EXECUTION_VARIABLES = frozenset(
    {
        "StartDateTime",
        "CurrentDateTime",
        "PipelineName",
        "PipelineArn",
        "PipelineExecutionId",
        "PipelineExecutionArn",
        "TrainingJobName",
        "ProcessingJobName",
    }
)


@dataclass(frozen=True, slots=True)
class Reference:
    """``Steps.Train.ModelArtifacts.S3ModelArtifacts``: the root, the name under it, the path after that, the text."""

    root: str
    name: str
    path: paths.Path
    text: str


def parse(text: str) -> Reference:
    """Read one ``Get``; ``PathError`` when it is not of the four forms."""
    root, _, rest = text.partition(".")
    if root not in ROOTS or not rest:
        raise paths.PathError(f"'{text}' is not a valid reference")
    name, *path = paths.parse(rest)
    return Reference(root, str(name), tuple(path), text)


def is_get(value: Any) -> bool:
    """Whether a JSON value is ``{"Get": "<text>"}``."""
    return isinstance(value, dict) and len(value) == 1 and isinstance(value.get("Get"), str)


def is_function(value: Any) -> bool:
    """Whether a JSON value is ``{"Std:Join": ...}`` or ``{"Std:JsonGet": ...}``."""
    return isinstance(value, dict) and len(value) == 1 and next(iter(value), "").startswith("Std:")


def find(value: Any) -> Iterator[str]:
    """The texts of all ``Get`` in a value, depth first."""
    if is_get(value):
        yield value["Get"]
    elif isinstance(value, dict):
        for inner in value.values():
            yield from find(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from find(inner)
