"""The policy of an upload form: what its fields may be, until when. (Who signed it is checked elsewhere.)

A condition is ``{"acl": "private"}``, ``["eq", "$acl", "private"]``, ``["starts-with", "$key", "user/"]`` or
``["content-length-range", 1, 1048576]``. Source: "POST Policy" in the S3 API reference.
"""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from emulator.errors import ServiceError

MOST = 5 << 30
TRIPLE = 3
#: Fields that need no condition.
FREE = {"awsaccesskeyid", "signature", "x-amz-signature", "file", "policy", "bucket"}


@dataclass(frozen=True, slots=True)
class Limits:
    """How many bytes the file may have."""

    least: int = 0
    most: int = MOST


def check(fields: Mapping[str, str]) -> Limits:
    """The limits a form's policy sets; the widest if it has none. 400 ``InvalidPolicyDocument``, 403 ``AccessDenied``.

    ``fields`` are by lower-case name, with the bucket as ``bucket``.
    """
    if "policy" not in fields:
        return Limits()
    document = parsed(fields["policy"])
    if expiry(document) < time.time():
        raise denied("Policy expired.")
    limits, named = Limits(), set(FREE)
    for condition in document["conditions"]:
        operator, name, value = triple(condition)
        if operator == "content-length-range":
            limits = Limits(int(name), int(value))
            continue
        named.add(name)
        if not holds(operator, fields.get(name, ""), value):
            raise denied(f"Policy Condition failed: {json.dumps([operator, f'${name}', value])}")
    extra = sorted(name for name in fields if name not in named and not name.startswith("x-ignore-"))
    if extra:
        raise denied(f"Extra input fields: {', '.join(extra)}")
    return limits


def parsed(text: str) -> dict[str, Any]:
    """The policy document."""
    try:
        document = json.loads(base64.b64decode(text))
    except (ValueError, RecursionError):
        raise invalid("Invalid JSON.") from None
    if not isinstance(document, dict) or not isinstance(document.get("conditions"), list):
        raise invalid("Policy missing conditions.")
    if not isinstance(document.get("expiration"), str):
        raise invalid("Policy missing expiration.")
    return document


def expiry(document: Mapping[str, Any]) -> float:
    """When the policy ends, in epoch seconds. It must be written as ``2030-01-01T12:00:00.000Z``."""
    text = document["expiration"]
    try:
        return (
            datetime.strptime(text.partition(".")[0].rstrip("Z"), "%Y-%m-%dT%H:%M:%S").replace(tzinfo=UTC).timestamp()
        )
    except ValueError:
        raise invalid(f"Invalid 'expiration' value: '{text}'") from None


def triple(condition: Any) -> tuple[str, str, str]:
    """(operator, field in lower case, value) of a condition in any form."""
    if isinstance(condition, dict) and len(condition) == 1:
        name, value = next(iter(condition.items()))
        return "eq", str(name).lower(), str(value)
    if not isinstance(condition, list) or len(condition) != TRIPLE:
        raise invalid(f"Invalid condition: {json.dumps(condition)}")
    operator, name, value = str(condition[0]).lower(), str(condition[1]), str(condition[2])
    if operator == "content-length-range" and name.isdigit() and value.isdigit():
        return operator, name, value
    if operator not in {"eq", "starts-with"} or not name.startswith("$"):
        raise invalid(f"Invalid condition: {json.dumps(condition)}")
    return operator, name[1:].lower(), value


def holds(operator: str, given: str, value: str) -> bool:
    """Whether a field is what a condition asks."""
    return given == value if operator == "eq" else given.startswith(value)


def denied(why: str) -> ServiceError:
    return ServiceError("AccessDenied", f"Invalid according to Policy: {why}", 403)


def invalid(why: str) -> ServiceError:
    return ServiceError("InvalidPolicyDocument", f"Invalid Policy: {why}")
