"""Lineage groups. There is no operation that makes one: an account has its default group, and nothing else."""

from __future__ import annotations

from emulator import arns
from emulator.aws.call import Call
from emulator.aws.registry import operation, refused
from emulator.errors import not_found
from emulator.services import Services
from emulator.store import Exists, Query
from handlers.sagemaker.lineage.entities import DEFAULT_GROUP, group_arn
from handlers.sagemaker.listing import PAGE, TIMES, answer, sort_of
from handlers.sagemaker.resource import SERVICE, Record

KIND = "LineageGroup"


@operation(SERVICE, "DescribeLineageGroup")
@operation(SERVICE, "GetLineageGroupPolicy", does=refused("No operation gives a group a policy, so there is none."))
def describe_lineage_group(call: Call, services: Services) -> Record:
    """The default group. It has no resource policy, as none can be put."""
    name = arns.own(call.scope, call.params["LineageGroupName"], "lineage-group")
    if name != DEFAULT_GROUP:
        raise not_found(f"LineageGroup '{name}' does not exist.")
    if call.operation == "GetLineageGroupPolicy":
        raise not_found(f"LineageGroup '{name}' has no resource policy.")
    return _default(call, services)


@operation(SERVICE, "ListLineageGroups")
def list_lineage_groups(call: Call, services: Services) -> Record:
    """One page: the default group, if it passes the filters."""
    _default(call, services)
    params = call.params
    query = Query(
        **{TIMES[member]: value for member, value in params.items() if member in TIMES},
        sort=sort_of(params.get("SortBy", "CreationTime")),
        descending=params.get("SortOrder", "Descending") == "Descending",
        limit=params.get("MaxResults", PAGE),
        token=params.get("NextToken"),
    )
    return answer("LineageGroupSummaries", services.store.records.list(call.scope, KIND, query))


def _default(call: Call, services: Services) -> Record:
    present = services.store.records.get(call.scope, KIND, DEFAULT_GROUP)
    if present is not None:
        return present
    now = arns.now()
    record: Record = {
        "LineageGroupName": DEFAULT_GROUP,
        "LineageGroupArn": group_arn(call.scope),
        "DisplayName": DEFAULT_GROUP,
        "CreationTime": now,
        "LastModifiedTime": now,
        "CreatedBy": {},
        "LastModifiedBy": {},
    }
    try:
        services.store.records.insert(call.scope, KIND, DEFAULT_GROUP, record, arn=record["LineageGroupArn"])
    except Exists:  # another request was faster
        return services.store.records.get(call.scope, KIND, DEFAULT_GROUP) or record
    return record
