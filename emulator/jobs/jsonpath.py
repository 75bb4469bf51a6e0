"""The subset of JSONPath that DataProcessing's InputFilter and OutputFilter understand. Pure.

``$``, ``.name``, ``['a','b']``, ``*``, ``[n]``, ``[n,m]``, ``[start:end]``, negative numbers (AWS developer guide,
"Associate prediction results with input records"). A CSV record counts as an array of its columns. A path that can
only mean one thing gives that thing; one with ``*``, a list or a slice gives an array, or an object when it chose
several members of one.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from emulator.jobs.base import JobFailed

Step = Callable[[Any], Any]

_STEP = re.compile(
    r"\.(?P<name>[A-Za-z_][\w-]*)|\.(?P<all>\*)|\[(?P<star>\*)\]"
    r"|\[\s*(?P<names>(?:'[^']*'|\"[^\"]*\")(?:\s*,\s*(?:'[^']*'|\"[^\"]*\"))*)\s*\]"
    r"|\[\s*(?P<numbers>-?\d+(?:\s*,\s*-?\d+)*)\s*\]"
    r"|\[\s*(?P<start>-?\d*)\s*:\s*(?P<stop>-?\d*)\s*\]"
)
_QUOTED = re.compile(r"'([^']*)'|\"([^\"]*)\"")


def compile_path(path: str) -> Step:
    """A function that applies the path to a value. Raises JobFailed on a path outside the subset."""
    if not path.startswith("$"):
        raise _bad(path)
    steps: list[Step] = []
    place = 1
    while place < len(path):
        match = _STEP.match(path, place)
        if match is None:
            raise _bad(path)
        steps.append(_step(match))
        place = match.end()
    return lambda value: _apply(steps, value, path)


def _apply(steps: list[Step], value: Any, path: str) -> Any:
    try:
        for step in steps:
            value = step(value)
    except (KeyError, IndexError, TypeError, AttributeError) as error:
        raise JobFailed(f"ClientError: The filter {path} does not fit a record: {error!r}") from error
    return value


def _step(match: re.Match[str]) -> Step:
    found = match.groupdict()
    if found["name"]:
        return lambda value: value[found["name"]]
    if found["all"] or found["star"]:
        return lambda value: list(value.values()) if isinstance(value, dict) else list(value)
    if found["names"]:
        return _names([single or double for single, double in _QUOTED.findall(found["names"])])
    if found["numbers"]:
        return _numbers([int(text) for text in found["numbers"].split(",")])
    part = slice(*(int(found[end]) if found[end] else None for end in ("start", "stop")))
    return lambda value: value[part]


def _names(names: list[str]) -> Step:
    if len(names) == 1:
        return lambda value: value[names[0]]
    return lambda value: {name: value[name] for name in names}


def _numbers(numbers: list[int]) -> Step:
    if len(numbers) == 1:
        return lambda value: value[numbers[0]]
    return lambda value: [value[number] for number in numbers]


def _bad(path: str) -> JobFailed:
    return JobFailed(f"ClientError: Invalid JSONPath in DataProcessing: {path}")
