"""Notebook instances: what they refer to, and the members of an update that take something away.

No notebook runs; the instance passes its statuses and its URL leads nowhere.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from emulator import arns
from emulator.aws.call import Call
from emulator.errors import validation
from handlers.sagemaker.resource import Record

if TYPE_CHECKING:
    from emulator.services import Services

# A flag of UpdateNotebookInstance -> the member of the record that it takes away.
DISASSOCIATE = {
    "DisassociateLifecycleConfig": "NotebookInstanceLifecycleConfigName",
    "DisassociateDefaultCodeRepository": "DefaultCodeRepository",
    "DisassociateAdditionalCodeRepositories": "AdditionalCodeRepositories",
    "DisassociateAcceleratorTypes": "AcceleratorTypes",
}
MOST_REPOSITORIES = 3


def prepare(call: Call, services: Services, record: Record) -> None:
    """References, and the network interface that AWS makes in the caller's subnet."""
    check(call, services, record)
    if "SubnetId" in record:
        record["NetworkInterfaceId"] = f"eni-{arns.short_id(17)}"
    elif record["DirectInternetAccess"] == "Disabled":
        raise validation("DirectInternetAccess can be Disabled only for a notebook instance in a VPC: give a SubnetId.")
    record["Url"] = f"{record['NotebookInstanceName']}-{arns.short_id(4)}.notebook.{call.scope.region}.sagemaker.aws"


def check(call: Call, services: Services, record: Record) -> None:
    """The lifecycle configuration and the repositories that the call names must be there; a repository may be a URL."""
    config = call.params.get("LifecycleConfigName")
    known = services.store.records.get
    if config is not None and known(call.scope, "NotebookInstanceLifecycleConfig", config) is None:
        arn = arns.arn(call.scope, f"notebook-instance-lifecycle-config/{config}")
        raise validation(
            f"Unable to describe Notebook Instance Lifecycle Config '{arn}'. "
            "(Details: Notebook Instance Lifecycle Config does not exist.)"
        )
    for name in repositories(call.params):
        if "://" not in name and known(call.scope, "CodeRepository", name) is None:
            raise validation(f"Cannot find CodeRepository {arns.arn(call.scope, f'code-repository/{name}')}.")


def repositories(params: Record) -> list[str]:
    """All code repositories a call names."""
    first = params.get("DefaultCodeRepository")
    return [*([first] if first else []), *params.get("AdditionalCodeRepositories", [])]


def amend(params: Record, record: Record, changed: Record) -> Record:
    """What the flags take away; both to set a thing and to take it away is refused."""
    for flag, member in DISASSOCIATE.items():
        if changed.pop(flag, False):
            if member in changed:
                raise validation(f"{flag} and a new value of what it takes away must not be given together.")
            changed[member] = None
    return changed


def has_repository(record: Record, value: Any) -> bool:
    """The filter ``AdditionalCodeRepositoryEquals``."""
    return value in record.get("AdditionalCodeRepositories", [])
