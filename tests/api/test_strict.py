"""``--auth strict``: what is signed with a known key pair is let in, and nothing else."""

from __future__ import annotations

import io
from typing import Any

import pytest
import requests
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import ClientError

from tests.api.s3_calls import new_bucket
from tests.conftest import Running
from tests.strict import KEY, OTHER, OTHER_KEY, OTHER_SECRET, OWN, SECRET, client, code, send, signed

KEYS = ["plain", "a b/c+d é", "x(1)!'*~&=?#%.txt", "/../a//./b", "tail/"]
ALL = "arn:aws:s3:::"


@pytest.fixture(scope="module")
def s3(strict: Running) -> Any:
    return client(strict, "s3")


@pytest.fixture(scope="module")
def bucket(s3: Any) -> str:
    return new_bucket(s3)


def refused(call: Any, **params: Any) -> tuple[int, str]:
    with pytest.raises(ClientError) as caught:
        call(**params)
    return caught.value.response["ResponseMetadata"]["HTTPStatusCode"], caught.value.response["Error"]["Code"]


@pytest.mark.parametrize("key", KEYS)
def test_s3_takes_what_is_signed(s3: Any, bucket: str, key: str) -> None:
    at = {"Bucket": bucket, "Key": key}
    s3.put_object(Body=b"x" * 1000, Metadata={"b": "two  spaces", "a": "1"}, **at)
    assert s3.get_object(Range="bytes=1-2", **at)["Body"].read() == b"xx"
    assert key in [one["Key"] for one in s3.list_objects_v2(Bucket=bucket, Prefix=key)["Contents"]]
    s3.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": key}]})
    assert refused(s3.head_object, **at) == (404, "404")


def test_large_uploads(s3: Any, bucket: str) -> None:
    s3.upload_fileobj(io.BytesIO(bytes(20 << 20)), bucket, "large")
    assert s3.head_object(Bucket=bucket, Key="large")["ContentLength"] == 20 << 20


def test_s3_refuses_what_is_not(strict: Running, bucket: str) -> None:
    wrong = client(strict, "s3", secret="wrong")
    assert refused(wrong.put_object, Bucket=bucket, Key="wrong", Body=b"") == (403, "SignatureDoesNotMatch")
    assert refused(wrong.list_buckets) == (403, "SignatureDoesNotMatch")
    nobody = client(strict, "s3", key="AKIDNOBODY")
    assert refused(nobody.list_buckets) == (403, "InvalidAccessKeyId")
    with_token = client(strict, "s3", aws_session_token="made up")
    assert refused(with_token.list_buckets) == (400, "InvalidToken")
    own_account = client(strict, "s3", key=OTHER, secret="x")
    assert refused(own_account.list_buckets) == (403, "InvalidAccessKeyId")
    anonymous = strict.client("s3", config=Config(signature_version=UNSIGNED))
    assert refused(anonymous.list_buckets) == (403, "AccessDenied")
    assert refused(anonymous.create_bucket, Bucket=f"{bucket}-2") == (403, "AccessDenied")
    assert refused(anonymous.list_objects_v2, Bucket=bucket) == (403, "AccessDenied")
    assert code(requests.get(f"{strict.url}/?AWSAccessKeyId={KEY}", timeout=10)) == "AccessDenied"


def test_s3_tells_what_it_had_signed(strict: Running, bucket: str) -> None:
    request = signed("GET", f"{strict.url}/{bucket}?max-keys=1")
    told = send(request, X_Amz_Date=request.headers["X-Amz-Date"][:-2] + "1Z", Authorization=None)
    assert (told.status_code, code(told)) == (403, "AccessDenied")
    request.url += "&prefix=a"
    told = send(request)
    assert (told.status_code, code(told)) == (403, "SignatureDoesNotMatch")
    assert "<CanonicalRequest>GET\n" in told.text
    assert "max-keys=1&amp;prefix=a" in told.text
    assert f"<StringToSign>AWS4-HMAC-SHA256\n{request.headers['X-Amz-Date']}\n" in told.text


