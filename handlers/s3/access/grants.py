"""What ACLs grant to callers who are not the bucket's own account.

ACLs count only where the bucket's ownership controls allow them (``BucketOwnerEnforced``, every new bucket's, does
not), and grants to everybody only where the public access block does not ignore them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from emulator.services import Services
from emulator.store import Bucket, Entry
from handlers.s3.access.actions import BUCKET_GRANTS, OBJECT_GRANTS
from handlers.s3.access.principals import Caller

GROUPS = "http://acs.amazonaws.com/groups/"
ALL_USERS, AUTHENTICATED = f"{GROUPS}global/AllUsers", f"{GROUPS}global/AuthenticatedUsers"


def enforced(services: Services, bucket: Bucket) -> bool:
    """Whether a bucket's owner has switched ACLs off."""
    controls = services.store.buckets.config(bucket.name, "BucketOwnershipControls") or {}
    return any(rule.get("ObjectOwnership") == "BucketOwnerEnforced" for rule in controls.get("Rules", ()))


def given(
    action: str,
    caller: Caller,
    services: Services,
    bucket: Bucket,
    entry: Callable[[], Entry | None],
    blocked: Mapping[str, Any],
) -> bool:
    """Whether an ACL lets the caller do ``action`` with the bucket, or with the object ``entry`` gives."""
    if enforced(services, bucket):
        return False
    ignored = bool(blocked.get("IgnorePublicAcls"))
    of_bucket = services.store.buckets.config(bucket.name, "BucketAcl") or ()
    if action in BUCKET_GRANTS:
        return any(fits(one, BUCKET_GRANTS[action], caller, ignored) for one in of_bucket)
    if action not in OBJECT_GRANTS:
        return False
    found = entry()
    if found is None:  # nothing there to be read: whoever may list may know
        return any(fits(one, "READ", caller, ignored) for one in of_bucket)
    if caller.account and caller.account == found.meta.get("Owner", bucket.account):
        return True
    return any(fits(one, OBJECT_GRANTS[action], caller, ignored) for one in found.meta.get("Acl", ()))


def of_objects(action: str) -> str:
    """The grant that lets do ``action`` with an object; empty if none does."""
    return OBJECT_GRANTS.get(action, "")


def fits(grant: Mapping[str, Any], permission: str, caller: Caller, ignore_public: bool) -> bool:
    """Whether a grant gives the caller a permission."""
    return grant["Permission"] in {permission, "FULL_CONTROL"} and means(grant["Grantee"], caller, ignore_public)


def means(grantee: Mapping[str, Any], caller: Caller, ignore_public: bool) -> bool:
    """Whether the caller is the grantee, or in its group."""
    group = grantee.get("URI")
    if group is None:
        return bool(caller.canonical) and grantee.get("ID") == caller.canonical
    return not ignore_public and (group == ALL_USERS or (group == AUTHENTICATED and bool(caller.account)))


def public(acl: Iterable[Mapping[str, Any]]) -> bool:
    """Whether an ACL gives anything to everybody."""
    return any(one["Grantee"].get("URI") in {ALL_USERS, AUTHENTICATED} for one in acl)
