"""A List call as a query: every filter, sort and paging member is found by its name, whatever the resource.

76 of the 88 List operations have SortOrder, 51 CreationTimeAfter/Before, 46 NameContains, 22 StatusEquals; the rest
are ``XEquals``, ``XContains`` or plain ``X`` over a member of the record, or a function in the row's ``filters``.
"""

from __future__ import annotations

import base64
import re
import struct
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from operator import itemgetter
from typing import Any, TypeVar

import orjson

from emulator import arns
from emulator.arns import Scope
from emulator.aws.call import Call
from emulator.errors import validation
from emulator.services import Services
from emulator.store import Page, Query, bad_token
from emulator.store.query import digest_of, position_of, token_of
from handlers.sagemaker.resource import Record, Resource, dig, words

# AWS answers ten where MaxResults is absent; the model only gives its bounds.
PAGE = 10
PAGING = frozenset({"NextToken", "MaxResults"})

TIMES = {
    "CreationTimeAfter": "created_after",
    "CreatedAfter": "created_after",
    "CreationTimeBefore": "created_before",
    "CreatedBefore": "created_before",
    "LastModifiedTimeAfter": "modified_after",
    "ModifiedTimeAfter": "modified_after",
    "LastModifiedTimeBefore": "modified_before",
    "ModifiedTimeBefore": "modified_before",
}
PLAIN = TIMES | {
    "NameContains": "name_contains",
    "StatusEquals": "status",
    "SourceUri": "source",
    "NextToken": "token",
    "MaxResults": "limit",
}
SORTS = {"creationtime": "created", "createdate": "created", "lastmodifiedtime": "modified", "version": "created"}

SIGN, ALL_BITS = 1 << 63, (1 << 64) - 1

T = TypeVar("T")
Test = Callable[[Record], bool]


def page(row: Resource, call: Call, services: Services) -> Page:
    """One page of a row's records for a List call."""
    params = row.narrow(call.params)
    query, tests = query_of(row, call.scope, params), tests_of(row, params)
    if tests:
        query = replace(query, also=asked(params))
    if params.get("SortBy") in row.sorts:
        return _page_by(row.sorts[params["SortBy"]], row, call, services, query, tests)
    if not tests:
        return services.store.records.list(call.scope, row.noun, query)
    return services.store.records.sift(
        call.scope, row.noun, query, lambda stored: all(test(stored.record) for test in tests)
    )


def answer(member: str, found: Page, shown: Callable[[Record], Record] = dict) -> Record:
    """What a List operation answers: the page's summaries under ``member``, and the token if there are more."""
    items = {member: [shown(stored.record) for stored in found.items]}
    return items | ({"NextToken": found.next_token} if found.next_token else {})


def asked(params: Mapping[str, Any]) -> str:
    """What a List call asks for, whichever page: a token is good for calls that ask the same."""
    return digest_of(sorted((member, repr(value)) for member, value in params.items() if member not in PAGING))


def _page_by(path: str, row: Resource, call: Call, services: Services, query: Query, tests: Sequence[Test]) -> Page:
    """A page in an order that no index serves, of kinds of which there are few: all are read, and the token names the
    last one given by what it is sorted by and its name, so pages stay right while records come and go."""
    every = services.store.records.each(call.scope, row.noun, replace(query, limit=1000, sort="name", token=None))
    kept = (stored for stored in every if all(test(stored.record) for test in tests))
    found = sorted((((_rank(dig(it.record, path)), it.name), it) for it in kept), key=itemgetter(0))
    if query.descending:
        found.reverse()
    if query.token is not None:
        last = _place(query.token, path + query.also)
        found = [it for it in found if (it[0] < last if query.descending else it[0] > last)]
    items = [stored for _, stored in found[: query.limit]]
    if len(items) == len(found):
        return Page(items, None)
    return Page(items, base64.urlsafe_b64encode(orjson.dumps([path + query.also, *found[query.limit - 1][0]])).decode())


