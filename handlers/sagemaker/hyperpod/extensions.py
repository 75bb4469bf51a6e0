"""Extensions of a cluster, each named by its ARN: ``extension/<orchestrator>-<cluster id>/<name>/<id>``."""

from __future__ import annotations

from dataclasses import replace

from emulator import arns
from emulator.aws.call import Call
from emulator.aws.registry import operation
from emulator.errors import ServiceError
from emulator.services import Services
from emulator.store import Query
from handlers.sagemaker import crud
from handlers.sagemaker.cycle import Cycle
from handlers.sagemaker.hyperpod.groups import find_cluster
from handlers.sagemaker.hyperpod.nodes import nodes_of
from handlers.sagemaker.listing import nothing
from handlers.sagemaker.resource import SERVICE, Record, Resource

FIRST = "1.0.0"


def _name(params: Record) -> str:
    return str(params["ExtensionArn"]).rsplit(":extension/", 1)[-1]


EXTENSION = Resource(
    "ClusterExtension",
    path="extension",
    name_of=_name,
    missing_text="Cluster extension {arn} does not exist.",
    cycle=Cycle(
        create=("Creating", "Active"),
        update=("Updating", "Active"),
        delete="Deleting",
        failed="CreateFailed",
        refusal=("ConflictException", "Cluster extension {arn} cannot be {verbed}: it is in status {status}."),
    ),
    keys=("ClusterArn", "ExtensionArn"),
    parent="ClusterArn",
)


@operation(SERVICE, "CreateClusterExtension")
def create_extension(call: Call, services: Services) -> Record:
    """One extension of a name per cluster; without a version, one that stands for the first."""
    arn, name = call.params["ClusterArn"], call.params["ExtensionName"]
    services.store.cycles.settle()
    with services.store.transaction():
        cluster = find_cluster(call, services, arn)
        for stored in services.store.records.each(call.scope, EXTENSION.noun, Query(parent=arns.tail(arn))):
            if stored.record["ExtensionName"] == name:
                text = f"Extension {name} already exists in cluster {cluster['ClusterName']}."
                raise ServiceError("ResourceInUse", text)
        kind = "eks" if "Eks" in cluster.get("Orchestrator", {}) else "sagemaker"
        row = replace(EXTENSION, defaults={"ExtensionVersion": FIRST})
        return crud.make(row, call, services, f"{kind}-{arns.tail(arn)}/{name}/{arns.short_id(12)}")


def _find(call: Call, services: Services) -> Record:
    """The extension, which must be of the cluster that is named."""
    name, record = crud.find(EXTENSION, call, services)
    if record["ClusterArn"] != call.params["ClusterArn"]:
        raise EXTENSION.missing_error(call, name)
    return record


@operation(SERVICE, "DescribeClusterExtension")
def describe_extension(call: Call, services: Services) -> Record:
    """The extension; it is as healthy as its cluster, and on all nodes."""
    record = _find(call, services)
    cluster = find_cluster(call, services, call.params["ClusterArn"])
    count = len(nodes_of(call, services, cluster["ClusterName"]))
    active = count if record[EXTENSION.status_member] == "Active" else 0
    summary = {"TotalCount": count, "ActiveCount": active}
    return {"ExtensionDetails": record, "NodeSummary": summary, "Health": {"Issues": []}}


@operation(SERVICE, "UpdateClusterExtension")
def update_extension(call: Call, services: Services) -> Record:
    """Another version or configuration."""
    _find(call, services)
    return crud.update(EXTENSION, call, services)


@operation(SERVICE, "DeleteClusterExtension")
def delete_extension(call: Call, services: Services) -> Record:
    """Remove the extension."""
    _find(call, services)
    return crud.delete(EXTENSION, call, services)


@operation(SERVICE, "ListClusterExtensions")
def list_extensions(call: Call, services: Services) -> Record:
    """The extensions of a cluster."""
    find_cluster(call, services, call.params["ClusterArn"])
    return crud.list_(EXTENSION, call, services)


@operation(SERVICE, "ListClusterExtensionVersions")
def list_extension_versions(call: Call, services: Services) -> Record:
    """None: which versions there are of an extension is AWS's to say."""
    return nothing("ExtensionVersions", call)
