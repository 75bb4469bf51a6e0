"""Encryption headers: which go together on a write, and that a read has none of them."""

from __future__ import annotations

import base64
import hashlib
import os
from typing import Any

import pytest
import requests

from tests.api.s3_calls import refused
from tests.conftest import Running
from tests.raw_calls import SIGNED

SSE = "x-amz-server-side-encryption"
KEY = os.urandom(32)
OWN = {
    "SSECustomerAlgorithm": "AES256",
    "SSECustomerKey": base64.b64encode(KEY).decode(),
    "SSECustomerKeyMD5": base64.b64encode(hashlib.md5(KEY).digest()).decode(),
}


@pytest.mark.parametrize(
    "asked",
    [
        {**OWN, "ServerSideEncryption": "AES256"},
        {**OWN, "ServerSideEncryption": "aws:kms"},
        {"ServerSideEncryption": "aes:kms"},
        {"ServerSideEncryption": "AES256", "SSEKMSKeyId": "a-key"},
        {"SSEKMSKeyId": "a-key"},
    ],
)
def test_what_does_not_go_together(s3: Any, bucket: str, asked: dict[str, str]) -> None:
    place = {"Bucket": bucket, "Key": "refused"}
    refused(s3.put_object, "InvalidArgument", 400, **place, Body=b"x", **asked)
    refused(s3.create_multipart_upload, "InvalidArgument", 400, **place, **asked)
    refused(s3.head_object, "404", 404, **place)


def test_what_does(s3: Any, bucket: str) -> None:
    for asked in (OWN, {"ServerSideEncryption": "AES256"}, {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": "a-key"}):
        told = s3.put_object(Bucket=bucket, Key="taken", **asked)
        assert {name: told[name] for name in asked if name in told} == {
            name: value for name, value in asked.items() if name != "SSECustomerKey"
        }


@pytest.mark.parametrize("name", [SSE, f"{SSE}-aws-kms-key-id", f"{SSE}-bucket-key-enabled"])
def test_a_read_chooses_no_encryption(server: Running, s3: Any, bucket: str, name: str) -> None:
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    for method in ("GET", "HEAD"):
        answer = requests.request(method, f"{server.url}/{bucket}/k", headers=SIGNED | {name: "AES256"}, timeout=10)
        assert answer.status_code == 400
        assert "InvalidArgument" in answer.text or method == "HEAD"


def test_what_a_wrong_key_is_told(s3: Any, bucket: str) -> None:
    other = os.urandom(32)
    wrong = {
        "SSECustomerAlgorithm": "AES256",
        "SSECustomerKey": base64.b64encode(other).decode(),
        "SSECustomerKeyMD5": base64.b64encode(hashlib.md5(other).digest()).decode(),
    }
    at = {"Bucket": bucket, "Key": "mine"}
    s3.put_object(**at, Body=b"x", **OWN)
    assert (
        "must provide the correct secret key" in refused(s3.get_object, "AccessDenied", 403, **at, **wrong)["Message"]
    )
    upload = at | {"UploadId": s3.create_multipart_upload(**at, **OWN)["UploadId"], "PartNumber": 1}
    told = refused(s3.upload_part, "InvalidRequest", 400, **upload, Body=b"x", **wrong)
    assert "did not match the ones used originally" in told["Message"]
    told = refused(s3.upload_part, "InvalidRequest", 400, **upload, Body=b"x")
    assert "must include the appropriate encryption parameters" in told["Message"]
    told = refused(s3.put_object, "InvalidEncryptionAlgorithmError", 400, **at, **OWN | {"SSECustomerAlgorithm": "KMS"})
    assert (told["ArgumentName"], told["ArgumentValue"]) == (SSE, "KMS")
