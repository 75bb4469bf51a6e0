"""Search over stored resources: filters joined by And or Or, nested expressions, sort and pages.

The SDK's model registration asks ``Search(ModelPackageGroup, ModelPackageGroupName Equals ...)`` first. A property is a
dotted path in the record (``InputDataConfig.DataSource.S3DataSource.S3Uri``); lists on the way match when any element
does, and ``Tags.<key>`` is a tag's value.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from emulator.aws import times
from emulator.aws.call import Call
from emulator.aws.registry import operation
from emulator.errors import validation
from emulator.services import Services
from emulator.store import Query, Stored
from handlers.sagemaker.listing import PAGE, slice_of
from handlers.sagemaker.resource import SERVICE, Record

# Search's resource -> our record kind and the member of SearchRecord it is answered in.
SEARCHED = {
    "Endpoint": ("Endpoint", "Endpoint"),
    "Experiment": ("Experiment", "Experiment"),
    "ExperimentTrial": ("Trial", "Trial"),
    "ExperimentTrialComponent": ("TrialComponent", "TrialComponent"),
    "Model": ("Model", "Model"),
    "ModelPackage": ("ModelPackage", "ModelPackage"),
    "ModelPackageGroup": ("ModelPackageGroup", "ModelPackageGroup"),
    "Pipeline": ("Pipeline", "Pipeline"),
    "PipelineExecution": ("PipelineExecution", "PipelineExecution"),
    "TrainingJob": ("TrainingJob", "TrainingJob"),
}
MOST = 1000


def _ordered(compare: Callable[[Any, Any], bool]) -> Callable[[Any, str], bool]:
    def test(value: Any, wanted: str) -> bool:
        if isinstance(value, bool) or not isinstance(value, int | float):
            return compare(str(value), wanted)
        number = _number(wanted)
        return number is not None and compare(value, number)

    return test


def _number(text: str) -> float | None:
    """A number, or a time as epoch seconds; ``None`` for anything else."""
    try:
        return times.read(text)
    except (ValueError, TypeError):
        return None


OPERATORS: dict[str, Callable[[Any, str], bool]] = {
    "Equals": lambda value, wanted: _text(value) == wanted,
    "Contains": lambda value, wanted: wanted.lower() in _text(value).lower(),
    "In": lambda value, wanted: _text(value) in wanted.split(","),
    "GreaterThan": _ordered(lambda a, b: a > b),
    "GreaterThanOrEqualTo": _ordered(lambda a, b: a >= b),
    "LessThan": _ordered(lambda a, b: a < b),
    "LessThanOrEqualTo": _ordered(lambda a, b: a <= b),
}


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


@operation(SERVICE, "Search")
def search(call: Call, services: Services) -> Record:
    """Records of one resource that match; newest change first unless SortBy says otherwise."""
    resource = call.params["Resource"]
    if resource not in SEARCHED:
        raise validation(f"Search over {resource} is not supported by sagemaker-emulator yet.")
    kind, member = SEARCHED[resource]
    expression = call.params.get("SearchExpression", {})
    found = [record for record in _records(call, services, kind) if _matches(record, expression, "")]
    _sort(found, call.params)
    page, token = slice_of(found, call.params, PAGE)
    return {
        "Results": [{member: record} for record in page],
        "TotalHits": {"Value": len(found), "Relation": "EqualTo"},
        **token,
    }


def _records(call: Call, services: Services, kind: str) -> Iterator[Record]:
    for stored in services.store.records.each(call.scope, kind, Query(limit=MOST)):
        yield _with_tags(stored, services)


def _with_tags(stored: Stored, services: Services) -> Record:
    return stored.record | {"Tags": services.store.tags.get(stored.arn)}


def _sort(found: list[Record], params: Record) -> None:
    path = params.get("SortBy", "LastModifiedTime")
    descending = params.get("SortOrder", "Descending") == "Descending"
    found.sort(key=lambda record: _rank(next(values(record, path), None)), reverse=descending)


def _rank(value: Any) -> tuple[int, Any]:
    if isinstance(value, int | float):
        return (1, value)
    return (0, "") if value is None else (2, str(value))


def _matches(record: Record, expression: Record, prefix: str) -> bool:
    """Whether a record matches an expression; an empty one matches everything."""
    results = [_filter(record, part, prefix) for part in expression.get("Filters", [])]
    results += [_nested(record, part) for part in expression.get("NestedFilters", [])]
    results += [_matches(record, part, prefix) for part in expression.get("SubExpressions", [])]
    if not results:
        return True
    return any(results) if expression.get("Operator", "And") == "Or" else all(results)


def _nested(record: Record, nested: Record) -> bool:
    """All filters must hold for one and the same element of the list at NestedPropertyName."""
    name = nested["NestedPropertyName"]
    elements = [element for found in values(record, name) for element in _each(found)]
    return any(
        all(_filter(element, part, name + ".") for part in nested["Filters"])
        for element in elements
        if isinstance(element, dict)
    )


def _filter(record: Record, part: Record, prefix: str) -> bool:
    found = [one for value in values(record, part["Name"].removeprefix(prefix)) for one in _each(value)]
    operator: str = part.get("Operator", "Equals")
    if operator in {"Exists", "NotExists"}:
        return (len(found) > 0) == (operator == "Exists")
    if "Value" not in part:
        raise validation(f"Filter on {part['Name']}: the operator {operator} needs a Value.")
    wanted: str = part["Value"]
    if operator == "NotEquals":
        return all(_text(value) != wanted for value in found)
    return any(OPERATORS[operator](value, wanted) for value in found)


def _each(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def values(record: Any, path: str) -> Iterator[Any]:
    """Every value at a dotted path, through lists; ``Tags.<key>`` gives a tag's value."""
    if path.startswith("Tags."):
        yield from (tag["Value"] for tag in record.get("Tags", []) if tag["Key"] == path.removeprefix("Tags."))
        return
    head, _, rest = path.partition(".")
    for element in _each(record):
        if isinstance(element, dict) and element.get(head) is not None:
            if rest:
                yield from values(element[head], rest)
            else:
                yield element[head]
