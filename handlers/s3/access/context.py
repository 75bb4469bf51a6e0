"""The condition keys of a call: what a policy can compare.

Keys are named without case. A key the request does not have is None, which is not the same as empty
(``conditions.py``). Source: "Condition keys for Amazon S3" in the Service Authorization Reference, and "AWS global
condition context keys" in the IAM user guide.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from emulator.arns import now
from emulator.aws.call import Call
from emulator.store import Bucket, Entry
from handlers.s3.access.principals import Caller
from handlers.s3.tag_sets import tagging

DAY = 24 * 3600
AWS = re.compile(r"\.(?:amazonaws\.com(?:\.cn)?|api\.aws)(?::\d+)?$", re.IGNORECASE)
#: Keys that are parameters of the operation, as text.
PARAMS = {
    "s3:delimiter": "Delimiter",
    "s3:max-keys": "MaxKeys",
    "s3:object-lock-legal-hold": "ObjectLockLegalHoldStatus",
    "s3:object-lock-mode": "ObjectLockMode",
    "s3:prefix": "Prefix",
    "s3:if-match": "IfMatch",
    "s3:if-none-match": "IfNoneMatch",
    "s3:x-amz-object-ownership": "ObjectOwnership",
}
#: Headers that policies may look at under their own name.
HEADERS = "s3:x-amz-"
EXISTING, REQUESTED = "s3:existingobjecttag/", "s3:requestobjecttag/"


@dataclass(frozen=True, slots=True)
class Context:
    """The values of one call.

    ``entry`` finds the object it is about, when a policy asks for its tags; ``begun`` the headers that the multipart
    upload it belongs to was begun with, by which parts and completion are judged. ``version`` is the version that is
    named of that object, which may be a copy's source or one of many to be deleted. ``prefix`` is what is asked for as
    if it were to be listed.
    """

    call: Call
    bucket: Bucket
    caller: Caller
    entry: Callable[[], Entry | None]
    begun: Callable[[], Mapping[str, str]]
    version: str | None = None
    prefix: str | None = None

    def __call__(self, key: str) -> Sequence[str] | None:
        """The values of a condition key, None if the request has no such key."""
        name = key.lower()
        if name == "s3:prefix" and self.prefix is not None:
            return [self.prefix]
        if name in READERS:
            found = READERS[name](self)
        elif name in PARAMS:
            found = self.call.params.get(PARAMS[name])
        elif name.startswith((EXISTING, REQUESTED)):
            tags = self.tags() if name.startswith(REQUESTED) else existing(self.entry())
            found = tags.get(key.partition("/")[2])
        else:
            found = self.header(name.removeprefix("s3:")) if name.startswith(HEADERS) else None
        if found is None or isinstance(found, list):
            return found
        return [str(found)]

    def header(self, name: str) -> str | None:
        """A header of the request, or of the one that began its upload."""
        found = self.call.headers.get(name)
        return self.begun().get(name) if found is None and "UploadId" in self.call.params else found

    def tags(self) -> dict[str, str]:
        """The tags the request would set."""
        given = self.call.params.get("Tagging", self.header("x-amz-tagging"))
        if isinstance(given, Mapping):
            return {one["Key"]: one["Value"] for one in given.get("TagSet", ())}
        return dict(tagging(given)) if given else {}


def existing(entry: Entry | None) -> dict[str, str]:
    """The tags an object has."""
    return {} if entry is None else {one["Key"]: one["Value"] for one in entry.meta.get("Tags", ())}


def remaining_days(context: Context) -> int | None:
    """The days for which a request would retain an object."""
    until = context.call.params.get("ObjectLockRetainUntilDate") or context.call.params.get("Retention", {}).get(
        "RetainUntilDate"
    )
    return None if until is None else max(0, int((until - now()) // DAY))


def secure(headers: Mapping[str, str]) -> bool:
    """Whether a request would have come over TLS on AWS.

    The address of this server stands for AWS's endpoint, which clients ask over TLS: a bucket that denies plain HTTP,
    as most templates make it, serves them here too. False for AWS's own names by plain HTTP (the door marks those).
    """
    return not (AWS.search(headers.get("host", "")) and headers.get("x-forwarded-proto") == "http")


def iso(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def signature_version(context: Context) -> str | None:
    """How the request is signed. Keys in the old form of presigned links are nowhere else."""
    if not context.call.key:
        return None
    authorization = context.call.headers.get("authorization", "")
    return "AWS" if authorization.startswith("AWS ") else "AWS4-HMAC-SHA256"


def auth_type(context: Context) -> str | None:
    if not context.call.key:
        return None
    if ":method" in context.call.headers:
        return "POST"
    return "REST-HEADER" if "authorization" in context.call.headers else "REST-QUERY-STRING"


READERS: dict[str, Callable[[Context], Any]] = {
    "aws:currenttime": lambda context: iso(now()),
    "aws:epochtime": lambda context: int(now()),
    "aws:principalaccount": lambda context: context.caller.account or None,
    "aws:principalarn": lambda context: context.caller.principal or None,
    "aws:principalisawsservice": lambda context: "false",
    "aws:principaltype": lambda context: context.caller.kind,
    "aws:referer": lambda context: context.call.headers.get("referer"),
    "aws:requestedregion": lambda context: context.call.scope.region,
    "aws:resourceaccount": lambda context: context.bucket.account,
    "aws:securetransport": lambda context: str(secure(context.call.headers)).lower(),
    "aws:sourceip": lambda context: context.call.client or None,
    "aws:useragent": lambda context: context.call.headers.get("user-agent"),
    "aws:userid": lambda context: context.caller.id or None,
    "aws:username": lambda context: context.caller.user or None,
    "s3:authtype": auth_type,
    "s3:object-lock-remaining-retention-days": remaining_days,
    "s3:object-lock-retain-until-date": lambda context: (
        iso(context.call.params["ObjectLockRetainUntilDate"])
        if "ObjectLockRetainUntilDate" in context.call.params
        else None
    ),
    "s3:requestobjecttagkeys": lambda context: list(context.tags()) or None,
    "s3:resourceaccount": lambda context: context.bucket.account,
    "s3:signatureversion": signature_version,
    "s3:tlsversion": lambda context: "1.3" if secure(context.call.headers) else None,
    "s3:versionid": lambda context: context.version,
}
