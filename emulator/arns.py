"""ARNs, ids and the clock.

Times are float epoch seconds (UTC, milliseconds kept) everywhere between the wire and SQLite. SageMaker writes most
resource names into ARNs in lower case, but SDK tests look for the name as given; the name is kept as given here.
"""

from __future__ import annotations

import hashlib
import random
import re
import secrets
import time
from typing import NamedTuple

ACCOUNT = "123456789012"
REGION = "us-east-1"
BUCKET_NAME = re.compile(r"[a-z0-9](?:[a-z0-9.-]{1,61})[a-z0-9]")
"""What every bucket's name looks like; S3 refuses some of them besides."""


class Scope(NamedTuple):
    """Whose resources are meant: a 12-digit account id and a region name."""

    account: str = ACCOUNT
    region: str = REGION


def now() -> float:
    """The present time in epoch seconds, rounded to milliseconds as AWS gives it."""
    return round(time.time(), 3)


def canonical_id(account: str) -> str:
    """The canonical user id of an account, as S3 names owners: 64 hexadecimal digits."""
    return hashlib.sha256(account.encode()).hexdigest()


def partition(region: str) -> str:
    """The ARN partition of a region: ``aws``, ``aws-cn`` or ``aws-us-gov``."""
    if region.startswith("cn-"):
        return "aws-cn"
    return "aws-us-gov" if region.startswith("us-gov-") else "aws"


def arn(scope: Scope, resource: str, service: str = "sagemaker") -> str:
    """``arn:aws:sagemaker:us-east-1:123456789012:<resource>``; ``resource`` is e.g. ``training-job/my-job``."""
    return f"arn:{partition(scope.region)}:{service}:{scope.region}:{scope.account}:{resource}"


def tail(value: str) -> str:
    """The last path part of an ARN, or the value itself when it is a bare name."""
    return value.rsplit("/", 1)[-1]


def own(scope: Scope, given: str, kind: str = "") -> str:
    """The name that a name or an ARN means in ``scope``. The ARN of another account or region, or of another resource
    type than ``kind`` (``model-package-group``), stays whole: it is the name of nothing here, whatever it ends in."""
    resource = given.removeprefix(arn(scope, ""))
    found, _, name = resource.partition("/")
    return name if resource != given and kind in {"", found} else given


def of(scope: Scope, kind: str, name: str) -> str:
    """The ARN of what :func:`own` gives: for messages, which say what was looked for."""
    return name if name.startswith("arn:") else arn(scope, f"{kind}/{name}")


def request_id() -> str:
    """A new request id in AWS's UUID form: a random UUID, spelt out here since :mod:`uuid` takes six times as long."""
    text = f"{random.getrandbits(128):032x}"
    return f"{text[:8]}-{text[8:12]}-4{text[13:16]}-a{text[17:20]}-{text[20:]}"


_LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789"


def short_id(length: int = 12) -> str:
    """A random id of lower-case letters and digits, as in pipeline execution ids."""
    return "".join(secrets.choice(_LETTERS) for _ in range(length))
