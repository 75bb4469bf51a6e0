"""Lists at their edges: page sizes, encodings, markers that are prefixes, versions rolled up."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests

from tests.api.s3_calls import new_bucket, refused
from tests.conftest import Running
from tests.raw_calls import SIGNED

ODD = ["a b", "a+b", "a%2Fb", "a/é", "a/\U0001f600", "<&>", "tab\t"]


@pytest.fixture(scope="module")
def bucket(s3: Any) -> str:
    name = new_bucket(s3)
    for key in ODD:
        s3.put_object(Bucket=name, Key=key, Body=b"")
    return name


@pytest.fixture(scope="module")
def many(s3: Any) -> str:
    """1,001 keys."""
    name = new_bucket(s3)
    with ThreadPoolExecutor(4) as pool:
        for end in [pool.submit(s3.put_object, Bucket=name, Key=f"{number:04}", Body=b"") for number in range(1001)]:
            end.result()
    return name


@pytest.mark.parametrize(
    ("asked", "answered", "count", "truncated"),
    [("0", 0, 0, False), ("1", 1, 1, True), ("1000", 1000, 1000, True), ("1001", 1000, 1000, True)],
)
def test_page_sizes(s3: Any, many: str, asked: str, answered: int, count: int, truncated: bool) -> None:
    for function, members in (
        (s3.list_objects, "Contents"),
        (s3.list_objects_v2, "Contents"),
        (s3.list_object_versions, "Versions"),
    ):
        told = function(Bucket=many, MaxKeys=int(asked))
        assert (told["MaxKeys"], len(told.get(members, [])), told["IsTruncated"]) == (answered, count, truncated)


@pytest.mark.parametrize("value", ["-1", "x", "2147483648", "1.5"])
@pytest.mark.parametrize("query", ["list-type=2&max-keys", "max-keys", "versions&max-keys", "uploads&max-uploads"])
def test_page_sizes_that_are_none(server: Running, many: str, query: str, value: str) -> None:
    answer = requests.get(f"{server.url}/{many}?{query}={value}", headers=SIGNED, timeout=10)
    assert (answer.status_code, "<Code>InvalidArgument</Code>" in answer.text) == (400, True), answer.text


def test_encoded_lists(server: Running, s3: Any, bucket: str) -> None:
    encoded = ["%3C%26%3E", "a%20b", "a%252Fb", "a%2Bb", "a/%C3%A9", "a/%F0%9F%98%80", "tab%09"]
    for query in ("list-type=2", "", "versions"):
        url = f"{server.url}/{bucket}?{query}&encoding-type=url"
        text = requests.get(url, headers=SIGNED, timeout=10).text
        assert "<EncodingType>url</EncodingType>" in text
        assert sorted(one.split("</Key>")[0] for one in text.split("<Key>")[1:]) == encoded
    told = s3.list_objects(Bucket=bucket, Prefix="a/", Delimiter="é", Marker="a+b", EncodingType="url")
    assert (told["Prefix"], told["Delimiter"], told["Marker"]) == ("a/", "%C3%A9", "a%2Bb")
    assert [one["Prefix"] for one in told["CommonPrefixes"]] == ["a/%C3%A9"]
    for function in (s3.list_objects, s3.list_objects_v2, s3.list_object_versions, s3.list_multipart_uploads):
        refused(function, "InvalidArgument", 400, Bucket=bucket, EncodingType="base64")


def test_plain_lists_are_plain(server: Running, bucket: str) -> None:
    text = requests.get(f"{server.url}/{bucket}?list-type=2", headers=SIGNED, timeout=10).text
    for key in ("a b", "a+b", "a%2Fb", "a/é", "&lt;&amp;&gt;"):
        assert f"<Key>{key}</Key>" in text


def test_markers_and_tokens(s3: Any, many: str) -> None:
    page = s3.list_objects_v2(Bucket=many, MaxKeys=2, StartAfter="0500")
    assert ([one["Key"] for one in page["Contents"]], page["StartAfter"]) == (["0501", "0502"], "0500")
    token = page["NextContinuationToken"]
    following = s3.list_objects_v2(Bucket=many, MaxKeys=2, ContinuationToken=token, StartAfter="0900")
    assert [one["Key"] for one in following["Contents"]] == ["0503", "0504"]
    assert following["ContinuationToken"] == token
    refused(s3.list_objects_v2, "InvalidArgument", 400, Bucket=many, ContinuationToken="")
    assert s3.list_objects(Bucket=many, Marker="9999")["IsTruncated"] is False
    assert "Contents" not in s3.list_objects(Bucket=many, Marker="1000")


def test_a_marker_that_is_a_common_prefix(s3: Any) -> None:
    name = new_bucket(s3)
    s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    for key in ("a", "d--1", "d--2", "d-0", "e"):
        for body in (b"1", b"2"):
            s3.put_object(Bucket=name, Key=key, Body=body)
    ask = {"Bucket": name, "Delimiter": "--"}
    for function, marker in ((s3.list_objects, "Marker"), (s3.list_objects_v2, "StartAfter")):
        told = function(**ask, **{marker: "d--"})
        assert [one["Key"] for one in told["Contents"]] == ["d-0", "e"]
        assert "CommonPrefixes" not in told
        behind = function(**ask, **{marker: "d--1"})
        assert [one["Prefix"] for one in behind.get("CommonPrefixes", [])] == ["d--"]
    told = s3.list_object_versions(**ask)
    assert [one["Key"] for one in told["Versions"]] == ["a", "a", "d-0", "d-0", "e", "e"]
    assert [one["Prefix"] for one in told["CommonPrefixes"]] == ["d--"]
    seen: list[str] = []
    marks: dict[str, str] = {}
    for _ in range(12):
        page = s3.list_object_versions(**ask, MaxKeys=1, **marks)
        seen += [one["Key"] for one in page.get("Versions", [])]
        seen += [one["Prefix"] for one in page.get("CommonPrefixes", [])]
        if not page["IsTruncated"]:
            break
        marks = {"KeyMarker": page["NextKeyMarker"]}
        if page.get("NextVersionIdMarker"):
            marks["VersionIdMarker"] = page["NextVersionIdMarker"]
    assert seen == ["a", "a", "d--", "d-0", "d-0", "e", "e"]
    refused(s3.list_object_versions, "InvalidArgument", 400, Bucket=name, VersionIdMarker="x" * 32)
    refused(s3.list_object_versions, "InvalidArgument", 400, Bucket=name, KeyMarker="a", VersionIdMarker="nonsense")
