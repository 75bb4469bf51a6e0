"""What is done to clusters and their nodes beside Describe and List."""

from __future__ import annotations

import secrets

from emulator import arns
from emulator.aws.call import Call
from emulator.aws.registry import add, keeps, operation, refused
from emulator.errors import ServiceError, not_found, unsupported, validation
from emulator.services import Services
from handlers.sagemaker import crud
from handlers.sagemaker.hyperpod import nodes
from handlers.sagemaker.hyperpod.groups import KINDS, find_cluster, resize
from handlers.sagemaker.listing import nothing
from handlers.sagemaker.resource import SERVICE, Record
from handlers.sagemaker.resources import RESOURCES

CLUSTER = RESOURCES["Cluster"]

add(SERVICE, "ListClusterNodes", nodes.list_nodes)


@operation(SERVICE, "CreateCluster", does=keeps("no machine is behind its nodes"))
def create_cluster(call: Call, services: Services) -> Record:
    """A cluster with its nodes."""
    with services.store.transaction():
        cluster = crud.create(CLUSTER, call, services)
        nodes.fit(call, services, cluster)
    return cluster


@operation(SERVICE, "UpdateCluster")
def update_cluster(call: Call, services: Services) -> Record:
    """Groups added, changed, removed; the nodes follow."""
    with services.store.transaction():
        cluster = crud.update(CLUSTER, call, services)
        nodes.fit(call, services, cluster)
    return cluster


@operation(SERVICE, "DeleteCluster")
def delete_cluster(call: Call, services: Services) -> Record:
    """The cluster and its nodes."""
    with services.store.transaction():
        cluster = crud.delete(CLUSTER, call, services)
        for node in nodes.nodes_of(call, services, cluster["ClusterName"]):
            nodes.remove(call, services, cluster["ClusterName"], node)
    return cluster


@operation(SERVICE, "UpdateClusterSoftware")
def update_software(call: Call, services: Services) -> Record:
    """All groups, or those that are named, get an image; the nodes say when."""
    name, cluster = crud.find(CLUSTER, call, services)
    given = call.params.get("InstanceGroups", [])
    chosen = {group["InstanceGroupName"] for group in given}
    present = {group["InstanceGroupName"] for kind in KINDS for group in cluster.get(kind, [])}
    if chosen - present:
        raise validation(f"Instance groups not found: {', '.join(sorted(chosen - present))}.")
    image = {"CurrentImageId": call.params["ImageId"]} if "ImageId" in call.params else {}
    with services.store.transaction():
        for node in nodes.nodes_of(call, services, name):
            if not chosen or node["InstanceGroupName"] in chosen:
                changes = image | {"LastSoftwareUpdateTime": arns.now()}
                services.store.records.update(call.scope, nodes.KIND, f"{name}/{node['InstanceId']}", changes)
        # SystemUpdating, then InService again: the way a Start of this row leads.
        return crud.move(CLUSTER, call, services, name, "Start")


@operation(SERVICE, "DescribeClusterNode")
def describe_node(call: Call, services: Services) -> Record:
    """One node, by either id."""
    name, cluster = crud.find(CLUSTER, call, services)
    wanted = [call.params[member] for member in ("NodeId", "NodeLogicalId") if member in call.params]
    if len(wanted) != 1:
        raise validation("Exactly one of NodeId and NodeLogicalId must be given.")
    return {"NodeDetails": nodes.shown(cluster, nodes.find_node(call, services, name, wanted))}


@operation(SERVICE, "BatchAddClusterNodes")
def add_nodes(call: Call, services: Services) -> Record:
    """More nodes in groups of a cluster that provisions continuously."""
    name, cluster = crud.find(CLUSTER, call, services)
    if cluster.get("NodeProvisioningMode") != "Continuous":
        raise validation(f"Cluster {name} does not have a NodeProvisioningMode of Continuous.")
    answer: Record = {"Successful": [], "Failed": []}
    with services.store.transaction():
        for wish in call.params["NodesToAdd"]:
            _add(call, services, name, wish, answer)
    return answer


def _add(call: Call, services: Services, name: str, wish: Record, answer: Record) -> None:
    group_name, count = wish["InstanceGroupName"], wish["IncrementTargetCountBy"]

    def grown(record: Record) -> Record:
        return resize(record, group_name, count)

    cluster = services.store.records.update(call.scope, CLUSTER.noun, name, grown) or {}
    groups = [it for kind in KINDS for it in cluster.get(kind, []) if it["InstanceGroupName"] == group_name]
    if not groups:
        failed = {"InstanceGroupName": group_name, "ErrorCode": "InstanceGroupNotFound", "FailedCount": count}
        answer["Failed"].append(failed)
        return
    for _ in range(count):
        node = nodes.shown(cluster, nodes.add(call, services, cluster, groups[0]))
        answer["Successful"].append(node | {"Status": node["InstanceStatus"]["Status"]})


@operation(SERVICE, "BatchDeleteClusterNodes")
def delete_nodes(call: Call, services: Services) -> Record:
    """Nodes that go, and with each one less in its group."""

    def shrink(name: str, node: Record) -> None:
        group = node["InstanceGroupName"]
        services.store.records.update(call.scope, CLUSTER.noun, name, lambda record: resize(record, group, -1))
        nodes.remove(call, services, name, node)

    return _batch(call, services, shrink, "Code", "NodeIdNotFound")


