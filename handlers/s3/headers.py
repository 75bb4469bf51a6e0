"""What an object carries besides its bytes: from a request into ``Entry.meta``, and from there into answers.

``meta`` uses the API's member names. ``Tags`` is the tag set, ``Checksums``/``ChecksumType`` the checksums, ``Parts``
the sizes of the parts of a multipart object.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

from emulator.arns import partition
from emulator.aws.call import Call
from emulator.errors import ServiceError
from emulator.services import Services
from emulator.store import Bucket, Entry
from handlers.s3.checks import access_denied, invalid_request, quoted
from handlers.s3.checksums import members

CONTENT = ("CacheControl", "ContentDisposition", "ContentEncoding", "ContentLanguage", "ContentType", "Expires")
LOCK = ("ObjectLockMode", "ObjectLockRetainUntilDate", "ObjectLockLegalHoldStatus")
ENCRYPTION = ("ServerSideEncryption", "SSEKMSKeyId", "BucketKeyEnabled", "SSECustomerAlgorithm", "SSECustomerKeyMD5")
OTHERS = ("StorageClass", "WebsiteRedirectLocation", "Metadata", *LOCK)
KEPT = (*CONTENT, *ENCRYPTION, *OTHERS)
OVERRIDES = {f"Response{name}": name for name in CONTENT}
DEFAULT_TYPE = "binary/octet-stream"
METADATA_LIMIT = 2048
MAX_TAGS = 10
MAX_TAG_KEY, MAX_TAG_VALUE = 128, 256


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
    if found.meta.get("Tags"):
        answer["TagCount"] = len(found.meta["Tags"])
    return answer


def checksum_answer(found: Entry) -> dict[str, Any]:
    """The checksum members of an object."""
    if not found.meta.get("Checksums"):
        return {}
    return {**members(found.meta["Checksums"]), "ChecksumType": found.meta.get("ChecksumType", "FULL_OBJECT")}


def customer_key(found: Entry, params: Mapping[str, Any], prefix: str = "") -> None:
    """An object stored with a customer's key is given only to those who bring that key."""
    stored = found.meta.get("SSECustomerKeyMD5")
    given = params.get(f"{prefix}SSECustomerKeyMD5")
    if stored is not None and given is None:
        text = (
            "The object was stored using a form of Server Side Encryption. "
            "The correct parameters must be provided to retrieve the object."
        )
        raise invalid_request(text)
    if stored is not None and stored != given:
        raise access_denied()


def tagging(header: str) -> list[tuple[str, str]]:
    """``x-amz-tagging`` (a query string) as pairs."""
    try:
        return parse_qsl(header, keep_blank_values=True, strict_parsing=bool(header), errors="strict")
    except ValueError:
        text = "The header 'x-amz-tagging' shall be encoded as UTF-8 then URLEncoded URL query parameters without tag"
        raise ServiceError("InvalidArgument", f"{text} name duplicates.") from None


def tags(found: list[dict[str, str]]) -> list[dict[str, str]]:
    """A tag set that S3 takes for an object; 400 otherwise."""
    if len(found) > MAX_TAGS:
        raise ServiceError("BadRequest", "Object tags cannot be greater than 10")
    if len({tag["Key"] for tag in found}) < len(found):
        raise ServiceError("InvalidTag", "Cannot provide multiple Tags with the same key")
    for tag in found:
        if not 0 < len(tag["Key"]) <= MAX_TAG_KEY:
            raise ServiceError("InvalidTag", "The TagKey you have provided is invalid", 400, {"TagKey": tag["Key"]})
        if len(tag["Value"]) > MAX_TAG_VALUE:
            raise ServiceError("InvalidTag", "The TagValue you have provided is invalid", 400, {"TagKey": tag["Key"]})
    return found


def _without_chunked(encoding: str) -> str:
    return ",".join(part.strip() for part in encoding.split(",") if part.strip() != "aws-chunked")
