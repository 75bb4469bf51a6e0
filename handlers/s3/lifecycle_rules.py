"""Lifecycle rules as S3 takes them: what a document must and must not say. They are carried out elsewhere
(``emulator/objects/lifecycle.py``).

Sources: PutBucketLifecycleConfiguration in the S3 API reference, "Lifecycle configuration elements" and "Transitioning
objects using Amazon S3 Lifecycle" in the user guide.
"""

from __future__ import annotations

import re
import uuid
from collections import Counter
from collections.abc import Mapping
from typing import Any

from emulator.aws import model
from handlers.s3.checks import invalid_argument, invalid_request, malformed_xml

MAX_RULES = 1000
MAX_ID = 255
DAY = 24 * 3600
STATUSES = {"Enabled", "Disabled"}
ACTIONS = {
    "Expiration",
    "Transitions",
    "NoncurrentVersionExpiration",
    "NoncurrentVersionTransitions",
    "AbortIncompleteMultipartUpload",
}
TRIGGERS = ("Days", "Date", "ExpiredObjectDeleteMarker")
#: Classes that objects do not move into sooner.
LEAST_DAYS = {"STANDARD_IA": 30, "ONEZONE_IA": 30}


def check(document: dict[str, Any]) -> None:
    """400 ``MalformedXML``, ``InvalidArgument`` or ``InvalidRequest``. Rules without an id get one."""
    rules = document.get("Rules") or []
    if not 0 < len(rules) <= MAX_RULES:
        raise malformed_xml()
    for rule in rules:
        rule["ID"] = rule.get("ID") or uuid.uuid4().hex
        if len(rule["ID"]) > MAX_ID:
            raise invalid_argument("ID length should not exceed allowed limit of 255", "ID", rule["ID"])
    if max(Counter(rule["ID"] for rule in rules).values()) > 1:
        text = "Rule ID must be unique. Found same ID for more than one rule"
        raise invalid_argument(text, "ID", Counter(rule["ID"] for rule in rules).most_common(1)[0][0])
    for rule in rules:
        check_rule(rule)


def check_rule(rule: Mapping[str, Any]) -> None:
    if rule.get("Status") not in STATUSES or ("Filter" in rule) == ("Prefix" in rule):
        raise malformed_xml()
    check_filter(rule.get("Filter", {}))
    if not ACTIONS & rule.keys():
        raise invalid_request("At least one action needs to be specified in a rule")
    if "Expiration" in rule:
        check_expiration(rule["Expiration"])
    for one in rule.get("Transitions", ()):
        check_transition(one)
    for one in (rule.get("NoncurrentVersionExpiration"), *rule.get("NoncurrentVersionTransitions", ())):
        if one is not None and not {"NoncurrentDays", "NewerNoncurrentVersions"} & one.keys():
            raise malformed_xml()
        if one is not None:
            positive(one, "NoncurrentDays", "NoncurrentVersionExpiration")
    positive(rule.get("AbortIncompleteMultipartUpload", {}), "DaysAfterInitiation", "AbortIncompleteMultipartUpload")


def check_filter(document: Mapping[str, Any]) -> None:
    """A filter is one condition; several stand under ``And``."""
    if len(document) > 1:
        raise malformed_xml()
    keys = [tag.get("Key") for tag in document.get("And", {}).get("Tags", ())]
    if len(set(keys)) < len(keys):
        raise invalid_request("Duplicate Tag Keys are not allowed.")


def check_expiration(action: Mapping[str, Any]) -> None:
    if sum(name in action for name in TRIGGERS) != 1:
        raise malformed_xml()
    positive(action, "Days", "Expiration")
    midnight(action)


def check_transition(action: Mapping[str, Any]) -> None:
    name = action.get("StorageClass", "")
    known = model.service("s3").model.shape_for("TransitionStorageClass").metadata["enum"]
    if name not in known or ("Days" in action) == ("Date" in action):
        raise malformed_xml()
    midnight(action)
    days, least = action.get("Days"), LEAST_DAYS.get(name, 0)
    if days is not None and days < least:
        text = f"'Days' in Transition action must be greater than or equal to {least} for storageClass '{name}'"
        raise invalid_argument(text, "Days", days)


def positive(action: Mapping[str, Any], member: str, name: str) -> None:
    """400 for a number of days that is none."""
    if action.get(member, 1) <= 0:
        spoken = re.sub("(?<=[a-z])(?=[A-Z])", " ", name)
        raise invalid_argument(f"'{member}' for {spoken} action must be a positive integer", member, action[member])


def midnight(action: Mapping[str, Any]) -> None:
    """400 for a date that is a time of day."""
    if action.get("Date", 0) % DAY:
        raise invalid_argument("'Date' must be at midnight GMT", "Date", action["Date"])