def _rank(value: Any) -> str:
    """A value as text that sorts as it does: numbers by size, so the bits of a negative one are turned over."""
    if not isinstance(value, int | float):
        return str(value or "")
    (bits,) = struct.unpack(">Q", struct.pack(">d", value))
    return f"{bits ^ ALL_BITS if bits & SIGN else bits | SIGN:016x}"


def _place(token: str, path: str) -> tuple[str, str]:
    """Where a token of :func:`_page_by` stands; refused when it is for another order."""
    try:
        order, rank, name = orjson.loads(base64.urlsafe_b64decode(token))
    except (ValueError, TypeError):
        raise bad_token() from None
    if order != path or not isinstance(rank, str) or not isinstance(name, str):
        raise bad_token()
    return rank, name


def slice_of(
    items: Sequence[T], params: Mapping[str, Any], size: int, key: Callable[[T], str] = str
) -> tuple[Sequence[T], dict[str, str]]:
    """A page of what is not listed by the store; the second value goes into the answer. The token names the last item
    given by its ``key``, so others may come and go, and by its place, for when it has gone itself."""
    same, begin = asked(params), 0
    if "NextToken" in params:
        last, place = position_of(params["NextToken"], same, str)
        begin = next((number for number, item in enumerate(items, 1) if key(item) == last), place)
    end = begin + size_of(params, size)
    return items[begin:end], {"NextToken": token_of(same, key(items[end - 1]), end)} if end < len(items) else {}


def nothing(member: str, call: Call) -> Record:
    """An empty page; a token is refused, for nobody was given one."""
    none: list[Record] = []
    items, more = slice_of(none, call.params, PAGE)
    return {member: items, **more}


def size_of(params: Mapping[str, Any], default: int = PAGE) -> int:
    """How many a page holds: MaxResults, which seven operations forget to bound from below, in the words of those that
    do not."""
    size: int = params.get("MaxResults", default)
    if size < 1:
        raise validation(
            f"1 validation error detected: Value '{size}' at 'maxResults' failed to satisfy constraint: "
            "Member must have value greater than or equal to 1"
        )
    return size


def query_of(row: Resource, scope: Scope, params: Mapping[str, Any]) -> Query:
    """The indexed part of a List call: name, status, parent, times, sort, page."""
    values: dict[str, Any] = {"sort": row.sort, "descending": not row.ascending}
    values.update({PLAIN[member]: value for member, value in params.items() if member in PLAIN})
    values["limit"] = size_of(params)
    for member in {row.parent, f"{row.parent}Equals"} & params.keys() if row.parent else ():
        # An ARN's resource type is that of the member: ModelPackageGroupName takes those of model package groups.
        kind = words(re.sub("(Name|Arn|Id|NameEquals)$", "", member), "-")
        values["parent"] = arns.own(scope, params[member], kind)
    if "SortBy" in params:
        values["sort"] = sort_of(params["SortBy"])
    if "SortOrder" in params:
        values["descending"] = params["SortOrder"].lower().startswith("desc")
    return Query(**values)


def sort_of(wanted: str) -> str:
    """``CreationTime``, ``CREATION_TIME`` -> ``created``; ``HubStatus`` -> ``status``; ``...Name`` -> ``name``."""
    plain = wanted.replace("_", "").lower()
    return "status" if plain.endswith("status") else SORTS.get(plain, "name")


def tests_of(row: Resource, params: Mapping[str, Any]) -> list[Test]:
    """The filters that no index serves, each a function of the record."""
    special = {"SortBy", "SortOrder", row.parent, f"{row.parent}Equals", *PLAIN}
    return [_test(row, member, value) for member, value in params.items() if member not in special]


def _test(row: Resource, member: str, value: Any) -> Test:
    if member in row.filters:
        return lambda record: row.filters[member](record, value)
    path = path_of(row, member)
    if member.endswith("Contains"):
        return lambda record: str(value) in str(dig(record, path) or "")
    return lambda record: dig(record, path) == value


def path_of(row: Resource, member: str) -> str:
    """Where in the record a filter looks: the row's ``paths`` for the member or its stem, else the stem itself."""
    stem = member.removesuffix("Contains").removesuffix("Equals")
    return row.paths.get(member) or row.paths.get(stem, stem)
