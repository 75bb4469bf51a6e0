"""``--auth strict`` against those who change what others have signed, or send what no client would."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from tests.conftest import Running
from tests.strict import KEY, client, code, moment, send, signed

JSON = {"Content-Type": "application/json"}
HEADER = f"AWS4-HMAC-SHA256 Credential={KEY}/99991231/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=a"


def as_sent(server: Running, path: str, headers: dict[str, str]) -> bytes:
    """The answer to a GET with a path that no client library would send as it is."""
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    where = server.url.removeprefix("http://")
    host, _, port = where.partition(":")
    with socket.create_connection((host, int(port)), timeout=20) as connection:
        connection.sendall(f"GET {path} HTTP/1.1\r\nHost: {where}\r\nConnection: close\r\n{lines}\r\n".encode())
        return b"".join(iter(lambda: connection.recv(65536), b""))


@pytest.fixture
def model(strict: Running) -> Iterator[str]:
    sagemaker = client(strict, "sagemaker")
    container = {"Image": "image", "ModelDataUrl": "s3://bucket/key"}
    role = "arn:aws:iam::123456789012:role/r"
    sagemaker.create_model(ModelName="signed", ExecutionRoleArn=role, PrimaryContainer=container)
    yield "signed"
    sagemaker.delete_model(ModelName="signed")


def test_what_was_signed_for_one_operation_is_for_no_other(strict: Running, model: str) -> None:
    body = b'{"ModelName": "%b"}' % model.encode()
    request = signed("POST", f"{strict.url}/endpoints/e/invocations", "sagemaker", JSON, body)
    told = send(request, X_Amz_Target="SageMaker.DeleteModel")
    assert (told.status_code, told.json()["__type"]) == (400, "InvalidSignatureException")
    assert "'X-Amz-Target' must be a 'SignedHeader'" in told.json()["message"]
    assert client(strict, "sagemaker").describe_model(ModelName=model)["ModelName"] == model


@pytest.mark.parametrize("path", ["//x/FeatureGroup/group", "//[/FeatureGroup/group"])
def test_what_was_signed_for_one_path_is_for_no_other(strict: Running, path: str) -> None:
    request = signed("GET", f"{strict.url}/FeatureGroup/group?RecordIdentifierValueAsString=1", "sagemaker")
    headers = dict(request.headers.items())
    assert b"ResourceNotFound" in as_sent(strict, "/FeatureGroup/group?RecordIdentifierValueAsString=1", headers)
    assert b"InvalidSignature" in as_sent(strict, f"{path}?RecordIdentifierValueAsString=1", headers)


@pytest.mark.parametrize(
    ("query", "status", "expected"),
    [
        ("AWSAccessKeyId={key}&Expires=9999999999&Signature=%C3%A9", 403, "SignatureDoesNotMatch"),
        ("AWSAccessKeyId={key}&Expires=9999999999&Signature=a&x-amz-%E6%97%A5=1", 403, "SignatureDoesNotMatch"),
        ("AWSAccessKeyId={key}&Expires=%C2%B2&Signature=a", 403, "AccessDenied"),
        ("{v4}&X-Amz-Expires=600&X-Amz-SignedHeaders=host;%E6%97%A5", 403, "SignatureDoesNotMatch"),
        ("{v4}&X-Amz-Expires=%C2%B2&X-Amz-SignedHeaders=host", 400, "AuthorizationQueryParametersError"),
        ("{v4}&X-Amz-Expires=" + "0" * 5000 + "&X-Amz-SignedHeaders=host", 400, "AuthorizationQueryParametersError"),
    ],
)
def test_links_of_no_form_are_refused(strict: Running, query: str, status: int, expected: str) -> None:
    now = moment()
    scope = f"{KEY}/{now[:8]}/us-east-1/s3/aws4_request"
    v4 = f"X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Signature=a&X-Amz-Credential={scope}&X-Amz-Date={now}"
    told = requests.get(f"{strict.url}/bucket/key?{query.format(key=KEY, v4=v4)}", timeout=10)
    assert (told.status_code, code(told)) == (status, expected)


@pytest.mark.parametrize(
    ("headers", "status", "expected"),
    [
        ({"Authorization": HEADER, "Date": "Fri, 31 Dec 9999 23:59:59 -2300"}, 403, "AccessDenied"),
        ({"Authorization": HEADER, "Date": f"Mon, 01 Jan 2020 00:00:00 +{'9' * 20}"}, 403, "AccessDenied"),
        ({"x-amz-decoded-content-length": "9" * 5000}, 400, "InvalidArgument"),
        ({"x-amz-decoded-content-length": b"\xb2"}, 400, "InvalidArgument"),
    ],
)
def test_headers_of_no_form_are_refused(strict: Running, headers: dict[str, Any], status: int, expected: str) -> None:
    told = requests.put(f"{strict.url}/bucket/key", headers=headers, data=b"x", timeout=10)
    assert (told.status_code, code(told)) == (status, expected)


def test_a_list_in_a_form_is_numbered_by_digits(strict: Running) -> None:
    form = (
        "Action=SimulatePrincipalPolicy&Version=2010-05-08&PolicySourceArn=arn:aws:iam::123456789012:role/r"
        "&ActionNames.member.1=s3:GetObject&ActionNames.member.%C2%B2=s3:PutObject"
    )
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    told = send(signed("POST", strict.url, "iam", headers, form.encode()))
    assert told.text.count("<EvalActionName>") == 1
