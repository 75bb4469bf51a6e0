"""What most S3 operations begin with: the bucket and who owns it, keys, conditions on the present object."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from email.utils import formatdate
from typing import Any

from emulator.arns import canonical_id
from emulator.aws.call import Call
from emulator.errors import ServiceError
from emulator.objects import no_such_key
from emulator.services import Services
from emulator.store import Bucket, Entry
from handlers.s3.access.decide import denied, from_folder, permit, theirs

MAX_KEY_BYTES = 1024
VERSION = re.compile(r"null|[\w-]{32}", re.ASCII)
CACHED = {"Cache-Control": "CacheControl"}


def bucket(call: Call, services: Services) -> Bucket:
    """The call's bucket. 404 ``NoSuchBucket``; 403 ``AccessDenied`` when it is not the owner the caller expects, or the
    caller may not do this with it. A folder shown as a bucket is everybody's to read and nobody's to change."""
    found = services.objects.bucket(call.params["Bucket"])
    expected = call.params.get("ExpectedBucketOwner")
    if expected is not None and expected != found.account:
        raise denied()
    permit(call, services, found, call.params)
    if not call.operation.startswith(("Get", "Head", "List")) and from_folder(services, found):
        raise denied()
    return found


def key(call: Call) -> str:
    """The call's key; 400 ``KeyTooLongError`` past 1,024 bytes."""
    found: str = call.params["Key"]
    key_fits(found)
    return found


def key_fits(found: str) -> None:
    """400 ``KeyTooLongError`` past 1,024 bytes."""
    size = len(found.encode())
    if size > MAX_KEY_BYTES:
        fields = {"Size": size, "MaxSizeAllowed": MAX_KEY_BYTES}
        raise ServiceError("KeyTooLongError", "Your key is too long", 400, fields)


def entry(call: Call, services: Services) -> Entry:
    """The object (or the version) the call means; 404 when there is none, 405 when a delete marker was asked for."""
    version = call.params.get("VersionId")
    found = present(services.store.objects.get(call.params["Bucket"], call.params["Key"], version), call.params)
    theirs(call, services, found)
    return found


def present(found: Entry | None, params: Mapping[str, Any]) -> Entry:
    """``found`` if it is something to read; else S3's error for what it is not."""
    version = params.get("VersionId")
    if found is None and version is not None:
        known_form(version)
        fields = {"Key": params["Key"], "VersionId": version}
        raise ServiceError("NoSuchVersion", "The specified version does not exist.", 404, fields)
    if found is None:
        raise no_such_key(params["Key"])
    if found.marker:
        raise deleted(found, version is not None)
    return found


def known_form(version: str, name: str = "versionId") -> None:
    """400 ``InvalidArgument`` for a version id, in the parameter ``name``, that S3 would never have given."""
    if not version:
        raise invalid_argument("Version id cannot be the empty string", name, version)
    if not VERSION.fullmatch(version):
        raise invalid_argument("Invalid version id specified", name, version)


def deleted(marker: Entry, named: bool) -> ServiceError:
    """What a delete marker answers to a read: 405 when it was ``named`` by its version, else 404."""
    headers = {"x-amz-delete-marker": "true", "x-amz-version-id": marker.version}
    if not named:
        missing = no_such_key(marker.key)
        missing.headers.update(headers)
        return missing
    headers |= {"Last-Modified": http_date(marker.modified), "Allow": "DELETE"}
    text = "The specified method is not allowed against this resource."
    return ServiceError("MethodNotAllowed", text, 405, {"Method": "GET", "ResourceType": "DeleteMarker"}, headers)


def readable(found: Entry, params: Mapping[str, Any], prefix: str = "") -> None:
    """The conditional headers of a read (RFC 9110 order): 412 ``PreconditionFailed`` or 304 ``NotModified``.

    ``prefix`` is ``CopySource`` for the source of a copy, where a would-be 304 is a 412 too.
    """
    changed = int(found.modified)
    given = {name: params.get(f"{prefix}{name}") for name in CONDITIONS}
    if given["IfMatch"] is not None:
        if not matches(given["IfMatch"], found):
            raise failed("If-Match")
    elif given["IfUnmodifiedSince"] is not None and changed > given["IfUnmodifiedSince"]:
        raise failed("If-Unmodified-Since")
    if given["IfNoneMatch"] is not None:
        if matches(given["IfNoneMatch"], found):
            raise failed("If-None-Match") if prefix else not_modified(found)
    elif given["IfModifiedSince"] is not None and changed <= given["IfModifiedSince"]:
        raise failed("If-Modified-Since") if prefix else not_modified(found)


