"""Parameter values of an execution: the strings a client sent, checked against the declarations and cast.

Values arrive as strings whatever their type (``"True"``, ``"0.5"``): the SDK sends them so. Wording of the
refusals: as the SDK's own local pipeline has it (local/entities.py), which names the service's checks.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from emulator.errors import validation
from emulator.pipelines.definition import Definition, Parameter, Problems

_BOOLEANS = {"true": True, "false": False}


def bind(definition: Definition, given: Iterable[Mapping[str, str]]) -> dict[str, Any]:
    """All parameters' typed values by name; ``ValidationException`` with every problem."""
    problems = Problems()
    values: dict[str, Any] = {}
    for item in given:
        name, text = item["Name"], item["Value"]
        parameter = definition.parameters.get(name)
        if parameter is None:
            problems.append(f"Unknown parameter '{name}'")
        elif name in values:
            problems.append(f"Parameter '{name}' is given twice")
        else:
            values[name] = _cast(parameter, text, problems)
    for name, parameter in definition.parameters.items():
        if name not in values and parameter.default is None:
            problems.append(f"Parameter '{name}' is undefined")
        values.setdefault(name, parameter.default)
    if problems:
        raise validation(" ".join(f"{text}." for text in problems))
    return {name: _typed(parameter, values[name]) for name, parameter in definition.parameters.items()}


def values(definition: Definition, stored: Iterable[Mapping[str, str]]) -> dict[str, Any]:
    """Typed values from what :func:`texts` made of checked ones."""
    return {item["Name"]: _read(definition.parameters[item["Name"]].type, item["Value"]) for item in stored}


def _typed(parameter: Parameter, value: Any) -> Any:
    return float(value) if parameter.type == "Float" else value


def _cast(parameter: Parameter, text: str, problems: Problems) -> Any:
    try:
        value = _read(parameter.type, text)
    except (ValueError, KeyError):
        problems.append(
            f"Unexpected type for parameter '{parameter.name}'. Expected {parameter.type} but found '{text}'"
        )
        return text
    if parameter.type == "String" and not text:
        problems.append(f'Parameter {parameter.name} value "" is too short (length: 0, required minimum: 1)')
    if parameter.enum and value not in parameter.enum:
        problems.append(f"Parameter '{parameter.name}' has value '{value}', expected one of {list(parameter.enum)}")
    return value


def _read(kind: str, text: str) -> Any:
    if kind == "Boolean":
        return _BOOLEANS[text.lower()]
    if kind == "Integer":
        return int(text)
    return float(text) if kind == "Float" else text


def texts(values: Mapping[str, Any]) -> list[dict[str, str]]:
    """Values as ``ListPipelineParametersForExecution`` gives them: name and string."""
    return [{"Name": name, "Value": text(value)} for name, value in values.items()]


def text(value: Any) -> str:
    """A primitive as the service renders it in strings: booleans in lower case."""
    return str(value).lower() if isinstance(value, bool) else str(value)
