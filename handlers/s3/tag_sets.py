"""The tags an object may have, in either form they come in."""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import parse_qsl

from emulator.errors import ServiceError

MAX_TAGS = 10
MAX_TAG_KEY, MAX_TAG_VALUE = 128, 256
#: Letters, digits and spaces of any script, and a few marks.
ALLOWED = re.compile(r"[\w\s.:/=+@-]*")
RESERVED = "aws:"


def tagging(header: str) -> list[tuple[str, str]]:
    """``x-amz-tagging`` (a query string) as pairs, in the order S3 gives them back. A name alone is a tag with an empty
    value. 400 ``InvalidArgument`` for what is none, or names a tag twice."""
    try:
        found = sorted(parse_qsl(header, keep_blank_values=True, errors="strict"))
    except ValueError:
        raise malformed(header) from None
    if len(dict(found)) < len(found) or not all(ALLOWED.fullmatch(text) for pair in found for text in pair):
        raise malformed(header)
    return found


def malformed(header: str) -> ServiceError:
    text = "The header 'x-amz-tagging' shall be encoded as UTF-8 then URLEncoded URL query parameters without tag"
    fields = {"ArgumentName": "x-amz-tagging", "ArgumentValue": header}
    return ServiceError("InvalidArgument", f"{text} name duplicates.", 400, fields)


def tags(found: list[dict[str, str]]) -> list[dict[str, str]]:
    """A tag set that S3 takes for an object; 400 otherwise."""
    if len(found) > MAX_TAGS:
        raise ServiceError("BadRequest", "Object tags cannot be greater than 10")
    valid(found, "Your TagKey cannot be prefixed with aws:")
    return found


def valid(found: Iterable[dict[str, str]], reserved: str) -> None:
    """400 ``InvalidTag`` for keys and values out of bounds, named twice, or (with the message ``reserved``) AWS's own;
    ``MalformedXML`` for a tag without one of them."""
    seen = set()
    for tag in found:
        if "Key" not in tag or "Value" not in tag:
            text = "The XML you provided was not well-formed or did not validate against our published schema"
            raise ServiceError("MalformedXML", text)
        key, value = tag["Key"], tag["Value"]
        if key in seen:
            raise invalid("Cannot provide multiple Tags with the same key", key)
        if not 0 < len(key) <= MAX_TAG_KEY or not ALLOWED.fullmatch(key):
            raise invalid("The TagKey you have provided is invalid", key)
        if len(value) > MAX_TAG_VALUE or not ALLOWED.fullmatch(value):
            raise invalid("The TagValue you have provided is invalid", key, TagValue=value)
        if key.startswith(RESERVED):
            raise invalid(reserved, key)
        seen.add(key)


def invalid(text: str, key: str, **more: str) -> ServiceError:
    return ServiceError("InvalidTag", text, 400, {"TagKey": key, **more})
