"""The conditions of a policy's statement: operators, and what they make of a value that is not there.

``StringNotEquals`` and the like hold where a request has no such value at all, and ``…IfExists`` holds then for every
operator; ``ForAllValues:`` holds for an empty list, ``ForAnyValue:`` does not. Only texts and ARNs are compared with
policy variables.
Source: "IAM JSON policy elements: Condition operators" in the IAM user guide.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from ipaddress import ip_address, ip_network

from handlers.s3.access.patterns import like
from handlers.s3.access.variables import Text, Values, filled, split

Test = Callable[[str, str], bool]
ANY, ALL = "ForAnyValue:", "ForAllValues:"


def number(text: str) -> float:
    return float(text)


def moment(text: str) -> float:
    """Epoch seconds of a date in ISO 8601, or of a number."""
    if text.isdigit():
        return float(text)
    found = datetime.fromisoformat(text.replace("Z", "+00:00"))
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()


def ordered(read: Callable[[str], float], compare: Callable[[float, float], bool]) -> Test:
    """A comparison of two texts as numbers; what is none fits nothing."""

    def test(given: str, wanted: str) -> bool:
        try:
            return compare(read(given), read(wanted))
        except ValueError:
            return False

    return test


def in_network(given: str, wanted: str) -> bool:
    """Whether an address lies in a network (``10.0.0.0/8``)."""
    try:
        return ip_address(given) in ip_network(wanted, strict=False)
    except ValueError:
        return False


def without_case(given: str, wanted: str) -> bool:
    return given.lower() == wanted.lower()


TESTS: dict[str, Test] = {
    "StringEquals": operator.eq,
    "StringEqualsIgnoreCase": without_case,
    "NumericEquals": ordered(number, operator.eq),
    "NumericLessThan": ordered(number, operator.lt),
    "NumericLessThanEquals": ordered(number, operator.le),
    "NumericGreaterThan": ordered(number, operator.gt),
    "NumericGreaterThanEquals": ordered(number, operator.ge),
    "DateEquals": ordered(moment, operator.eq),
    "DateLessThan": ordered(moment, operator.lt),
    "DateLessThanEquals": ordered(moment, operator.le),
    "DateGreaterThan": ordered(moment, operator.gt),
    "DateGreaterThanEquals": ordered(moment, operator.ge),
    "Bool": without_case,
    "BinaryEquals": operator.eq,
    "IpAddress": in_network,
}
#: Operators that compare with patterns.
PATTERNS = {"StringLike", "ArnEquals", "ArnLike"}
#: Operators that hold where another one does not.
NEGATED = {
    "StringNotEquals": "StringEquals",
    "StringNotEqualsIgnoreCase": "StringEqualsIgnoreCase",
    "StringNotLike": "StringLike",
    "NumericNotEquals": "NumericEquals",
    "DateNotEquals": "DateEquals",
    "NotIpAddress": "IpAddress",
    "ArnNotEquals": "ArnEquals",
    "ArnNotLike": "ArnLike",
}


@dataclass(frozen=True, slots=True)
class Condition:
    """``{operator: {key: wanted}}``. ``quantifier`` is :data:`ANY`, :data:`ALL` or empty."""

    operator: str
    key: str
    wanted: tuple[Text, ...]
    quantifier: str = ""
    if_exists: bool = False

    def holds(self, values: Values) -> bool:
        """Whether a request fulfils it."""
        given = values(self.key)
        if self.operator == "Null":
            return any((given is None) == (one.lower() == "true") for one, *_ in self.wanted)
        negated = self.operator in NEGATED
        if given is None:
            return self.if_exists or self.quantifier == ALL or (negated and self.quantifier != ANY)
        wanted = list(filled(self.wanted, values))
        fits = [any(self.fits(one, text) for text in wanted) != negated for one in given]
        return all(fits) if self.quantifier == ALL or (negated and self.quantifier != ANY) else any(fits)

    def fits(self, given: str, wanted: Text) -> bool:
        """Whether a value is what the operator, or the one that it negates, wants."""
        name = NEGATED.get(self.operator, self.operator)
        return like(given, *wanted) if name in PATTERNS else TESTS[name](given, "".join(wanted))


def operand(name: str, text: str) -> Text:
    """A text that an operator is to compare with."""
    return split(text) if name.startswith(("String", "Arn")) else (text,)


def read(name: str) -> tuple[str, str, bool] | None:
    """(operator, quantifier, whether absence fulfils it) of an operator as written; None if there is no such one."""
    quantifier = next((one for one in (ANY, ALL) if name.startswith(one)), "")
    bare = name.removeprefix(quantifier)
    if bare == "Null":
        return bare, quantifier, False
    base = bare.removesuffix("IfExists")
    known = base in TESTS or base in PATTERNS or base in NEGATED
    return (base, quantifier, base != bare) if known else None
