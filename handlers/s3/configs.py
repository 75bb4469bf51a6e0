"""Bucket sub-resources: one row each; the documents are kept as they came, and given back.

The model tells where a document lies in the input (its payload member) and whether the output wraps it, so a row only
says what its operations are called after, what its absence is called, and what a bucket has without one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from emulator.aws import model
from emulator.aws.call import Call
from emulator.aws.registry import add
from emulator.errors import ServiceError
from emulator.services import Services
from emulator.store import Bucket
from handlers.s3 import acls, config_rules, lifecycle_rules
from handlers.s3.access.decide import PAYMENT
from handlers.s3.buckets import ALL_BLOCKED
from handlers.s3.checks import bucket, invalid_request, malformed_xml
from handlers.s3.tag_sets import valid

NO_CONTENT = HTTPStatus.NO_CONTENT
Check = Callable[[Any], None]
Guard = Callable[[Any, Services, Bucket], None]


@dataclass(frozen=True, slots=True)
class Config:
    """A sub-resource: ``Get<name>``, ``Put<name>``, ``Delete<delete or name>`` where the model has them.

    ``missing`` is the code and message of the 404 without a document, ``default`` what is given instead of an error;
    ``check`` refuses a document for what it says, ``guard`` for what the bucket is; ``nothing`` is a document that says
    no more than none, ``filled`` are the members one gets where it has none. ``status`` is what ``Put<name>`` is
    answered with, where the model does not tell.
    """

    name: str
    missing: tuple[str, str] = ("", "")
    default: Any = None
    delete: str = ""
    check: Check = lambda document: None
    guard: Guard = lambda document, services, found_in: None
    nothing: Any = None
    filled: Mapping[str, Any] = field(default_factory=dict)
    status: int = 0


def rules(name: str) -> Check:
    """400 ``MalformedXML`` for a document without any rules."""

    def check(document: Any) -> None:
        if not document.get(name):
            raise malformed_xml()

    return check


def bucket_tags(document: Any) -> None:
    """400 for a tag set that is not there or that S3 does not take for a bucket."""
    if "TagSet" not in document:
        raise malformed_xml()
    valid(document["TagSet"], "System tags cannot be added/updated by requester")


def ownership(document: Any) -> None:
    """400 for ownership controls that are not one rule with one of S3's words."""
    known = model.service("s3").model.shape_for("ObjectOwnership").metadata["enum"]
    if len(document.get("Rules", ())) != 1 or document["Rules"][0].get("ObjectOwnership") not in known:
        raise malformed_xml()


def cors(document: Any) -> None:
    """400 for CORS rules that are none, or that name a method S3 does not know."""
    rules("CORSRules")(document)
    for method in [one for rule in document["CORSRules"] for one in rule.get("AllowedMethods", ())]:
        if method not in METHODS:
            raise invalid_request(f"Found unsupported HTTP method in CORS config. Unsupported method is {method}")


