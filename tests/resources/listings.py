"""A List operation with seven copies of a resource in the store (:class:`Listing`), in orders that all differ.

Copies are put into the store as records, since no caller can choose the times of what it makes. What a copy is called,
when it was made and changed, and its status follow from its number, 0 to 6.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import conforming
import orjson
import resource_inputs as inputs
from stories import World

from emulator import arns
from emulator.app import App
from emulator.arns import ACCOUNT, REGION, Scope
from emulator.aws import model
from emulator.store import Stored
from handlers.sagemaker.resource import Resource
from tests import raw_calls

Members = dict[str, Any]
SCOPE = Scope(ACCOUNT, REGION)
BEGIN = 1_600_000_000
# Orders that differ from each other and from that of insertion: place of copy n by creation, by change, by name.
CREATED = (3, 0, 4, 1, 6, 2, 5)
MODIFIED = (1, 5, 0, 6, 2, 4, 3)
NAMED = (6, 2, 5, 0, 3, 1, 4)
BETWEEN = itertools.count(100)


@dataclass
class Listing:
    """One List operation. ``which`` are the members every call of it has.

    ``kind`` and ``original`` are the records that are listed, ``stem`` is the text in the original that a copy has its
    own in place of; or ``numbered`` is the member that numbers versions. ``parent`` is the member that names the
    resource whose they are, or ``under`` is its name; ``status`` is the member with their status, ``unique`` a second
    name. ``ids``: names are made by the service, and all of one length.
    """

    app: App
    operation: str
    items: str
    which: Members
    kind: str
    original: Stored
    stem: str = ""
    numbered: str = ""
    parent: str = ""
    under: str = ""
    status: str = ""
    unique: str = ""
    ids: bool = False
    sort: str = "created"
    ascending: bool = False
    service: str = "sagemaker"
    statuses: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        self.statuses = tuple(self.filters["StatusEquals"].enum) if "StatusEquals" in self.filters else ()
        for n in range(7):
            self.add(n, CREATED[n], MODIFIED[n], NAMED[n])

    @property
    def filters(self) -> Mapping[str, Any]:
        """The members of the call."""
        found: Mapping[str, Any] = model.service(self.service).operation(self.operation).input_shape.members
        return found

    @property
    def store(self) -> Any:
        return self.app.services.store.records

    def status_of(self, n: int) -> str:
        return self.statuses[n % len(self.statuses)] if self.statuses else self.original.status

    def mark(self, n: int, place: int) -> str:
        """What tells a copy from the others."""
        return f"1.{place}.{n}" if self.stem == "1.0.0" else f"a{place:03}c{n:04}"

    def own(self, n: int, place: int) -> str:
        """What a copy has in place of the stem: copies sort by ``place``. An id stays as long as it is."""
        mark = self.mark(n, place)
        if not self.ids:
            return mark if self.stem == "1.0.0" else f"{self.stem}-{mark}"
        return self.stem[: -len(mark)] + (mark.upper() if self.stem.startswith("app-") else mark)

    def number(self, n: int) -> int:
        """The number of a version, in the order they were made."""
        return 100 + CREATED[n] if n < 7 else 1000 + n

    def name(self, n: int, place: int) -> str:
        """The name of a copy's record."""
        return self._copied(self.original.name, n, place)

    def _copied(self, text: str, n: int, place: int) -> str:
        if not self.numbered:
            return text.replace(self.stem, self.own(n, place))
        digits = re.search(r"\d+$", text)
        return text if digits is None else text[: digits.start()] + str(self.number(n)).zfill(len(digits[0]))

    def add(self, n: int, created: int, modified: int, place: int) -> None:
        """One more copy; ``created``, ``modified`` and ``place`` are its places in the three orders."""
        if self.numbered:
            record = deepcopy(self.original.record) | {self.numbered: self.number(n)}
        else:
            record = orjson.loads(self._copied(orjson.dumps(self.original.record).decode(), n, place))
        record |= {"CreationTime": BEGIN + 10 * created, "LastModifiedTime": BEGIN + 1000 + 10 * modified}
        if self.unique:
            record[self.unique] = f"{self.original.record[self.unique]}{self.mark(n, place)}"
        if self.status and self.statuses:
            record[self.status] = self.status_of(n)
        self._insert(self.name(n, place), self._copied(self.original.arn, n, place), record, self.status_of(n))

    def _insert(self, name: str, arn: str, record: Members, status: str) -> None:
        parent = arns.tail(str(record.get(self.parent, ""))) if self.parent else self.under
        self.store.insert(SCOPE, self.kind, name, record, arn=arn, status=status, parent=parent)

    def change(self, n: int, path: str, value: Any) -> None:
        """Give a copy another value at a dotted path."""
        stored = self.store.stored(SCOPE, self.kind, self.name(n, NAMED[n]))
        *way, last = path.split(".")
        inner = stored.record
        for part in way:
            inner = inner.setdefault(part, {})
        inner[last] = value
        self.store.delete(SCOPE, self.kind, stored.name)
        self._insert(stored.name, stored.arn, stored.record, value if path == self.status else stored.status)

    def ask(self, **params: Any) -> tuple[int, Members]:
        return raw_calls.ask(self.app, self.service, self.operation, self.which | params)

    def page(self, **params: Any) -> tuple[list[int], str | None]:
        """The numbers of the copies on a page, and its token."""
        status, answer = self.ask(**params)
        assert status == 200, (params, answer)
        conforming.check(self.service, self.operation, answer)
        return [n for item in answer[self.items] if (n := self.which_copy(item)) >= 0], answer.get("NextToken")

    def which_copy(self, item: Any) -> int:
        """Which copy an item is; -1 for what came in between and for the original."""
        if self.numbered:
            return next((n for n in range(7) if item[self.numbered] == self.number(n)), -1)
        return next((n for n in range(7) if self.own(n, NAMED[n]) in str(item)), -1)

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
        for stored in list(self.store.every(self.kind)):
            made = stored.record["CreationTime"]
            if made < BEGIN or BEGIN + 9000 < made < BEGIN + 99999:
                self.store.delete(SCOPE, self.kind, stored.name)


