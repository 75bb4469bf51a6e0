"""Statuses of success that S3's model does not tell."""

from __future__ import annotations

import json
from typing import Any

import pytest

DENY = {"Effect": "Deny", "Principal": "*", "Action": "s3:DeleteBucket"}
DESTINATION = {"S3BucketDestination": {"Bucket": "arn:aws:s3:::reports", "Format": "CSV"}}
INVENTORY = {
    "Id": "i",
    "IsEnabled": True,
    "IncludedObjectVersions": "All",
    "Schedule": {"Frequency": "Daily"},
    "Destination": DESTINATION,
}
TIERS = {"Id": "i", "Status": "Enabled", "Tierings": [{"Days": 90, "AccessTier": "ARCHIVE_ACCESS"}]}
PUTS = {
    "bucket_tagging": {"Tagging": {"TagSet": [{"Key": "a", "Value": "b"}]}},
    "bucket_metrics_configuration": {"Id": "i", "MetricsConfiguration": {"Id": "i"}},
    "bucket_inventory_configuration": {"Id": "i", "InventoryConfiguration": INVENTORY},
    "bucket_analytics_configuration": {
        "Id": "i",
        "AnalyticsConfiguration": {"Id": "i", "StorageClassAnalysis": {}},
    },
    "bucket_intelligent_tiering_configuration": {"Id": "i", "IntelligentTieringConfiguration": TIERS},
}


def status(answer: dict[str, Any]) -> int:
    return int(answer["ResponseMetadata"]["HTTPStatusCode"])


@pytest.mark.parametrize("name", PUTS)
def test_documents_that_are_taken_in_silence(s3: Any, bucket: str, name: str) -> None:
    assert status(getattr(s3, f"put_{name}")(Bucket=bucket, **PUTS[name])) == 204
    assert status(getattr(s3, f"get_{name}")(Bucket=bucket, **({"Id": "i"} if "Id" in PUTS[name] else {}))) == 200


def test_a_policy(s3: Any, bucket: str) -> None:
    statement = {**DENY, "Resource": f"arn:aws:s3:::{bucket}"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    assert status(s3.put_bucket_policy(Bucket=bucket, Policy=document)) == 204


def test_a_restore_is_begun(s3: Any, bucket: str) -> None:
    at = {"Bucket": bucket, "Key": "k"}
    s3.put_object(**at, StorageClass="GLACIER")
    assert status(s3.restore_object(**at, RestoreRequest={"Days": 1})) == 202
