"""Whether a caller may do what it asks: bucket policy, ACLs and public access block taken together.

The account that owns the bucket may do everything its policy does not deny, and may always see, replace and delete the
policy itself, as its root does on AWS. Everybody else needs a grant: of the policy, or of an ACL where ACLs are not
switched off. What an identity's own IAM policies would say is not asked. A bucket without a policy costs its owner
nothing here. Source: "How Amazon S3 authorizes a request" and "Blocking public access", S3 user guide.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from emulator.arns import canonical_id, partition
from emulator.aws import model
from emulator.aws.call import Call
from emulator.errors import ServiceError
from emulator.services import Services
from emulator.store import Bucket, Entry
from handlers.s3.access import grants
from handlers.s3.access.actions import needed
from handlers.s3.access.context import Context
from handlers.s3.access.documents import Statement, parsed
from handlers.s3.access.principals import Caller
from handlers.s3.access.public import is_public
from handlers.sts import identity

POLICY = {"GetBucketPolicy", "PutBucketPolicy", "DeleteBucketPolicy"}
PAYMENT = "BucketRequestPayment"
COPIES = {"CopyObject", "UploadPartCopy"}
READS = {"GetObject", "HeadObject", "GetObjectAttributes"}
#: Operations that answer 404 where their object is not there.
FINDS = READS | {
    "DeleteObjectTagging",
    "GetObjectAcl",
    "GetObjectLegalHold",
    "GetObjectRetention",
    "GetObjectTagging",
    "PutObjectAcl",
    "PutObjectLegalHold",
    "PutObjectRetention",
    "PutObjectTagging",
    "RestoreObject",
}


def permit(call: Call, services: Services, found: Bucket, params: Mapping[str, Any], operation: str = "") -> None:
    """403 ``AccessDenied`` unless the caller may do ``operation`` (else the call's) with ``params`` in ``found``."""
    own = bool(call.key) and call.scope.account == found.account
    operation = operation or call.operation
    if call.internal or (own and (not found.policy or operation in POLICY)) or from_folder(services, found):
        return
    request = Request(call, services, found, params, operation)
    request.refuse_denied()
    request.refuse_hidden(own)
    if not own:
        request.refuse_ungranted()


def from_folder(services: Services, found: Bucket) -> bool:
    """Whether a bucket is a folder shown as one: everybody's to read, nobody's to change (``checks.bucket``)."""
    folders = services.settings.bucket_dir
    return bool(folders) and found.name in dict(folders)


def statements(found: Bucket) -> tuple[Statement, ...]:
    """What a bucket's policy says: nothing, if it was kept before policies were checked and is none."""
    try:
        return parsed(found.policy, found.name) if found.policy else ()
    except ServiceError:
        return ()


class Request:
    """One question: may this caller do this with that?"""

    def __init__(
        self, call: Call, services: Services, found: Bucket, params: Mapping[str, Any], operation: str
    ) -> None:
        self.call, self.services, self.bucket = call, services, found
        self.params, self.operation = params, operation
        self.caller = caller_of(call)
        self.actions = list(needed(operation, params))
        self.resource = f"{found.name}/{params['Key']}" if "Key" in params else found.name
        self.statements = statements(found)
        self.values = Context(call, found, self.caller, self.entry, self.begun, params.get("VersionId"))

    def entry(self) -> Entry | None:
        """The object the question is about, as it is now."""
        if "Key" not in self.params:
            return None
        return self.services.store.objects.get(self.bucket.name, self.params["Key"], self.params.get("VersionId"))

    def begun(self) -> Mapping[str, str]:
        """The headers that the upload in question was begun with."""
        params = self.call.params
        upload = self.services.store.uploads.get(self.bucket.name, params.get("Key", ""), params["UploadId"])
        return upload.meta.get("Headers", {}) if upload is not None else {}

    def refuse_denied(self) -> None:
        """403 if the policy denies any of it."""
        for action in self.actions:
            if self.says(action, allows=False):
                raise self.refused(action, "with an explicit deny in a resource-based policy")

    def refuse_hidden(self, own: bool) -> None:
        """403 in place of 404 for who may not know what is there."""
        if self.operation in FINDS and not self.sees(own) and self.gone():
            raise denied()

    def gone(self) -> bool:
        """Whether the object is not there, or behind a delete marker that the request does not name."""
        found = self.entry()
        return found is None or (found.marker and self.params.get("VersionId") is None)

    def refuse_ungranted(self) -> None:
        """403 unless somebody has granted all of it."""
        if not self.pays():
            raise denied()
        block = blocked(self.services, self.bucket)
        if block.get("RestrictPublicBuckets") and is_public(self.statements):
            raise denied()
        if self.operation in READS and self.gone():
            return  # an ACL would have granted it, for all that is known
        ungranted = {action for action in self.actions if not self.says(action, allows=True)}
        if ungranted:
            main = self.actions[0]
            # Who may write by ACL may say by ACL who reads it; tags and locks want a policy.
            if ungranted - {main, "PutObjectAcl"} or not grants.given(
                main, self.caller, self.services, self.bucket, self.entry, block
            ):
                raise denied()
        elif self.operation in POLICY:
            text = "The specified method is not allowed against this resource."
            raise ServiceError("MethodNotAllowed", text, 405)

    def pays(self) -> bool:
        """Whether the caller says it pays, where the bucket has requesters pay and the operation can say so."""
        payer = self.services.store.buckets.config(self.bucket.name, PAYMENT) or {}
        shape = model.service("s3").operation(self.call.operation).input_shape
        if payer.get("Payer") != "Requester" or "RequestPayer" not in shape.members:
            return True
        return bool(self.caller.account) and self.call.params.get("RequestPayer") == "requester"

    def says(self, action: str, *, allows: bool) -> bool:
        """Whether the policy allows (or denies) a permission."""
        return any(
            one.allows == allows and one.applies(self.caller, action, self.resource, self.values)
            for one in self.statements
        )

    def sees(self, own: bool) -> bool:
        """Whether the caller may know that an object is not there: whoever may list what begins with its key."""
        values = replace(self.values, prefix=self.params["Key"])
        found = {
            one.allows for one in self.statements if one.applies(self.caller, "ListBucket", self.bucket.name, values)
        }
        if found or own:
            return False not in found
        block = blocked(self.services, self.bucket)
        return grants.given("ListBucket", self.caller, self.services, self.bucket, lambda: None, block)

    def refused(self, action: str, why: str) -> ServiceError:
        """The refusal, with its reason for the bucket's own account only."""
        if self.caller.account != self.bucket.account:
            return denied()
        arn = f"arn:{partition(self.bucket.region)}:s3:::{self.resource}"
        return denied(f'User: {self.caller.arn} is not authorized to perform: s3:{action} on resource: "{arn}" {why}')


def theirs(call: Call, services: Services, found: Entry) -> None:
    """403 where an object that another account has put is not granted to the bucket's own: no policy helps there."""
    if "Owner" not in found.meta or call.internal or not call.key:
        return
    found_in = services.objects.bucket(found.bucket)
    action = next(needed(call.operation, call.params), "")
    if call.scope.account != found_in.account or grants.enforced(services, found_in):
        return
    wanted = grants.of_objects("GetObject" if call.operation in COPIES else action)
    if wanted and not any(grants.fits(one, wanted, caller_of(call), False) for one in found.meta.get("Acl", ())):
        raise denied()


def blocked(services: Services, found: Bucket) -> Mapping[str, Any]:
    """A bucket's public access block."""
    return services.store.buckets.config(found.name, "PublicAccessBlock") or {}


def caller_of(call: Call) -> Caller:
    """Who makes a call; nobody for an unsigned one."""
    if not call.key:
        return Caller()
    account = call.scope.account
    user, arn = identity(call)
    return Caller(account, arn, canonical_id(account), user)


def denied(text: str = "Access Denied") -> ServiceError:
    """S3's 403."""
    return ServiceError("AccessDenied", text, 403)