def of_row(world: World, row: Resource, name: str) -> Listing:
    """The List operation of a row; where its Create is refused, of a record that is generated from the model."""
    if row.doing("Create").what == "refused":
        which, original = {}, generated(world, row, name)
    else:
        which = world.make(row.noun).which
        original = youngest(world.app, row.noun)
    required = inputs.required(row.facts.listing)
    return Listing(
        world.app,
        row.facts.listing,
        row.facts.items,
        {member: which[member] for member in required},
        row.noun,
        original,
        stem=original.name.rpartition("/")[2],
        parent=row.parent,
        status=row.status_member,
        unique=row.unique,
        ids=bool(row.new_id),
        sort=row.sort,
        ascending=row.ascending,
    )


def youngest(app: App, kind: str) -> Stored:
    """The record of a kind that was made last."""
    return max(app.services.store.records.every(kind), key=lambda stored: stored.record["CreationTime"])


def generated(world: World, row: Resource, name: str) -> Stored:
    """A record with all that Describe's and the list's answers must have."""
    service = model.service("sagemaker")
    summary = service.operation(row.facts.listing).output_shape.members[row.facts.items].member
    record = inputs.value(service.operation(f"Describe{row.noun}").output_shape) | inputs.value(summary)
    record |= {row.facts.name: name, row.facts.arn: row.arn(SCOPE, name), row.status_member: row.first_status}
    record = _plain(record) | {"CreationTime": arns.now()}
    world.app.services.store.records.insert(
        SCOPE, row.noun, name, record, arn=record[row.facts.arn], status=row.first_status
    )
    return youngest(world.app, row.noun)


def _plain(value: Any) -> Any:
    """A value as records hold it: times in seconds."""
    if isinstance(value, dict):
        return {member: _plain(item) for member, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return value.timestamp() if isinstance(value, datetime) else value
