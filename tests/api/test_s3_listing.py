"""Lists of keys: order, delimiter, prefix, markers, encoding, page sizes; compared with the plain definition."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.api.s3_calls import new_bucket

KEYS = ["a", "a/", "a/b", "a/b/c", "a/c", "a0", "b/x/1", "b/x/2", "b/y", "c d+e", "é/1", "z//q", "\U0001f600", "\uffee"]


@pytest.fixture(scope="module")
def bucket(s3: Any) -> str:
    name = new_bucket(s3)
    for key in reversed(KEYS):
        s3.put_object(Bucket=name, Key=key, Body=key.encode())
    return name


def expected(prefix: str, delimiter: str, after: str) -> list[str]:
    """The definition: sorted keys behind ``after``, rolled up behind the prefix."""
    found = []
    for key in sorted(KEYS, key=str.encode):
        if key.encode() <= after.encode() or not key.startswith(prefix):
            continue
        end = key.find(delimiter, len(prefix)) if delimiter else -1
        item = key if end < 0 else key[: end + len(delimiter)]
        if item not in found and item != after:
            found.append(item)
    return found


def items(page: dict[str, Any]) -> list[str]:
    keys = [one["Key"] for one in page.get("Contents", [])]
    return sorted(keys + [one["Prefix"] for one in page.get("CommonPrefixes", [])], key=str.encode)


@pytest.mark.parametrize(
    ("prefix", "delimiter", "after"),
    list(itertools.product(["", "a", "a/", "b/x", "é", "none"], ["", "/", "/x/"], ["", "a/b", "a/", "b/", "zz"])),
)
def test_lists_follow_the_definition(s3: Any, bucket: str, prefix: str, delimiter: str, after: str) -> None:
    ask = {"Bucket": bucket, "Prefix": prefix, "Delimiter": delimiter}
    whole = expected(prefix, delimiter, after)
    assert items(s3.list_objects_v2(**ask, StartAfter=after)) == whole
    assert items(s3.list_objects(**ask, Marker=after)) == whole
    for size in (1, 3):
        pages = s3.get_paginator("list_objects_v2").paginate(**ask, StartAfter=after, MaxKeys=size)
        assert list(itertools.chain.from_iterable(map(items, pages))) == whole
    seen, marker = [], after
    for _ in range(len(KEYS) + 1):
        page = s3.list_objects(**ask, Marker=marker, MaxKeys=2)
        seen += items(page)
        if not page["IsTruncated"]:
            break
        assert ("NextMarker" in page) == bool(delimiter)
        marker = page.get("NextMarker") or page["Contents"][-1]["Key"]
    assert seen == whole


def test_page_sizes(s3: Any, bucket: str) -> None:
    none = s3.list_objects_v2(Bucket=bucket, MaxKeys=0)
    assert (none["KeyCount"], none["IsTruncated"]) == (0, False)
    assert s3.list_objects_v2(Bucket=bucket, MaxKeys=5000)["MaxKeys"] == 1000
    exact = s3.list_objects_v2(Bucket=bucket, MaxKeys=len(KEYS))
    assert (exact["KeyCount"], exact["IsTruncated"]) == (len(KEYS), False)


@pytest.mark.parametrize(("name", "value"), [("MaxKeys", -1), ("ContinuationToken", "no token"), ("EncodingType", "x")])
def test_bad_arguments(s3: Any, bucket: str, name: str, value: Any) -> None:
    with pytest.raises(ClientError) as caught:
        s3.list_objects_v2(Bucket=bucket, **{name: value})
    assert caught.value.response["Error"]["Code"] == "InvalidArgument"


def test_members(s3: Any, bucket: str) -> None:
    page = s3.list_objects_v2(Bucket=bucket, Prefix="a0", FetchOwner=True)
    (found,) = page["Contents"]
    assert (found["Key"], found["Size"], found["StorageClass"]) == ("a0", 2, "STANDARD")
    head = s3.head_object(Bucket=bucket, Key="a0")
    assert (found["ETag"], found["LastModified"]) == (head["ETag"], head["LastModified"])
    assert found["Owner"].keys() == {"ID"}
    assert len(found["Owner"]["ID"]) == 64
    assert "Owner" not in s3.list_objects_v2(Bucket=bucket)["Contents"][0]
