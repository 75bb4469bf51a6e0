"""Tags of objects and buckets: what S3 takes, in the header and as a document."""

from __future__ import annotations

import base64
import hashlib
import json
from typing import Any

import pytest
import requests

from tests.api.s3_calls import new_bucket, refused
from tests.conftest import Client, Running
from tests.raw_calls import SIGNED


@pytest.fixture(scope="module")
def bucket(s3: Any) -> str:
    name = new_bucket(s3)
    s3.put_object(Bucket=name, Key="k", Body=b"x")
    return name


def tag(key: str, value: str = "v") -> dict[str, str]:
    return {"Key": key, "Value": value}


def test_tags_in_a_header(s3: Any, bucket: str) -> None:
    for header, found in {
        "foo=bar&bar": [tag("bar", ""), tag("foo", "bar")],
        "b&&&a": [tag("a", ""), tag("b", "")],
        "a%20b=c%2Bd+e": [tag("a b", "c+d e")],
    }.items():
        s3.put_object(Bucket=bucket, Key="h", Tagging=header)
        assert s3.get_object_tagging(Bucket=bucket, Key="h")["TagSet"] == found
    for header in ("a=1&a=2", "a=1,b=2", "a=%FF"):
        told = refused(s3.put_object, "InvalidArgument", 400, Bucket=bucket, Key="h", Tagging=header)
        assert (told["ArgumentName"], told["ArgumentValue"]) == ("x-amz-tagging", header)


@pytest.mark.parametrize(
    "tags",
    [
        [tag("a", "1"), tag("a", "2")],
        [tag("a,b")],
        [tag("a", "1,2")],
        [tag("k" * 129)],
        [tag("k", "v" * 257)],
        [tag("aws:mine")],
    ],
)
def test_tags_that_are_refused(s3: Any, bucket: str, tags: list[dict[str, str]]) -> None:
    told = refused(s3.put_object_tagging, "InvalidTag", 400, Bucket=bucket, Key="k", Tagging={"TagSet": tags})
    assert told["TagKey"] == tags[-1]["Key"]
    refused(s3.put_bucket_tagging, "InvalidTag", 400, Bucket=bucket, Tagging={"TagSet": tags})


def test_a_tag_without_value(server: Running, s3: Any, bucket: str) -> None:
    body = "<Tagging><TagSet><Tag><Key>a</Key></Tag></TagSet></Tagging>"
    md5 = base64.b64encode(hashlib.md5(body.encode(), usedforsecurity=False).digest()).decode()
    for place in (f"{bucket}/k", bucket):
        headers = SIGNED | {"Content-MD5": md5}
        answer = requests.put(f"{server.url}/{place}?tagging", data=body, headers=headers, timeout=10)
        assert (answer.status_code, "<Code>MalformedXML</Code>" in answer.text) == (400, True), answer.text


def test_eleven_tags(s3: Any, bucket: str) -> None:
    tags = [tag(str(number)) for number in range(11)]
    refused(s3.put_object_tagging, "BadRequest", 400, Bucket=bucket, Key="k", Tagging={"TagSet": tags})
    s3.put_bucket_tagging(Bucket=bucket, Tagging={"TagSet": tags})


def test_tags_may_take_away_the_right_to_set_them(client: Client, s3: Any, bucket: str) -> None:
    stranger = client("s3", aws_access_key_id="210987654321")
    allow = {"Effect": "Allow", "Principal": {"AWS": "210987654321"}, "Action": "s3:PutObjectTagging"}
    condition = {"StringEquals": {"s3:ExistingObjectTag/level": "public"}}
    statement = {**allow, "Resource": f"arn:aws:s3:::{bucket}/*", "Condition": condition}
    s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps({"Version": "2012-10-17", "Statement": statement}))
    at = {"Bucket": bucket, "Key": "levelled"}
    s3.put_object(**at, Tagging="level=public")
    stranger.put_object_tagging(**at, Tagging={"TagSet": [tag("level", "secret")]})
    refused(stranger.put_object_tagging, "AccessDenied", 403, **at, Tagging={"TagSet": [tag("level", "public")]})
    assert s3.get_object_tagging(**at)["TagSet"] == [tag("level", "secret")]


def test_no_tags_at_all(server: Running, s3: Any, bucket: str) -> None:
    s3.put_bucket_tagging(Bucket=bucket, Tagging={"TagSet": [tag("a")]})
    s3.put_bucket_tagging(Bucket=bucket, Tagging={"TagSet": []})
    refused(s3.get_bucket_tagging, "NoSuchTagSet", 404, Bucket=bucket)
    body = b"<Tagging/>"
    headers = SIGNED | {"Content-MD5": base64.b64encode(hashlib.md5(body).digest()).decode()}
    answer = requests.put(f"{server.url}/{bucket}?tagging", data=body, headers=headers, timeout=10)
    assert (answer.status_code, "<Code>MalformedXML</Code>" in answer.text) == (400, True), answer.text