@pytest.mark.parametrize(
    ("changes", "status", "expected"),
    [
        ({"x_amz_meta_more": "1"}, 403, "AccessDenied"),
        ({"Authorization": "AWS AKIDMINE:c2ln"}, 403, "SignatureDoesNotMatch"),
        ({"Authorization": "Bearer abc"}, 400, "InvalidArgument"),
        ({"Authorization": "AWS4-ECDSA-P256-SHA256 Credential=x"}, 501, "NotImplemented"),
        ({"Authorization": "AWS4-HMAC-SHA256 Credential=a/b, Signature=c"}, 400, "AuthorizationHeaderMalformed"),
        (
            {"Authorization": "AWS4-HMAC-SHA256 Credential=a/b, SignedHeaders=host, Signature=c"},
            400,
            "AuthorizationHeaderMalformed",
        ),
        ({"X_Amz_Date": None}, 403, "AccessDenied"),
        ({"X_Amz_Date": "20200101T000000Z"}, 400, "AuthorizationHeaderMalformed"),
        ({"X_Amz_Content_SHA256": None}, 400, "InvalidRequest"),
        ({"X_Amz_Content_SHA256": "UNSIGNED-PAYLOAD"}, 403, "SignatureDoesNotMatch"),
    ],
)
def test_a_changed_request_is_refused(
    strict: Running, bucket: str, changes: dict[str, str | None], status: int, expected: str
) -> None:
    answer = send(signed("GET", f"{strict.url}/{bucket}"), **changes)
    assert (answer.status_code, code(answer)) == (status, expected)


