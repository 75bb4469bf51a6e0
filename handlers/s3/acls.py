"""Access control lists: set, told, and refused as S3 does. (What they let others do: ``access/grants.py``.)

Since 2023 a new bucket has no ACLs at all (``BucketOwnerEnforced``): whoever sets one that says more than "mine" gets
``AccessControlListNotSupported`` until the bucket's ownership controls allow ACLs, and public ones need the public
access block taken away too. Source: "Canned ACL" and "Controlling ownership of objects" in the S3 user guide.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from emulator.arns import canonical_id
from emulator.aws.call import Call
from emulator.aws.registry import operation
from emulator.errors import ServiceError
from emulator.services import Services
from emulator.store import Bucket
from handlers.s3.access.decide import blocked, denied
from handlers.s3.access.grants import ALL_USERS, AUTHENTICATED, GROUPS, enforced, public
from handlers.s3.checks import (
    bucket,
    entry,
    invalid_argument,
    invalid_request,
    malformed_xml,
    owner,
)
from handlers.s3.events import tell
from handlers.s3.tagging import change

LOG_DELIVERY = f"{GROUPS}s3/LogDelivery"
EC2 = "6aa5a366c34c1cbe25dc49211496e913e0351eb0e8c37aa3477e40942ec6b97c"
#: What a canned ACL adds to the owner's full control.
CANNED: dict[str, tuple[tuple[str, str], ...]] = {
    "private": (),
    "public-read": ((ALL_USERS, "READ"),),
    "public-read-write": ((ALL_USERS, "READ"), (ALL_USERS, "WRITE")),
    "authenticated-read": ((AUTHENTICATED, "READ"),),
    "log-delivery-write": ((LOG_DELIVERY, "WRITE"), (LOG_DELIVERY, "READ_ACP")),
    "aws-exec-read": ((EC2, "READ"),),
    "bucket-owner-read": (),
    "bucket-owner-full-control": (),
}
#: What a canned ACL gives the bucket's owner, on objects of others.
TO_BUCKET_OWNER = {"bucket-owner-read": "READ", "bucket-owner-full-control": "FULL_CONTROL"}
HEADERS = {
    "GrantFullControl": "FULL_CONTROL",
    "GrantRead": "READ",
    "GrantReadACP": "READ_ACP",
    "GrantWrite": "WRITE",
    "GrantWriteACP": "WRITE_ACP",
}
PERMISSIONS = set(HEADERS.values())
GRANTEE = re.compile(r'\s*(id|uri|emailAddress)\s*=\s*"?([^",]+)"?\s*', re.IGNORECASE)
ENFORCED = "BucketOwnerEnforced"
Grants = list[dict[str, Any]]


def asked(call: Call, account: str, bucket_owner: str = "") -> Grants | None:
    """The grants a request sets, by canned name, headers or document; None if by none of them. ``account`` owns the
    object or bucket, ``bucket_owner`` the bucket of an object that somebody else has put there."""
    named = [name for name in HEADERS if name in call.params]
    if "ACL" in call.params and named:
        raise invalid_request("Specifying both Canned ACLs and Header Grants is not allowed")
    if "ACL" in call.params:
        return canned(call.params["ACL"], account, bucket_owner)
    if named:
        return [grant(one, HEADERS[name]) for name in named for one in grantees(call.params[name])]
    document = call.params.get("AccessControlPolicy")
    return None if document is None else written(document, account)


def canned(name: str, account: str, bucket_owner: str = "") -> Grants:
    """The grants of a canned ACL. 400 ``InvalidArgument`` for a name that is none."""
    if name not in CANNED:
        raise invalid_argument("", "x-amz-acl", name)
    if name in TO_BUCKET_OWNER and bucket_owner not in {"", account}:
        return [*canned("private", account), grant(user(canonical_id(bucket_owner)), TO_BUCKET_OWNER[name])]
    more = [grant(grantee(*place(who)), permission) for who, permission in CANNED[name]]
    return [grant(user(canonical_id(account)), "FULL_CONTROL"), *more]


def place(who: str) -> tuple[str, str]:
    return ("uri", who) if who.startswith("http") else ("id", who)


def grantees(header: str) -> Grants:
    """The grantees of an ``x-amz-grant-*`` header."""
    found = [GRANTEE.fullmatch(one) for one in header.split(",")]
    if any(one is None for one in found):
        raise invalid_argument("Argument format not recognized", "x-amz-grant", header)
    return [grantee(one[1].lower(), one[2]) for one in found if one is not None]


def grantee(kind: str, value: str) -> dict[str, Any]:
    """A grantee as documents have it. Every well-formed id and address is somebody here."""
    if kind == "uri":
        if value not in {ALL_USERS, AUTHENTICATED, LOG_DELIVERY}:
            raise invalid_argument("Invalid group uri", "uri", value)
        return {"Type": "Group", "URI": value}
    if kind == "emailaddress":
        return user(canonical_id(value))
    if not re.fullmatch(r"[0-9a-f]{64}", value):
        raise invalid_argument("Invalid id", "CanonicalUser/ID", value)
    return user(value)


def user(name: str) -> dict[str, Any]:
    return {"Type": "CanonicalUser", "ID": name}


def grant(who: Mapping[str, Any], permission: str) -> dict[str, Any]:
    return {"Grantee": who, "Permission": permission}


def written(document: Mapping[str, Any], account: str) -> Grants:
    """The grants of an ``AccessControlPolicy``; 400 ``MalformedACLError``, 403 if it names another owner."""
    if document.get("Owner", {}).get("ID") != canonical_id(account):
        raise denied() if document.get("Owner", {}).get("ID") else malformed_acl()
    found = []
    for one in document.get("Grants", ()):
        who = one.get("Grantee", {})
        value = next(((name, who[key]) for key, name in MEMBERS.items() if key in who), None)
        if one.get("Permission") not in PERMISSIONS or value is None:
            raise malformed_acl()
        found.append(grant(grantee(*value), one["Permission"]))
    return found


MEMBERS = {"ID": "id", "URI": "uri", "EmailAddress": "emailaddress"}


def malformed_acl() -> ServiceError:
    return ServiceError("MalformedACLError", malformed_xml().message)


def allowed(grants: Grants, services: Services, found_in: Bucket) -> Grants:
    """``grants``, if the bucket takes them. 400 ``AccessControlListNotSupported``, 403 for blocked public access."""
    if enforced(services, found_in) and grants != private(found_in):
        raise not_supported()
    if blocked(services, found_in).get("BlockPublicAcls") and public(grants):
        raise denied()
    return grants


def not_supported() -> ServiceError:
    return ServiceError("AccessControlListNotSupported", "The bucket does not allow ACLs")


def first(call: Call, services: Services, found_in: Bucket) -> None:
    """Store the ACL a new bucket is asked to have, which its other first settings must not forbid: 400."""
    grants = asked(call, found_in.account)
    if grants is None or grants == private(found_in):
        return
    if enforced(services, found_in):
        raise enforced_with_acl()
    if blocked(services, found_in).get("BlockPublicAcls") and public(grants):
        text = "Bucket cannot have public ACLs set with BlockPublicAccess enabled"
        raise ServiceError("InvalidBucketAclWithBlockPublicAccessError", text)
    services.store.buckets.put_config(found_in.name, "BucketAcl", grants)


def enforced_with_acl() -> ServiceError:
    text = "Bucket cannot have ACLs set with ObjectOwnership's BucketOwnerEnforced setting"
    return ServiceError("InvalidBucketAclWithObjectOwnership", text)


def switchable(document: Mapping[str, Any], services: Services, found_in: Bucket) -> None:
    """400 for ownership controls that switch ACLs off in a bucket whose ACL still lets others in."""
    grants = services.store.buckets.config(found_in.name, "BucketAcl")
    if document["Rules"][0]["ObjectOwnership"] == ENFORCED and grants not in (None, private(found_in)):
        raise enforced_with_acl()


def private(found_in: Bucket) -> Grants:
    return canned("private", found_in.account)


def kept(call: Call, services: Services, found_in: Bucket) -> dict[str, Any]:
    """The ``meta`` members of a new object's ACL, nothing for a private one, and of its owner if not the bucket's."""
    account = writer(call, services, found_in)
    # Where ACLs are off the object is the bucket owner's; what a stranger calls private would then not be.
    grants = asked(call, call.scope.account if call.params.get("ACL") == "private" else account, found_in.account)
    foreign = {"Owner": account} if account != found_in.account else {}
    if grants is None or allowed(grants, services, found_in) == canned("private", account):
        return foreign
    return {"Acl": grants, **foreign}


def writer(call: Call, services: Services, found_in: Bucket) -> str:
    """The account that owns a new object: who puts it, unless the bucket's ownership controls say otherwise."""
    mine = call.internal or not call.key or call.scope.account == found_in.account
    if mine or enforced(services, found_in):
        return found_in.account
    controls = services.store.buckets.config(found_in.name, "BucketOwnershipControls") or {}
    preferred = any(rule.get("ObjectOwnership") == "BucketOwnerPreferred" for rule in controls.get("Rules", ()))
    given_up = preferred and call.params.get("ACL") == "bucket-owner-full-control"
    return found_in.account if given_up else call.scope.account


