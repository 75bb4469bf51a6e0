"""Domains and what lives in them: user profiles, spaces, apps. What refers to what, and who must go first.

AWS deletes a domain only without user profiles and spaces, and those only without apps (apps that failed or are
deleted do not count), a user profile only when no space is owned by it (developer guide, "Delete an Amazon SageMaker
AI domain"). The wording of these refusals is AWS's (aws/amazon-sagemaker-feedback issue 113).
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import orjson

from emulator import arns
from emulator.aws.call import Call
from emulator.errors import ServiceError, validation
from emulator.store import Query
from handlers.sagemaker.hooks import require_one
from handlers.sagemaker.resource import Hook, Record, refusal

if TYPE_CHECKING:
    from emulator.services import Services

GONE_APPS = frozenset({"Deleted", "Failed"})


def domain_id() -> str:
    """``d-`` and twelve letters or digits."""
    return f"d-{arns.short_id(12)}"


def domain_url(call: Call, domain: str) -> str:
    """Where Studio would be opened; nothing answers there."""
    return f"https://{domain}.studio.{call.scope.region}.sagemaker.aws"


def prepare_domain(call: Call, services: Services, record: Record) -> None:
    """A network where AWS asks for one, and what AWS makes along with the domain."""
    if record.get("AppNetworkAccessType") == "VpcOnly" and not (record.get("VpcId") and record.get("SubnetIds")):
        raise validation("VpcId and SubnetIds are required when AppNetworkAccessType is VpcOnly.")
    record["Url"] = domain_url(call, record["DomainId"])
    record["HomeEfsFileSystemId"] = f"fs-{secrets.token_hex(8)}1"
    record["SecurityGroupIdForDomainBoundary"] = f"sg-{secrets.token_hex(8)}1"
    if "KmsKeyId" in record:
        record["HomeEfsFileSystemKmsKeyId"] = record["KmsKeyId"]


def prepare_user(call: Call, services: Services, record: Record) -> None:
    """The domain must be there and ready."""
    in_domain(call, services, record)
    record["HomeEfsFileSystemUid"] = str(200000 + secrets.randbelow(1_000_000))


def prepare_space(call: Call, services: Services, record: Record) -> None:
    """The domain, and the owner, which comes together with how the space is shared or not at all."""
    in_domain(call, services, record)
    if ("OwnershipSettings" in record) != ("SpaceSharingSettings" in record):
        raise validation("OwnershipSettings and SpaceSharingSettings must be given together.")
    owner = record.get("OwnershipSettings", {}).get("OwnerUserProfileName")
    if owner is not None:
        _present(call, services, "UserProfile", "user-profile", f"{record['DomainId']}/{owner}")
    record["Url"] = f"{domain_url(call, record['DomainId'])}/spaces/{record['SpaceName']}"
    record["HomeEfsFileSystemUid"] = str(200000 + secrets.randbelow(1_000_000))


def app_name(params: Record) -> str:
    """The name of an app's record and the end of its ARN: AWS writes the type in lower case there."""
    require_one(params, "UserProfileName", "SpaceName", "the request")
    owner = params.get("UserProfileName") or params["SpaceName"]
    return f"{params['DomainId']}/{owner}/{params['AppType'].lower()}/{params['AppName']}"


def prepare_app(call: Call, services: Services, record: Record) -> None:
    """The domain, and the user or space it runs for."""
    in_domain(call, services, record)
    kind, path, member = ("UserProfile", "user-profile", "UserProfileName")
    if "SpaceName" in record:
        kind, path, member = "Space", "space", "SpaceName"
    _present(call, services, kind, path, f"{record['DomainId']}/{record[member]}")
    record.setdefault("ResourceSpec", {"InstanceType": "system"})


def in_domain(call: Call, services: Services, record: Record) -> None:
    """The domain of a new record must be there, and in service."""
    services.store.cycles.settle()
    domain = _present(call, services, "Domain", "domain", record["DomainId"])
    if domain["Status"] != "InService":
        raise validation(f"Domain [{domain['DomainArn']}] is not InService: its status is {domain['Status']}.")


def _present(call: Call, services: Services, kind: str, path: str, name: str) -> Record:
    found = services.store.records.get(call.scope, kind, name)
    if found is None:
        raise refusal(call, "ResourceNotFound", f"{kind} [{arns.arn(call.scope, f'{path}/{name}')}] does not exist.")
    return found


def domain_is_empty(call: Call, services: Services, record: Record) -> None:
    """A domain goes without user profiles and spaces."""
    for kind in ("UserProfile", "Space"):
        if any(_inside(call, services, kind, record["DomainId"])):
            raise _unable("Domain", record["DomainArn"], kind)


def user_is_free(call: Call, services: Services, record: Record) -> None:
    """A user profile goes without apps and without spaces of its own."""
    user = record["UserProfileName"]
    _no_apps("UserProfile", lambda app: bool(app.get("UserProfileName") == user))(call, services, record)
    for space in _inside(call, services, "Space", record["DomainId"]):
        if space.get("OwnershipSettings", {}).get("OwnerUserProfileName") == user:
            raise _unable("UserProfile", record["UserProfileArn"], "Space")


def space_is_free(call: Call, services: Services, record: Record) -> None:
    """A space goes without apps."""
    space = record["SpaceName"]
    _no_apps("Space", lambda app: bool(app.get("SpaceName") == space))(call, services, record)


def _no_apps(kind: str, belongs: Callable[[Record], bool]) -> Hook:
    def hook(call: Call, services: Services, record: Record) -> None:
        apps = _inside(call, services, "App", record["DomainId"])
        if any(belongs(app) and app["Status"] not in GONE_APPS for app in apps):
            raise _unable(kind, record[f"{kind}Arn"], "App")

    return hook


def _inside(call: Call, services: Services, kind: str, domain: str) -> Iterator[Record]:
    return (stored.record for stored in services.store.records.each(call.scope, kind, Query(parent=domain)))


def _unable(kind: str, arn: str, inside: str) -> ServiceError:
    text = f"Unable to delete {kind} [{arn}] because {inside}(s) are associated with it."
    return ServiceError("ResourceInUse", text)


def app_is_there(call: Call, services: Services, record: Record) -> None:
    """What has gone cannot be deleted once more (terraform-provider-aws compares these texts)."""
    if record["Status"] == "Deleted":
        raise validation(f"App [{record['AppArn']}] has already been deleted.")
    if record["Status"] == "Failed":
        raise validation(f"App [{record['AppArn']}] previously failed and was automatically deleted.")


def config_is_unused(call: Call, services: Services, record: Record) -> None:
    """A Studio lifecycle configuration goes when no app runs with it and no settings name it."""
    arn = record["StudioLifecycleConfigArn"]
    named = orjson.dumps(arn)  # with its quotes: one configuration's ARN may be the beginning of another's
    for kind in ("App", "UserProfile", "Space", "Domain"):
        for stored in services.store.records.each(call.scope, kind, Query()):
            if stored.status not in GONE_APPS and named in orjson.dumps(stored.record):
                text = f"StudioLifecycleConfig [{arn}] is in use by {kind} [{stored.arn}]."
                raise ServiceError("ResourceInUse", text)
