"""HyperPod (handlers/sagemaker/hyperpod): state only. Clusters have nodes to describe, and no machine behind them."""

from __future__ import annotations

from emulator import arns
from handlers.sagemaker.cycle import Cycle
from handlers.sagemaker.hooks import in_turn
from handlers.sagemaker.hyperpod import groups, quotas
from handlers.sagemaker.resource import Record, Resource

CONFLICT = ("ConflictException", "{noun} {name} cannot be {verbed}: it is in status {status}.")
GOVERNED = Cycle(
    create=("Creating", "Created"),
    update=("Updating", "Updated"),
    delete="Deleting",
    failed="CreateFailed",
    refusal=CONFLICT,
)


def new_id() -> str:
    """What AWS names what it does not let the caller name."""
    return arns.short_id(12)


def by_own_name(params: Record) -> Record:
    """NameContains means the member Name; the name of the record is an id."""
    return {"OwnNameContains" if member == "NameContains" else member: value for member, value in params.items()}


ROWS = (
    Resource(
        "Cluster",
        arn_id=new_id,
        verbs=("Describe", "List"),  # the others change nodes too: hyperpod/operations.py
        cycle=Cycle(
            create=("Creating", "InService"),
            update=("Updating", "InService"),
            start=("SystemUpdating", "InService"),  # UpdateClusterSoftware
            delete="Deleting",
            reason="FailureMessage",
            allowed={"Start": ("InService",)},
            refusal=CONFLICT,
        ),
        filters={"TrainingPlanArn": groups.reserves},
        paths={"TrainingPlanArns": "TrainingPlanArns", "ImageVersionStatus": "ImageVersionStatus"},
        prepare=groups.prepare_cluster,
        amend=groups.amend_cluster,
    ),
    *(
        Resource(
            noun,
            new_id=new_id,
            unique="Name",
            within="ClusterArn",
            verbs=("Create", "List", "Update", "Delete"),  # Describe knows versions: hyperpod/quotas.py
            cycle=GOVERNED,
            duplicate="ConflictException",
            defaults={f"{noun}Version": 1},
            paths={"OwnNameContains": "Name"},
            narrow=by_own_name,
            sorts={"Name": "Name", "ClusterArn": "ClusterArn"},
            prepare=prepare,
            amend=quotas.next_version(noun),
        )
        for noun, prepare in (
            ("ComputeQuota", groups.of_cluster),
            ("ClusterSchedulerConfig", in_turn(groups.of_cluster, quotas.one_per_cluster)),
        )
    ),
)