def told(grants: Grants | None, account: str) -> dict[str, Any]:
    return {"Owner": owner(account), "Grants": canned("private", account) if grants is None else grants}


@operation("s3", "GetBucketAcl")
def get_bucket_acl(call: Call, services: Services) -> dict[str, Any]:
    found_in = bucket(call, services)
    return told(services.store.buckets.config(found_in.name, "BucketAcl"), found_in.account)


@operation("s3", "PutBucketAcl")
def put_bucket_acl(call: Call, services: Services) -> None:
    with services.store.transaction():
        found_in = bucket(call, services)
        grants = wanted(call, services, found_in, found_in.account)
        services.store.buckets.put_config(found_in.name, "BucketAcl", grants)


@operation("s3", "GetObjectAcl")
def get_object_acl(call: Call, services: Services) -> dict[str, Any]:
    found_in = bucket(call, services)
    meta = entry(call, services).meta
    return told(meta.get("Acl"), meta.get("Owner", found_in.account))


@operation("s3", "PutObjectAcl")
def put_object_acl(call: Call, services: Services) -> None:
    found_in = bucket(call, services)
    account = entry(call, services).meta.get("Owner", found_in.account)
    changed = change(call, services, {"Acl": wanted(call, services, found_in, account)})
    tell(call, services, found_in, "ObjectAcl:Put", changed)


def wanted(call: Call, services: Services, found_in: Bucket, account: str) -> Grants:
    """The grants of a request that must have some, on something of ``account``'s. 400 where ACLs are off."""
    if enforced(services, found_in):
        raise not_supported()
    grants = asked(call, account, found_in.account)
    if grants is None:
        text = "Your request was missing a required header"
        raise ServiceError("MissingSecurityHeader", text, 400, {"MissingHeaderName": "x-amz-acl"})
    return allowed(grants, services, found_in)
