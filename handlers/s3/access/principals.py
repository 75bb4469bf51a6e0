"""Who asks, and whom a policy means.

An account, or its root, means everybody of that account; a role means whoever has assumed it. Services and federated
users never call here, so they fit nobody. Source: "AWS JSON policy elements: Principal" in the IAM user guide.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

ACCOUNT = re.compile(r"\d{12}")
ARN = re.compile(
    r"arn:aws(?:-cn|-us-gov)?:(?:iam|sts)::(\d{12}):(root|(?:user|role|assumed-role|federated-user)/[^*?]+)"
)
SESSION = re.compile(r"(arn:[\w-]+):sts::(\d{12}):assumed-role/([^/]+)/.*")
CANONICAL = re.compile(r"[0-9a-f]{64}")
SERVICE = re.compile(r"[a-z0-9-]+(?:\.[a-z0-9-]+)*\.amazonaws\.com(?:\.cn)?")
EVERYBODY = "*"


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls: an account, one of its people as an ARN, and ``aws:userid``; all empty for an unsigned request."""

    account: str = ""
    arn: str = ""
    canonical: str = ""
    id: str = ""

    @property
    def principal(self) -> str:
        """``aws:PrincipalArn``: of a session, the role it has assumed."""
        session = SESSION.fullmatch(self.arn)
        return f"{session[1]}:iam::{session[2]}:role/{session[3]}" if session else self.arn

    @property
    def user(self) -> str:
        """``aws:username``; roles have none."""
        return self.arn.partition(":user/")[2].rpartition("/")[2]

    @property
    def kind(self) -> str:
        """``aws:PrincipalType``."""
        if not self.account:
            return "Anonymous"
        return "AssumedRole" if SESSION.fullmatch(self.arn) else "User" if self.user else "Account"

    @property
    def names(self) -> tuple[str, ...]:
        """All names by which a policy may mean this caller."""
        if not self.account:
            return (EVERYBODY,)
        partition = self.arn.partition(":iam:")[0].partition(":sts:")[0]
        root = f"{partition}:iam::{self.account}:root"
        return (EVERYBODY, self.account, root, self.arn, self.principal, self.canonical)


@dataclass(frozen=True, slots=True)
class Principals:
    """Those a statement names, as :attr:`Caller.names` has them."""

    names: frozenset[str]

    def has(self, caller: Caller) -> bool:
        """Whether the caller is one of them. The path of a role does not count: sessions do not tell it."""
        return not self.names.isdisjoint(caller.names)

    @property
    def everybody(self) -> bool:
        """Whether they are all the world."""
        return EVERYBODY in self.names


def principals(given: Any, malformed: Callable[[str], Exception]) -> Principals:
    """The principals of a statement: ``"*"`` or ``{"AWS": [...], "CanonicalUser": ..., "Service": ...}``."""
    if given == EVERYBODY:
        return Principals(frozenset((EVERYBODY,)))
    wrong = malformed("Invalid principal in policy")
    if not isinstance(given, dict) or not given:
        raise wrong
    found: set[str] = set()
    for kind, value in given.items():
        for one in value if isinstance(value, list) else [value]:
            if kind not in FORMS or not isinstance(one, str) or not FORMS[kind](one):
                raise wrong
            found.add(without_path(one))
    if not found:
        raise wrong
    return Principals(frozenset(found))


def aws(text: str) -> bool:
    return text == EVERYBODY or bool(ACCOUNT.fullmatch(text) or ARN.fullmatch(text))


FORMS: dict[str, Callable[[str], bool]] = {
    "AWS": aws,
    "CanonicalUser": lambda text: bool(CANONICAL.fullmatch(text)),
    "Service": lambda text: bool(SERVICE.fullmatch(text)),
    "Federated": lambda text: text not in {"", EVERYBODY},
}


def without_path(name: str) -> str:
    """``arn:…:role/service/name`` as ``arn:…:role/name``."""
    head, role, rest = name.partition(":role/")
    return f"{head}{role}{rest.rpartition('/')[2]}"
