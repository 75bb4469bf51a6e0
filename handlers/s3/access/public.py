"""What S3 calls public: policies that let in anybody, in whatever words.

An Allow for everybody is not public only if a condition ties it to fixed values: accounts, organisations, networks.
A value with a wildcard or a policy variable is not fixed.
Source: "The meaning of 'public'" in "Blocking public access to your Amazon S3 storage", S3 user guide.
"""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import ip_network

from handlers.s3.access.conditions import Condition
from handlers.s3.access.documents import Statement

#: Keys whose fixed values narrow a statement to somebody.
NARROWING = {
    "aws:principalaccount",
    "aws:principalarn",
    "aws:principalorgid",
    "aws:principalorgpaths",
    "aws:sourceaccount",
    "aws:sourcearn",
    "aws:sourceowner",
    "aws:sourcevpc",
    "aws:sourcevpce",
    "aws:userid",
    "s3:dataaccesspointaccount",
    "s3:dataaccesspointarn",
    "s3:resourceaccount",
}
FIXED = {"StringEquals", "StringEqualsIgnoreCase", "StringLike", "ArnEquals", "ArnLike"}
#: Networks wider than this are everybody's.
WIDEST = {4: 8, 6: 32}


def is_public(statements: Iterable[Statement]) -> bool:
    """Whether a policy lets in anybody."""
    return any(one.allows and open_to_all(one) for one in statements)


def open_to_all(one: Statement) -> bool:
    everybody = one.not_principals or one.principals.everybody
    return everybody and not any(narrows(condition) for condition in one.conditions)


def narrows(condition: Condition) -> bool:
    """Whether a condition leaves only certain callers."""
    key = condition.key.lower()
    if condition.if_exists or condition.quantifier:
        return False
    if condition.operator == "IpAddress" and key == "aws:sourceip":
        return all(narrow(one) for one, *_ in condition.wanted)
    if condition.operator not in FIXED or key not in NARROWING:
        return False
    wild = "*?" if key != "s3:dataaccesspointarn" else ""
    return all(len(one) == 1 and not any(sign in one[0] for sign in wild) for one in condition.wanted)


def narrow(network: str) -> bool:
    """Whether a network is smaller than what S3 takes for everybody; private ones always are."""
    try:
        found = ip_network(network, strict=False)
    except ValueError:
        return False
    return found.is_private or found.prefixlen >= WIDEST[found.version]
