"""What web pages need of S3: CORS rules applied to answers and preflights, and uploads by form."""

from __future__ import annotations

import base64
import json
import os
from typing import Any

import pytest
import requests

from tests.api.s3_calls import read, refused
from tests.conftest import Running
from tests.raw_calls import SIGNED

ORIGIN = "https://app.example.com"


def preflight(server: Running, bucket: str, **headers: str) -> requests.Response:
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    return requests.options(f"{server.url}/{bucket}/k", headers=given, timeout=10)


def test_cors(server: Running, s3: Any, bucket: str) -> None:
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    url = f"{server.url}/{bucket}/k"
    asked = {"Origin": ORIGIN, "Access_Control_Request_Method": "PUT"}
    assert "CORS is not enabled for this bucket" in preflight(server, bucket, **asked).text
    rules: list[dict[str, Any]] = [
        {
            "AllowedOrigins": ["https://*.example.com"],
            "AllowedMethods": ["GET", "PUT"],
            "AllowedHeaders": ["x-amz-*", "Content-Type"],
            "ExposeHeaders": ["ETag"],
            "MaxAgeSeconds": 60,
        },
        {"AllowedOrigins": ["*"], "AllowedMethods": ["GET"]},
    ]
    s3.put_bucket_cors(Bucket=bucket, CORSConfiguration={"CORSRules": rules})
    told = preflight(server, bucket, **asked, Access_Control_Request_Headers="content-type, X-Amz-Date")
    assert told.status_code == 200
    assert told.headers["Access-Control-Allow-Origin"] == ORIGIN
    assert told.headers["Access-Control-Allow-Methods"] == "GET, PUT"
    assert told.headers["Access-Control-Allow-Headers"] == "content-type, x-amz-date"
    assert told.headers["Access-Control-Max-Age"] == "60"
    for headers in (
        asked | {"Access_Control_Request_Headers": "authorization"},
        asked | {"Origin": "https://other.org"},
        asked | {"Access_Control_Request_Method": "DELETE"},
    ):
        told = preflight(server, bucket, **headers)
        assert (told.status_code, "<Code>AccessForbidden</Code>" in told.text) == (403, True)
    assert preflight(server, bucket, Origin=ORIGIN).status_code == 400
    assert preflight(server, bucket).status_code == 400
    mine = requests.get(url, headers=SIGNED | {"Origin": ORIGIN}, timeout=10).headers
    assert (mine["Access-Control-Allow-Origin"], mine["Access-Control-Expose-Headers"]) == (ORIGIN, "ETag")
    assert mine["Access-Control-Allow-Credentials"] == "true"
    assert requests.get(url, headers=SIGNED | {"Origin": "x"}, timeout=10).headers["Access-Control-Allow-Origin"] == "*"
    missing = requests.get(f"{url}-not", headers=SIGNED | {"Origin": ORIGIN}, timeout=10)
    assert (missing.status_code, missing.headers["Access-Control-Allow-Origin"]) == (404, ORIGIN)
    assert "Access-Control-Allow-Origin" not in requests.get(url, timeout=10).headers
    asks = SIGNED | {"Origin": ORIGIN, "Access-Control-Request-Method": "DELETE"}
    assert "Access-Control-Allow-Origin" not in requests.get(url, headers=asks, timeout=10).headers


def test_bad_cors_rules(s3: Any, bucket: str) -> None:
    rules = [{"AllowedOrigins": ["*"], "AllowedMethods": ["PATCH"]}]
    refused(s3.put_bucket_cors, "InvalidRequest", 400, Bucket=bucket, CORSConfiguration={"CORSRules": rules})


def post(server: Running, bucket: str, fields: dict[str, str], body: bytes = b"body") -> requests.Response:
    return requests.post(
        f"{server.url}/{bucket}",
        data={"AWSAccessKeyId": "test", "Signature": "0", **fields},
        files={"file": ("a b.txt", body, "text/plain")},
        timeout=10,
        allow_redirects=False,
    )


def test_a_presigned_post(server: Running, s3: Any, bucket: str) -> None:
    extra = {"acl": "bucket-owner-full-control", "x-amz-meta-who": "me", "Content-Type": "text/csv"}
    conditions: list[Any] = [{name: value} for name, value in extra.items()]
    made = s3.generate_presigned_post(
        bucket, "in/${filename}", extra, [*conditions, ["content-length-range", 2, 1_000_000]]
    )
    body = os.urandom(300_000) + b"\r\n--" + os.urandom(10)
    assert post(server, bucket, made["fields"], body).status_code == 204
    told = s3.get_object(Bucket=bucket, Key="in/a b.txt")
    assert (told["Body"].read(), told["ContentType"], told["Metadata"]) == (body, "text/csv", {"who": "me"})
    for wrong, code in ((b"1", "EntityTooSmall"), (b"1" * 1_000_001, "EntityTooLarge")):
        answer = post(server, bucket, made["fields"], wrong)
        assert (answer.status_code, f"<Code>{code}</Code>" in answer.text) == (400, True)
    assert read(s3, bucket, "in/a b.txt") == body


