"""Values -> XML bodies (rest-xml, query), written as text parts.

The root's name is not in the model: botocore ignores it, other clients (Java, minio, Hadoop) do not, so the names S3
really uses are listed here. Source: response syntax of the S3 API reference.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from emulator.aws import model, times
from emulator.aws.serialize.text import text

DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n'
S3_NAMESPACE = "http://s3.amazonaws.com/doc/2006-03-01/"

ROOTS = {
    "CompleteMultipartUpload": "CompleteMultipartUploadResult",
    "CreateMultipartUpload": "InitiateMultipartUploadResult",
    "CreateSession": "CreateSessionResult",
    "DeleteObjects": "DeleteResult",
    "GetBucketAccelerateConfiguration": "AccelerateConfiguration",
    "GetBucketAcl": "AccessControlPolicy",
    "GetBucketCors": "CORSConfiguration",
    "GetBucketLifecycle": "LifecycleConfiguration",
    "GetBucketLifecycleConfiguration": "LifecycleConfiguration",
    "GetBucketLogging": "BucketLoggingStatus",
    "GetBucketNotification": "NotificationConfiguration",
    "GetBucketNotificationConfiguration": "NotificationConfiguration",
    "GetBucketRequestPayment": "RequestPaymentConfiguration",
    "GetBucketTagging": "Tagging",
    "GetBucketVersioning": "VersioningConfiguration",
    "GetBucketWebsite": "WebsiteConfiguration",
    "GetObjectAcl": "AccessControlPolicy",
    "GetObjectAttributes": "GetObjectAttributesResponse",
    "GetObjectTagging": "Tagging",
    "ListBucketAnalyticsConfigurations": "ListBucketAnalyticsConfigurationResult",
    "ListBucketInventoryConfigurations": "ListInventoryConfigurationsResult",
    "ListBucketMetricsConfigurations": "ListMetricsConfigurationsResult",
    "ListBuckets": "ListAllMyBucketsResult",
    "ListDirectoryBuckets": "ListAllMyDirectoryBucketsResult",
    "ListMultipartUploads": "ListMultipartUploadsResult",
    "ListObjectVersions": "ListVersionsResult",
    "ListObjects": "ListBucketResult",
    "ListObjectsV2": "ListBucketResult",
    "ListParts": "ListPartsResult",
}

# Characters XML 1.0 cannot hold even escaped; S3 lists such keys only with encoding-type=url, which botocore asks for.
_FORBIDDEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_BREAKS = {"\r": "&#13;"}
_SPECIAL = re.compile("[^\t\n\u0020-%'-;=?-\ud7ff]")  # all that is not sure to stand as it is

_WORDS = 1000

Write = Callable[[Any], str]


def document(root: str, shape: model.Shape, value: Any, namespace: str = S3_NAMESPACE) -> bytes:
    """A whole document: declaration, root with namespace, the shape's members."""
    return f"{DECLARATION}<{root} xmlns={quoteattr(namespace)}>{members(shape, value)}</{root}>".encode()


def escaped(value: str) -> str:
    """Text for an element."""
    if not _SPECIAL.search(value):
        return value
    return escape(_FORBIDDEN.sub("\ufffd", value), _BREAKS)


def members(shape: model.Shape, value: dict[str, Any]) -> str:
    """The elements of a structure's members that live in the body; what is ``None`` or no member is left out."""
    plan: _Plan = shape.__dict__.get("_xml_plan") or _plan(shape)
    return "".join([plan[name](item) for name, item in value.items() if item is not None])


class _Plan(dict[str, Write]):
    """What writes each member of a structure."""

    def __missing__(self, _name: str) -> Write:
        return _nothing


def _plan(shape: model.Shape) -> _Plan:
    """Kept with the shape: a page of a listing has 7,000 elements, and asking the model about each took two thirds of
    its time."""
    plan = _Plan()
    for name, member in shape.members.items():
        where = member.serialization
        outside = "location" in where or where.get("xmlAttribute")
        plan[name] = _nothing if outside else _writer(member, where.get("name", name))
    shape.__dict__["_xml_plan"] = plan
    return plan


