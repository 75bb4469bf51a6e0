"""What an object carries besides its bytes: from a request into ``Entry.meta``, and from there into answers.

``meta`` uses the API's member names. ``Tags`` is the tag set, ``Checksums``/``ChecksumType`` the checksums, ``Parts``
the sizes of the parts of a multipart object.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from emulator.arns import partition
from emulator.aws.call import Call
from emulator.errors import ServiceError
from emulator.services import Services
from emulator.store import Bucket, Entry
from handlers.s3 import acls, customer_keys
from handlers.s3.archive import storage_class
from handlers.s3.checks import quoted
from handlers.s3.checksums import members
from handlers.s3.encryption import consistent
from handlers.s3.locks import locked
from handlers.s3.tag_sets import tagging, tags

CONTENT = ("CacheControl", "ContentDisposition", "ContentEncoding", "ContentLanguage", "ContentType", "Expires")
LOCK = ("ObjectLockMode", "ObjectLockRetainUntilDate", "ObjectLockLegalHoldStatus")
ENCRYPTION = ("ServerSideEncryption", "SSEKMSKeyId", "BucketKeyEnabled", "SSECustomerAlgorithm", "SSECustomerKeyMD5")
OTHERS = ("StorageClass", "WebsiteRedirectLocation", "Metadata", *LOCK)
KEPT = (*CONTENT, *ENCRYPTION, *OTHERS)
OVERRIDES = {f"Response{name}": name for name in CONTENT}
DEFAULT_TYPE = "binary/octet-stream"
METADATA_LIMIT = 2048


def meta(call: Call, services: Services, owner: Bucket) -> dict[str, Any]:
    """The ``meta`` of a new object from its request's headers, with S3's defaults. 400 for metadata over 2 kB."""
    kept = {name: call.params[name] for name in KEPT if name in call.params}
    if "aws-chunked" in kept.get("ContentEncoding", ""):
        kept["ContentEncoding"] = _without_chunked(kept["ContentEncoding"])
    metadata = kept.get("Metadata", {})
    if sum(len(name.encode()) + len(value.encode()) for name, value in metadata.items()) > METADATA_LIMIT:
        text = "Your metadata headers exceed the maximum allowed metadata size"
        raise ServiceError("MetadataTooLarge", text, 400, {"MaxSizeAllowed": METADATA_LIMIT})
    if "Tagging" in call.params:
        kept["Tags"] = tags([{"Key": key, "Value": value} for key, value in tagging(call.params["Tagging"])])
    kept.setdefault("ContentType", DEFAULT_TYPE)
    storage_class(kept.get("StorageClass"))
    kept |= locked(kept, services, owner) | acls.kept(call, services, owner)
    customer_keys.given(call.params)
    consistent(call.params)
    return {name: value for name, value in {**kept, **encryption(kept, services, owner)}.items() if value != ""}


def encryption(kept: Mapping[str, Any], services: Services, owner: Bucket) -> dict[str, Any]:
    """The encryption an object gets: as asked, else the bucket's default, else AES256. Nothing is encrypted here."""
    if "SSECustomerAlgorithm" in kept:
        return {}
    found = {name: kept[name] for name in ENCRYPTION if name in kept}
    if "ServerSideEncryption" not in found:
        config = services.store.buckets.config(owner.name, "BucketEncryption") or {}
        rules = config.get("Rules") or [{}]
        rule = rules[0].get("ApplyServerSideEncryptionByDefault", {})
        found["ServerSideEncryption"] = rule.get("SSEAlgorithm", "AES256")
        if "KMSMasterKeyID" in rule:
            found["SSEKMSKeyId"] = rule["KMSMasterKeyID"]
    if found["ServerSideEncryption"].startswith("aws:kms"):
        found.setdefault("SSEKMSKeyId", default_key(owner))
    return found


def default_key(owner: Bucket) -> str:
    """The ARN of the account's ``aws/s3`` key: S3 names it where a request asks for aws:kms without a key."""
    name = uuid.uuid5(uuid.NAMESPACE_URL, f"kms:{owner.account}:{owner.region}:aws/s3")
    return f"arn:{partition(owner.region)}:kms:{owner.region}:{owner.account}:key/{name}"


def encrypted(found: Mapping[str, Any]) -> dict[str, Any]:
    """The members that tell a writer how its object is encrypted."""
    return {name: found[name] for name in ENCRYPTION if name in found}


def read_answer(found: Entry, owner: Bucket, params: Mapping[str, Any]) -> dict[str, Any]:
    """The members GetObject and HeadObject share, but for length, range and checksums."""
    answer = {name: found.meta[name] for name in KEPT if name in found.meta}
    if answer.get("StorageClass") == "STANDARD":
        del answer["StorageClass"]
    answer |= {OVERRIDES[name]: params[name] for name in OVERRIDES if name in params}
    answer |= {"AcceptRanges": "bytes", "LastModified": found.modified, "ETag": quoted(found.etag)}
    if owner.versioning:
        answer["VersionId"] = found.version
    if "Restore" in found.meta:
        answer["Restore"] = found.meta["Restore"]
    if found.meta.get("Tags"):
        answer["TagCount"] = len(found.meta["Tags"])
    return answer


def checksum_answer(found: Entry) -> dict[str, Any]:
    """The checksum members of an object."""
    if not found.meta.get("Checksums"):
        return {}
    return {**members(found.meta["Checksums"]), "ChecksumType": found.meta.get("ChecksumType", "FULL_OBJECT")}


def _without_chunked(encoding: str) -> str:
    return ",".join(part.strip() for part in encoding.split(",") if part.strip() != "aws-chunked")
