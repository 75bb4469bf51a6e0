"""Operations of S3's model that are answered with a refusal: S3's own code, and what to do instead.

Those without a row of their own belong to S3 Tables, annotations and directory buckets, of which there are none here.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from emulator.aws.call import Call
from emulator.aws.registry import add, refused
from emulator.errors import ServiceError
from emulator.services import Services
from handlers.s3.checks import bucket

TORRENT = "S3 gives no torrents any more: read the object itself."
SELECT = "S3 Select is closed to new customers: read the object, or query it with Athena."
LAMBDA = "there are no Object Lambda access points here: change what you read yourself."
SESSIONS = "there are no directory buckets here: use a general purpose bucket, which needs no session."
RENAME = "only directory buckets rename, and there are none here: copy the object and delete the old one."
REKEYED = "copy the object onto itself with the encryption it is to have."
TABLES = "there are no metadata tables here: list the objects."
NOTES = "there are no annotations here: use metadata or tags."

REASONS = {
    "GetObjectTorrent": TORRENT,
    "SelectObjectContent": SELECT,
    "WriteGetObjectResponse": LAMBDA,
    "CreateSession": SESSIONS,
    "ListDirectoryBuckets": SESSIONS,
    "RenameObject": RENAME,
    "UpdateObjectEncryption": REKEYED,
    "CreateBucketMetadataConfiguration": TABLES,
    "CreateBucketMetadataTableConfiguration": TABLES,
    "DeleteBucketMetadataConfiguration": TABLES,
    "DeleteBucketMetadataTableConfiguration": TABLES,
    "GetBucketMetadataConfiguration": TABLES,
    "GetBucketMetadataTableConfiguration": TABLES,
    "UpdateBucketMetadataAnnotationTableConfiguration": TABLES,
    "UpdateBucketMetadataInventoryTableConfiguration": TABLES,
    "UpdateBucketMetadataJournalTableConfiguration": TABLES,
    "DeleteObjectAnnotation": NOTES,
    "GetObjectAnnotation": NOTES,
    "ListObjectAnnotations": NOTES,
    "PutObjectAnnotation": NOTES,
}
#: Operations that S3 still has, but for accounts that used them before only.
CLOSED = {"SelectObjectContent"}


def refuser(reason: str) -> Callable[[Call, Services], dict[str, Any]]:
    def refuse(call: Call, services: Services) -> dict[str, Any]:
        if "Bucket" in call.params:
            bucket(call, services)
        if call.operation in CLOSED:
            raise ServiceError("MethodNotAllowed", f"The specified method is not allowed: {reason}", 405)
        raise ServiceError("NotImplemented", f"{call.operation} is not implemented: {reason}", 501)

    return refuse


def register() -> None:
    """Make the refusals known."""
    for name, reason in REASONS.items():
        add("s3", name, refuser(reason), refused(reason))


register()
