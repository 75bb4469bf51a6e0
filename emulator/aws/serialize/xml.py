"""Values -> XML bodies (rest-xml, query), written as text parts.

The root's name is not in the model: botocore ignores it, other clients (Java, minio, Hadoop) do not, so the names S3
really uses are listed here. Source: response syntax of the S3 API reference.
"""

from __future__ import annotations

import re
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


def document(root: str, shape: model.Shape, value: Any, namespace: str = S3_NAMESPACE) -> bytes:
    """A whole document: declaration, root with namespace, the shape's members."""
    parts = [DECLARATION, f"<{root} xmlns={quoteattr(namespace)}>"]
    members(parts, shape, value)
    parts.append(f"</{root}>")
    return "".join(parts).encode()


def escaped(value: str) -> str:
    """Text for an element."""
    return escape(_FORBIDDEN.sub("\ufffd", value), _BREAKS)


def members(parts: list[str], shape: model.Shape, value: dict[str, Any]) -> None:
    """Append the elements of a structure's members that live in the body."""
    for name, item in value.items():
        member = shape.members[name]
        where = member.serialization
        if "location" not in where and not where.get("xmlAttribute"):
            element(parts, member, item, where.get("name", name))


def element(parts: list[str], shape: model.Shape, value: Any, name: str) -> None:
    """Append one member as an element, or as several where its shape is flattened."""
    kind = shape.type_name
    if kind == "structure":
        parts.append(f"<{name}{_attributes(shape, value)}>")
        members(parts, shape, value)
        parts.append(f"</{name}>")
    elif kind == "list":
        _list(parts, shape, value, name)
    elif kind == "map":
        _map(parts, shape, value, name)
    else:
        parts.append(f"<{name}>{escaped(text(shape, value, times.ISO))}</{name}>")


def _attributes(shape: model.Shape, value: dict[str, Any]) -> str:
    found = ""
    namespace = shape.serialization.get("xmlNamespace")
    if isinstance(namespace, dict) and namespace.get("prefix"):
        found = f" xmlns:{namespace['prefix']}={quoteattr(namespace['uri'])}"
    for name, member in shape.members.items():
        if member.serialization.get("xmlAttribute") and name in value:
            found += f" {member.serialization['name']}={quoteattr(value[name])}"
    return found


def _list(parts: list[str], shape: model.Shape, value: list[Any], name: str) -> None:
    item_name = shape.member.serialization.get("name")
    if shape.serialization.get("flattened"):
        for item in value:
            element(parts, shape.member, item, item_name or name)
        return
    parts.append(f"<{name}>")
    for item in value:
        element(parts, shape.member, item, item_name or "member")
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
