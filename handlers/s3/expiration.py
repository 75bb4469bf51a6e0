"""``x-amz-expiration``: when a lifecycle rule is to remove the object that was just written or read.

Only the current version has it, and not if it was asked for by its version id. Source: "How to find when objects will
expire" in the S3 user guide.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from emulator.objects.lifecycle import KIND, expiry
from emulator.services import Services
from emulator.store import Bucket, Entry
from handlers.s3.checks import http_date


def expiration(services: Services, found_in: Bucket, found: Entry, params: Mapping[str, Any]) -> dict[str, str]:
    """The ``Expiration`` member of an answer about ``found``, if any rule means it."""
    if not found_in.ruled or "VersionId" in params:
        return {}
    document = services.store.buckets.config(found_in.name, KIND) or {}
    first = expiry(document.get("Rules", ()), found)
    if first is None:
        return {}
    at, rule = first
    return {"Expiration": f'expiry-date="{http_date(at)}", rule-id="{quote(rule, safe="")}"'}
