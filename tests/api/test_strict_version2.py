"""``--auth strict`` and Signature Version 2, which S3 takes in all its forms."""

from __future__ import annotations

from email.utils import formatdate
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
from botocore.config import Config

from tests.api.s3_calls import new_bucket
from tests.api.test_strict import refused
from tests.conftest import Running
from tests.strict import KEY, client, code

OLD = Config(signature_version="s3")
NAME = "a b/\u00e9+&=?#"


@pytest.fixture(scope="module")
def s3(strict: Running) -> Any:
    return client(strict, "s3", config=OLD)


@pytest.fixture(scope="module")
def bucket(s3: Any) -> str:
    return new_bucket(s3)


def read(s3: Any, bucket: str, key: str) -> bytes:
    return bytes(s3.get_object(Bucket=bucket, Key=key)["Body"].read())


def test_links(s3: Any, bucket: str) -> None:
    def link(operation: str, seconds: int = 60, **params: Any) -> str:
        return str(s3.generate_presigned_url(operation, {"Bucket": bucket, "Key": NAME, **params}, seconds))

    put = link("put_object", ContentType="text/csv", Metadata={"m": "1"})
    assert "AWSAccessKeyId=" in put
    headers = {"Content-Type": "text/csv", "x-amz-meta-m": "1"}
    assert requests.put(put, data=b"x", headers=headers, timeout=10).status_code == 200
    assert read(s3, bucket, NAME) == b"x"
    assert code(requests.put(put, data=b"y", headers=headers | {"x-amz-meta-n": "1"}, timeout=10)) == (
        "SignatureDoesNotMatch"
    )
    get = link("get_object", ResponseContentType="text/x; a=b c")
    assert requests.get(get, timeout=10).headers["Content-Type"] == "text/x; a=b c"
    assert requests.get(link("get_object_tagging"), timeout=10).status_code == 200
    for changed, expected in (
        (get.replace("%20b", "%20c", 1), "SignatureDoesNotMatch"),
        (get.replace("Signature=", "Signature=x"), "SignatureDoesNotMatch"),
        (f"{get}&tagging", "SignatureDoesNotMatch"),
        (f"{get}&attributes", "AccessDenied"),
        (f"{get}&retention=", "AccessDenied"),
        (get.replace("AWSAccessKeyId=", "AWSAccessKeyId=N"), "InvalidAccessKeyId"),
        (get.replace("Expires=", "Expired=", 1).replace("response-", "other-"), "AccessDenied"),
        (link("get_object", seconds=-60), "AccessDenied"),
    ):
        answer = requests.get(changed, timeout=10)
        assert (answer.status_code, code(answer)) == (403, expected), changed


def test_links_to_a_bucket_by_host_name(strict: Running, s3: Any, bucket: str) -> None:
    s3.put_object(Bucket=bucket, Key="hosted", Body=b"x")
    port = urlsplit(strict.url).port
    style = OLD.merge(Config(s3={"addressing_style": "virtual"}))
    hosted = client(strict, "s3", config=style, endpoint_url=f"http://s3.localhost:{port}")
    url = urlsplit(hosted.generate_presigned_url("get_object", {"Bucket": bucket, "Key": "hosted"}))
    assert url.hostname == f"{bucket}.s3.localhost"
    asked = f"{strict.url}{url.path}?{url.query}"
    assert requests.get(asked, headers={"Host": url.netloc}, timeout=10).content == b"x"
    assert code(requests.get(asked, headers={"Host": f"other.s3.localhost:{port}"}, timeout=10)) == (
        "SignatureDoesNotMatch"
    )


def test_requests(strict: Running, s3: Any, bucket: str) -> None:
    s3.put_object(Bucket=bucket, Key="old/\u00e9", Body=b"x", Metadata={"a": " b   c "}, ContentType="text/x")
    assert read(s3, bucket, "old/\u00e9") == b"x"
    assert s3.list_objects_v2(Bucket=bucket, Prefix="old/")["KeyCount"] == 1
    at = {"Bucket": bucket, "Key": "old/parts"}
    at["UploadId"] = s3.create_multipart_upload(**at)["UploadId"]
    s3.upload_part(**at, PartNumber=1, Body=b"y")
    assert len(s3.list_parts(**at)["Parts"]) == 1
    s3.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": "old/\u00e9"}]})
    wrong = client(strict, "s3", secret="wrong", config=OLD)
    assert refused(wrong.list_objects_v2, Bucket=bucket) == (403, "SignatureDoesNotMatch")


def test_requests_that_are_refused(strict: Running, bucket: str) -> None:
    now = formatdate(usegmt=True)
    for header, date, status, expected in (
        ("AWS nothing", now, 400, "InvalidArgument"),
        ("AWS AKIDNOBODY:x", now, 403, "InvalidAccessKeyId"),
        (f"AWS {KEY}:x", "yesterday", 403, "AccessDenied"),
        (f"AWS {KEY}:x", "", 403, "AccessDenied"),
        (f"AWS {KEY}:x", "Tue, 07 Jul 1950 21:53:04 GMT", 403, "AccessDenied"),
        (f"AWS {KEY}:x", formatdate(0, usegmt=True), 403, "RequestTimeTooSkewed"),
        (f"AWS {KEY}:x", "Tue, 07 Jul 9999 21:53:04 GMT", 403, "RequestTimeTooSkewed"),
        (f"AWS {KEY}:x", now, 403, "SignatureDoesNotMatch"),
    ):
        headers = {"Authorization": header, "x-amz-date": date}
        answer = requests.get(f"{strict.url}/{bucket}", headers=headers, timeout=10)
        assert (answer.status_code, code(answer)) == (status, expected), headers


def test_other_services_do_not_take_it(strict: Running) -> None:
    headers = {"Authorization": f"AWS {KEY}:x", "X-Amz-Target": "SageMaker.ListModels"}
    assert requests.post(strict.url, data=b"{}", headers=headers, timeout=10).status_code == 400


def test_forms(s3: Any, bucket: str) -> None:
    form = s3.generate_presigned_post(bucket, "by-form")
    assert "AWSAccessKeyId" in form["fields"]
    for changes, status in (({"signature": "x"}, 403), ({"AWSAccessKeyId": "nobody"}, 403), ({}, 204)):
        answer = requests.post(form["url"], data=form["fields"] | changes, files={"file": b"x"}, timeout=10)
        assert answer.status_code == status, answer.text
    assert read(s3, bucket, "by-form") == b"x"