METHODS = {"GET", "PUT", "POST", "DELETE", "HEAD"}
AES256 = {"Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}, "BucketKeyEnabled": False}]}
NO_LIFECYCLE = ("NoSuchLifecycleConfiguration", "The lifecycle configuration does not exist")
NO_TAGS = ("NoSuchTagSet", "The TagSet does not exist")
NO_OWNERSHIP = ("OwnershipControlsNotFoundError", "The bucket ownership controls were not found")
NO_WEBSITE = ("NoSuchWebsiteConfiguration", "The specified bucket does not have a website configuration")
NO_REPLICATION = ("ReplicationConfigurationNotFoundError", "The replication configuration was not found")
NO_ACCESS_BLOCK = ("NoSuchPublicAccessBlockConfiguration", "The public access block configuration was not found")

OPEN = dict.fromkeys(ALL_BLOCKED, False)

SINGLE = (
    Config("BucketCors", ("NoSuchCORSConfiguration", "The CORS configuration does not exist"), check=cors),
    Config("BucketTagging", NO_TAGS, check=bucket_tags, nothing={"TagSet": []}, status=NO_CONTENT),
    Config("BucketLifecycleConfiguration", NO_LIFECYCLE, delete="BucketLifecycle", check=lifecycle_rules.check),
    Config("BucketEncryption", default=AES256, check=config_rules.encryption),
    Config("BucketOwnershipControls", NO_OWNERSHIP, check=ownership, guard=acls.switchable),
    Config("BucketWebsite", NO_WEBSITE, check=config_rules.website),
    Config("BucketReplication", NO_REPLICATION, guard=config_rules.replication),
    Config("PublicAccessBlock", NO_ACCESS_BLOCK, check=config_rules.access_block, filled=OPEN),
    Config("BucketAccelerateConfiguration", default={}, guard=config_rules.acceleration),
    Config("BucketLogging", default={}, guard=config_rules.logging),
    Config("BucketAbac", default={"Status": "Disabled"}, check=config_rules.one_of("BucketAbacStatus", "Status")),
    Config(PAYMENT, default={"Payer": "BucketOwner"}, check=config_rules.one_of("Payer", "Payer")),
)
NAMED = ("BucketAnalytics", "BucketInventory", "BucketMetrics", "BucketIntelligentTiering")


def payload(operation_name: str, output: bool = False) -> str | None:
    """The member of an operation's input or output that is its document; None: the output is the document."""
    described = model.service("s3").operation(operation_name)
    shape = described.output_shape if output else described.input_shape
    found: str | None = shape.serialization.get("payload") if shape is not None else None
    return found


def getter(row: Config) -> Callable[[Call, Services], dict[str, Any]]:
    member = payload(f"Get{row.name}", output=True)

    def get(call: Call, services: Services) -> dict[str, Any]:
        found = services.store.buckets.config(bucket(call, services).name, row.name)
        if found == row.nothing:
            found = None
        if found is None and row.default is None:
            code, message = row.missing
            raise ServiceError(code, message, 404, {"BucketName": call.params["Bucket"]})
        document = row.default if found is None else found
        return {member: document} if member else document

    return get


def putter(name: str, row: Config) -> Callable[[Call, Services], None]:
    member = payload(name)

    def put(call: Call, services: Services) -> None:
        document = call.params.get(member or "", {})
        with services.store.transaction():
            found = bucket(call, services)
            row.check(document)
            row.guard(document, services, found)
            kept = {**row.filled, **document} if row.filled else document
            services.store.buckets.put_config(found.name, row.name, kept, call.params.get("Id", ""))

    return put


def deleter(kind: str) -> Callable[[Call, Services], None]:
    def delete(call: Call, services: Services) -> None:
        with services.store.transaction():
            found = bucket(call, services)
            gone = services.store.buckets.delete_config(found.name, kind, call.params.get("Id", ""))
            if not gone and "Id" in call.params:
                raise no_such_configuration()

    return delete


def named_getter(kind: str) -> Callable[[Call, Services], dict[str, Any]]:
    member = payload(f"Get{kind}Configuration", output=True) or ""

    def get(call: Call, services: Services) -> dict[str, Any]:
        found = services.store.buckets.config(bucket(call, services).name, kind, call.params["Id"])
        if found is None:
            raise no_such_configuration()
        return {member: found}

    return get


def lister(kind: str) -> Callable[[Call, Services], dict[str, Any]]:
    shape = model.service("s3").operation(f"List{kind}Configurations").output_shape
    member = next(name for name, one in shape.members.items() if one.type_name == "list")

    def list_all(call: Call, services: Services) -> dict[str, Any]:
        found = services.store.buckets.configs(bucket(call, services).name, kind)
        return {member: found, "IsTruncated": False}

    return list_all


def no_such_configuration() -> ServiceError:
    return ServiceError("NoSuchConfiguration", "The specified configuration does not exist.", 404)


def register() -> None:
    """Make the rows' operations known."""
    names = model.service("s3").operation_names
    for row in SINGLE:
        add("s3", f"Get{row.name}", getter(row))
        add("s3", f"Put{row.name}", putter(f"Put{row.name}", row), status=row.status)
        delete = f"Delete{row.delete or row.name}"
        if delete in names:
            add("s3", delete, deleter(row.name))
    for kind in NAMED:
        add("s3", f"Get{kind}Configuration", named_getter(kind))
        add("s3", f"Put{kind}Configuration", putter(f"Put{kind}Configuration", Config(kind)), status=NO_CONTENT)
        add("s3", f"Delete{kind}Configuration", deleter(kind))
        add("s3", f"List{kind}Configurations", lister(kind))


register()
