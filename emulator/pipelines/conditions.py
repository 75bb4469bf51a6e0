"""The operators of Condition steps. The list in a step is a conjunction; operands are resolved before they compare.

Strings compare as strings (``"1" > "3"`` is false), numbers as numbers; a string against a number is an error that
fails the step, as in the SDK's local pipeline (sagemaker 2.257, local/pipeline.py).
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from emulator.pipelines.expressions import Known, Unresolved, resolve

_COMPARE: Mapping[str, Callable[[Any, Any], bool]] = {
    "Equals": operator.eq,
    "GreaterThan": operator.gt,
    "GreaterThanOrEqualTo": operator.ge,
    "LessThan": operator.lt,
    "LessThanOrEqualTo": operator.le,
}
TYPES = frozenset({*_COMPARE, "In", "Not", "Or"})


def evaluate(conditions: Sequence[Mapping[str, Any]], known: Known) -> bool:
    """Whether all conditions hold. Raises :class:`Unresolved`."""
    return all(_holds(condition, known) for condition in conditions)


def _holds(condition: Mapping[str, Any], known: Known) -> bool:
    kind = str(condition.get("Type"))
    if kind == "Not":
        return not _holds(condition["Condition"], known)
    if kind == "Or":
        return any(_holds(inner, known) for inner in condition["Conditions"])
    if kind == "In":
        query = resolve(condition["QueryValue"], known)
        return any(_compare("Equals", query, resolve(value, known)) for value in condition["Values"])
    if kind not in _COMPARE:
        raise Unresolved(f"Condition type '{kind}' is not known.")
    return _compare(kind, resolve(condition["LeftValue"], known), resolve(condition["RightValue"], known))


def _compare(kind: str, left: Any, right: Any) -> bool:
    if _family(left) != _family(right):
        raise Unresolved(
            f"Condition {kind} compares {left!r} ({_family(left)}) with {right!r} ({_family(right)}): "
            "both must be of the same type."
        )
    if kind != "Equals" and _family(left) == "Boolean":
        raise Unresolved(f"Condition {kind} does not order booleans.")
    return bool(_COMPARE[kind](left, right))


def _family(value: Any) -> str:
    if isinstance(value, bool):
        return "Boolean"
    if isinstance(value, int | float):
        return "Number"
    return "String" if isinstance(value, str) else type(value).__name__
