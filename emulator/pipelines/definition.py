"""A pipeline definition: JSON text -> frozen dataclasses, with all its problems reported at once.

:func:`parse` is pure. Steps inside a Condition's ``IfSteps`` and ``ElseSteps`` are flattened into the same mapping as
the others and carry ``branch``: the Condition they hang under and the outcome that lets them run. Steps are not in
any order: the SDK appends the upstream steps it discovers last. The text of AWS's refusals
begins "Unable to parse pipeline definition." (aws/sagemaker-python-sdk#3472); what follows it is ours except where a
client compares it ("<step> can not depends on <failstep>": the grammar is AWS's, and the SDK's integration tests').
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from emulator.errors import ServiceError, validation

VERSIONS = ("2020-12-01",)
STEP_NAME = re.compile(r"[A-Za-z0-9\-_]{1,64}\Z")
# Step types of SDK 2.257 and 3.20 (``StepTypeEnum``). Those without a file in steps/ are refused by name.
AWS_STEP_TYPES = frozenset(
    {"AutoML", "Callback", "ClarifyCheck", "Condition", "EMR", "EMRServerless", "Endpoint", "EndpointConfig", "Fail"}
    | {"InferenceComponent", "Lambda", "Lineage", "Model", "Processing", "QualityCheck", "RegisterModel", "Training"}
    | {"Transform", "Tuning", "BedrockCustomModel", "BedrockCustomModelDeployment", "BedrockModelImport"}
    | {"BedrockProvisionedModelThroughput"}
)
MAX_STEPS = 50


class Branch(NamedTuple):
    """Under which Condition step a step hangs, and which outcome lets it run."""

    condition: str
    outcome: bool


@dataclass(frozen=True, slots=True)
class Parameter:
    """A declared parameter. ``default`` is ``None`` when a value must be given at the start."""

    name: str
    type: str
    default: Any = None
    enum: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PropertyFile:
    """A JSON file among a Processing step's outputs: ``<S3Uri of the output>/<FilePath>``."""

    name: str
    output: str
    path: str


@dataclass(frozen=True, slots=True)
class Step:
    """One step. ``arguments`` still holds its references; ``raw`` is the step's JSON for type-specific keys."""

    name: str
    type: str
    arguments: Mapping[str, Any]
    depends_on: tuple[str, ...] = ()
    branch: Branch | None = None
    property_files: Mapping[str, PropertyFile] = field(default_factory=dict)
    raw: Mapping[str, Any] = field(default_factory=dict)

    @property
    def own_arguments(self) -> Mapping[str, Any]:
        """The arguments without nested steps: what the step itself resolves."""
        nested = {"IfSteps", "ElseSteps"} if self.type == "Condition" else set()
        return {key: value for key, value in self.arguments.items() if key not in nested}


@dataclass(frozen=True, slots=True)
class Definition:
    """A whole definition; ``steps`` and ``parameters`` are by name, in the order of the text."""

    text: str
    parameters: Mapping[str, Parameter]
    steps: Mapping[str, Step]
    experiment: Mapping[str, Any]


class Problems(list[str]):
    """The problems found so far; :meth:`refuse` raises them all as one answer."""

    def refuse(self) -> None:
        """Raise ``ValidationException`` naming every problem, if there is one."""
        if self:
            raise refusal(" ".join(f"{text.rstrip('.')}." for text in dict.fromkeys(self)))


def refusal(text: str) -> ServiceError:
    """The ``ValidationException`` AWS gives for a definition it cannot use."""
    return validation(f"Unable to parse pipeline definition. {text}")


def parse(text: str, runnable: Collection[str]) -> Definition:
    """Read a definition's form; ``runnable`` are the step types we can run. References are checks.py's to check."""
    try:
        body = json.loads(text)
    except ValueError as error:
        raise refusal(f"The definition is not valid JSON: {error}.") from error
    if not isinstance(body, dict):
        raise refusal("Expecting start of Json Object.")
    problems = Problems()
    if body.get("Version") not in VERSIONS:
        problems.append(f"Version must be one of {list(VERSIONS)}, found {body.get('Version')!r}")
    parameters = _parameters(_list(body, "Parameters", "the definition", problems), problems)
    steps = _steps(_list(body, "Steps", "the definition", problems), runnable, problems)
    problems.refuse()
    return Definition(text, parameters, steps, body.get("PipelineExperimentConfig") or {})


def _list(body: Mapping[str, Any], key: str, where: str, problems: Problems) -> list[dict[str, Any]]:
    value = body.get(key)
    if value is None:
        value = []
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        problems.append(f"Expecting start of Json Array: {key} of {where} must be a list of objects")
        return []
    return value


