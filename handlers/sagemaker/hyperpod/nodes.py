"""Nodes of a cluster: records named ``cluster/instance id``, as many as the groups want.

A node is ``Pending`` until its cluster is in service. Rebooting one changes nothing that is kept; replacing one gives
it a new instance id. With continuous provisioning nodes have logical ids as well, and may be added one by one.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import partial

from emulator import arns
from emulator.aws.call import Call
from emulator.errors import not_found
from emulator.services import Services
from emulator.store import Query
from handlers.sagemaker import crud
from handlers.sagemaker.hyperpod.groups import KINDS
from handlers.sagemaker.listing import answer, page
from handlers.sagemaker.resource import Record
from handlers.sagemaker.resources import RESOURCES

Doing = Callable[[str, Record], None]

KIND = "ClusterNode"
CLUSTER = RESOURCES["Cluster"]
COPIED = (
    "InstanceGroupName",
    "InstanceType",
    "LifeCycleConfig",
    "OverrideVpcConfig",
    "ThreadsPerCore",
    "InstanceStorageConfigs",
    "CurrentImageId",
)


def _always(record: Record, value: object) -> bool:
    """A member of the call that filters nothing."""
    return True


LISTED = replace(CLUSTER, noun=KIND, parent="ClusterName", cycle=None, filters={"IncludeNodeLogicalIds": _always})


def nodes_of(call: Call, services: Services, cluster: str) -> list[Record]:
    """The nodes of a cluster, the oldest first."""
    query = Query(parent=cluster, descending=False, limit=1000)
    return [stored.record for stored in services.store.records.each(call.scope, KIND, query)]


def fit(call: Call, services: Services, cluster: Record) -> None:
    """Add and remove nodes until every group has as many as it wants; the youngest go first."""
    left = nodes_of(call, services, cluster["ClusterName"])
    for group in (group for kind in KINDS for group in cluster.get(kind, [])):
        mine = [node for node in left if node["InstanceGroupName"] == group["InstanceGroupName"]]
        left = [node for node in left if node["InstanceGroupName"] != group["InstanceGroupName"]]
        for _ in range(group["TargetCount"] - len(mine)):
            add(call, services, cluster, group)
        left += mine[group["TargetCount"] :]
    for node in left:
        remove(call, services, cluster["ClusterName"], node)


def add(call: Call, services: Services, cluster: Record, group: Record, **given: str) -> Record:
    """One more node of a group; ``given`` are members it has to have."""
    now = arns.now()
    node: Record = {member: group[member] for member in COPIED if member in group}
    types = group.get("InstanceRequirements", {}).get("DesiredInstanceTypes", [])
    if types:
        node.setdefault("InstanceType", types[0])
    node |= {"InstanceId": f"i-{secrets.token_hex(9)[:17]}", "LaunchTime": now, "CreationTime": now}
    if cluster.get("NodeProvisioningMode") == "Continuous":
        node["NodeLogicalId"] = f"{group['InstanceGroupName']}-{arns.short_id(8)}"
    node |= given
    name = f"{cluster['ClusterName']}/{node['InstanceId']}"
    services.store.records.insert(call.scope, KIND, name, node, parent=cluster["ClusterName"])
    return node


def remove(call: Call, services: Services, cluster: str, node: Record) -> None:
    """Forget a node."""
    services.store.records.delete(call.scope, KIND, f"{cluster}/{node['InstanceId']}")


def shown(cluster: Record, node: Record) -> Record:
    """A node with its status, which follows from its cluster's."""
    status = {"Creating": "Pending", "SystemUpdating": "SystemUpdating", "Deleting": "ShuttingDown"}
    return node | {"InstanceStatus": {"Status": status.get(cluster["ClusterStatus"], "Running")}}


def find_node(call: Call, services: Services, cluster: str, wanted: Iterable[str]) -> Record:
    """The node one of whose ids is among ``wanted``."""
    for node in nodes_of(call, services, cluster):
        if {node["InstanceId"], node.get("NodeLogicalId")} & set(wanted):
            return node
    raise not_found(f"Node {', '.join(wanted)} does not exist in cluster {cluster}.")


def list_nodes(call: Call, services: Services) -> Record:
    """ListClusterNodes."""
    name, cluster = crud.find(CLUSTER, call, services)
    found = page(LISTED, replace(call, params=call.params | {"ClusterName": name}), services)
    return answer("ClusterNodeSummaries", found, partial(shown, cluster))


def each_given(call: Call, services: Services, do: Doing) -> tuple[dict[str, list[str]], dict[str, list[str]]]:
    """Do something to every node of ``NodeIds`` and ``NodeLogicalIds``: the ids that were found, and that were not, by
    the member they were given in."""
    name, _ = crud.find(CLUSTER, call, services)
    done: dict[str, list[str]] = {"NodeIds": [], "NodeLogicalIds": []}
    absent: dict[str, list[str]] = {"NodeIds": [], "NodeLogicalIds": []}
    with services.store.transaction():
        present = nodes_of(call, services, name)
        for member, key in (("NodeIds", "InstanceId"), ("NodeLogicalIds", "NodeLogicalId")):
            nodes = {node[key]: node for node in present if key in node}
            for wanted in call.params.get(member, []):
                (done if wanted in nodes else absent)[member].append(wanted)
                if wanted in nodes:
                    do(name, nodes[wanted])
    return done, absent
