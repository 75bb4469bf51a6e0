"""QueryLineage: a walk along associations from one node, breadth first, to the nodes that pass the filters.

Filters choose what is answered, not where the walk goes. ``Both`` is all ascendants and all descendants of the start,
not every node of its connected graph. With ``IncludeEdges`` the answer also has the nodes on the way to the chosen
ones, the start among them, and the associations between them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field

from emulator.aws.call import Call
from emulator.aws.registry import EXECUTES, operation
from emulator.services import Services
from emulator.store import Association, Query, Stored
from handlers.sagemaker.lineage.associations import entity
from handlers.sagemaker.lineage.entities import JOB_PREFIX, LINEAGE_TYPES, type_of
from handlers.sagemaker.listing import slice_of
from handlers.sagemaker.resource import SERVICE, Record

DEPTH = 10
ALL = 1_000_000  # the SDK does not page: without MaxResults it gets everything
BATCH = 500
DIRECTIONS = {"Ascendants": ("destination",), "Descendants": ("source",), "Both": ("destination", "source")}


@dataclass(slots=True)
class Walk:
    """What a walk met: nodes by ARN in the order they were met, and the edges it went along."""

    nodes: dict[str, None] = field(default_factory=dict)
    edges: dict[tuple[str, str], Association] = field(default_factory=dict)


@operation(SERVICE, "QueryLineage", does=EXECUTES)
def query_lineage(call: Call, services: Services) -> Record:
    """Vertices nearest first, and edges if they are wanted; every edge on the page of the later of its two ends."""
    params, filters = call.params, call.params.get("Filters", {})
    starts = params.get("StartArns", [])
    if not starts:
        found = {stored.arn: stored for stored in _every(call, services) if _passes(stored, filters)}
        return _answer(found, {}, params)
    for arn in starts:
        entity(call, services, arn)
    chosen: dict[str, Stored] = {}
    edges: dict[tuple[str, str], Association] = {}
    for column in DIRECTIONS[params.get("Direction", "Both")]:
        walk = _walk(services, starts, column, params.get("MaxDepth", DEPTH))
        met = _nodes(services, walk.nodes)
        matched = {arn for arn, stored in met.items() if arn not in starts and _passes(stored, filters)}
        if params.get("IncludeEdges"):
            matched |= _on_the_way(walk, matched, column) | set(starts)
            edges |= {ends: edge for ends, edge in walk.edges.items() if matched.issuperset(ends)}
        chosen |= {arn: stored for arn, stored in met.items() if arn in matched}
    return _answer(chosen, edges, params)


def _walk(services: Services, starts: Collection[str], column: str, depth: int) -> Walk:
    walk, border = Walk(dict.fromkeys(starts)), list(starts)
    for _ in range(depth):
        reached: dict[str, None] = {}
        for edge in services.store.associations.around(border, column):
            walk.edges[edge.source, edge.destination] = edge
            reached[edge.destination if column == "source" else edge.source] = None
        border = [arn for arn in reached if arn not in walk.nodes]
        if not border:
            break
        walk.nodes |= dict.fromkeys(border)
    return walk


def _on_the_way(walk: Walk, matched: Collection[str], column: str) -> set[str]:
    """The nodes of a walk that lie on a way from the start to a matched one, which all do that lead to it."""
    before: dict[str, list[str]] = {}
    for source, destination in walk.edges:
        nearer, farther = (source, destination) if column == "source" else (destination, source)
        before.setdefault(farther, []).append(nearer)
    seen, border = set(matched), list(matched)
    while border:
        new = set(before.get(border.pop(), ())) - seen
        seen |= new
        border += new
    return seen


def _nodes(services: Services, arns: Collection[str]) -> dict[str, Stored]:
    """The nodes that still are and that QueryLineage has a type for (an experiment is none)."""
    found = ((arn, services.store.records.by_arn(arn)) for arn in arns)
    return {arn: stored for arn, stored in found if stored is not None and stored.kind in LINEAGE_TYPES}


def _every(call: Call, services: Services) -> Iterator[Stored]:
    for kind in LINEAGE_TYPES:
        yield from services.store.records.each(call.scope, kind, Query(limit=BATCH))


def _passes(stored: Stored, filters: Record) -> bool:
    record = stored.record
    created, modified = record["CreationTime"], record.get("LastModifiedTime", record["CreationTime"])
    types, lineage_types = filters.get("Types"), filters.get("LineageTypes")
    properties = filters.get("Properties")
    return (
        (not types or vertex_type(stored) in types or type_of(stored) in types)
        and (not lineage_types or stored.kind in lineage_types)
        and created < filters.get("CreatedBefore", float("inf"))
        and created > filters.get("CreatedAfter", 0)
        and modified < filters.get("ModifiedBefore", float("inf"))
        and modified > filters.get("ModifiedAfter", 0)
        and (not properties or any(record.get("Properties", {}).get(key) == value for key, value in properties.items()))
    )


def vertex_type(stored: Stored) -> str:
    """As associations give it, but jobs are ``TrainingJob``, not ``SageMakerTrainingJob`` (SDK, LineageSourceEnum)."""
    return type_of(stored).removeprefix(JOB_PREFIX) if stored.kind == "TrialComponent" else type_of(stored)


def _answer(chosen: dict[str, Stored], edges: dict[tuple[str, str], Association], params: Record) -> Record:
    page, token = slice_of(list(chosen), params, ALL)
    place = {arn: number for number, arn in enumerate(chosen)}
    here = {place[arn] for arn in page}
    return {
        "Vertices": [{"Arn": arn, "Type": vertex_type(chosen[arn]), "LineageType": chosen[arn].kind} for arn in page],
        "Edges": [
            {"SourceArn": source, "DestinationArn": destination} | ({"AssociationType": edge.type} if edge.type else {})
            for (source, destination), edge in edges.items()
            if source in place and destination in place and max(place[source], place[destination]) in here
        ],
        **token,
    }