@operation(SERVICE, "BatchRebootClusterNodes")
def reboot_nodes(call: Call, services: Services) -> Record:
    """Nodes that are there are said to be rebooted: there is no machine to do it to."""
    return _batch(call, services, lambda name, node: None, "ErrorCode", "InstanceIdNotFound")


@operation(SERVICE, "BatchReplaceClusterNodes")
def replace_nodes(call: Call, services: Services) -> Record:
    """Nodes that get another instance, and keep their logical id."""

    def swap(name: str, node: Record) -> None:
        _, cluster = crud.find(CLUSTER, call, services)
        nodes.remove(call, services, name, node)
        kept = {member: node[member] for member in ("NodeLogicalId",) if member in node}
        nodes.add(call, services, cluster, node, **kept)

    return _batch(call, services, swap, "ErrorCode", "InstanceIdNotFound")


def _batch(call: Call, services: Services, do: nodes.Doing, code: str, missing: str) -> Record:
    done, absent = nodes.each_given(call, services, do)

    def failed(member: str, key: str) -> list[Record]:
        return [{key: wanted, code: missing, "Message": f"{wanted} does not exist."} for wanted in absent[member]]

    return {
        "Successful": done["NodeIds"],
        "Failed": failed("NodeIds", "NodeId"),
        "SuccessfulNodeLogicalIds": done["NodeLogicalIds"],
        "FailedNodeLogicalIds": failed("NodeLogicalIds", "NodeLogicalId"),
    }


@operation(SERVICE, "AttachClusterNodeVolume", "DetachClusterNodeVolume")
def attach_volume(call: Call, services: Services) -> Record:
    """Volumes of a node, kept with it; the device names are those EC2 recommends for data volumes."""
    cluster, volume = find_cluster(call, services, call.params["ClusterArn"]), call.params["VolumeId"]
    name = f"{cluster['ClusterName']}/{call.params['NodeId']}"
    answer: Record = dict(call.params)

    def change(node: Record) -> Record:
        volumes: Record = node.get("_Volumes", {})
        if call.operation == "AttachClusterNodeVolume":
            answer.update(_attached(volumes, volume))
        elif volume not in volumes:
            raise validation(f"Volume {volume} is not attached to node {call.params['NodeId']}.")
        else:
            answer.update(volumes.pop(volume) | {"Status": "detached"})
        return {"_Volumes": volumes}

    if services.store.records.update(call.scope, nodes.KIND, name, change) is None:
        raise not_found(f"Node {call.params['NodeId']} does not exist in cluster {cluster['ClusterName']}.")
    return answer


def _attached(volumes: Record, volume: str) -> Record:
    if volume in volumes:
        raise validation(f"Volume {volume} is already attached.")
    taken = {it["DeviceName"] for it in volumes.values()}
    free = next(name for name in (f"/dev/sd{letter}" for letter in "fghijklmnop") if name not in taken)
    volumes[volume] = {"AttachTime": arns.now(), "Status": "attached", "DeviceName": free}
    found: Record = volumes[volume]
    return found


@operation(SERVICE, "AttachClusterNodeNetworkInterface")
def attach_interface(call: Call, services: Services) -> Record:
    """A network interface of a node, kept with it."""
    attachment = {"AttachmentId": f"eni-attach-{secrets.token_hex(9)[:17]}"}
    with crud.hold_fast(CLUSTER, call, services) as (name, cluster):
        node = nodes.find_node(call, services, name, [call.params["NodeId"]])
        changes = {"_Interfaces": node.get("_Interfaces", {}) | {call.params["NetworkInterfaceId"]: attachment}}
        services.store.records.update(call.scope, nodes.KIND, f"{name}/{node['InstanceId']}", changes)
    return call.params | attachment | {"ClusterArn": cluster["ClusterArn"]}


NO_MACHINE = refused("The nodes of a cluster are kept as state; no machine is behind them.")


@operation(SERVICE, "StartClusterHealthCheck", does=NO_MACHINE)
def check_health(call: Call, services: Services) -> Record:
    """Refused: there is no machine to put under stress."""
    crud.find(CLUSTER, call, services)
    raise unsupported(call.operation, NO_MACHINE.note)


NO_EVENTS = {"ListClusterEvents": "Events", "ListClusterOperations": "ClusterOperationSummaries"}


@operation(SERVICE, *NO_EVENTS)
def list_nothing(call: Call, services: Services) -> Record:
    """A cluster of state only has no events, and what is asked of it is done at once."""
    crud.find(CLUSTER, call, services)
    return nothing(NO_EVENTS[call.operation], call)


@operation(
    SERVICE, "DescribeClusterEvent", "DescribeClusterOperation", does=keeps("there is none: a cluster is state only")
)
def describe_nothing(call: Call, services: Services) -> Record:
    """Not there, as the lists say."""
    name, _ = crud.find(CLUSTER, call, services)
    raise _absent(call.params.get("EventId") or call.params["OperationId"], name)


def _absent(wanted: str, name: str) -> ServiceError:
    return not_found(f"{wanted} does not exist in cluster {name}.")
