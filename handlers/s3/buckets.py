"""Buckets: create, head, delete, list, location, versioning status."""

from __future__ import annotations

import re
from functools import cache
from ipaddress import AddressValueError, IPv4Address
from typing import Any

from emulator.arns import BUCKET_NAME, partition
from emulator.aws import model
from emulator.aws.call import Call
from emulator.aws.registry import operation
from emulator.errors import ServiceError
from emulator.services import Services
from emulator.store import Bucket, Exists
from handlers.s3 import acls
from handlers.s3.access.decide import denied
from handlers.s3.checks import bucket, continuation, continued, invalid_argument, malformed_xml, owner
from handlers.s3.tag_sets import valid

BAD_STARTS = ("xn--", "sthree-", "amzn-s3-demo-")
BAD_ENDS = ("-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3")
CLASSIC = "us-east-1"
REGION_NAME = re.compile(r"[a-z]{2}(-[a-z]+)+-\d+")
MAX_BUCKETS = 10_000
OWN_TAGS = (
    'User-defined tag keys can\'t start with "aws:". This prefix is reserved for system tags. Remove "aws:" from your'
    " tag keys and try again."
)
OWNERSHIP = "BucketOwnershipControls"
ALL_BLOCKED = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")


@operation("s3", "CreateBucket")
def create_bucket(call: Call, services: Services) -> dict[str, Any]:
    signed(call)
    name = call.params["Bucket"]
    if not valid_name(name):
        raise ServiceError("InvalidBucketName", "The specified bucket is not valid.", 400, {"BucketName": name})
    region = location(call)
    lock = bool(call.params.get("ObjectLockEnabledForBucket"))
    with services.store.transaction():
        try:
            services.store.buckets.insert(call.scope._replace(region=region), name, object_lock=lock)
        except Exists:
            refuse_again(call, services, name)
        else:
            first_configs(call, services, name)
    place = f"/{name}" if region == CLASSIC else f"http://{name}.s3.amazonaws.com/"
    return {"Location": place, "BucketArn": arn(name, region)}


def signed(call: Call) -> None:
    """403 for an unsigned request: it has no account."""
    if not (call.key or call.internal):
        raise denied()


def refuse_again(call: Call, services: Services, name: str) -> None:
    """A bucket that is there: an error, but in us-east-1 the owner is told it is made, as ever since, and its ACL
    is the one of this request."""
    found = services.objects.bucket(name)
    if found.account != call.scope.account:
        text = "The requested bucket name is not available. The bucket namespace is shared by all users of the system."
        raise ServiceError("BucketAlreadyExists", f"{text} Please select a different name and try again.", 409)
    tags = call.params.get("CreateBucketConfiguration", {}).get("Tags")
    if not found.region == call.scope.region == CLASSIC or tags:
        text = "Your previous request to create the named bucket succeeded and you already own it."
        raise ServiceError("BucketAlreadyOwnedByYou", text, 409, {"BucketName": name})
    services.store.buckets.delete_config(name, "BucketAcl")
    acls.first(call, services, found)


def first_configs(call: Call, services: Services, name: str) -> None:
    """What every new bucket has since 2023: no ACLs, no public access; and the tags it was made with."""
    buckets = services.store.buckets
    buckets.put_config(name, OWNERSHIP, {"Rules": [{"ObjectOwnership": ownership(call)}]})
    buckets.put_config(name, "PublicAccessBlock", dict.fromkeys(ALL_BLOCKED, True))
    acls.first(call, services, services.objects.bucket(name))
    tags = call.params.get("CreateBucketConfiguration", {}).get("Tags")
    if tags:
        valid(tags, OWN_TAGS)
        buckets.put_config(name, "BucketTagging", {"TagSet": tags})


def ownership(call: Call) -> str:
    """Who is to own a new bucket's objects. 400 for a word that says nobody."""
    wanted: str = call.params.get("ObjectOwnership", acls.ENFORCED)
    if wanted not in model.service("s3").model.shape_for("ObjectOwnership").metadata["enum"]:
        text = f"Invalid x-amz-object-ownership header: {wanted}"
        raise ServiceError("InvalidArgument", text, 400, {"ArgumentName": "x-amz-object-ownership"})
    return wanted


def valid_name(name: str) -> bool:
    """S3's naming rules of today."""
    if not BUCKET_NAME.fullmatch(name) or ".." in name or ".-" in name or "-." in name:
        return False
    return not (name.startswith(BAD_STARTS) or name.endswith(BAD_ENDS) or _is_address(name))


