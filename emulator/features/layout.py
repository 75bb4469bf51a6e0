"""Where a group's offline data lies in S3 and what its table is called, as AWS lays it out. Pure.

``<prefix>/<account>/sagemaker/<region>/offline-store/<group>-<creation seconds>/data/year=2020/month=06/day=30/hour=00/
20200630T004401Z_108934320012Az11.parquet``: partitions are the event time's hours (UTC), a file is named after the
latest event in it and 16 random letters and digits (developer guide, "offline store data format").
"""

from __future__ import annotations

import re
import secrets
import string
from datetime import UTC, datetime

from emulator.arns import Scope

CATALOG = "AwsDataCatalog"
DATABASE = "sagemaker_featurestore"
PARTITIONS = ("year", "month", "day", "hour")

_LETTERS = string.ascii_letters + string.digits


def split_uri(uri: str) -> tuple[str, str]:
    """``s3://bucket/some/prefix/`` -> (``bucket``, ``some/prefix``). ``https://`` forms hold the bucket first too."""
    bucket, _, key = uri.partition("://")[2].partition("/")
    return bucket, key.strip("/")


def resolved(uri: str, scope: Scope, name: str, created: float) -> str:
    """``ResolvedOutputS3Uri``: under which a group's files are written."""
    bucket, prefix = split_uri(uri)
    parts = (prefix, scope.account, "sagemaker", scope.region, "offline-store", f"{name}-{int(created)}", "data")
    return f"s3://{bucket}/" + "/".join(part for part in parts if part)


def table(name: str, created: float) -> str:
    """The name of a group's Glue table: Athena wants lower case and underscores."""
    return re.sub(r"[^a-z0-9_]", "_", f"{name.lower()}_{int(created)}")


def partition(event: float) -> str:
    """``year=2020/month=06/day=30/hour=00`` of an event time."""
    return datetime.fromtimestamp(event, UTC).strftime("year=%Y/month=%m/day=%d/hour=%H")


def file_name(latest: float) -> str:
    """A new file's name, by the latest event in it."""
    stamp = datetime.fromtimestamp(latest, UTC).strftime("%Y%m%dT%H%M%SZ")
    return f"{stamp}_{''.join(secrets.choice(_LETTERS) for _ in range(16))}.parquet"
