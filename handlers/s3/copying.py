"""CopyObject and UploadPartCopy.

A copied object is a second name of the same body on disk (a clone or hard link), so it costs the same at any size. Only
a copy that needs a digest nobody has yet is read: of a multipart object (whose ETag is not its MD5), or under another
checksum algorithm.
"""

from __future__ import annotations

import re
from typing import Any, BinaryIO
from urllib.parse import parse_qs, unquote

from emulator.aws.call import Call
from emulator.aws.registry import operation
from emulator.errors import ServiceError
from emulator.objects.hashing import DEFAULT
from emulator.services import Services
from emulator.store import Bucket, Entry
from handlers.s3.access.decide import denied, permit, theirs
from handlers.s3.archive import thawed
from handlers.s3.checks import (
    bucket,
    invalid_argument,
    invalid_request,
    key,
    quoted,
    readable,
    writable,
)
from handlers.s3.checksums import members
from handlers.s3.customer_keys import opens, same
from handlers.s3.events import tell
from handlers.s3.expiration import expiration
from handlers.s3.headers import CONTENT, checksum_answer, encrypted, encryption, meta
from handlers.s3.multipart import part_number, upload_of
from handlers.s3.reading import open_present
from handlers.s3.writing import MAX_PUT

RANGE = re.compile(r"bytes=(\d+)-(\d+)")
CHANGES = ("StorageClass", "WebsiteRedirectLocation", "ServerSideEncryption", "SSECustomerAlgorithm", "SSEKMSKeyId")


@operation("s3", "CopyObject")
def copy_object(call: Call, services: Services) -> dict[str, Any]:
    found_in = bucket(call, services)
    source_bucket, source, file = open_source(call, services)
    with file:
        if source.size > MAX_PUT:
            text = "The specified copy source is larger than the maximum allowable size for a copy source: 5368709120"
            raise invalid_request(text)
        refuse_no_change(call, found_in, source)
        if takes_tags(call, source):
            permit(call, services, source_bucket, parse_source(call.params["CopySource"]), "GetObjectTagging")
            permit(call, services, found_in, {**call.params, "Tagging": ""})
        new = copied(call, services, found_in, source)
        entry = services.objects.copy(source, file, new, digests(call, source), lambda now: writable(now, call.params))
    tell(call, services, found_in, "ObjectCreated:Copy", entry)
    answer: dict[str, Any] = {
        "CopyObjectResult": {
            "ETag": quoted(entry.etag),
            "LastModified": int(entry.modified),
            **checksum_answer(entry),
        },
        **encrypted(entry.meta),
        **expiration(services, found_in, entry, call.params),
    }
    if found_in.versioning:
        answer["VersionId"] = entry.version
    if source_bucket.versioning:
        answer["CopySourceVersionId"] = source.version
    return answer


def copied(call: Call, services: Services, found_in: Bucket, source: Entry) -> Entry:
    """The entry of the copy, still without blob: metadata as the directives say, the encryption always anew."""
    fresh = meta(call, services, found_in)
    kept = dict(fresh)
    if call.params.get("MetadataDirective", "COPY") == "COPY":
        old = {name: source.meta[name] for name in (*CONTENT, "Metadata") if name in source.meta}
        kept = {name: value for name, value in fresh.items() if name not in (*CONTENT, "Metadata")} | old
    if not replaces_tags(call):
        kept.pop("Tags", None)
        kept |= {"Tags": source.meta["Tags"]} if "Tags" in source.meta else {}
    kept |= encryption(kept, services, found_in)
    return Entry(key(call), found_in.name, size=source.size, meta=kept)


def replaces_tags(call: Call) -> bool:
    """Whether a copy has none of its source's tags."""
    return bool(call.params.get("TaggingDirective", "COPY") != "COPY")


def takes_tags(call: Call, source: Entry) -> bool:
    """Whether a copy comes with tags of its source: they want permissions of their own, to be read and to be set."""
    return bool(source.meta.get("Tags")) and not replaces_tags(call)


def digests(call: Call, source: Entry) -> tuple[str, ...]:
    """The checksum algorithms the copy is to have; those of the source unless another is asked for."""
    asked = call.params.get("ChecksumAlgorithm", "").upper()
    kept = tuple(source.meta.get("Checksums", ())) or (DEFAULT,)
    return (asked,) if asked else kept


