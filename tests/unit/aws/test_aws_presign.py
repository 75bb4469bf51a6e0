"""Presigned URLs made by botocore: read, and expired."""

from __future__ import annotations

import io
from typing import Any
from urllib.parse import unquote, urlsplit

import boto3
import pytest
from botocore.config import Config

from emulator.aws import http, presign
from emulator.errors import ServiceError


def link(version: str, seconds: int = 600, key: str = "a b/c+d é") -> http.Request:
    client = boto3.client(
        "s3",
        endpoint_url="http://localhost:4577",
        region_name="eu-west-1",
        aws_access_key_id="AK",
        aws_secret_access_key="SK",
        config=Config(signature_version=version),
    )
    url = client.generate_presigned_url("get_object", {"Bucket": "bucket", "Key": key}, ExpiresIn=seconds)
    client.close()
    return follow(url)


def follow(url: str, **extra: Any) -> http.Request:
    parts = urlsplit(url)
    environ = {
        "REQUEST_METHOD": "GET",
        "PATH_INFO": unquote(parts.path).encode().decode("latin-1"),
        "QUERY_STRING": parts.query,
        "HTTP_HOST": parts.netloc,
    }
    return http.request(environ | extra, io.BytesIO())


def refusal(request: http.Request) -> tuple[str, str]:
    with pytest.raises(ServiceError) as caught:
        presign.check(request)
    return caught.value.code, caught.value.message


@pytest.mark.parametrize("version", ["s3", "s3v4"])
def test_a_link_says_who_signed_it_and_until_when(version: str) -> None:
    found = presign.check(link(version))
    assert found is not None
    assert found.access_key == "AK"


@pytest.mark.parametrize("version", ["s3", "s3v4"])
def test_a_link_expires(version: str) -> None:
    assert refusal(link(version, -1) if version == "s3" else _late(link(version))) == (
        "AccessDenied",
        "Request has expired",
    )


def _late(request: http.Request) -> http.Request:
    query = request.query_string.replace("X-Amz-Date=2", "X-Amz-Date=1")
    return follow(f"http://localhost:4577{request.path}?{query}")


def test_other_requests_are_no_links() -> None:
    assert presign.check(follow("http://localhost/bucket/key?versionId=1")) is None


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (("X-Amz-Expires=600", "X-Amz-Expires=soon"), "AuthorizationQueryParametersError"),
        (("X-Amz-Expires=600", "X-Amz-Expires=604801"), "AuthorizationQueryParametersError"),
        (("X-Amz-Credential=AK", "X-Amz-Credential=AK&x="), "AuthorizationQueryParametersError"),
        (("X-Amz-Date=2", "X-Amz-Date=x"), "AuthorizationQueryParametersError"),
        (("X-Amz-Date=2", "X-Amz-Date=9"), "AccessDenied"),
    ],
)
def test_a_damaged_link_is_refused(change: tuple[str, str], code: str) -> None:
    request = link("s3v4")
    damaged = follow(f"http://localhost:4577{request.path}?{request.query_string.replace(*change)}")
    assert refusal(damaged)[0] == code
