"""Permissions: what bucket policies and ACLs call the operations.

An operation's permission is often not called after it (HeadObject is ``s3:GetObject``, DeleteBucketCors is
``s3:PutBucketCORS``), another one guards the same operation on a version by its id, and a header may need a second one.
Names are compared without case. Source: "Actions, resources, and condition keys for Amazon S3" in the Service
Authorization Reference; "Mapping of ACL permissions and access policy permissions" in the S3 user guide.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

OBJECT = frozenset(
    """AbortMultipartUpload BypassGovernanceRetention DeleteObject DeleteObjectTagging DeleteObjectVersion
    DeleteObjectVersionTagging GetObject GetObjectAcl GetObjectAttributes GetObjectLegalHold GetObjectRetention
    GetObjectTagging GetObjectTorrent GetObjectVersion GetObjectVersionAcl GetObjectVersionAttributes
    GetObjectVersionForReplication GetObjectVersionTagging GetObjectVersionTorrent InitiateReplication
    ListMultipartUploadParts ObjectOwnerOverrideToBucketOwner PutObject PutObjectAcl PutObjectLegalHold
    PutObjectRetention PutObjectTagging PutObjectVersionAcl PutObjectVersionTagging ReplicateDelete ReplicateObject
    ReplicateTags RestoreObject UpdateObjectEncryption""".lower().split()
)
BUCKET = frozenset(
    """CreateBucket CreateBucketMetadataTableConfiguration DeleteBucket DeleteBucketMetadataTableConfiguration
    DeleteBucketPolicy DeleteBucketWebsite GetAccelerateConfiguration GetAnalyticsConfiguration GetBucketAbac
    GetBucketAcl GetBucketCORS GetBucketLocation GetBucketLogging GetBucketMetadataTableConfiguration
    GetBucketNotification GetBucketObjectLockConfiguration GetBucketOwnershipControls GetBucketPolicy
    GetBucketPolicyStatus GetBucketPublicAccessBlock GetBucketRequestPayment GetBucketTagging GetBucketVersioning
    GetBucketWebsite GetEncryptionConfiguration GetIntelligentTieringConfiguration GetInventoryConfiguration
    GetLifecycleConfiguration GetMetricsConfiguration GetReplicationConfiguration ListAllMyBuckets ListBucket
    ListBucketMultipartUploads ListBucketVersions PutAccelerateConfiguration PutAnalyticsConfiguration PutBucketAbac
    PutBucketAcl PutBucketCORS PutBucketLogging PutBucketNotification PutBucketObjectLockConfiguration
    PutBucketOwnershipControls PutBucketPolicy PutBucketPublicAccessBlock PutBucketRequestPayment PutBucketTagging
    PutBucketVersioning PutBucketWebsite PutEncryptionConfiguration PutIntelligentTieringConfiguration
    PutInventoryConfiguration PutLifecycleConfiguration PutMetricsConfiguration PutReplicationConfiguration
    UpdateBucketMetadataInventoryTableConfiguration UpdateBucketMetadataJournalTableConfiguration""".lower().split()
)
KNOWN = OBJECT | BUCKET

#: Operations whose permission has a name of its own.
OTHERS = {
    "DeleteObjects": "",  # asked for each key
    "HeadBucket": "ListBucket",
    "ListObjects": "ListBucket",
    "ListObjectsV2": "ListBucket",
    "ListObjectVersions": "ListBucketVersions",
    "ListMultipartUploads": "ListBucketMultipartUploads",
    "ListParts": "ListMultipartUploadParts",
    "HeadObject": "GetObject",
    "SelectObjectContent": "GetObject",
    "CopyObject": "PutObject",
    "CreateMultipartUpload": "PutObject",
    "UploadPart": "PutObject",
    "UploadPartCopy": "PutObject",
    "CompleteMultipartUpload": "PutObject",
    "RenameObject": "PutObject",
    "DeleteBucketPolicy": "DeleteBucketPolicy",
    "DeleteBucketWebsite": "DeleteBucketWebsite",
}
_SUB_RESOURCE = re.compile(r"(Get|Put|Delete|List)(?:Bucket)?(\w+?)(?:Configurations?)?")
#: Sub-resources whose permission ends with ``Configuration`` and does not speak of a bucket.
_CONFIGURED = [
    "Accelerate",
    "Analytics",
    "Encryption",
    "IntelligentTiering",
    "Inventory",
    "Lifecycle",
    "Metrics",
    "Replication",
]
_LOCK = "ObjectLock"
#: Permissions that are other ones when a version is named.
VERSIONED = {
    "GetObject": "GetObjectVersion",
    "GetObjectAcl": "GetObjectVersionAcl",
    "GetObjectAttributes": "GetObjectVersionAttributes",
    "GetObjectTagging": "GetObjectVersionTagging",
    "GetObjectTorrent": "GetObjectVersionTorrent",
    "PutObjectAcl": "PutObjectVersionAcl",
    "PutObjectTagging": "PutObjectVersionTagging",
    "DeleteObject": "DeleteObjectVersion",
    "DeleteObjectTagging": "DeleteObjectVersionTagging",
}
#: What a parameter of an upload needs besides ``PutObject``.
WITH = {
    "ACL": "PutObjectAcl",
    "GrantFullControl": "PutObjectAcl",
    "GrantRead": "PutObjectAcl",
    "GrantReadACP": "PutObjectAcl",
    "GrantWriteACP": "PutObjectAcl",
    "Tagging": "PutObjectTagging",
    "ObjectLockMode": "PutObjectRetention",
    "ObjectLockLegalHoldStatus": "PutObjectLegalHold",
}
UPLOADS = {"PutObject", "CopyObject", "CreateMultipartUpload"}
#: What a grant in the ACL of a bucket, or of an object, allows.
BUCKET_GRANTS = {
    "ListBucket": "READ",
    "ListBucketVersions": "READ",
    "ListBucketMultipartUploads": "READ",
    "PutObject": "WRITE",
    "DeleteObject": "WRITE",
    "AbortMultipartUpload": "WRITE",
    "ListMultipartUploadParts": "WRITE",
    "GetBucketAcl": "READ_ACP",
    "PutBucketAcl": "WRITE_ACP",
}
OBJECT_GRANTS = {
    "GetObject": "READ",
    "GetObjectVersion": "READ",
    "GetObjectTorrent": "READ",
    "GetObjectAcl": "READ_ACP",
    "GetObjectVersionAcl": "READ_ACP",
    "PutObjectAcl": "WRITE_ACP",
    "PutObjectVersionAcl": "WRITE_ACP",
}


@lru_cache(256)
def permission(operation: str) -> str:
    """The permission an operation needs, without ``s3:``."""
    if operation in OTHERS:
        return OTHERS[operation]
    found = _SUB_RESOURCE.fullmatch(operation)
    if found is None or operation.lower() in OBJECT or operation in {"DeleteBucket", "ListBuckets"}:
        return operation
    verb = {"Delete": "Put", "List": "Get"}.get(found[1], found[1])
    if found[2] in _CONFIGURED:
        return f"{verb}{found[2]}Configuration"
    return f"{verb}Bucket{found[2]}{'Configuration' if found[2] == _LOCK else ''}"


def needed(operation: str, params: Mapping[str, Any]) -> Iterator[str]:
    """All permissions a call needs, the main one first."""
    main = permission(operation)
    if not main:
        return
    versioned = params.get("VersionId") is not None
    yield VERSIONED.get(main, main) if versioned else main
    if main == "GetObjectAttributes":
        yield VERSIONED["GetObject"] if versioned else "GetObject"
    if operation in UPLOADS:
        yield from dict.fromkeys(name for member, name in WITH.items() if member in params)
    if params.get("BypassGovernanceRetention"):
        yield "BypassGovernanceRetention"
