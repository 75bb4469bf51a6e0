"""Resolving arguments: every ``Get``, ``Std:Join`` and ``Std:JsonGet`` in a JSON value replaced by what it means.

Pure but for :attr:`Known.read`, which fetches a JSON document from S3. A value that cannot be resolved raises
:class:`Unresolved`; the step that needed it then fails with the text as its ``FailureReason``. Booleans render lower
case in Join (the SDK's integration tests assert it), floats as Python writes them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from emulator.pipelines import paths, references
from emulator.pipelines.definition import Step
from emulator.pipelines.parameters import text


class Unresolved(Exception):
    """A reference leads nowhere; the message is fit for a step's ``FailureReason``."""


@dataclass(frozen=True, slots=True)
class Known:
    """What references may refer to at one moment of an execution.

    ``parameters``: typed values; ``execution``: variables by name; ``properties``: of ended steps, by step name;
    ``steps``: the definition's steps (for property files); ``experiment``: ``ExperimentName`` and ``TrialName``;
    ``read``: S3 URI -> parsed JSON, raising ``Unresolved``.
    """

    parameters: Mapping[str, Any] = field(default_factory=dict)
    execution: Mapping[str, Any] = field(default_factory=dict)
    properties: Mapping[str, Any] = field(default_factory=dict)
    steps: Mapping[str, Step] = field(default_factory=dict)
    experiment: Mapping[str, Any] = field(default_factory=dict)
    read: Callable[[str], Any] = lambda uri: {}


def resolve(value: Any, known: Known) -> Any:
    """``value`` with everything resolved; members that resolve to nothing stay out. Raises :class:`Unresolved`."""
    if references.is_get(value):
        return _get(value["Get"], known)
    if references.is_function(value):
        return _call(value, known)
    if isinstance(value, dict):
        return {key: resolve(inner, known) for key, inner in value.items() if inner is not None}
    if isinstance(value, list):
        return [resolve(inner, known) for inner in value]
    return value


def _get(reference_text: str, known: Known) -> Any:
    reference = references.parse(reference_text)
    tables: dict[str, Mapping[str, Any]] = {
        "Parameters": known.parameters,
        "Execution": known.execution,
        "Steps": known.properties,
        "PipelineExperimentConfig": known.experiment,
    }
    table = tables[reference.root]
    if reference.name not in table:
        raise Unresolved(f"'{reference_text}' has no value in this execution.")
    try:
        return paths.lookup(table[reference.name], reference.path)
    except paths.PathError as error:
        raise Unresolved(f"'{reference_text}' could not be resolved: {error}.") from error


def _call(value: Mapping[str, Any], known: Known) -> Any:
    (name, arguments), *_ = value.items()
    if name == "Std:Join":
        parts = (resolve(part, known) for part in arguments["Values"])
        return str(arguments.get("On", "")).join(_joined(part) for part in parts)
    if name == "Std:JsonGet":
        return _json_get(arguments, known)
    raise Unresolved(f"'{name}' is not a known function.")


def _joined(part: Any) -> str:
    if isinstance(part, dict | list):
        raise Unresolved("Std:Join takes strings, numbers and booleans only.")
    return text(part)


def _json_get(arguments: Mapping[str, Any], known: Known) -> Any:
    uri = resolve(arguments["S3Uri"], known) if "S3Uri" in arguments else _property_file(arguments, known)
    path = str(resolve(arguments["Path"], known))
    try:
        found = paths.lookup(known.read(uri), paths.parse(path))
    except paths.PathError as error:
        raise Unresolved(f"Std:JsonGet found no '{path}' in {uri}: {error}.") from error
    if isinstance(found, dict | list):
        raise Unresolved(f"Std:JsonGet of '{path}' in {uri} gave a {type(found).__name__}, expected a primitive.")
    return found


def _property_file(arguments: Mapping[str, Any], known: Known) -> str:
    """The S3 URI of a property file: the output's S3Uri + "/" + FilePath, as the SDK's local pipeline has it."""
    reference = references.parse(arguments["PropertyFile"]["Get"])
    _, name = reference.path
    file = known.steps[reference.name].property_files[str(name)]
    outputs = f"Steps.{reference.name}.ProcessingOutputConfig.Outputs['{file.output}'].S3Output.S3Uri"
    return f"{str(_get(outputs, known)).rstrip('/')}/{file.path}"