CONDITIONS = ("IfMatch", "IfNoneMatch", "IfModifiedSince", "IfUnmodifiedSince")


def conditional(params: Mapping[str, Any]) -> bool:
    """Whether a write asks for something :func:`writable` would look at."""
    return "IfMatch" in params or "IfNoneMatch" in params


def writable(found: Entry | None, params: Mapping[str, Any]) -> None:
    """The conditional headers of a write: 412, or 404 for If-Match on nothing, or 501 for what S3 does not offer:
    If-Match of anything, If-None-Match of something, both."""
    exists = found is not None and not found.marker
    none_match, match = params.get("IfNoneMatch"), params.get("IfMatch")
    if none_match is not None and match is not None:
        raise not_offered("If-Match,If-None-Match")
    if none_match is not None and none_match != "*":
        raise not_offered("If-None-Match")
    if match == "*":
        raise not_offered("If-Match")
    if none_match is not None and exists:
        raise failed("If-None-Match")
    if match is not None and not exists:
        raise no_such_key(params["Key"])
    if match is not None and found is not None and not matches(match, found):
        raise failed("If-Match")


def matches(condition: str, found: Entry) -> bool:
    """Whether an ETag list (``"a", "b"``, ``*``, quotes optional) names this object."""
    tags = [tag.strip().removeprefix("W/").strip('"') for tag in condition.split(",")]
    return "*" in tags or found.etag in tags


def quoted(etag: str) -> str:
    """An ETag as headers and XML carry it."""
    return f'"{etag}"'


def owner(account: str) -> dict[str, str]:
    """An ``Owner`` member; S3 ended ``DisplayName`` in November 2025."""
    return {"ID": canonical_id(account)}


def continuation(last: str) -> str:
    """The token of the page that begins behind this name."""
    return base64.urlsafe_b64encode(last.encode()).decode()


def continued(token: str) -> str:
    """The name in a continuation token of ours; 400 for others."""
    try:
        name = base64.urlsafe_b64decode(token).decode()
    except ValueError:
        name = ""
    if not name:
        raise invalid_argument("The continuation token provided is incorrect", "continuation-token", token)
    return name


def not_offered(header: str) -> ServiceError:
    """S3's 501 for a header that it has, but not with this value or not here."""
    text = "A header you provided implies functionality that is not implemented"
    return ServiceError("NotImplemented", text, 501, {"Header": header})


def failed(condition: str) -> ServiceError:
    """S3's 412."""
    text = "At least one of the pre-conditions you specified did not hold"
    return ServiceError("PreconditionFailed", text, 412, {"Condition": condition})


def not_modified(found: Entry) -> ServiceError:
    """304: an answer without body, which clients see as an error of code ``304``; caches need its headers."""
    headers = {"ETag": quoted(found.etag), "Last-Modified": http_date(found.modified)}
    headers |= {name: found.meta[member] for name, member in CACHED.items() if member in found.meta}
    return ServiceError("NotModified", "Not Modified", 304, headers=headers)


def http_date(seconds: float) -> str:
    """Epoch seconds as headers carry them."""
    return formatdate(seconds, usegmt=True)


def invalid_argument(message: str, name: str, value: Any) -> ServiceError:
    """S3's 400 for a parameter, named."""
    return ServiceError("InvalidArgument", message, 400, {"ArgumentName": name, "ArgumentValue": value})


def invalid_request(message: str) -> ServiceError:
    """S3's 400 for a combination that makes no sense."""
    return ServiceError("InvalidRequest", message)


def malformed_xml() -> ServiceError:
    """S3's 400 for a document that breaks its schema."""
    text = "The XML you provided was not well-formed or did not validate against our published schema"
    return ServiceError("MalformedXML", text)
