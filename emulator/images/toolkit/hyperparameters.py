"""Hyperparameters: strings in a file, JSON where they can be, arguments and variables in the end.

The rules are those scripts rely on: values are JSON-decoded where possible (the SDK encodes them), names that begin
with ``sagemaker_`` speak to the toolkit and not to the script, arguments are sorted, a one-letter name gets one dash,
a mapping becomes ``a=1,b=2``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

PREFIX = "sagemaker_"
_OTHERS = ("_tuning_objective_metric",)


def decode(text: Any) -> Any:
    """``"3"`` -> 3, ``"\\"a\\""`` -> "a", ``"a"`` -> "a"."""
    if not isinstance(text, str):
        return text
    try:
        return json.loads(text)
    except ValueError:
        return text


def split(given: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Decoded (the script's own, the toolkit's)."""
    decoded = {name: decode(value) for name, value in given.items()}
    own = {name: value for name, value in decoded.items() if not name.startswith(PREFIX) and name not in _OTHERS}
    return own, {name: value for name, value in decoded.items() if name not in own}


def arguments(values: Mapping[str, Any]) -> list[str]:
    """``{"epochs": 3, "n": 1}`` -> ``["--epochs", "3", "-n", "1"]``."""
    words = []
    for name in sorted(values):
        words += [("-" if len(name) == 1 else "--") + name, _argument(values[name])]
    return words


def variable(value: Any) -> str:
    """A value as the text of an environment variable: strings as they are, the rest as JSON."""
    if isinstance(value, str):
        return value
    return "" if value is None else json.dumps(value, sort_keys=True, separators=(",", ":"))


def _argument(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, dict):
        return ",".join(f"{name}={value[name]}" for name in sorted(value))
    return str(value)
