"""STS: only who the caller is. Everything else of STS (AssumeRole, GetSessionToken …) is moto's.

The SDK's ``get_execution_role()`` takes the caller's ARN apart and wants an *assumed role* in it (sagemaker 2.257,
session.py ``get_caller_identity_arn``); a user's ARN makes it warn and fail. So callers nobody knows are an assumed
:data:`ROLE`. A caller whose keys came from moto's AssumeRole or CreateAccessKey is who moto says. The account is always
the one that owns the buckets, else ``x-amz-expected-bucket-owner`` would be refused.
"""

from __future__ import annotations

import sys
from typing import Any

from emulator.arns import Scope, partition
from emulator.aws.call import Call
from emulator.aws.registry import operation
from emulator.services import Services

ROLE = "SageMakerExecutionRole"
SESSION = "SageMaker"


@operation("sts", "GetCallerIdentity")
def get_caller_identity(call: Call, services: Services) -> dict[str, Any]:
    user, arn = identity(call)
    return {"UserId": user, "Account": call.scope.account, "Arn": arn}


def identity(call: Call) -> tuple[str, str]:
    """(user id, ARN) of the caller."""
    return _known_to_moto(call) or (f"AROAEMULATOREMULATOR:{SESSION}", assumed_role(call.scope))


def assumed_role(scope: Scope) -> str:
    """The ARN of a caller nobody knows."""
    return f"arn:{partition(scope.region)}:sts::{scope.account}:assumed-role/{ROLE}/{SESSION}"


def _known_to_moto(call: Call) -> tuple[str, str] | None:
    """(user id, ARN) of keys that moto handed out; ``None`` too where moto was never needed."""
    key, place = call.key, partition(call.scope.region)
    if not key:
        return None
    roles, users = _of_moto("sts"), _of_moto("iam")
    if roles is not None:
        role = roles[call.scope.account][place].get_assumed_role_from_access_key(key)
        if role:
            return role.user_id, role.arn
    if users is not None:
        user = users[call.scope.account][place].get_user_from_access_key_id(key)
        if user:
            return user.id, user.arn
    return None


def _of_moto(service: str) -> Any:
    """A service's state in moto; ``None`` before it is imported, and while that goes on in another thread."""
    return getattr(sys.modules.get(f"moto.{service}.models"), f"{service}_backends", None)
