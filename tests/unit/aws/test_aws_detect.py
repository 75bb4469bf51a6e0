"""Which operation a request means: by target, host, scope, path and form."""

from __future__ import annotations

import io
from typing import Any

import pytest

from emulator.aws import detect, http
from emulator.aws.detect import Target


def request(method: str, url: str, body: bytes = b"", **headers: str) -> http.Request:
    path, _, query = url.partition("?")
    environ: dict[str, Any] = {"REQUEST_METHOD": method, "PATH_INFO": path, "QUERY_STRING": query}
    environ |= {("" if name == "content_type" else "HTTP_") + name.upper(): value for name, value in headers.items()}
    environ["CONTENT_LENGTH"] = str(len(body))
    return http.request(environ, io.BytesIO(body))


def signed(service: str, region: str = "eu-west-1") -> str:
    return f"AWS4-HMAC-SHA256 Credential=AK/20260101/{region}/{service}/aws4_request, SignedHeaders=host, Signature=0"


def found(target: Target) -> tuple[str, str | None]:
    return target.service, target.operation


SAGEMAKER = {"authorization": signed("sagemaker")}
FORM = "application/x-www-form-urlencoded; charset=utf-8"


@pytest.mark.parametrize(
    ("method", "url", "headers", "expected"),
    [
        ("POST", "/", {"x_amz_target": "SageMaker.ListModels"}, ("sagemaker", "ListModels")),
        ("POST", "/", {"x_amz_target": "Logs_20140328.GetLogEvents"}, ("logs", "GetLogEvents")),
        ("POST", "/", {"x_amz_target": "AWSEvents.PutRule"}, ("AWSEvents", "PutRule")),
        ("POST", "/", {"x_amz_target": "TrentService.Encrypt", "authorization": signed("kms")}, ("kms", "Encrypt")),
        ("POST", "/endpoints/a-b/invocations", SAGEMAKER, ("sagemaker-runtime", "InvokeEndpoint")),
        ("PUT", "/BatchPutMetrics", SAGEMAKER, ("sagemaker-metrics", "BatchPutMetrics")),
        ("GET", "/FeatureGroup/arn:x/y", SAGEMAKER, ("sagemaker-featurestore-runtime", "GetRecord")),
        ("GET", "/schedules/x", {"authorization": signed("scheduler")}, ("scheduler", None)),
        ("GET", "/", {"authorization": "AWS AK:signature"}, ("s3", "ListBuckets")),
        ("GET", "/bucket", {}, ("s3", "ListObjects")),
        ("GET", "/bucket/", {}, ("s3", "ListObjects")),
        ("GET", "/bucket?list-type=2", {}, ("s3", "ListObjectsV2")),
        ("GET", "/bucket?location", {}, ("s3", "GetBucketLocation")),
        ("GET", "/bucket//key", {}, ("s3", "GetObject")),
        ("GET", "/bucket/key?uploadId=u", {}, ("s3", "ListParts")),
        ("PUT", "/bucket/key", {}, ("s3", "PutObject")),
        ("PUT", "/bucket/key?x-id=PutObject", {}, ("s3", "PutObject")),
        ("PUT", "/bucket/key", {"x_amz_copy_source": "/a/b"}, ("s3", "CopyObject")),
        ("PUT", "/bucket/key?partNumber=1&uploadId=u", {}, ("s3", "UploadPart")),
        ("PUT", "/bucket/key?partNumber=1&uploadId=u", {"x_amz_copy_source": "/a/b"}, ("s3", "UploadPartCopy")),
        ("POST", "/bucket/key?uploads", {}, ("s3", "CreateMultipartUpload")),
        ("POST", "/bucket/key?uploadId=u", {}, ("s3", "CompleteMultipartUpload")),
        ("DELETE", "/bucket/key?uploadId=u", {}, ("s3", "AbortMultipartUpload")),
        ("GET", "/bucket?analytics&id=1", {}, ("s3", "GetBucketAnalyticsConfiguration")),
        ("GET", "/bucket?analytics", {}, ("s3", "ListBucketAnalyticsConfigurations")),
        ("PATCH", "/bucket/key", {}, ("s3", None)),
        ("GET", "/k?X-Amz-Credential=AK/20260101/us-east-1/s3/aws4_request", {}, ("s3", "ListObjects")),
        ("GET", "/b/k?AWSAccessKeyId=AK&Signature=s&Expires=1", {}, ("s3", "GetObject")),
        ("GET", "/?Action=GetCallerIdentity&Version=2011-06-15", {}, ("sts", "GetCallerIdentity")),
        ("POST", "/", {"host": "sts.us-west-2.amazonaws.com"}, ("sts", None)),
        ("POST", "/", {"host": "sts.amazonaws.com", "authorization": signed("sts")}, ("sts", None)),
        ("POST", "/", {"authorization": signed("monitoring")}, ("cloudwatch", None)),
    ],
)  # fmt: skip
def test_the_operation_meant(method: str, url: str, headers: dict[str, str], expected: tuple[str, str | None]) -> None:
    assert found(detect.detect(request(method, url, **headers))) == expected


