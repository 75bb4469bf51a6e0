"""Step caching: a step of the same pipeline, type and key members that succeeded before lends its result.

Outputs, resources and role are not in the key; failed runs are never reused (developer guide, "Caching pipeline
steps"). ``ExpireAfter`` is like an ISO 8601 duration, but the SDK's users also write ``P30d``, ``T12H`` and ``30dT5h``.
A result is kept as a record of kind ``StepCache`` named by the key.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from typing import Any

from emulator.arns import now
from emulator.pipelines.steps.base import Context, Done
from emulator.store import Exists

KIND = "StepCache"
_DURATION = re.compile(
    r"P?(?:(?P<y>\d+)Y)?(?:(?P<mo>\d+)M)?(?:(?P<w>\d+)W)?(?:(?P<d>\d+)D)?"
    r"(?:T(?:(?P<h>\d+)H)?(?:(?P<m>\d+)M)?(?:(?P<s>\d+)S)?)?\Z",
    re.IGNORECASE,
)
_SECONDS = {"y": 365 * 86400, "mo": 30 * 86400, "w": 7 * 86400, "d": 86400, "h": 3600, "m": 60, "s": 1}


def seconds(duration: str) -> float | None:
    """``"P30d"`` -> 2592000; ``None`` when it is no duration."""
    match = _DURATION.match(duration.strip())
    if not match or not any(match.groups()):
        return None
    return float(sum(int(value) * _SECONDS[unit] for unit, value in match.groupdict().items() if value))


def key(context: Context, members: tuple[str, ...], request: Mapping[str, Any]) -> str:
    """The name a result is kept under; empty when the step does not ask for caching."""
    config = context.step.raw.get("CacheConfig") or {}
    if not config.get("Enabled") or not members:
        return ""
    chosen = {member: request[member] for member in members if member in request}
    text = json.dumps([context.pipeline, context.step.type, chosen], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def find(context: Context, name: str) -> Done | None:
    """The result of an earlier run, if there is one that has not expired. Never for a step that began already."""
    record = context.tools.store.records.get(context.scope, KIND, name) if name else None
    if record is None or context.record.get("_name"):
        return None
    limit = seconds(str((context.step.raw.get("CacheConfig") or {}).get("ExpireAfter", "")))
    if limit is not None and now() - record["CreationTime"] > limit:
        return None
    return Done(record["Metadata"], record["Properties"], source=record["Source"])


def keep(context: Context, name: str, done: Done) -> None:
    """Keep a success for later runs; the newest one counts."""
    if not name:
        return
    record = {
        "CreationTime": now(),
        "Source": context.execution_arn,
        "Metadata": dict(done.metadata),
        "Properties": dict(done.properties),
    }
    records = context.tools.store.records
    try:
        records.insert(context.scope, KIND, name, record, parent=context.pipeline)
    except Exists:
        records.update(context.scope, KIND, name, record)