def location(call: Call) -> str:
    """The region of a new bucket. 400 if the constraint does not fit the endpoint that was called, or what was signed
    for is no region: clients that find out (boto3, s3cmd) then ask again for the one they are told."""
    wanted = call.params.get("CreateBucketConfiguration", {}).get("LocationConstraint")
    here = call.scope.region
    if not (REGION_NAME.fullmatch(here) or call.internal):
        text = f"The authorization header is malformed; the region '{here}' is wrong; expecting '{CLASSIC}'"
        raise ServiceError("AuthorizationHeaderMalformed", text, 400, {"Region": CLASSIC})
    if wanted == "EU":
        wanted = "eu-west-1"
    if wanted in (None, "") and here != CLASSIC and not call.internal:
        raise incompatible("unspecified")
    if wanted == CLASSIC or (wanted and wanted != here and wanted not in regions()):
        text = "The specified location-constraint is not valid"
        raise ServiceError("InvalidLocationConstraint", text, 400, {"LocationConstraint": wanted})
    if wanted and here not in (CLASSIC, wanted):
        raise incompatible(wanted)
    return wanted or here


@cache
def regions() -> frozenset[str]:
    """The regions a bucket can be sent to."""
    return frozenset(model.service("s3").model.shape_for("BucketLocationConstraint").metadata["enum"])


def incompatible(wanted: str) -> ServiceError:
    text = (
        f"The {wanted} location constraint is incompatible for the region specific endpoint this request was sent to."
    )
    return ServiceError("IllegalLocationConstraintException", text)


@operation("s3", "HeadBucket")
def head_bucket(call: Call, services: Services) -> dict[str, Any]:
    return {"BucketRegion": bucket(call, services).region, "AccessPointAlias": False}


@operation("s3", "GetBucketLocation")
def get_bucket_location(call: Call, services: Services) -> dict[str, Any]:
    region = bucket(call, services).region
    return {} if region == CLASSIC else {"LocationConstraint": region}


@operation("s3", "DeleteBucket")
def delete_bucket(call: Call, services: Services) -> None:
    with services.objects.change() as change, services.store.transaction():
        found = bucket(call, services)
        if not services.store.objects.empty(found.name):
            text = "The bucket you tried to delete is not empty"
            raise ServiceError("BucketNotEmpty", text, 409, {"BucketName": found.name})
        for upload in services.store.uploads.of(found.name):
            change.drop(services.store.uploads.delete(upload))
        services.store.buckets.delete(found.name)


@operation("s3", "ListBuckets")
def list_buckets(call: Call, services: Services) -> dict[str, Any]:
    signed(call)
    limit = call.params.get("MaxBuckets", MAX_BUCKETS)
    if not 0 < limit <= MAX_BUCKETS:
        text = "Argument max-buckets must be an integer between 1 and 10000"
        raise invalid_argument(text, "max-buckets", limit)
    token = call.params.get("ContinuationToken")
    found = services.store.buckets.page(
        call.scope.account,
        prefix=call.params.get("Prefix", ""),
        region=call.params.get("BucketRegion", ""),
        after=continued(token) if token else "",
        limit=limit + 1,
    )
    answer = {"Buckets": [described(one) for one in found[:limit]], "Owner": owner(call.scope.account)}
    if "Prefix" in call.params:
        answer["Prefix"] = call.params["Prefix"]
    if len(found) > limit:
        answer["ContinuationToken"] = continuation(found[limit - 1].name)
    return answer


def described(found: Bucket) -> dict[str, Any]:
    return {
        "Name": found.name,
        "CreationDate": int(found.created),
        "BucketRegion": found.region,
        "BucketArn": arn(found.name, found.region),
    }


def arn(name: str, region: str) -> str:
    """A bucket's ARN, which names no region but the partition of its."""
    return f"arn:{partition(region)}:s3:::{name}"


@operation("s3", "GetBucketVersioning")
def get_bucket_versioning(call: Call, services: Services) -> dict[str, Any]:
    found = bucket(call, services)
    kept = services.store.buckets.config(found.name, "MFADelete") or {}
    return {"Status": found.versioning, **kept} if found.versioning else {}


@operation("s3", "PutBucketVersioning")
def put_bucket_versioning(call: Call, services: Services) -> None:
    document = call.params["VersioningConfiguration"]
    with services.store.transaction():
        found = bucket(call, services)
        status = document.get("Status")
        if status not in {"Enabled", "Suspended"}:
            raise malformed_xml()
        if found.object_lock and status == "Suspended":
            text = "An Object Lock configuration is present on this bucket, so the versioning state cannot be changed."
            raise ServiceError("InvalidBucketState", text, 409)
        services.store.buckets.set_versioning(found.name, status)
        if "MFADelete" in document:  # kept only: there are no devices here
            services.store.buckets.put_config(found.name, "MFADelete", {"MFADelete": document["MFADelete"]})


def _is_address(name: str) -> bool:
    try:
        IPv4Address(name)
    except AddressValueError:
        return False
    return True
