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

Write = Callable[[list[str], Any], None]


def document(root: str, shape: model.Shape, value: Any, namespace: str = S3_NAMESPACE) -> bytes:
    """A whole document: declaration, root with namespace, the shape's members."""
    parts = [DECLARATION, f"<{root} xmlns={quoteattr(namespace)}>"]
    members(parts, shape, value)
    parts.append(f"</{root}>")
    return "".join(parts).encode()


def escaped(value: str) -> str:
    """Text for an element."""
    if not _SPECIAL.search(value):
        return value
    return escape(_FORBIDDEN.sub("\ufffd", value), _BREAKS)


def members(parts: list[str], shape: model.Shape, value: dict[str, Any]) -> None:
    """Append the elements of a structure's members that live in the body."""
    plan = _plan(shape)
    for name, item in value.items():
        write = plan[name]
        if write is not None:
            write(parts, item)


def element(parts: list[str], shape: model.Shape, value: Any, name: str) -> None:
    """Append one member as an element, or as several where its shape is flattened."""
    _writer(shape, name)(parts, value)


def _plan(shape: model.Shape) -> dict[str, Write | None]:
    """What writes each member of a structure; None for those that do not live in the body. Kept with the shape: a page
    of a listing has 7,000 elements, and asking the model about each took two thirds of its time."""
    plan: dict[str, Write | None] | None = shape.__dict__.get("_xml_plan")
    if plan is None:
        plan = {}
        for name, member in shape.members.items():
            where = member.serialization
            outside = "location" in where or where.get("xmlAttribute")
            plan[name] = None if outside else _writer(member, where.get("name", name))
        shape.__dict__["_xml_plan"] = plan
    return plan


def _writer(shape: model.Shape, name: str) -> Write:
    kind = shape.type_name
    if kind == "structure":
        return lambda parts, value: _structure(parts, shape, value, name)
    if kind == "list":
        return lambda parts, value: _list(parts, shape, value, name)
    if kind == "map":
        return lambda parts, value: _map(parts, shape, value, name)
    begin, end = f"<{name}>", f"</{name}>"
    if kind == "string":
        return lambda parts, value: parts.append(f"{begin}{escaped(str(value))}{end}")
    return lambda parts, value: parts.append(f"{begin}{escaped(text(shape, value, times.ISO))}{end}")


def _structure(parts: list[str], shape: model.Shape, value: dict[str, Any], name: str) -> None:
    parts.append(f"<{name}{_attributes(shape, value)}>")
    members(parts, shape, value)
    parts.append(f"</{name}>")


def _attributes(shape: model.Shape, value: dict[str, Any]) -> str:
    known: tuple[str, list[tuple[str, str]]] | None = shape.__dict__.get("_xml_attributes")
    if known is None:
        namespace = shape.serialization.get("xmlNamespace")
        prefixed = isinstance(namespace, dict) and namespace.get("prefix")
        fixed = f" xmlns:{namespace['prefix']}={quoteattr(namespace['uri'])}" if prefixed else ""
        places = ((name, member.serialization) for name, member in shape.members.items())
        named = [(name, where["name"]) for name, where in places if where.get("xmlAttribute")]
        known = shape.__dict__["_xml_attributes"] = fixed, named
    found, named = known
    return found + "".join(f" {shown}={quoteattr(value[name])}" for name, shown in named if name in value)


def _list(parts: list[str], shape: model.Shape, value: list[Any], name: str) -> None:
    item_name = shape.member.serialization.get("name")
    flat = shape.serialization.get("flattened")
    write = _writer(shape.member, item_name or (name if flat else "member"))
    if not flat:
        parts.append(f"<{name}>")
    for item in value:
        write(parts, item)
    if not flat:
        parts.append(f"</{name}>")


def _map(parts: list[str], shape: model.Shape, value: dict[str, Any], name: str) -> None:
    flat = shape.serialization.get("flattened")
    entry = name if flat else "entry"
    if not flat:
        parts.append(f"<{name}>")
    for key, item in value.items():
        parts.append(f"<{entry}>")
        element(parts, shape.key, key, shape.key.serialization.get("name", "key"))
        element(parts, shape.value, item, shape.value.serialization.get("name", "value"))
        parts.append(f"</{entry}>")
    if not flat:
        parts.append(f"</{name}>")