def test_a_form_names_its_action_and_is_still_there_to_parse() -> None:
    got = request("POST", "/", b"Action=GetRole&Version=2010-05-08", content_type=FORM, authorization=signed("iam"))
    assert found(detect.detect(got)) == ("iam", "GetRole")
    assert got.data == b"Action=GetRole&Version=2010-05-08"


def test_an_unsigned_form_is_told_by_its_version() -> None:
    got = request("POST", "/", b"Action=AssumeRoleWithWebIdentity&Version=2011-06-15", content_type=FORM)
    assert found(detect.detect(got)) == ("sts", "AssumeRoleWithWebIdentity")


def test_an_unknown_operation_of_ours_keeps_its_service() -> None:
    target = detect.detect(request("POST", "/", x_amz_target="SageMaker.Nonsense"))
    assert (target.service, target.operation, target.asked) == ("sagemaker", None, "Nonsense")


@pytest.mark.parametrize(
    ("host", "service", "region"),
    [
        ("api.sagemaker.us-west-2.amazonaws.com", "sagemaker", "us-west-2"),
        ("api-fips.sagemaker.us-west-2.amazonaws.com", "sagemaker", "us-west-2"),
        ("runtime.sagemaker.eu-central-1.amazonaws.com", "sagemaker-runtime", "eu-central-1"),
        ("metrics.sagemaker.eu-central-1.amazonaws.com", "sagemaker-metrics", "eu-central-1"),
        (
            "featurestore-runtime.sagemaker.us-gov-west-1.amazonaws.com",
            "sagemaker-featurestore-runtime",
            "us-gov-west-1",
        ),
        ("sts.us-east-1.amazonaws.com", "sts", "us-east-1"),
        ("sts.cn-north-1.amazonaws.com.cn", "sts", "cn-north-1"),
        ("iam.amazonaws.com", "iam", ""),
        ("logs.us-east-1.amazonaws.com", "logs", "us-east-1"),
        ("stream-logs.us-east-1.amazonaws.com", "logs", "us-east-1"),
        ("s3.amazonaws.com", "s3", ""),
        ("s3.us-east-2.amazonaws.com", "s3", "us-east-2"),
        ("s3.dualstack.us-east-2.amazonaws.com", "s3", "us-east-2"),
        ("a.b.s3.us-east-2.amazonaws.com", "s3", "us-east-2"),
        ("bucket.s3.amazonaws.com", "s3", ""),
        ("bucket.s3.localhost", "s3", ""),
        ("localhost", "", ""),
        ("127.0.0.1", "", ""),
        ("host.docker.internal", "", ""),
    ],
)
def test_what_a_host_says(host: str, service: str, region: str) -> None:
    assert detect.by_host(host) == (service, region)


@pytest.mark.parametrize(
    ("host", "bucket"),
    [
        ("b.s3.localhost", "b"),
        ("b.localhost", "b"),
        ("my.bucket.s3.eu-west-1.amazonaws.com", "my.bucket"),
        ("sm-pysdk-t-us-east-1.s3.us-east-1.amazonaws.com", "sm-pysdk-t-us-east-1"),
        ("b.s3-eu-west-1.amazonaws.com", "b"),
        ("b.s3-accelerate.amazonaws.com", "b"),
        ("b.s3.dualstack.eu-west-1.amazonaws.com", "b"),
        ("s3.localhost", ""),
        ("s3.eu-west-1.amazonaws.com", ""),
        ("localhost", ""),
        ("127.0.0.1", ""),
    ],
)
def test_the_bucket_in_a_host(host: str, bucket: str) -> None:
    assert detect.bucket_of(host) == bucket


def test_the_region_comes_from_the_scope_then_from_the_host() -> None:
    host = "api.sagemaker.us-west-2.amazonaws.com"
    target = request("POST", "/", host=host, x_amz_target="SageMaker.ListModels", authorization=signed("sagemaker"))
    assert detect.detect(target).region == "eu-west-1"
    assert detect.detect(request("GET", "/k", host="b.s3.us-west-2.amazonaws.com")).region == "us-west-2"
