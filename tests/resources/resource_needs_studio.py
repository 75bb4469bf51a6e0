"""What Create of Studio's and projects' resources needs; part of :mod:`resource_needs`."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection
from typing import Any

ROLE = "arn:aws:iam::123456789012:role/service-role/Role"

Call = Callable[..., Any]
Members = dict[str, Any]


def a_domain(call: Call, name: str) -> Members:
    """A domain, once it is in service: AWS takes no user profile before."""
    settings = {"ExecutionRole": ROLE}
    domain = call("CreateDomain", DomainName=name, AuthMode="IAM", DefaultUserSettings=settings)["DomainId"]
    for _ in range(300):
        if call("DescribeDomain", DomainId=domain)["Status"] == "InService":
            return {"DomainId": domain}
        time.sleep(0.05)
    raise AssertionError("never in service")


def a_user(call: Call, name: str) -> Members:
    domain = a_domain(call, name)
    call("CreateUserProfile", UserProfileName="somebody", **domain)
    return {**domain, "UserProfileName": "somebody", "AppType": "JupyterLab"}


def a_product(call: Call, name: str) -> Members:
    return {"ServiceCatalogProvisioningDetails": {"ProductId": "prod-generated"}}


NEEDS: dict[str, Callable[[Call, str], Members]] = {
    "App": a_user,
    "Project": a_product,
    "Space": a_domain,
    "UserProfile": a_domain,
}

NO_UPDATE: dict[str, Collection[str]] = {
    "Image": ["DeleteProperties"],
    "NotebookInstance": [
        "LifecycleConfigName",
        "DefaultCodeRepository",
        "AdditionalCodeRepositories",
        "DisassociateLifecycleConfig",
        "DisassociateAcceleratorTypes",
        "DisassociateDefaultCodeRepository",
        "DisassociateAdditionalCodeRepositories",
    ],
}
