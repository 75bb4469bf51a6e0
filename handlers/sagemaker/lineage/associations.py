"""AddAssociation, DeleteAssociation, ListAssociations: the edges of the lineage graph."""

from __future__ import annotations

from emulator.aws.call import Call
from emulator.aws.registry import operation
from emulator.errors import not_found, validation
from emulator.services import Services
from emulator.store import Association, Exists, Stored
from emulator.store.associations import Edges
from handlers.sagemaker.lineage.entities import link
from handlers.sagemaker.listing import PAGE
from handlers.sagemaker.resource import SERVICE, Record

FILTERS = {
    "SourceArn": "source",
    "DestinationArn": "destination",
    "SourceType": "source_type",
    "DestinationType": "destination_type",
    "AssociationType": "type",
}
SORTS = {**FILTERS, "CreationTime": "created"}


def entity(call: Call, services: Services, arn: str) -> Stored:
    """The node of an ARN; ``ResourceNotFound`` when there is none in the caller's account and region."""
    stored = services.store.records.by_arn(arn, call.scope)
    if stored is None:
        raise not_found(f"Could not find lineage entity with ARN {arn}.")
    return stored


@operation(SERVICE, "AddAssociation")
def add_association(call: Call, services: Services) -> Record:
    """An edge between two nodes that exist; ``ValidationException`` ("already exists") on a second one."""
    source, destination = call.params["SourceArn"], call.params["DestinationArn"]
    if source == destination:
        raise validation("SourceArn and DestinationArn must not be the same.")
    try:
        with services.store.transaction():
            link(
                services,
                entity(call, services, source),
                entity(call, services, destination),
                call.params.get("AssociationType", ""),
            )
    except Exists as error:
        raise validation(f"Association between {source} and {destination} already exists.") from error
    return {"SourceArn": source, "DestinationArn": destination}


@operation(SERVICE, "DeleteAssociation")
def delete_association(call: Call, services: Services) -> Record:
    """Remove an edge."""
    source, destination = call.params["SourceArn"], call.params["DestinationArn"]
    if not services.store.associations.remove(call.scope, source, destination):
        raise not_found(f"Association between {source} and {destination} does not exist.")
    return {"SourceArn": source, "DestinationArn": destination}


@operation(SERVICE, "ListAssociations")
def list_associations(call: Call, services: Services) -> Record:
    """A page of edges, newest first; names are read now, since they may change."""
    params = call.params
    ask = Edges(
        {column: params[member] for member, column in FILTERS.items() if member in params},
        created_after=params.get("CreatedAfter"),
        created_before=params.get("CreatedBefore"),
        sort=SORTS[params.get("SortBy", "CreationTime")],
        descending=params.get("SortOrder", "Descending") == "Descending",
        limit=params.get("MaxResults", PAGE),
        token=params.get("NextToken"),
    )
    edges, token = services.store.associations.page(call.scope, ask)
    answer: Record = {"AssociationSummaries": [_summary(services, edge) for edge in edges]}
    return answer | ({"NextToken": token} if token else {})


def _summary(services: Services, edge: Association) -> Record:
    names = {"SourceName": _name(services, edge.source), "DestinationName": _name(services, edge.destination)}
    return {
        "SourceArn": edge.source,
        "DestinationArn": edge.destination,
        "SourceType": edge.source_type,
        "DestinationType": edge.destination_type,
        "CreationTime": edge.created,
        "CreatedBy": {},
        **({"AssociationType": edge.type} if edge.type else {}),
        **{member: name for member, name in names.items() if name},
    }


def _name(services: Services, arn: str) -> str:
    stored = services.store.records.by_arn(arn)
    return str(stored.record.get(f"{stored.kind}Name", "")) if stored else ""
