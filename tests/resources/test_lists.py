"""Every List operation of the table: each order, each page while rows come in between, each time, name and status
filter, and tokens that are not its own. The rows are put into the store as copies of one that was created."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import conforming
import orjson
import pytest
from test_rows import PLAIN, make

from emulator.app import App
from emulator.arns import ACCOUNT, REGION, Scope
from emulator.aws import model
from emulator.config import Settings
from emulator.store import Stored
from handlers.sagemaker.resource import Resource, members
from tests import raw_calls

SCOPE = Scope(ACCOUNT, REGION)
BEGIN = 1_600_000_000
# Orders that differ from each other and from that of insertion: place of copy n by creation, by change, by name.
CREATED = (3, 0, 4, 1, 6, 2, 5)
MODIFIED = (1, 5, 0, 6, 2, 4, 3)
NAMED = (6, 2, 5, 0, 3, 1, 4)
BETWEEN = itertools.count(100)
LISTED = [row for row in PLAIN if row.facts.listing and "List" in row.verbs]


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    made = App(Settings(data_dir=tmp_path_factory.mktemp("lists"), executor="process", hold=False, pace=0))
    yield made
    made.close()


@dataclass
class Listing:
    """One List operation with seven copies of a resource, ``n`` from 0 to 6."""

    app: App
    row: Resource
    which: dict[str, Any]
    original: Stored
    statuses: tuple[str, ...]

    @property
    def filters(self) -> Any:
        return members(self.row.facts.listing, "input")

    def status(self, n: int) -> str:
        return self.statuses[n % len(self.statuses)] if self.statuses else self.original.status

    def name(self, n: int, place: int) -> str:
        """The last part of a copy's name: copies sort by ``place``. An id stays as long as it is."""
        old = self.original.name.rpartition("/")[2]
        if not self.row.new_id:
            return f"{old}-{self.mark(n, place)}"
        mark = self.mark(n, place)
        return old[: -len(mark)] + (mark.upper() if old.startswith("app-") else mark)

    def mark(self, n: int, place: int) -> str:
        """What tells a copy from the others."""
        return f"p{place:03}c{n:04}"

    def add(self, n: int, created: int, modified: int, place: int) -> None:
        old = self.original.name.rpartition("/")[2]
        new = self.name(n, place)
        text = orjson.dumps(self.original.record).decode().replace(old, new)
        times = {"CreationTime": BEGIN + 10 * created, "LastModifiedTime": BEGIN + 1000 + 10 * modified}
        record = orjson.loads(text) | times
        if self.row.unique:
            record[self.row.unique] = f"{self.original.record[self.row.unique]}{self.mark(n, place)}"
        if self.row.status_member and self.statuses:
            record[self.row.status_member] = self.status(n)
        store = self.app.services.store
        parent = str(self.which.get(self.row.parent, "")) if self.row.parent else ""
        store.records.insert(
            SCOPE,
            self.row.noun,
            self.original.name.replace(old, new),
            record,
            arn=record[self.row.facts.arn],
            status=self.status(n),
            parent=parent,
        )

    def ask(self, **params: Any) -> tuple[int, dict[str, Any]]:
        shape = model.service("sagemaker").operation(self.row.facts.listing).input_shape
        needed = {member: self.which[member] for member in shape.required_members}
        return raw_calls.ask(self.app, "sagemaker", self.row.facts.listing, needed | params)

    def page(self, **params: Any) -> tuple[list[int], str | None]:
        """The numbers of the copies on a page, and its token."""
        status, answer = self.ask(**params)
        assert status == 200, (params, answer)
        conforming.check("sagemaker", self.row.facts.listing, answer)
        return [n for item in answer[self.row.facts.items] if (n := self.number(item)) >= 0], answer.get("NextToken")

    def number(self, item: dict[str, Any]) -> int:
        """Which copy an item is; -1 for what came in between and for the original."""
        found = [n for n in range(7) if self.name(n, NAMED[n]) in str(item)]
        return found[0] if found else -1

    def all(self, **params: Any) -> list[int]:
        """The copies on all pages of three; after each page a new row is put at the front and one at the back."""
        found, token = self.page(MaxResults=3, **params)
        while token is not None:
            for place, time in ((0, -1), (999, 999)):
                self.add(next(BETWEEN), time, time, place)
            more, token = self.page(MaxResults=3, NextToken=token, **params)
            found += more
        self.forget()
        return found

    def forget(self) -> None:
        """Remove what came in between."""
        records = self.app.services.store.records
        for stored in list(records.every(self.row.noun)):
            if stored.record["CreationTime"] < BEGIN or BEGIN + 9000 < stored.record["CreationTime"] < BEGIN + 99999:
                records.delete(SCOPE, self.row.noun, stored.name)