@pytest.mark.parametrize("minutes", [-16, 16])
def test_a_request_of_another_time_is_refused(strict: Running, bucket: str, minutes: int) -> None:
    answer = send(signed("GET", f"{strict.url}/{bucket}", minutes=minutes))
    assert (answer.status_code, code(answer)) == (403, "RequestTimeTooSkewed")
    assert send(signed("GET", f"{strict.url}/{bucket}", minutes=minutes // 2)).status_code == 200


def test_a_scope_of_another_service_is_refused(strict: Running, bucket: str) -> None:
    answer = send(signed("GET", f"{strict.url}/{bucket}", "s3"))
    assert answer.status_code == 200
    request = signed("GET", f"{strict.url}/{bucket}", "s3")
    scoped = request.headers["Authorization"].replace("/s3/aws4_request", "/sagemaker/aws4_request")
    answer = send(request, Authorization=scoped, Host=f"{bucket}.s3.localhost")
    assert (answer.status_code, code(answer)) == (400, "AuthorizationHeaderMalformed")


def test_a_body_that_is_another_leaves_nothing(strict: Running, s3: Any, bucket: str) -> None:
    request = signed("PUT", f"{strict.url}/{bucket}/other", body=b"signed")
    for body, more in ((b"sent!!", {}), (b"sent!!", {"Content_MD5": "ovTLHbwXCBDQCFrcCqUDTg=="})):
        answer = send(request, body, **more)
        assert (answer.status_code, code(answer)) == (400, "XAmzContentSHA256Mismatch")
    assert refused(s3.head_object, Bucket=bucket, Key="other") == (404, "404")
    unsigned = signed("PUT", f"{strict.url}/{bucket}/other", body=b"signed", word="UNSIGNED-PAYLOAD")
    assert send(unsigned, b"sent!!").status_code == 200


def test_a_document_that_is_another_changes_nothing(strict: Running, s3: Any, bucket: str) -> None:
    document = b"<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>"
    request = signed("PUT", f"{strict.url}/{bucket}?versioning", body=document.replace(b"Enabled", b"Suspended"))
    answer = send(request, document)
    assert (answer.status_code, code(answer)) == (400, "XAmzContentSHA256Mismatch")
    assert "Status" not in s3.get_bucket_versioning(Bucket=bucket)


def test_repeated_and_spaced_headers(strict: Running, s3: Any, bucket: str) -> None:
    request = signed("PUT", f"{strict.url}/{bucket}/spaces", headers={"x-amz-meta-a": "  two   spaces  "})
    assert send(request, x_amz_meta_a="two spaces").status_code == 200
    assert s3.head_object(Bucket=bucket, Key="spaces")["Metadata"] == {"a": "two spaces"}


def test_what_is_public_stays_so(strict: Running, s3: Any) -> None:
    name = new_bucket(s3)
    s3.delete_public_access_block(Bucket=name)
    s3.put_object(Bucket=name, Key="k", Body=b"for all")
    assert requests.get(f"{strict.url}/{name}/k", timeout=10).status_code == 403
    allow = f'"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "{ALL}{name}/*"'
    s3.put_bucket_policy(Bucket=name, Policy=f'{{"Version": "2012-10-17", "Statement": [{{{allow}}}]}}')
    assert requests.get(f"{strict.url}/{name}/k", timeout=10).content == b"for all"
    assert code(requests.put(f"{strict.url}/{name}/k", data=b"", timeout=10)) == "AccessDenied"
    assert code(requests.get(f"{strict.url}/{name}", timeout=10)) == "AccessDenied"


@pytest.mark.parametrize(
    ("service", "operation", "status", "codes"),
    [
        ("sagemaker", "list_models", 400, ("InvalidSignatureException", "UnrecognizedClientException")),
        ("logs", "describe_log_groups", 400, ("InvalidSignatureException", "UnrecognizedClientException")),
        ("sts", "get_caller_identity", 403, ("SignatureDoesNotMatch", "InvalidClientTokenId")),
        ("sns", "list_topics", 403, ("SignatureDoesNotMatch", "InvalidClientTokenId")),
        ("dynamodb", "list_tables", 400, ("InvalidSignatureException", "UnrecognizedClientException")),
        ("lambda", "list_functions", 403, ("InvalidSignatureException", "UnrecognizedClientException")),
    ],
)
def test_other_services(strict: Running, service: str, operation: str, status: int, codes: tuple[str, str]) -> None:
    getattr(client(strict, service), operation)()
    assert refused(getattr(client(strict, service, secret="wrong"), operation)) == (status, codes[0])
    assert refused(getattr(client(strict, service, key="AKIDNOBODY"), operation)) == (status, codes[1])


def test_labels_with_slashes_are_signed_as_they_were_sent(strict: Running) -> None:
    store = client(strict, "sagemaker-featurestore-runtime")
    arn = f"arn:aws:sagemaker:us-east-1:{OWN}:feature-group/none"
    assert refused(store.get_record, FeatureGroupName=arn, RecordIdentifierValueAsString="1 2/3")[1] == (
        "ResourceNotFound"
    )
    kafka = client(strict, "kafka")
    kafka.list_tags_for_resource(ResourceArn=f"arn:aws:kafka:us-east-1:{OWN}:cluster/a/b c")
    function = f"arn:aws:lambda:us-east-1:{OWN}:function:none"
    assert refused(client(strict, "lambda").list_tags, Resource=function) == (404, "ResourceNotFoundException")


def test_sagemaker_refuses_in_its_own_words(strict: Running) -> None:
    target = {"X-Amz-Target": "SageMaker.ListModels", "Content-Type": "application/x-amz-json-1.1"}

    def ask(**changes: Any) -> tuple[int, str]:
        request = signed("POST", strict.url, "sagemaker", target, b"{}", minutes=changes.pop("minutes", 0))
        answer = send(request, **changes)
        return answer.status_code, answer.headers.get("x-amzn-ErrorType", "")

    assert ask() == (200, "")
    assert ask(Authorization=None) == (400, "MissingAuthenticationTokenException")
    assert ask(Authorization="AWS4-HMAC-SHA256 Credential=a") == (400, "IncompleteSignatureException")
    assert ask(Authorization="Bearer a") == (400, "IncompleteSignatureException")
    assert ask(X_Amz_Date=None) == (400, "IncompleteSignatureException")
    assert ask(minutes=-6) == (400, "InvalidSignatureException")
    assert ask(minutes=6) == (400, "InvalidSignatureException")
    assert ask(minutes=-4) == (200, "")
    assert ask(body=b'{"MaxResults": 1}') == (400, "InvalidSignatureException")
    late = send(signed("POST", strict.url, "sagemaker", target, b"{}", minutes=-6)).json()
    assert late["message"].startswith("Signature expired: ")


def test_two_accounts(strict: Running, s3: Any, bucket: str) -> None:
    theirs = client(strict, "s3", OTHER_KEY, OTHER_SECRET)
    assert client(strict, "sts", OTHER_KEY, OTHER_SECRET).get_caller_identity()["Account"] == OTHER
    assert theirs.list_buckets()["Buckets"] == []
    assert refused(theirs.list_objects_v2, Bucket=bucket) == (403, "AccessDenied")
    name = new_bucket(theirs)
    theirs.put_object(Bucket=name, Key="k", Body=b"theirs", ExpectedBucketOwner=OTHER)
    assert refused(s3.get_object, Bucket=name, Key="k") == (403, "AccessDenied")
    arn = client(strict, "sns", OTHER_KEY, OTHER_SECRET).create_topic(Name="theirs")["TopicArn"]
    assert f":{OTHER}:" in arn
    client(strict, "sagemaker", OTHER_KEY, OTHER_SECRET).create_code_repository(
        CodeRepositoryName="theirs", GitConfig={"RepositoryUrl": "https://example.com/r"}
    )
    assert client(strict, "sagemaker").list_code_repositories()["CodeRepositorySummaryList"] == []


def test_temporary_credentials(strict: Running) -> None:
    role = {"RoleArn": "arn:aws:iam::333333333333:role/r", "RoleSessionName": "session"}
    made = client(strict, "sts").assume_role(**role)["Credentials"]
    given = {"key": made["AccessKeyId"], "secret": made["SecretAccessKey"], "aws_session_token": made["SessionToken"]}
    assert client(strict, "sts", **given).get_caller_identity()["Account"] == "333333333333"
    client(strict, "s3", **given).list_buckets()
    assert refused(client(strict, "s3", **given | {"secret": "x"}).list_buckets) == (403, "SignatureDoesNotMatch")
    without = {name: given[name] for name in ("key", "secret")}
    assert refused(client(strict, "s3", **without).list_buckets) == (400, "InvalidToken")
    assert refused(client(strict, "sagemaker", **without).list_models) == (400, "UnrecognizedClientException")


def test_temporary_credentials_of_another_partition(strict: Running) -> None:
    for place, region in (("aws", "us-east-1"), ("aws-cn", "cn-north-1")):
        role = {"RoleArn": f"arn:{place}:iam::444444444444:role/r", "RoleSessionName": "session"}
        made = client(strict, "sts", region_name=region).assume_role(**role)["Credentials"]
        given = {"key": made["AccessKeyId"], "secret": made["SecretAccessKey"]}
        told = client(strict, "sts", **given, aws_session_token=made["SessionToken"], region_name=region)
        assert told.get_caller_identity()["Account"] == "444444444444"


def test_keys_of_users(strict: Running) -> None:
    iam = client(strict, "iam")
    iam.create_user(UserName="somebody")
    made = iam.create_access_key(UserName="somebody")["AccessKey"]
    pair = {"key": made["AccessKeyId"], "secret": made["SecretAccessKey"]}
    assert client(strict, "sts", **pair).get_caller_identity()["Arn"].endswith("user/somebody")
    client(strict, "s3", **pair).list_buckets()
    iam.update_access_key(UserName="somebody", AccessKeyId=pair["key"], Status="Inactive")
    assert refused(client(strict, "s3", **pair).list_buckets) == (403, "InvalidAccessKeyId")


def test_no_credentials_for_those_who_have_none(strict: Running) -> None:
    sts = strict.client("sts", config=Config(signature_version=UNSIGNED))
    role = {"RoleArn": f"arn:aws:iam::{OWN}:role/web", "RoleSessionName": "session"}
    web = {"WebIdentityToken": "a token that nobody can check"}
    assert refused(sts.assume_role_with_web_identity, **role, **web) == (403, "MissingAuthenticationToken")
    assert refused(sts.assume_role, **role) == (403, "MissingAuthenticationToken")
    assert refused(sts.get_caller_identity) == (403, "MissingAuthenticationToken")


def test_preflights_are_all_that_browsers_need_not_sign(strict: Running, s3: Any, bucket: str) -> None:
    rule = {"AllowedOrigins": ["https://a.example"], "AllowedMethods": ["GET"]}
    s3.put_bucket_cors(Bucket=bucket, CORSConfiguration={"CORSRules": [rule]})
    asked = {"Origin": "https://a.example", "Access-Control-Request-Method": "GET"}
    told = requests.options(f"{strict.url}/{bucket}/k", headers=asked, timeout=10)
    assert told.headers["Access-Control-Allow-Methods"] == "GET"
    for target in ("SageMaker.ListModels", "DynamoDB_20120810.ListTables"):
        answer = requests.options(strict.url, headers=asked | {"X-Amz-Target": target}, data=b"{}", timeout=10)
        assert answer.headers["x-amzn-ErrorType"] == "MissingAuthenticationTokenException"


def test_the_emulators_own_pages_take_no_signature(strict: Running) -> None:
    assert requests.get(f"{strict.url}/_emulator/", timeout=10).status_code == 200
    health = requests.get(f"{strict.url}/_emulator/health", timeout=10)
    assert health.json()["auth"] == "strict"
    assert SECRET not in health.text
    assert KEY not in health.text
