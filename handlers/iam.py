"""IAM: only what moto lacks or would refuse. Everything else of IAM is moto's.

Unmodified code names roles that exist in the user's account, not here: SDK v2 resolves a bare role name by GetRole, SDK
v3 (from 3.15) simulates a role's policy and reads its trust policy before it starts anything. So
every role is known, trusts SageMaker, and may do everything. A role the user really created (in moto) is answered as it
was created. moto has no SimulatePrincipalPolicy; it would answer with an HTML page and status 500.
"""

from __future__ import annotations

import hashlib
import json
import sys
from datetime import UTC
from typing import Any
from urllib.parse import quote

from emulator.arns import Scope, partition
from emulator.aws.call import Call
from emulator.aws.registry import operation
from emulator.services import Services

CREATED = 1577836800.0
"""2020-01-01: roles nobody created have a creation date too."""

TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "sagemaker.amazonaws.com"}, "Action": "sts:AssumeRole"},
    ],
}


@operation("iam", "GetRole")
def get_role(call: Call, services: Services) -> dict[str, Any]:
    name = call.params["RoleName"]
    return {"Role": _created(call.scope, name) or any_role(call.scope, name)}


@operation("iam", "SimulatePrincipalPolicy")
def simulate_principal_policy(call: Call, services: Services) -> dict[str, Any]:
    """Everything is allowed: one result per action and resource, as IAM gives them."""
    resources = call.params.get("ResourceArns") or ["*"]
    results = [
        {"EvalActionName": action, "EvalResourceName": resource, "EvalDecision": "allowed", "MissingContextValues": []}
        for action in call.params["ActionNames"]
        for resource in resources
    ]
    return {"EvaluationResults": results, "IsTruncated": False}


def any_role(scope: Scope, name: str) -> dict[str, Any]:
    """A role as GetRole describes it, made from its name alone; the policy document is URL-encoded, as on the wire."""
    return {
        "Path": "/",
        "RoleName": name,
        "RoleId": "AROA" + hashlib.sha256(name.encode()).hexdigest()[:17].upper(),
        "Arn": f"arn:{partition(scope.region)}:iam::{scope.account}:role/{name}",
        "CreateDate": CREATED,
        "AssumeRolePolicyDocument": quote(json.dumps(TRUST)),
        "MaxSessionDuration": 3600,
    }


def _created(scope: Scope, name: str) -> dict[str, Any] | None:
    """The role as the user created it; ``None`` where moto knows none, or was never needed."""
    models = sys.modules.get("moto.iam.models")
    if models is None:
        return None
    backend = models.iam_backends[scope.account][partition(scope.region)]
    role = next((role for role in list(backend.roles.values()) if role.name == name), None)
    if role is None:
        return None
    described = {
        "Path": role.path,
        "RoleName": role.name,
        "RoleId": role.id,
        "Arn": role.arn,
        "CreateDate": role.create_date.replace(tzinfo=UTC).timestamp(),  # moto keeps naive UTC
        "AssumeRolePolicyDocument": quote(role.assume_role_policy_document),
        "Description": role.description,
        "MaxSessionDuration": int(role.max_session_duration or 3600),
        "Tags": role.tags,
    }
    return {member: value for member, value in described.items() if value is not None}
