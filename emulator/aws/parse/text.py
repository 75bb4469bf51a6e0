"""Scalars written as text: in headers, query strings, path labels, XML elements and forms."""

from __future__ import annotations

import binascii
from base64 import b64decode
from typing import Any

from emulator.aws import model, times


def convert(shape: model.Shape, text: str) -> Any:
    """The value of a scalar shape in text form; ``ValueError`` if it is none."""
    kind = shape.type_name
    if kind in {"integer", "long"}:
        return int(text)
    if kind in {"float", "double"}:
        return float(text)
    if kind == "boolean":
        return _boolean(text)
    if kind == "timestamp":
        return times.read(text)
    if kind == "blob":
        try:
            return b64decode(text, validate=True)
        except binascii.Error as error:
            raise ValueError(str(error)) from error
    return text


def _boolean(text: str) -> bool:
    lowered = text.strip().lower()
    if lowered not in {"true", "false"}:
        raise ValueError(f"not a boolean: {text!r}")
    return lowered == "true"


def split_list(text: str) -> list[str]:
    """A comma-separated header as items; items in double quotes may hold commas (RFC 9110, 5.6.1)."""
    items: list[str] = []
    current = ""
    quoted = escaped = False
    for letter in text:
        if escaped or (letter not in '"\\,' or (quoted and letter == ",")):
            current, escaped = current + letter, False
        elif letter == "\\" and quoted:
            escaped = True
        elif letter == '"':
            quoted = not quoted
        elif letter == ",":
            items.append(current.strip())
            current = ""
        else:
            current += letter
    return [*items, current.strip()]
