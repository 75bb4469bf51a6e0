"""Which part of a search an index can do: a filter on a name, status, parent or time narrows what is looked at.

Narrowing never decides: every candidate is still tested with the whole expression. Only what must hold for all matches
narrows, i.e. the filters of the outermost expression when it is joined by And.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from emulator.aws import times
from emulator.services import Services
from emulator.store import Query, Stored
from handlers.sagemaker.searching.kinds import Finder, Searched

Record = dict[str, Any]

COLUMNS = {"CreationTime": "created", "LastModifiedTime": "modified"}
AFTER = {"GreaterThan", "GreaterThanOrEqualTo", "Equals"}
BEFORE = {"LessThan", "LessThanOrEqualTo", "Equals"}
SECOND = 1.0
"""Filters on times compare whole seconds, the store keeps milliseconds."""


def sort_column(searched: Searched, name: str) -> str:
    """The column that sorts by this property, or nothing."""
    if searched.expand or not name:
        return ""
    own = {searched.name: "name", searched.status: "status"}
    return COLUMNS.get(name) or own.get(name, "")


def named(searched: Searched, expression: Record) -> list[str] | None:
    """The names or ARNs a match must have one of, if the expression says so."""
    own = {searched.name, f"{searched.kind}Arn"} - {""}
    for part in [] if searched.expand else _necessary(expression):
        if part["Name"] in own and "Value" in part:
            if part.get("Operator", "Equals") == "Equals":
                return [part["Value"]]
            if part["Operator"] == "In":
                return [name.strip() for name in part["Value"].split(",")]
    return None


def narrowed(searched: Searched, expression: Record) -> dict[str, Any]:
    """The members of a :class:`Query` that leave nothing out."""
    chosen: dict[str, Any] = {}
    equal = {column: member for column, member in (("status", searched.status), ("parent", searched.parent)) if member}
    for part in _necessary(expression):
        operator, value = part.get("Operator", "Equals"), part.get("Value", "")
        for column, member in equal.items():
            if part["Name"] == member and operator == "Equals":
                chosen[column] = value
        if part["Name"] in COLUMNS and not searched.expand and operator in AFTER | BEFORE:
            column, moment = COLUMNS[part["Name"]], times.read(value)
            if operator in AFTER:
                chosen[f"{column}_after"] = max(moment - SECOND, chosen.get(f"{column}_after", moment - SECOND))
            if operator in BEFORE:
                chosen[f"{column}_before"] = min(moment + SECOND, chosen.get(f"{column}_before", moment + SECOND))
    return chosen


def candidates(services: Services, finder: Finder, expression: Record, query: Query) -> Iterator[Stored]:
    """The records to look at, in no order that counts."""
    names = named(finder.searched, expression)
    if names is None:
        return services.store.records.each(finder.scope, finder.searched.kind, query)
    return _each_named(services, finder, names)


def _each_named(services: Services, finder: Finder, names: list[str]) -> Iterator[Stored]:
    records, kind = services.store.records, finder.searched.kind
    for name in dict.fromkeys(names):
        arn = name.startswith("arn:")
        stored = records.by_arn(name, finder.scope) if arn else records.stored(finder.scope, kind, name)
        if stored is not None and stored.kind == kind:
            yield stored


def _necessary(expression: Record) -> list[Record]:
    given = expression.get("Filters", [])
    alone = len(given) == 1 and not expression.get("NestedFilters") and not expression.get("SubExpressions")
    return given if alone or expression.get("Operator", "And") == "And" else []
