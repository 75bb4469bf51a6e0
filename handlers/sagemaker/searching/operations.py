"""Search and GetSearchSuggestions.

Sorted by an indexed column (the default is), a search is a walk along that index: the first page counts all matches,
the others begin where the one before ended. Any other order needs all matches of every page; only their sort keys are
kept while they are looked for.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

import orjson

from emulator.aws.call import Call
from emulator.aws.registry import EXECUTES, operation
from emulator.services import Services
from emulator.store import Query, Stored, bad_token
from emulator.store.query import digest_of
from handlers.sagemaker.listing import PAGE
from handlers.sagemaker.resource import SERVICE, Record
from handlers.sagemaker.searching import planning
from handlers.sagemaker.searching.conditions import Condition, as_number, condition, visible
from handlers.sagemaker.searching.kinds import SEARCHED, Finder, Subject
from handlers.sagemaker.searching.properties import Property, each, find

BATCH = 500
MODIFIED = "LastModifiedTime"
# Some resources have it only in their records, not in Search's answers.
DEFAULT = Property(MODIFIED, "time", lambda subject: each(subject.record.get(MODIFIED)))
Place = tuple[str, int]
"""Where a match is: the record's name, and which of the record's subjects."""
Ranked = tuple[tuple[int, Any] | None, Place]
"""A match by what it is sorted by, if it has that."""

OURS = ("Resource", "SearchExpression", "SortBy", "SortOrder", "VisibilityConditions")


@operation(SERVICE, "Search", does=EXECUTES)
def search(call: Call, services: Services) -> Record:
    """Records of one resource that match; newest change first unless SortBy says otherwise."""
    params = call.params
    searched = SEARCHED[params["Resource"]]
    if not searched.member or params.get("CrossAccountFilterOption") == "CrossAccount":
        return {"Results": [], "TotalHits": {"Value": 0, "Relation": "EqualTo"}}
    finder = Finder(services, call.scope, searched)
    matches = condition(searched, params.get("SearchExpression"))
    if "VisibilityConditions" in params:
        allowed, asked = visible(params["VisibilityConditions"]), matches
        matches = lambda subject: asked(subject) and allowed(subject)  # noqa: E731
    column = planning.sort_column(searched, params.get("SortBy", MODIFIED))
    if column and planning.named(searched, params.get("SearchExpression", {})) is None:
        return _indexed(call, finder, matches, column)
    return _sorted(call, finder, matches)


def _query(call: Call, finder: Finder, **more: Any) -> Query:
    narrowed = planning.narrowed(finder.searched, call.params.get("SearchExpression", {}))
    return Query(limit=BATCH, **narrowed, **more)


def _descending(call: Call) -> bool:
    return bool(call.params.get("SortOrder", "Descending") == "Descending")


def _indexed(call: Call, finder: Finder, matches: Condition, column: str) -> Record:
    """A page in the order of a column."""
    size, token = call.params.get("MaxResults", PAGE), _opened(call)
    query = replace(_query(call, finder, sort=column, descending=_descending(call)), limit=size)
    total = None
    if token is not None:
        place, total = token
        if not isinstance(place, str):
            raise bad_token()
        query = replace(query, token=place)

    def keep(stored: Stored) -> bool:
        return any(matches(subject) for subject in finder.subjects(stored))

    records = finder.services.store.records
    page = records.sift(call.scope, finder.searched.kind, query, keep)
    if total is None:
        total = len(page.items)
        if page.next_token:
            rest = records.each(call.scope, finder.searched.kind, replace(query, token=page.next_token, limit=BATCH))
            total += sum(keep(stored) for stored in rest)
    found = [subject for stored in page.items for subject in finder.subjects(stored)]
    return _answer(call, finder, found, total, page.next_token)


def _sorted(call: Call, finder: Finder, matches: Condition) -> Record:
    """A page in any other order, what is equal by name. What does not have the property comes last, either way. The
    token names the last match given, so others may come and go."""
    prop = find(finder.searched, call.params["SortBy"]) if "SortBy" in call.params else DEFAULT
    keyed: list[Ranked] = []
    without: list[Ranked] = []
    for place, subject in _matching(call, finder, matches):
        value = next(iter(prop.values(subject)), None)
        (keyed if value is not None else without).append((_rank(prop, value), place))
    down = _descending(call)
    ranked = sorted(keyed, reverse=down) + sorted(without, reverse=down)
    size, token = call.params.get("MaxResults", PAGE), _opened(call)
    left = ranked if token is None else list(_behind(ranked, _last(token[0]), down))
    chosen = left[:size]
    rest = chosen[-1] if len(left) > size else None
    return _answer(call, finder, list(_again(finder, [place for _, place in chosen])), len(ranked), rest)


def _behind(ranked: Iterable[Ranked], last: Ranked, down: bool) -> Iterator[Ranked]:
    """Those that come after ``last``; without a rank is after any."""
    for one in ranked:
        same = (one[0] is None) == (last[0] is None)
        if (one < last if down else one > last) if same else one[0] is None:
            yield one


def _last(given: Any) -> Ranked:
    """The match a token names."""
    try:
        rank, (name, number) = given
        return (rank and (int(rank[0]), rank[1]), (str(name), int(number)))
    except (TypeError, ValueError, IndexError):
        raise bad_token() from None


def _matching(call: Call, finder: Finder, matches: Condition) -> Iterator[tuple[Place, Subject]]:
    """All matches, each with where it is."""
    expression = call.params.get("SearchExpression", {})
    for stored in planning.candidates(finder.services, finder, expression, _query(call, finder)):
        for number, subject in enumerate(finder.subjects(stored)):
            if matches(subject):
                yield (stored.name, number), subject


def _again(finder: Finder, places: list[Place]) -> Iterator[Subject]:
    for name, number in places:
        stored = finder.services.store.records.stored(finder.scope, finder.searched.kind, name)
        if stored is not None:
            yield from list(finder.subjects(stored))[number : number + 1]


def _rank(prop: Property, value: Any) -> tuple[int, Any] | None:
    if value is None:
        return None
    number = as_number(value) if prop.type in {"parameter", "number", "time"} else None
    return (1, str(value).lower()) if number is None else (0, number)


def _answer(call: Call, finder: Finder, found: list[Subject], total: int, rest: str | Ranked | None) -> Record:
    member = finder.searched.member
    answer: Record = {
        "Results": [{member: subject.answer()} for subject in found],
        "TotalHits": {"Value": total, "Relation": "EqualTo"},
    }
    if rest is not None:
        text = orjson.dumps([_digest(call), rest, total])
        answer["NextToken"] = base64.urlsafe_b64encode(text).decode()
    return answer


def _digest(call: Call) -> str:
    return digest_of([call.params.get(member) for member in OURS])


def _opened(call: Call) -> tuple[Any, int] | None:
    """Where a token goes on and how many matches there were; ``ValidationException`` on one for another search."""
    token = call.params.get("NextToken")
    if token is None:
        return None
    try:
        digest, place, total = orjson.loads(base64.urlsafe_b64decode(token))
    except (binascii.Error, ValueError, TypeError):
        raise bad_token() from None
    if digest != _digest(call) or not isinstance(total, int):
        raise bad_token()
    return place, total
