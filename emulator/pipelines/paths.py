"""Paths into JSON: ``ModelArtifacts.S3ModelArtifacts``, ``Outputs['train'].S3Output``, ``Result[0]['k']``, ``$.a.b``.

One grammar serves property references (``Steps.S.<path>``) and ``Std:JsonGet``. What a newcomer would get wrong: a
quoted key into a *list* picks the element by its name member (``OutputName``, ``InputName``, ``MetricName``,
``ChannelName``...), because the SDK lets users write ``Outputs["train"]`` though the API's member is a list.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

Path = tuple[str | int, ...]

_PART = re.compile(
    r"""\.?(?P<name>[^.\[\]'"]+)          # .Member or the first Member
      | \[(?P<index>-?\d+)\]              # [3]
      | \[(?P<quote>['"])(?P<key>.*?)(?P=quote)\]   # ['any text']
    """,
    re.VERBOSE,
)


class PathError(ValueError):
    """The path is malformed, or leads nowhere in the value it was applied to."""


def parse(text: str) -> Path:
    """``"Outputs['train'].S3Output"`` -> ``("Outputs", "train", "S3Output")``; ``PathError`` when it is none."""
    parts: list[str | int] = []
    position = 1 if text.startswith("$") else 0
    while position < len(text):
        match = _PART.match(text, position)
        if not match:
            raise PathError(f"'{text}' is not a valid path")
        if match["index"] is not None:
            parts.append(int(match["index"]))
        else:
            parts.append(match["name"] if match["name"] is not None else match["key"])
        position = match.end()
    return tuple(parts)


def lookup(value: Any, path: Sequence[str | int]) -> Any:
    """The value at ``path``; ``PathError`` when a part is missing."""
    for part in path:
        value = _member(value, part)
    return value


def _member(value: Any, part: str | int) -> Any:
    if isinstance(value, dict):
        if str(part) in value:
            return value[str(part)]
    elif isinstance(value, list):
        if isinstance(part, int):
            if -len(value) <= part < len(value):
                return value[part]
        else:
            for element in value:
                if isinstance(element, dict) and _named(element, part):
                    return element
    raise PathError(f"there is no '{part}'")


def _named(element: dict[str, Any], name: str) -> bool:
    return any(key.endswith("Name") and value == name for key, value in element.items())