# ---------------------------------------------------------------------------------------------- parameters

TYPES: Mapping[str, tuple[type, ...]] = {"String": (str,), "Integer": (int,), "Float": (float, int), "Boolean": (bool,)}


def fits(kind: str, value: Any) -> bool:
    """Whether a JSON value is of a parameter type; a boolean is not a number here, though it is in Python."""
    return isinstance(value, TYPES[kind]) and (kind == "Boolean" or not isinstance(value, bool))


def _parameters(items: list[dict[str, Any]], problems: Problems) -> dict[str, Parameter]:
    found: dict[str, Parameter] = {}
    for item in items:
        name, kind = item.get("Name"), str(item.get("Type"))
        if not isinstance(name, str) or not name:
            problems.append("A parameter has no Name")
            continue
        if name in found:
            problems.append(f"Parameter names must be unique: '{name}' is declared twice")
        if kind not in TYPES:
            problems.append(f"Parameter '{name}' has unknown Type {kind!r}, expected one of {list(TYPES)}")
            continue
        default, enum = item.get("DefaultValue"), tuple(item.get("EnumValues") or ())
        if default is not None and not fits(kind, default):
            problems.append(f"DefaultValue {default!r} of parameter '{name}' isn't of the expected type '{kind}'")
        if enum and kind != "String":
            problems.append(f"EnumValues of parameter '{name}' are only allowed for type 'String'")
        elif enum and default is not None and default not in enum:
            problems.append(f"DefaultValue {default!r} of parameter '{name}' is not in its EnumValues {list(enum)}")
        found[name] = Parameter(name, kind, default, enum)
    return found


# --------------------------------------------------------------------------------------------------- steps


def _steps(items: list[dict[str, Any]], runnable: Collection[str], problems: Problems) -> dict[str, Step]:
    found: dict[str, Step] = {}
    for item, branch in _flatten(items, None, problems):
        step = _step(item, branch, runnable, problems)
        if step is None:
            continue
        if step.name in found:
            problems.append(f"Step names must be unique: '{step.name}' is used twice")
        found[step.name] = step
    if not items:
        problems.append("A pipeline must have at least one step")
    if len(found) > MAX_STEPS:
        problems.append(f"A pipeline may have at most {MAX_STEPS} steps, found {len(found)}")
    return found


def _flatten(
    items: list[dict[str, Any]], branch: Branch | None, problems: Problems
) -> Iterator[tuple[dict[str, Any], Branch | None]]:
    for item in items:
        yield item, branch
        arguments = item.get("Arguments")
        if item.get("Type") == "Condition" and isinstance(arguments, dict):
            name = str(item.get("Name"))
            for key, outcome in (("IfSteps", True), ("ElseSteps", False)):
                nested = _list(arguments, key, f"step '{name}'", problems)
                yield from _flatten(nested, Branch(name, outcome), problems)


def _step(item: dict[str, Any], branch: Branch | None, runnable: Collection[str], problems: Problems) -> Step | None:
    name, kind, arguments = item.get("Name"), item.get("Type"), item.get("Arguments")
    if not isinstance(name, str) or not STEP_NAME.match(name):
        problems.append(f"Step name {name!r} must match {STEP_NAME.pattern[:-2]}")
        return None
    if kind not in AWS_STEP_TYPES and kind not in runnable:
        problems.append(f"Step '{name}' has unknown Type {kind!r}")
    elif kind not in runnable:
        problems.append(f"Step '{name}' is of type '{kind}', which sagemaker-emulator does not run yet")
    if not isinstance(arguments, dict):
        problems.append(f"Expecting start of Json Object: step '{name}' has no Arguments")
        arguments = {}
    depends_on = item.get("DependsOn") or []
    if not isinstance(depends_on, list) or not all(isinstance(other, str) for other in depends_on):
        problems.append(f"DependsOn of step '{name}' must be a list of step names")
        depends_on = []
    files = _property_files(name, _list(item, "PropertyFiles", f"step '{name}'", problems), problems)
    return Step(name, str(kind), arguments, tuple(depends_on), branch, files, item)


def _property_files(step: str, items: list[dict[str, Any]], problems: Problems) -> dict[str, PropertyFile]:
    found = {}
    for item in items:
        values = [item.get(key) for key in ("PropertyFileName", "OutputName", "FilePath")]
        if not all(isinstance(value, str) for value in values):
            problems.append(f"A property file of step '{step}' needs PropertyFileName, OutputName and FilePath")
            continue
        found[str(values[0])] = PropertyFile(*map(str, values))
    return found
