"""GetSearchSuggestions: the property names of a resource that begin with a hint.

Names of members come from the shapes of the answers; hyperparameters, tags and metrics are what the newest records
have. Properties that hold no text, number, time or truth value themselves are not suggested.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from emulator.aws.call import Call
from emulator.aws.model import Shape
from emulator.aws.registry import EXECUTES, operation
from emulator.services import Services
from emulator.store import Query
from handlers.sagemaker.resource import SERVICE, Record
from handlers.sagemaker.searching.kinds import SEARCHED, Finder, Subject
from handlers.sagemaker.searching.properties import search_shape

MOST = 100
LOOKED_AT = 1000
DEPTH = 4
PLAIN = {"string", "boolean", "timestamp", "integer", "long", "float", "double"}


@operation(SERVICE, "GetSearchSuggestions", does=EXECUTES)
def get_search_suggestions(call: Call, services: Services) -> Record:
    """Up to a hundred property names in alphabetical order."""
    searched = SEARCHED[call.params["Resource"]]
    if not searched.member:
        return {"PropertyNameSuggestions": []}
    hint = call.params.get("SuggestionQuery", {}).get("PropertyNameQuery", {}).get("PropertyNameHint", "").lower()
    names = set(_members(search_shape(searched), "", DEPTH))
    finder = Finder(services, call.scope, searched)
    newest = services.store.records.each(call.scope, searched.kind, Query(sort="modified", limit=LOOKED_AT))
    for stored in islice(newest, LOOKED_AT):
        for subject in finder.subjects(stored):
            names.update(_own(subject))
    found = sorted(name for name in names if name.lower().startswith(hint))
    return {"PropertyNameSuggestions": [{"PropertyName": name} for name in found[:MOST]]}


def _members(shape: Shape, before: str, depth: int) -> Iterator[str]:
    for name, member in shape.members.items():
        inner = member
        while inner.type_name == "list":
            inner = inner.member
        if inner.type_name in PLAIN:
            yield before + name
        elif inner.type_name == "structure" and depth and name != "Tags":
            yield from _members(inner, f"{before}{name}.", depth - 1)


def _own(subject: Subject) -> Iterator[str]:
    """The names only this record has."""
    for maps in ("HyperParameters", "Parameters", "InputArtifacts", "OutputArtifacts"):
        kept = subject.record.get(maps)
        yield from (f"{maps}.{key}" for key in (kept if isinstance(kept, dict) else ()))
    if "Tags" in search_shape(subject.finder.searched).members:
        yield from (f"Tags.{tag['Key']}" for tag in subject.tags())
    for metric in [*subject.record.get("FinalMetricDataList", []), *(subject.get("Metrics") or [])]:
        yield f"Metrics.{metric['MetricName']}"
