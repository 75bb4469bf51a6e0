"""Everything that can be wrong with a definition beyond its form, found at once: the check CreatePipeline makes.

References to what is not there, functions and conditions that are not well formed, order, cycles. Whether a property
*path* exists in a describe answer is only known when the step has run, so that is a failed step, not a refused
definition; when AWS looks is not documented.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from emulator.pipelines import conditions, graph, paths, references
from emulator.pipelines.definition import Definition, Problems, Step, parse

ArgumentCheck = Callable[[Step], Iterator[str]]


def read(text: str, runnable: Mapping[str, ArgumentCheck]) -> Definition:
    """Parse and check a definition. ``runnable``: the step types we run, each with the check of its arguments.

    ``ValidationException`` names every problem.
    """
    definition = parse(text, runnable)
    problems = Problems()
    for step in definition.steps.values():
        problems.extend(_depends_on(step, definition))
        for found in references.find(step.own_arguments):
            problems.extend(_reference(found, step, definition))
        problems.extend(f"In step '{step.name}': {text}" for text in _functions(step.own_arguments, definition))
        problems.extend(f"In step '{step.name}': {text}" for text in runnable[step.type](step))
    circle = graph.cycle(graph.needs(definition))
    if circle:
        problems.append(f"Cycle detected in the steps of the pipeline: {' -> '.join(circle)}")
    problems.refuse()
    return definition


def _depends_on(step: Step, definition: Definition) -> Iterator[str]:
    for other in step.depends_on:
        if other not in definition.steps:
            yield f"Step '{step.name}' depends on step '{other}', which is not in the pipeline"
        elif definition.steps[other].type == "Fail":
            yield f"{step.name} can not depends on {other}"


def _reference(text: str, step: Step, definition: Definition) -> Iterator[str]:
    try:
        reference = references.parse(text)
    except paths.PathError as error:
        yield f"In step '{step.name}': {error}"
        return
    if reference.root == "Steps":
        yield from _step_reference(reference, step, definition)
    elif reference.path:
        yield f"In step '{step.name}': '{text}' is not a valid reference"
    elif reference.root == "Parameters" and reference.name not in definition.parameters:
        yield f"Step '{step.name}' refers to parameter '{reference.name}', which is not declared"
    elif reference.root == "Execution" and reference.name not in references.EXECUTION_VARIABLES:
        yield f"Step '{step.name}' refers to unknown execution variable '{reference.name}'"


def _step_reference(reference: references.Reference, step: Step, definition: Definition) -> Iterator[str]:
    other = definition.steps.get(reference.name)
    if other is None:
        yield f"Step '{step.name}' refers to step '{reference.name}', which is not in the pipeline"
    elif other.type == "Fail":
        yield f"{step.name} can not depends on {other.name}"
    elif not reference.path:
        yield f"In step '{step.name}': '{reference.text}' names no property"


def _functions(value: Any, definition: Definition) -> Iterator[str]:
    if isinstance(value, list):
        for inner in value:
            yield from _functions(inner, definition)
    elif references.is_function(value):
        name, arguments = next(iter(value.items()))
        yield from _function(name, arguments, definition)
        yield from _functions(arguments, definition)
    elif isinstance(value, dict) and not references.is_get(value):
        for inner in value.values():
            yield from _functions(inner, definition)


def _function(name: str, arguments: Any, definition: Definition) -> Iterator[str]:
    if name not in {"Std:Join", "Std:JsonGet"}:
        yield f"'{name}' is not a known function"
    elif not isinstance(arguments, dict):
        yield f"'{name}' expects a Json Object"
    elif name == "Std:Join":
        if not isinstance(arguments.get("Values"), list):
            yield "Std:Join expects a list of Values"
    elif "Path" not in arguments or ("S3Uri" in arguments) is ("PropertyFile" in arguments):
        yield "Std:JsonGet expects a Path and either a PropertyFile or an S3Uri"
    elif "PropertyFile" in arguments:
        yield from _property_file(arguments["PropertyFile"], definition)


def _property_file(value: Any, definition: Definition) -> Iterator[str]:
    try:
        reference = references.parse(value["Get"]) if references.is_get(value) else None
    except paths.PathError:
        return  # told by _reference already
    if reference is None or len(reference.path) != 2 or reference.path[0] != "PropertyFiles":
        yield "the PropertyFile of Std:JsonGet must be {'Get': 'Steps.<step>.PropertyFiles.<name>'}"
        return
    other = definition.steps.get(reference.name)
    if other and reference.path[1] not in other.property_files:
        yield f"step '{other.name}' has no property file '{reference.path[1]}'"


def condition_arguments(step: Step) -> Iterator[str]:
    """What is wrong with a Condition step's arguments."""
    items = step.arguments.get("Conditions")
    if not isinstance(items, list) or not items:
        yield "Conditions must be a list with at least one condition"
        return
    yield from _conditions(items)


_MEMBERS: Mapping[str, Sequence[str]] = {"In": ("QueryValue", "Values"), "Not": ("Condition",), "Or": ("Conditions",)}


def _conditions(items: Any) -> Iterator[str]:
    for item in items if isinstance(items, list) else [items]:
        kind = item.get("Type") if isinstance(item, dict) else None
        if kind not in conditions.TYPES:
            yield f"condition type {kind!r} is not one of {sorted(conditions.TYPES)}"
            continue
        wanted = _MEMBERS.get(kind, ("LeftValue", "RightValue"))
        missing = [member for member in wanted if item.get(member) is None]
        if missing:
            yield f"condition {kind} has no {' and no '.join(missing)}"
        elif kind in {"Not", "Or"}:
            yield from _conditions(item[wanted[0]])
        elif kind == "In" and not isinstance(item["Values"], list):
            yield "condition In expects a list of Values"
