"""Bucket policies read: statements to ask whether they apply, and ``MalformedPolicy`` in S3's words for what is none.

Source: "Grammar of the IAM JSON policy language"; the messages are those S3 answers, as reported in public.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from emulator.errors import ServiceError
from handlers.s3.access.actions import BUCKET, KNOWN, OBJECT
from handlers.s3.access.conditions import Condition, operand, read
from handlers.s3.access.patterns import like
from handlers.s3.access.principals import Caller, Principals, principals
from handlers.s3.access.variables import Text, Values, filled, split

MAX_BYTES = 20 << 10
VERSIONS = ("2012-10-17", "2008-10-17")
NEW = VERSIONS[0]
FIELDS = {"Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource", "Condition"}
RESOURCE = re.compile(r"arn:aws(?:-cn|-us-gov)?:s3:::(.+)")
#: Condition keys that only lists have.
OF_LISTS = {"s3:prefix", "s3:delimiter", "s3:max-keys"}
LISTS = {"listbucket", "listbucketversions", "listbucketmultipartuploads"}


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement. ``actions`` and ``resources`` are patterns; with ``not_…`` they are those it does not speak of.

    ``named`` are the resources with their variables apart, where the policy's version has variables.
    """

    allows: bool
    principals: Principals
    not_principals: bool
    actions: tuple[str, ...]
    not_actions: bool
    resources: tuple[str, ...]
    not_resources: bool
    named: tuple[Text, ...]
    conditions: tuple[Condition, ...]

    def applies(self, caller: Caller, action: str, resource: str, values: Values) -> bool:
        """Whether it speaks of this: ``action`` without ``s3:``, ``resource`` is ``bucket`` or ``bucket/key``."""
        if self.principals.has(caller) == self.not_principals:
            return False
        if any(like(action, one, ignore_case=True) for one in self.actions) == self.not_actions:
            return False
        if any(like(resource, *one) for one in filled(self.named, values)) == self.not_resources:
            return False
        return all(one.holds(values) for one in self.conditions)


@lru_cache(256)
def parsed(text: str, bucket: str) -> tuple[Statement, ...]:
    """The statements of a bucket's policy. 400 ``MalformedPolicy``."""
    if len(text.encode()) > MAX_BYTES:
        raise malformed("Policies must not be larger than 20480 bytes")
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        document = None
    if not isinstance(document, dict):
        raise malformed("Policies must be valid JSON and the first byte must be '{'")
    if "Version" in document and document["Version"] not in VERSIONS:
        raise malformed("The policy must contain a valid version string")
    unknown = sorted(document.keys() - {"Version", "Id", "Statement"})
    if unknown:
        raise malformed(f"Unknown field {unknown[0]}")
    if "Statement" not in document:
        raise malformed("Missing required field Statement")
    found = listed(document["Statement"])
    if not found:
        raise malformed("Could not parse the policy: Statement is empty!")
    return tuple(statement(one, bucket, document.get("Version", VERSIONS[1]) == NEW) for one in found)


def statement(given: Any, bucket: str, variables: bool) -> Statement:
    """One statement; 400 ``MalformedPolicy``."""
    if not isinstance(given, dict):
        raise malformed("Statement must be an object")
    unknown = sorted(given.keys() - FIELDS)
    if unknown:
        raise malformed(f"Unknown field {unknown[0]}")
    if given.get("Effect") not in ("Allow", "Deny"):
        raise malformed("Missing required field Effect" if "Effect" not in given else "Invalid effect")
    who, not_who = either(given, "Principal")
    actions, not_actions = either(given, "Action")
    resources, not_resources = either(given, "Resource")
    patterns = tuple(resource(one, bucket) for one in listed(resources))
    made = Statement(
        allows=given["Effect"] == "Allow",
        principals=principals(who, malformed),
        not_principals=not_who,
        actions=tuple(action(one) for one in listed(actions)),
        not_actions=not_actions,
        resources=patterns,
        not_resources=not_resources,
        named=tuple(split(one) if variables else (one,) for one in patterns),
        conditions=tuple(conditions_of(given.get("Condition", {}), variables)),
    )
    fits_together(made, bucket)
    return made


def either(given: Mapping[str, Any], name: str) -> tuple[Any, bool]:
    """The value of a field or of its opposite, and whether it was the opposite."""
    opposite = f"Not{name}"
    if name in given and opposite in given:
        raise malformed(f"Statement cannot have both {name} and {opposite}")
    if name not in given and opposite not in given:
        raise malformed(f"Missing required field {name}")
    value = given.get(name, given.get(opposite))
    if value in ([], ""):
        raise malformed(f"Missing required field {name} cannot be empty!")
    return value, opposite in given


def listed(value: Any) -> Sequence[Any]:
    return value if isinstance(value, list) else [value]


def action(text: Any) -> str:
    """The pattern of a permission, without ``s3:``."""
    if text == "*":
        return "*"
    service, colon, name = str(text).partition(":")
    if service.lower() != "s3" or not colon or not any(like(one, name.lower()) for one in KNOWN):
        raise malformed("Policy has invalid action")
    return name


def resource(text: Any, bucket: str) -> str:
    """The pattern of a resource, without ``arn:aws:s3:::``; it must be able to mean this bucket."""
    found = RESOURCE.fullmatch(text) if isinstance(text, str) else None
    if found is None or not like(bucket, found[1].partition("/")[0]):
        raise malformed("Policy has invalid resource")
    return found[1]


def conditions_of(given: Any, variables: bool) -> list[Condition]:
    """The conditions of a statement, in a policy that may have ``variables`` or not."""
    found = []
    for name, tests in given.items() if isinstance(given, dict) else [("", {})]:
        known = read(name)
        if known is None or not isinstance(tests, dict):
            raise malformed(f"Invalid Condition type : {name}")
        operator, quantifier, if_exists = known
        for key, wanted in tests.items():
            if not key.lower().startswith(("s3:", "aws:", "saml:", "sts:", "jwt:", "kms:")):
                raise malformed("Policy has an invalid condition key")
            texts = [text(one) for one in listed(wanted)]
            operands = tuple(operand(operator, one) if variables else (one,) for one in texts)
            found.append(Condition(operator, key, operands, quantifier, if_exists))
    return found


def text(value: Any) -> str:
    """A value as conditions compare it: JSON's ``true`` is ``"true"``."""
    if isinstance(value, dict | list) or value is None:
        raise malformed("Policy has an invalid condition value")
    return str(value).lower() if isinstance(value, bool) else str(value)


def fits_together(made: Statement, bucket: str) -> None:
    """Every permission must be one of a resource the statement names; list keys belong to lists."""
    if not made.not_actions and not made.not_resources:
        objects = any("/" in one or like(f"{bucket}/", one) for one in made.resources)
        buckets = any(like(bucket, one) for one in made.resources)
        for one in made.actions:
            of = {kind for kind, names in (("o", OBJECT), ("b", BUCKET)) if matches(one, names)}
            if not (("o" in of and objects) or ("b" in of and buckets)):
                raise malformed("Action does not apply to any resource(s) in statement")
    of_lists = any(one.key.lower() in OF_LISTS for one in made.conditions) and not made.not_actions
    if of_lists and not any(matches(one, LISTS) for one in made.actions):
        raise malformed("Conditions do not apply to combination of actions and resources in statement")


def matches(pattern: str, names: set[str] | frozenset[str]) -> bool:
    return any(like(name, pattern, ignore_case=True) for name in names)


def malformed(why: str) -> ServiceError:
    """S3's 400 for a policy."""
    return ServiceError("MalformedPolicy", why)
