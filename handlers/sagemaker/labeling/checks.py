"""What rows of human work check and fill in."""

from __future__ import annotations

import hashlib
import secrets

from emulator import arns
from emulator.aws.call import Call
from emulator.errors import ServiceError, validation
from emulator.services import Services
from emulator.store import Query
from handlers.sagemaker.hooks import require_one
from handlers.sagemaker.resource import Record, refusal

VPC = "WorkforceVpcConfig"
NO_COUNTS = dict.fromkeys(("TotalLabeled", "HumanLabeled", "MachineLabeled", "FailedNonRetryableError", "Unlabeled"), 0)


def prepare_workforce(call: Call, services: Services, record: Record) -> None:
    """One workforce per account and region, of Cognito users or of an OIDC provider, whose secret is not kept."""
    for stored in services.store.records.list(call.scope, "Workforce", Query(limit=1)).items:
        raise validation(
            f"A workforce already exists in this account and region: {stored.name}. There can be only one."
        )
    require_one(record, "CognitoConfig", "OidcConfig", "CreateWorkforce")
    record.get("OidcConfig", {}).pop("ClientSecret", None)
    record |= _network(record)


def amend_workforce(params: Record, record: Record, changed: Record) -> Record:
    """An OIDC provider may be changed, Cognito users not exchanged for one; the secret is not kept here either."""
    if "OidcConfig" in changed and "CognitoConfig" in record:
        raise validation(f"Workforce {record['WorkforceName']} uses Amazon Cognito and cannot change to OidcConfig.")
    given = {key: value for key, value in changed.get("OidcConfig", {}).items() if key != "ClientSecret"}
    return changed | ({"OidcConfig": given} if given else {}) | _network(changed)


def _network(given: Record) -> Record:
    """The VPC that is given, which is whole, or nothing: then there is none (any more)."""
    network = given.get(VPC, {})
    missing = {"VpcId", "SecurityGroupIds", "Subnets"} - network.keys()
    if network and missing:
        raise validation(f"{VPC} must have {', '.join(sorted(missing))}.")
    return {VPC: network or None} if VPC in given else {}


def prepare_team(call: Call, services: Services, record: Record) -> None:
    """Members are of the kind of their workforce; without a name that is the one there is."""
    for member in record["MemberDefinitions"]:
        require_one(member, "CognitoMemberDefinition", "OidcMemberDefinition", "MemberDefinitions")
    if len({next(iter(member)) for member in record["MemberDefinitions"]}) > 1:
        raise validation("All members of a work team must be defined in the same way.")
    present = services.store.records.list(call.scope, "Workforce", Query(limit=1)).items
    if "WorkforceName" in record and record["WorkforceName"] not in {stored.name for stored in present}:
        raise validation(f"No workforce found with name {record['WorkforceName']}.")
    for stored in present:
        record |= {"WorkforceName": stored.name, "WorkforceArn": stored.arn}


def prepare_ui(call: Call, services: Services, record: Record) -> None:
    """Describe gives the template's hash, not the template."""
    content = record["UiTemplate"]["Content"]
    record["UiTemplate"]["ContentSha256"] = hashlib.sha256(content.encode()).hexdigest()


def prepare_labeling(call: Call, services: Services, record: Record) -> None:
    """Workers and template must be there; nothing is labeled yet."""
    task = record["HumanTaskConfig"]
    require_one(record["InputConfig"]["DataSource"], "S3DataSource", "SnsDataSource", "InputConfig.DataSource")
    require_one(task["UiConfig"], "UiTemplateS3Uri", "HumanTaskUiArn", "HumanTaskConfig.UiConfig")
    check_team(call, services, task["WorkteamArn"])
    check_ui(call, services, task["UiConfig"].get("HumanTaskUiArn", ""))
    record |= {"LabelCounters": NO_COUNTS, "JobReferenceCode": secrets.token_hex(16)}


def prepare_flow(call: Call, services: Services, record: Record) -> None:
    """Workers and template of a review flow must be there."""
    loop = record.get("HumanLoopConfig", {})
    check_team(call, services, loop.get("WorkteamArn", ""))
    check_ui(call, services, loop.get("HumanTaskUiArn", ""))


def check_team(call: Call, services: Services, arn: str) -> None:
    """A private team must be there; the public crowd and vendors are not in this account."""
    if ":workteam/private-crowd/" in arn and services.store.records.by_arn(arn, call.scope) is None:
        raise validation(f"The work team {arn} does not exist.")


def check_ui(call: Call, services: Services, arn: str) -> None:
    """A template of this account must be there; AWS's own are in another."""
    ours = arn.startswith(arns.arn(call.scope, "human-task-ui/"))
    if ours and services.store.records.by_arn(arn, call.scope) is None:
        raise no_ui(call, arn)


def no_ui(call: Call, arn: str) -> ServiceError:
    """The error of naming a template that is not there."""
    return refusal(call, "ResourceNotFound", f"HumanTaskUi {arn} does not exist.")
