"""Calls of S3 that many tests make."""

from __future__ import annotations

import base64
import json
import os
from typing import Any

import pytest
from botocore.exceptions import ClientError


def new_bucket(s3: Any, **params: Any) -> str:
    """The name of a new bucket with nothing in it."""
    name = f"bucket-{os.urandom(6).hex()}"
    s3.create_bucket(Bucket=name, **params)
    return name


def refused(function: Any, code: str, status: int, **params: Any) -> dict[str, Any]:
    """The error a call is answered with, which must have this code and status."""
    with pytest.raises(ClientError) as caught:
        function(**params)
    answer = caught.value.response
    found = (answer["Error"]["Code"], answer["ResponseMetadata"]["HTTPStatusCode"])
    assert found == (code, status), answer
    return answer["Error"]  # type: ignore[no-any-return]


def read(s3: Any, bucket: str, key: str = "k", **params: Any) -> bytes:
    """An object's bytes."""
    data: bytes = s3.get_object(Bucket=bucket, Key=key, **params)["Body"].read()
    return data


def may(client: Any, bucket: str, key: str = "k", **params: Any) -> bool:
    """Whether a client may read an object; anything but a plain yes or no fails."""
    try:
        read(client, bucket, key, **params)
    except ClientError as error:
        if error.response["Error"]["Code"] != "AccessDenied":
            raise
        return False
    return True


def put_policy(s3: Any, bucket: str, effect: str = "Allow", **fields: Any) -> None:
    """Give a bucket a policy of one statement, of everybody's for everything unless told otherwise."""
    everything = {
        "Principal": "*",
        "Action": "s3:*",
        "Resource": [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"],
    }
    rest = {name: value for name, value in everything.items() if f"Not{name}" not in fields}
    document = {"Version": "2012-10-17", "Statement": [{"Effect": effect, **rest, **fields}]}
    s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps(document))


def begin(s3: Any, bucket: str, key: str = "k", **params: Any) -> dict[str, str]:
    """What the further calls of a new multipart upload name it by."""
    upload = s3.create_multipart_upload(Bucket=bucket, Key=key, **params)["UploadId"]
    return {"Bucket": bucket, "Key": key, "UploadId": upload}


def send(s3: Any, place: dict[str, str], number: int, body: bytes, **params: Any) -> dict[str, Any]:
    """A part sent, as :func:`complete` wants it."""
    answer = s3.upload_part(**place, PartNumber=number, Body=body, **params)
    checksums = {name: value for name, value in answer.items() if name.startswith("Checksum")}
    return {"PartNumber": number, "ETag": answer["ETag"], **checksums}


def complete(s3: Any, place: dict[str, str], parts: list[dict[str, Any]], **params: Any) -> Any:
    return s3.complete_multipart_upload(**place, MultipartUpload={"Parts": parts}, **params)


def text(digest: bytes) -> str:
    """A digest as headers carry it."""
    return base64.b64encode(digest).decode()
