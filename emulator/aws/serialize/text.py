"""Scalars as text, for headers and XML elements."""

from __future__ import annotations

import math
from base64 import b64encode
from typing import Any

from emulator.aws import model, times


def text(shape: model.Shape, value: Any, time_form: str) -> str:
    """A scalar's text; ``time_form`` is the default of the place for timestamps."""
    kind = shape.type_name
    if kind == "timestamp":
        return str(times.render(value, shape.serialization.get("timestampFormat", time_form)))
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, bytes):
        return b64encode(value).decode()
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    return str(value)


def header(value: str) -> str:
    """A value that may stand in a header: no line ends; non-ASCII as an RFC 2047 word, as S3 returns metadata."""
    if "\r" in value or "\n" in value:
        value = " ".join(value.split("\r\n")).replace("\n", " ").replace("\r", " ")
    return value if value.isascii() else f"=?UTF-8?B?{b64encode(value.encode()).decode()}?="
