"""The tags an object may have, in either form they come in."""

from __future__ import annotations

from urllib.parse import parse_qsl

from emulator.errors import ServiceError

MAX_TAGS = 10
MAX_TAG_KEY, MAX_TAG_VALUE = 128, 256


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
