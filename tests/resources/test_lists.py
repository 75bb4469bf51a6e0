"""Every List operation: each order, each page while rows come in between, each filter, and tokens that are not its own.

What is listed and how copies of it come about is listings.py's and listings_told.py's.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import resource_inputs as inputs
from listing_filters import CHECKS, PLACES, SORTED
from listings import BEGIN, CREATED, MODIFIED, NAMED, Listing, of_row
from listings_told import TOLD
from stories import STORIES, World, name
from test_every_operation import CODES
from test_rows import PLAIN

from emulator.app import App, load_handlers
from emulator.aws import model
from emulator.config import Settings
from handlers.sagemaker.resources import RESOURCES
from tests import raw_calls

load_handlers()
REFUSED = [row for row in RESOURCES.values() if row.doing("Create").what == "refused"]
ROWS = {row.facts.listing: row for row in (*PLAIN, *REFUSED) if row.facts.listing and row.facts.listing not in TOLD}
# What is none of records: with what calls it needs, or with tests of its own below.
EMPTY = {
    "ListCandidatesForAutoMLJob": "AutoMLJob",
    "ListClusterEvents": "Cluster",
    "ListClusterExtensionVersions": "",
    "ListClusterOperations": "Cluster",
    "ListInferenceRecommendationsJobSteps": "InferenceRecommendationsJob",
    "ListJobSchemaVersions": "",
    "ListModelMetadata": "",
    "ListMonitoringAlertHistory": "",
    "ListMonitoringAlerts": "MonitoringSchedule",
    "ListMonitoringExecutions": "",
    "ListSubscribedWorkteams": "",
    "ListUltraServersByReservedCapacity": "TrainingPlan",
}
ELSEWHERE = {
    "ListAliases",
    "ListAssociations",
    "ListPipelineParametersForExecution",
    "ListRecords",
    "ListResourceCatalogs",
    "ListStageDevices",
    "ListTags",  # gives all tags at once
}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    app = App(Settings(data_dir=tmp_path_factory.mktemp("lists"), executor="process", hold=False, pace=0))
    yield World(app)
    app.close()


def test_every_list_operation_is_tested() -> None:
    every = {name for service in CODES for name in model.service(service).operation_names if name.startswith("List")}
    assert every == {*ROWS, *TOLD, *EMPTY, *ELSEWHERE}


@pytest.mark.parametrize("operation", [*ROWS, *TOLD])
def test_orders_pages_filters_and_tokens(operation: str, world: World) -> None:
    if operation in ROWS:
        row = ROWS[operation]
        found = of_row(world, row, name(row.noun[:12]))
    else:
        found = TOLD[operation](world)
    for check in (orders, times, named, statuses, tokens):
        check(found)
    for member in found.filters.keys() - DONE - found.which.keys():
        others(found, member)


TIMES = (
    ("CreationTimeAfter", CREATED, BEGIN),
    ("CreatedAfter", CREATED, BEGIN),
    ("LastModifiedTimeAfter", MODIFIED, BEGIN + 1000),
    ("ModifiedTimeAfter", MODIFIED, BEGIN + 1000),
)
DONE = {"SortBy", "SortOrder", "NameContains", "StatusEquals", "NextToken", "MaxResults"}
DONE |= {name.replace("After", when) for name, _, _ in TIMES for when in ("After", "Before")}


def order(found: Listing, wanted: str) -> Callable[[int], Any]:
    """What copies are sorted by for a value of SortBy; by status they are only grouped."""
    plain = wanted.replace("_", "").lower()
    if (found.operation, wanted) in SORTED:
        path, values = SORTED[found.operation, wanted]
        for n in range(7):
            found.change(n, path, values(n))
        return values
    if plain.endswith("status"):
        return found.status_of
    if "modified" in plain:
        return MODIFIED.__getitem__
    return (CREATED if "creat" in plain or found.numbered else NAMED).__getitem__


def orders(found: Listing) -> None:
    """Every SortBy in both directions, or neither."""
    sorts = found.filters["SortBy"].enum if "SortBy" in found.filters else [""]
    directions = found.filters["SortOrder"].enum if "SortOrder" in found.filters else [""]
    for wanted, direction in itertools.product(sorts, directions):
        params = {key: value for key, value in (("SortBy", wanted), ("SortOrder", direction)) if value}
        key = order(found, wanted or found.sort)
        numbers = found.all(**params)
        assert sorted(numbers) == list(range(7)), (params, numbers)
        reverse = direction.lower().startswith("desc") if direction else not found.ascending
        assert [key(n) for n in numbers] == sorted(map(key, numbers), reverse=reverse), (params, numbers)


def times(found: Listing) -> None:
    """Bounds of creation and change."""
    for member, places, base in TIMES:
        for bound, test in ((member, int.__gt__), (member.replace("After", "Before"), int.__lt__)):
            if bound in found.filters:
                wanted = {n for n in range(7) if test(places[n], 3)}
                assert set(found.page(MaxResults=100, **{bound: base + 30})[0]) == wanted, bound


def named(found: Listing) -> None:
    if "NameContains" not in found.filters:
        return
    if found.numbered:  # all versions are of one name
        assert len(found.page(MaxResults=100, NameContains=str(next(iter(found.which.values()))))[0]) == 7
    else:
        assert found.page(MaxResults=100, NameContains=found.mark(2, NAMED[2]))[0] == [2]
    assert found.page(MaxResults=100, NameContains="nowhere")[0] == []


def statuses(found: Listing) -> None:
    for status in set(found.statuses):
        wanted = [n for n in range(7) if found.status_of(n) == status]
        assert sorted(found.page(MaxResults=100, StatusEquals=status)[0]) == wanted, status


def tokens(found: Listing) -> None:
    """A token that is none, one of another order, and a page of nothing."""
    for params in ({"NextToken": "bogus"}, {"NextToken": "W10="}, {"MaxResults": 0}):
        refused(found, **params)
    _, token = found.page(MaxResults=3)
    for member, value in (("NameContains", "x"), ("SortOrder", ""), ("CreationTimeAfter", BEGIN - 1e6)):
        if member in found.filters:
            enum = found.filters[member].enum if member == "SortOrder" else ()
            other = next((way for way in enum if way.lower().startswith("asc") != found.ascending), value)
            refused(found, **{"NextToken": token, member: other})


def refused(found: Listing, **params: Any) -> None:
    status, answer = found.ask(**params)
    assert (status, answer["Error"]["Code"]) == (400, "ValidationException"), params


def others(found: Listing, member: str) -> None:
    """A filter of this list alone: half of the copies have one value, half another."""
    if (found.operation, member) in CHECKS:
        CHECKS[found.operation, member](found)
        return
    path, stored = PLACES.get((found.operation, member)) or PLACES.get(member) or plain(member)
    values = two(found.filters[member], member)
    for n in range(7):
        found.change(n, path, stored(values[n % 2]))
    if values[0] == values[1]:
        assert len(found.page(MaxResults=100, **{member: values[0]})[0]) == 7
        return
    for half, value in enumerate(values):
        asked = value[1:] if member.endswith("Contains") else value
        assert sorted(found.page(MaxResults=100, **{member: asked})[0]) == list(range(half, 7, 2)), (member, asked)


def plain(member: str) -> tuple[str, Callable[[Any], Any]]:
    return member.removesuffix("Contains").removesuffix("Equals"), lambda value: value


def two(shape: Any, member: str) -> tuple[Any, Any]:
    """Two values that a filter can have, which may be the same."""
    if shape.type_name == "integer":
        return 1, 2
    if shape.enum:
        return shape.enum[0], shape.enum[-1]
    if member.endswith("Contains"):
        return "left", "right"
    first = inputs.texts(shape)[0]
    return first, f"{first[:-1]}{'3' if first[-1] != '3' else '4'}"


@pytest.mark.parametrize("operation", EMPTY)
def test_an_empty_list_has_one_page(operation: str, world: World) -> None:
    which = world.make(EMPTY[operation]).which if EMPTY[operation] else {}
    which = {member: which[member] for member in inputs.required(operation) if member in which}
    if operation == "ListUltraServersByReservedCapacity":
        STORIES[operation][0](world)
        return
    answer = world(operation, **which)
    assert "NextToken" not in answer
    assert [value for value in answer.values() if isinstance(value, list)] == [[]]
    status, refused = raw_calls.ask(world.app, "sagemaker", operation, {**which, "NextToken": "bogus"})
    assert (status, refused["Error"]["Code"]) == (400, "ValidationException")
