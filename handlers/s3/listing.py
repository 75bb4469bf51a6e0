"""Lists of objects (V1 and V2), versions and uploads: pages of keys and common prefixes in S3's order.

With ``encoding-type=url`` every key-like member is percent-encoded (boto3 always asks for it); spaces as ``%20`` and
``+`` as ``%2B``, which clients that undo ``+`` and clients that do not both read right. S3 tells times of its own in
whole seconds in every body, so that they agree with the ``Last-Modified`` of HEAD; dates that clients set keep theirs.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote

from emulator.aws.call import Call
from emulator.aws.registry import operation
from emulator.services import Services
from emulator.store import Bucket, Entry, Upload, Walk
from emulator.store.listing import Listing
from handlers.s3.checks import bucket, continuation, continued, invalid_argument, known_form, owner, quoted

PAGE = 1000
MOST = 2**31 - 1
PLAIN = re.compile(r"[A-Za-z0-9_.~/-]*")
Encode = Callable[[str], str]


@operation("s3", "ListObjects")
def list_objects(call: Call, services: Services) -> dict[str, Any]:
    found_in, params = bucket(call, services), call.params
    encode = encoder(params)
    page = services.store.objects.live(ask(params, found_in, after=params.get("Marker", "")))
    answer = common(params, page, encode, "MaxKeys") | {
        "Name": found_in.name,
        "Marker": encode(params.get("Marker", "")),
        "Contents": [content(entry, encode, found_in) for entry in page.rows],
    }
    if page.truncated and params.get("Delimiter"):
        answer["NextMarker"] = encode(page.last)
    return answer


@operation("s3", "ListObjectsV2")
def list_objects_v2(call: Call, services: Services) -> dict[str, Any]:
    found_in, params = bucket(call, services), call.params
    encode = encoder(params)
    token = params.get("ContinuationToken")
    after = params.get("StartAfter", "") if token is None else continued(token)
    page = services.store.objects.live(ask(params, found_in, after=after))
    shown = found_in if params.get("FetchOwner") else None
    answer = common(params, page, encode, "MaxKeys") | {
        "Name": found_in.name,
        "KeyCount": len(page),
        "Contents": [content(entry, encode, shown) for entry in page.rows],
        "ContinuationToken": token,
        "StartAfter": encode(params["StartAfter"]) if "StartAfter" in params else None,
    }
    if page.truncated:
        answer["NextContinuationToken"] = continuation(page.last)
    return answer


@operation("s3", "ListObjectVersions")
def list_object_versions(call: Call, services: Services) -> dict[str, Any]:
    found_in, params = bucket(call, services), call.params
    encode = encoder(params)
    marker, version = params.get("KeyMarker", ""), params.get("VersionIdMarker", "")
    if version and not marker:
        text = "A version-id marker cannot be specified without a key marker."
        raise invalid_argument(text, "version-id-marker", version)
    if version:
        known_form(version, "version-id-marker")
    page = services.store.objects.versions(ask(params, found_in, after=marker), version)
    answer = common(params, page, encode, "MaxKeys") | {
        "Name": found_in.name,
        "KeyMarker": encode(marker),
        "VersionIdMarker": version,
        "Versions": [version_content(entry, encode, found_in) for entry in page.rows if not entry.marker],
        "DeleteMarkers": [delete_marker(entry, encode, found_in) for entry in page.rows if entry.marker],
    }
    if page.truncated:
        answer["NextKeyMarker"] = encode(page.last)
        if page.rows and page.rows[-1].key == page.last:
            answer["NextVersionIdMarker"] = page.rows[-1].version
    return answer


@operation("s3", "ListMultipartUploads")
def list_multipart_uploads(call: Call, services: Services) -> dict[str, Any]:
    found_in, params = bucket(call, services), call.params
    encode = encoder(params)
    marker, upload = params.get("KeyMarker", ""), params.get("UploadIdMarker", "")
    wanted = ask(params, found_in, after=marker, after_id=upload if marker and upload else None, limit="MaxUploads")
    page = services.store.uploads.page(wanted)
    answer = common(params, page, encode, "MaxUploads") | {
        "Bucket": found_in.name,
        "KeyMarker": encode(marker),
        "UploadIdMarker": upload,
        "Uploads": [upload_content(one, encode, found_in) for one in page.rows],
    }
    if page.truncated:
        answer["NextKeyMarker"] = encode(page.last)
        answer["NextUploadIdMarker"] = page.rows[-1].id if page.rows and page.rows[-1].key == page.last else ""
    return answer


def ask(
    params: Mapping[str, Any], found_in: Bucket, *, after: str, after_id: Any = None, limit: str = "MaxKeys"
) -> Walk:
    """The walk a request asks for. 400 ``InvalidArgument`` for a negative page size."""
    return Walk(
        found_in.name, params.get("Prefix", ""), params.get("Delimiter", ""), after, after_id, page_size(params, limit)
    )


def page_size(params: Mapping[str, Any], name: str = "MaxKeys") -> int:
    """At most 1,000, whatever is asked."""
    size: int = params.get(name, PAGE)
    if not 0 <= size <= MOST:
        text = f"Argument {name[0].lower()}{name[1:]} must be an integer between 0 and 2147483647"
        raise invalid_argument(text, name, size)
    return min(size, PAGE)


def encoder(params: Mapping[str, Any]) -> Encode:
    """How keys are to be written. 400 for another encoding type than ``url``."""
    wanted = params.get("EncodingType")
    if wanted not in (None, "url"):
        raise invalid_argument("Invalid Encoding Method specified in Request", "encoding-type", wanted)
    return encoded if wanted else str


def encoded(text: str) -> str:
    """Percent-encoded text; most keys have nothing to encode, and ``quote`` takes ten times as long to find that."""
    return text if PLAIN.fullmatch(text) else quote(text, safe="/")


def common(params: Mapping[str, Any], page: Listing, encode: Encode, limit: str) -> dict[str, Any]:
    """The members all lists share."""
    return {
        "IsTruncated": page.truncated,
        "Prefix": encode(params.get("Prefix", "")),
        "Delimiter": encode(params["Delimiter"]) if params.get("Delimiter") else None,
        limit: page_size(params, limit),
        "CommonPrefixes": [{"Prefix": encode(prefix)} for prefix in page.prefixes],
        "EncodingType": params.get("EncodingType"),
    }


def content(entry: Entry, encode: Encode, shown_owner: Bucket | None) -> dict[str, Any]:
    """A ``Contents`` member."""
    meta = entry.meta
    checksums = meta.get("Checksums")
    return {
        "Key": encode(entry.key),
        "LastModified": int(entry.modified),
        "ETag": quoted(entry.etag),
        "ChecksumAlgorithm": [*checksums] if checksums else None,
        "ChecksumType": meta.get("ChecksumType") if checksums else None,
        "Size": entry.size,
        "StorageClass": meta.get("StorageClass", "STANDARD"),
        "Owner": owner(meta.get("Owner", shown_owner.account)) if shown_owner else None,
    }


def version_content(entry: Entry, encode: Encode, found_in: Bucket) -> dict[str, Any]:
    """A ``Versions`` member."""
    return content(entry, encode, found_in) | {"VersionId": entry.version, "IsLatest": entry.latest}


def delete_marker(entry: Entry, encode: Encode, found_in: Bucket) -> dict[str, Any]:
    """A ``DeleteMarkers`` member."""
    return {
        "Key": encode(entry.key),
        "VersionId": entry.version,
        "IsLatest": entry.latest,
        "LastModified": int(entry.modified),
        "Owner": owner(found_in.account),
    }


def upload_content(one: Upload, encode: Encode, found_in: Bucket) -> dict[str, Any]:
    """An ``Uploads`` member."""
    return {
        "UploadId": one.id,
        "Key": encode(one.key),
        "Initiated": int(one.created),
        "StorageClass": one.meta.get("StorageClass", "STANDARD"),
        "Owner": owner(one.meta.get("Owner", found_in.account)),
        "Initiator": owner(one.meta.get("Initiator", found_in.account)),
        "ChecksumAlgorithm": one.meta.get("ChecksumAlgorithm"),
        "ChecksumType": one.meta.get("ChecksumType"),
    }
