"""RetryPolicies of a step: which failures are tried again, how often and after how long.

``[{ExceptionType: [...], IntervalSeconds 1, BackoffRate 2.0, MaxAttempts | ExpireAfterMin}]``: the first policy that
lists the failure's type decides (developer guide, "Retry Policy for Pipeline Steps").
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

MAX_ATTEMPTS = 5  # of a policy that gives no limit

# What StepFailed.kind holds (an error code, or the word before the colon of a FailureReason) -> AWS's exception type.
_TYPES = {
    "ThrottlingException": "Step.THROTTLING",
    "InternalFailure": "Step.SERVICE_FAULT",
    "ServiceUnavailable": "Step.SERVICE_FAULT",
    "InternalServerError": "SageMaker.JOB_INTERNAL_ERROR",
    "CapacityError": "SageMaker.CAPACITY_ERROR",
    "ResourceLimitExceeded": "SageMaker.RESOURCE_LIMIT",
}


def delay(policies: Sequence[Mapping[str, Any]], kind: str, attempt: int, elapsed: float) -> float | None:
    """Seconds to wait before the next try after ``attempt`` (1 is the first) failed; ``None``: no more tries."""
    exception = _TYPES.get(kind)
    for policy in policies:
        if exception in _listed(policy):
            return _delay(policy, attempt, elapsed)
    return None


def _listed(policy: Mapping[str, Any]) -> Sequence[str]:
    listed = policy.get("ExceptionType") or ()
    return (listed,) if isinstance(listed, str) else tuple(listed)


def _delay(policy: Mapping[str, Any], attempt: int, elapsed: float) -> float | None:
    wait = float(policy.get("IntervalSeconds", 1)) * float(policy.get("BackoffRate", 2.0)) ** (attempt - 1)
    if "ExpireAfterMin" in policy and "MaxAttempts" not in policy:
        return wait if elapsed + wait <= float(policy["ExpireAfterMin"]) * 60 else None
    return wait if attempt <= int(policy.get("MaxAttempts", MAX_ATTEMPTS)) else None