def listing(app: App, row: Resource) -> Listing:
    def call(operation: str, **params: Any) -> dict[str, Any]:
        status, answer = raw_calls.ask(app, "sagemaker", operation, params)
        assert status == 200, (operation, answer)
        return answer

    made = make(row, call, f"{row.noun.lower()[:20]}listed")
    page = app.services.store.records.every(row.noun)
    original = max(page, key=lambda stored: stored.record["CreationTime"])
    filters = members(row.facts.listing, "input")
    statuses = tuple(filters["StatusEquals"].enum) if "StatusEquals" in filters else ()
    found = Listing(app, row, made.which, original, statuses)
    for n in range(7):
        found.add(n, CREATED[n], MODIFIED[n], NAMED[n])
    return found


def order(wanted: str) -> tuple[int, ...]:
    """The places of the copies in the order a SortBy value means."""
    plain = wanted.replace("_", "").lower()
    if "modified" in plain:
        return MODIFIED
    return CREATED if "creat" in plain else NAMED


@pytest.mark.parametrize("row", LISTED, ids=lambda row: row.noun)
def test_orders_pages_filters_and_tokens(row: Resource, app: App) -> None:
    found = listing(app, row)
    for check in (orders, times, named, statuses, tokens):
        check(found)


def orders(found: Listing) -> None:
    """Every SortBy in both directions; by status only grouped."""
    sorts = found.filters["SortBy"].enum if "SortBy" in found.filters else []
    for wanted, direction in itertools.product(
        sorts or [""], found.filters["SortOrder"].enum if "SortOrder" in found.filters else [""]
    ):
        params = {key: value for key, value in (("SortBy", wanted), ("SortOrder", direction)) if value}
        numbers = found.all(**params)
        assert sorted(numbers) == list(range(7)), (params, numbers)
        places = order(wanted or found.row.sort)
        key = found.status if wanted.lower().endswith("status") else lambda n: places[n]  # noqa: B023
        reverse = direction.lower().startswith("desc") if direction else not found.row.ascending
        assert [key(n) for n in numbers] == sorted(map(key, numbers), reverse=reverse), (params, numbers)


def times(found: Listing) -> None:
    """Bounds of creation and change."""
    for member, places, base in (
        ("CreationTimeAfter", CREATED, BEGIN),
        ("CreatedAfter", CREATED, BEGIN),
        ("LastModifiedTimeAfter", MODIFIED, BEGIN + 1000),
        ("ModifiedTimeAfter", MODIFIED, BEGIN + 1000),
    ):
        for name, test in ((member, int.__gt__), (member.replace("After", "Before"), int.__lt__)):
            if name in found.filters:
                wanted = {n for n in range(7) if test(places[n], 3)}
                assert set(found.page(MaxResults=100, **{name: base + 30})[0]) == wanted, name


def named(found: Listing) -> None:
    if "NameContains" in found.filters:
        assert found.page(MaxResults=100, NameContains=found.mark(2, NAMED[2]))[0] == [2]


def statuses(found: Listing) -> None:
    for status in set(found.statuses):
        wanted = [n for n in range(7) if found.status(n) == status]
        assert sorted(found.page(MaxResults=100, StatusEquals=status)[0]) == wanted, status


def tokens(found: Listing) -> None:
    """A token that is none, one of another order, and a page of nothing."""
    for params in ({"NextToken": "bogus"}, {"NextToken": "W10="}, {"MaxResults": 0}):
        status, answer = found.ask(**params)
        assert (status, answer["Error"]["Code"]) == (400, "ValidationException"), params
    _, token = found.page(MaxResults=3)
    if "NameContains" in found.filters:
        status, answer = found.ask(NextToken=token, NameContains="x")
        assert (status, answer["Error"]["Code"]) == (400, "ValidationException")