def _nothing(_value: Any) -> str:
    return ""


def _writer(shape: model.Shape, name: str) -> Write:
    """What writes a value as an element of that name, or as several where its shape is flattened."""
    kind = shape.type_name
    if kind in _COMPOUND:
        return _COMPOUND[kind](shape, name)
    begin, end, special = f"<{name}>", f"</{name}>", _SPECIAL.search
    if kind == "string" and shape.enum:
        return _Words(begin, end).__getitem__
    if kind == "string":
        return lambda value: f"{begin}{escaped(value) if special(value := str(value)) else value}{end}"
    if kind in {"integer", "long"}:
        return lambda value: f"{begin}{value}{end}"
    if kind == "timestamp":
        form = shape.serialization.get("timestampFormat", times.ISO)
        return _Moments(begin, form, end).write
    return lambda value: f"{begin}{escaped(text(shape, value, times.ISO))}{end}"


class _Words(dict[str, str]):
    """The elements of an enumeration's words, each written once."""

    def __init__(self, begin: str, end: str) -> None:
        self._begin = begin
        self._end = end

    def __missing__(self, word: str) -> str:
        found = f"{self._begin}{escaped(str(word))}{self._end}"
        if len(self) < _WORDS:  # what a client made up is not to fill the memory
            self[word] = found
        return found


class _Moments(dict[float, str]):
    """The elements of the moments written last: the objects of a listing are often of the same seconds."""

    def __init__(self, begin: str, form: str, end: str) -> None:
        self._begin = begin
        self._form = form
        self._end = end

    def __missing__(self, moment: float) -> str:
        if len(self) >= _WORDS:
            self.clear()
        found = self[moment] = f"{self._begin}{times.render(moment, self._form)}{self._end}"
        return found

    def write(self, value: float | str) -> str:
        if isinstance(value, str):
            return f"{self._begin}{escaped(value)}{self._end}"
        return self[value]


def _structure(shape: model.Shape, name: str) -> Write:
    fixed, named = _attributes(shape)
    begin, end = f"<{name}{fixed}", f"</{name}>"
    if not named:
        return lambda value: f"{begin}>{members(shape, value)}{end}"

    def write(value: dict[str, Any]) -> str:
        given = "".join(
            f" {shown}={quoteattr(value[member])}" for member, shown in named if value.get(member) is not None
        )
        return f"{begin}{given}>{members(shape, value)}{end}"

    return write


def _attributes(shape: model.Shape) -> tuple[str, list[tuple[str, str]]]:
    """A structure's namespace declaration, and the members that are attributes with the names they are shown by."""
    namespace = shape.serialization.get("xmlNamespace")
    prefixed = isinstance(namespace, dict) and namespace.get("prefix")
    fixed = f" xmlns:{namespace['prefix']}={quoteattr(namespace['uri'])}" if prefixed else ""
    places = ((name, member.serialization) for name, member in shape.members.items())
    return fixed, [(name, where["name"]) for name, where in places if where.get("xmlAttribute")]


def _list(shape: model.Shape, name: str) -> Write:
    item_name = shape.member.serialization.get("name")
    if shape.serialization.get("flattened"):
        write = _writer(shape.member, item_name or name)
        return lambda value: "".join([write(item) for item in value])
    write = _writer(shape.member, item_name or "member")
    return lambda value: f"<{name}>{''.join([write(item) for item in value])}</{name}>"


def _map(shape: model.Shape, name: str) -> Write:
    flat = shape.serialization.get("flattened")
    entry = name if flat else "entry"
    key = _writer(shape.key, shape.key.serialization.get("name", "key"))
    inside = _writer(shape.value, shape.value.serialization.get("name", "value"))

    def write(value: dict[str, Any]) -> str:
        found = "".join(f"<{entry}>{key(name)}{inside(item)}</{entry}>" for name, item in value.items())
        return found if flat else f"<{name}>{found}</{name}>"

    return write


_COMPOUND: dict[str, Callable[[model.Shape, str], Write]] = {"structure": _structure, "list": _list, "map": _map}