def refuse_no_change(call: Call, found_in: Bucket, source: Entry) -> None:
    """Copying an object onto itself is how metadata is changed; changing nothing is refused."""
    same = (source.bucket, source.key) == (found_in.name, call.params["Key"]) and source.latest
    replaced = call.params.get("MetadataDirective") == "REPLACE" or any(name in call.params for name in CHANGES)
    if same and not replaced and not found_in.versioning:
        text = (
            "This copy request is illegal because it is trying to copy an object to itself without changing the "
            "object's metadata, storage class, website redirect location or encryption attributes."
        )
        raise invalid_request(text)


@operation("s3", "UploadPartCopy")
def upload_part_copy(call: Call, services: Services) -> dict[str, Any]:
    found_in = bucket(call, services)
    upload = upload_of(call, services, found_in)
    number = part_number(call)
    same(upload.meta, call.params)
    source_bucket, source, file = open_source(call, services)
    with file:
        offset, size = source_range(call.params.get("CopySourceRange"), source)
        file.seek(offset)
        own = upload.meta["ChecksumAlgorithm"]
        part = services.objects.parts.write(upload, number, Slice(file, size), size, (own,), lambda blob: None)
    told = {"ETag": quoted(part.etag), "LastModified": int(part.modified), **members(part.checksums)}
    answer = {"CopyPartResult": told, **encrypted(upload.meta)}
    return {**answer, "CopySourceVersionId": source.version} if source_bucket.versioning else answer


def source_range(header: str | None, source: Entry) -> tuple[int, int]:
    """(offset, length) of ``x-amz-copy-source-range``. 400 ``InvalidArgument`` unless it lies within the source."""
    if header is None:
        return 0, source.size
    match = RANGE.fullmatch(header)
    if match is None or int(match[1]) > int(match[2]):
        text = "The x-amz-copy-source-range value must be of the form bytes=first-last where first and last are the"
        raise invalid_argument(
            f"{text} zero-based offsets of the first and last bytes to copy", "x-amz-copy-source-range", header
        )
    first, last = map(int, match.groups())
    if first >= source.size:
        raise invalid_request("The specified copy range is invalid for the source object size")
    if last >= source.size:
        text = f"Range specified is not valid for source object of size: {source.size}"
        raise invalid_argument(text, "x-amz-copy-source-range", header)
    return first, last - first + 1


def open_source(call: Call, services: Services) -> tuple[Bucket, Entry, BinaryIO]:
    """The source of a copy with its body open, after the caller's conditions on it."""
    place = parse_source(call.params["CopySource"])
    found_in = services.objects.bucket(place["Bucket"])
    if call.params.get("ExpectedSourceBucketOwner", found_in.account) != found_in.account:
        raise denied()
    permit(call, services, found_in, place, "GetObject")
    found, file = open_present(services.objects, place)
    try:
        theirs(call, services, found)
        readable(found, call.params, "CopySource")
        opens(found.meta, call.params, "CopySource")
        thawed(found)
    except ServiceError:
        file.close()
        raise
    return found_in, found, file


def parse_source(source: Any) -> dict[str, str]:
    """``x-amz-copy-source`` (``/bucket/key?versionId=…``, percent-encoded) or the dict boto3 takes."""
    if isinstance(source, dict):
        return source
    path, _, query = str(source).partition("?")
    version = parse_qs(query).get("versionId")
    if version is None and query:
        path = str(source)
    name, _, source_key = unquote(path).removeprefix("/").partition("/")
    if not name or not source_key:
        text = "Copy Source must mention the source bucket and key: sourcebucket/sourcekey"
        raise invalid_argument(text, "x-amz-copy-source", source)
    return {"Bucket": name, "Key": source_key, **({"VersionId": version[0]} if version else {})}


class Slice:
    """The next ``size`` bytes of an open file as a stream of their own."""

    def __init__(self, file: BinaryIO, size: int) -> None:
        self._file = file
        self._left = size

    def read(self, size: int = -1, /) -> bytes:
        data = self._file.read(self._left if size < 0 else min(size, self._left))
        self._left -= len(data)
        return data