def test_what_a_form_is_answered(server: Running, s3: Any, bucket: str) -> None:
    answer = post(server, bucket, {"key": "k", "success_action_status": "201"})
    assert answer.status_code == 201
    assert f"<PostResponse><Location>{server.url}/{bucket}/k</Location><Bucket>{bucket}</Bucket>" in answer.text
    assert post(server, bucket, {"key": "k", "success_action_status": "200"}).status_code == 200
    answer = post(server, bucket, {"key": "k", "success_action_redirect": "http://x/y?z=1"})
    assert answer.status_code == 303
    assert answer.headers["Location"].startswith(f"http://x/y?z=1&bucket={bucket}&key=k&etag=%22")
    tags = "<Tagging><TagSet><Tag><Key>a</Key><Value>b c</Value></Tag></TagSet></Tagging>"
    assert post(server, bucket, {"key": "t", "tagging": tags}).status_code == 204
    assert s3.get_object_tagging(Bucket=bucket, Key="t")["TagSet"] == [{"Key": "a", "Value": "b c"}]
    assert read(s3, bucket, "k") == b"body"


def policy(*conditions: Any, until: str = "2099-01-01T00:00:00Z") -> str:
    return base64.b64encode(json.dumps({"expiration": until, "conditions": conditions}).encode()).decode()


@pytest.mark.parametrize(
    ("fields", "status", "says"),
    [
        ({}, 400, "field named 'key'"),
        ({"key": "k", "policy": policy(until="2020-01-01T00:00:00Z")}, 403, "Policy expired"),
        ({"key": "k", "policy": policy()}, 403, "Extra input fields: key"),
        ({"key": "k", "policy": policy(["starts-with", "$key", "u/"])}, 403, "Policy Condition failed"),
        ({"key": "k", "policy": policy({"key": "other"})}, 403, "Policy Condition failed"),
        ({"key": "k", "policy": policy(["like", "$key", "u"])}, 400, "InvalidPolicyDocument"),
        ({"key": "k", "policy": policy(until="tomorrow")}, 400, "InvalidPolicyDocument"),
        ({"key": "k", "policy": policy(until="2099-01-01 00:00:00+00:00")}, 400, "InvalidPolicyDocument"),
        ({"key": "k", "policy": "e30="}, 400, "InvalidPolicyDocument"),
        ({"key": "k" * 30_000}, 400, "MaxPostPreDataLengthExceeded"),
    ],
)
def test_forms_that_are_refused(server: Running, bucket: str, fields: dict[str, str], status: int, says: str) -> None:
    answer = post(server, bucket, fields)
    assert (answer.status_code, says in answer.text) == (status, True), answer.text


@pytest.mark.parametrize(
    ("fields", "missing"),
    [
        ({"AWSAccessKeyId": "test"}, "'Signature'"),
        ({"signature": "0"}, "'AWSAccessKeyId'"),
        ({"x-amz-credential": "test/20260101/us-east-1/s3/aws4_request"}, "'X-Amz-Algorithm'"),
    ],
)
def test_a_policy_needs_its_signature(server: Running, bucket: str, fields: dict[str, str], missing: str) -> None:
    form = {"key": "k", "policy": policy({"key": "k"}), **fields}
    answer = requests.post(f"{server.url}/{bucket}", data=form, files={"file": b"x"}, timeout=10)
    assert (answer.status_code, missing in answer.text) == (400, True), answer.text
    form = {"key": "k", "policy": policy({"key": "k"})}
    answer = requests.post(f"{server.url}/{bucket}", data=form, files={"file": b"x"}, timeout=10)
    assert (answer.status_code, "AccessDenied" in answer.text) == (403, True), answer.text


def test_a_form_that_is_none(server: Running, s3: Any, bucket: str) -> None:
    kind = {"Content-Type": "multipart/form-data; boundary=xx"}
    for body, says in ((b"--xx\r\nnothing", "MalformedPOSTRequest"), (b"--xx--\r\n", "exactly one file")):
        answer = requests.post(f"{server.url}/{bucket}", data=body, headers=kind, timeout=10)
        assert (answer.status_code, says in answer.text) == (400, True), answer.text
    cut = b'--xx\r\nContent-Disposition: form-data; name="AWSAccessKeyId"\r\n\r\ntest\r\n'
    cut += b'--xx\r\nContent-Disposition: form-data; name="key"\r\n\r\nk\r\n--xx\r\n'
    cut += b'Content-Disposition: form-data; name="file"; filename="f"\r\n\r\nhalf of it'
    answer = requests.post(f"{server.url}/{bucket}", data=cut, headers=kind, timeout=10)
    assert (answer.status_code, "MalformedPOSTRequest" in answer.text) == (400, True)
    refused(s3.head_object, "404", 404, Bucket=bucket, Key="k")
