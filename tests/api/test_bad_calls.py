"""Bad calls get AWS's code and words, change nothing, and are never the server's fault (below 500).

The world they are made in lies in a region of its own, so that "nothing changed" can be seen whole: the test compares
every list of that region before and after.
"""

from __future__ import annotations

import hashlib
import http.client
import json
import time
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

import bad_calls
import pytest
from bad_calls import CONTAINER, DEFINITION, HERE, ROLE, TRAINING, VARIANT, Bad, without
from botocore import xform_name
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials
from botocore.exceptions import ClientError

REGION = "eu-west-3"
LISTS = (
    "ListTrainingJobs",
    "ListProcessingJobs",
    "ListTransformJobs",
    "ListModels",
    "ListModelPackageGroups",
    "ListEndpointConfigs",
    "ListExperiments",
    "ListTrials",
    "ListPipelines",
)


@pytest.fixture(scope="module")
def sagemaker(client: Callable[..., Any]) -> Any:
    return client("sagemaker", region_name=REGION, config=Config(parameter_validation=False))


@pytest.fixture(scope="module")
def world(sagemaker: Any) -> Any:
    """One of everything, named ``already-here``; its training job has ended (its image can be had nowhere)."""
    sagemaker.create_model(ModelName=HERE, PrimaryContainer=CONTAINER)
    sagemaker.create_endpoint_config(EndpointConfigName=HERE, ProductionVariants=[VARIANT])
    sagemaker.create_model_package_group(ModelPackageGroupName=HERE)
    sagemaker.create_model_package(ModelPackageGroupName=HERE)
    sagemaker.create_experiment(ExperimentName=HERE)
    sagemaker.create_trial(TrialName=HERE, ExperimentName=HERE)
    sagemaker.create_pipeline(
        PipelineName=HERE, RoleArn=ROLE, PipelineDefinition=json.dumps(DEFINITION), ClientRequestToken="w" * 36
    )
    sagemaker.create_training_job(**without(TRAINING, "InputDataConfig") | {"TrainingJobName": HERE})
    ended(sagemaker)
    return sagemaker


def ended(sagemaker: Any) -> dict[str, Any]:
    for _ in range(600):
        job: dict[str, Any] = sagemaker.describe_training_job(TrainingJobName=HERE)
        if job["TrainingJobStatus"] != "InProgress":
            return job
        time.sleep(0.1)
    raise AssertionError(f"the job never ended: {job}")


def everything(sagemaker: Any) -> dict[str, Any]:
    """Every list of the region."""
    found = {name: getattr(sagemaker, xform_name(name))(MaxResults=100) for name in LISTS}
    found["packages"] = sagemaker.list_model_packages(ModelPackageType="Both", MaxResults=100)
    found["executions"] = sagemaker.list_pipeline_executions(PipelineName=HERE)
    found["tags"] = sagemaker.list_tags(ResourceArn=f"{bad_calls.ROOT}model/{HERE}")
    for answer in found.values():
        answer.pop("ResponseMetadata")
    return found


@pytest.fixture
def unchanged(world: Any) -> Iterator[None]:
    before = everything(world)
    yield
    assert everything(world) == before


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize("bad", bad_calls.ALL, ids=str)
def test_a_bad_call_says_what_is_wrong_and_changes_nothing(world: Any, bad: Bad) -> None:
    with pytest.raises(ClientError) as caught:
        getattr(world, xform_name(bad.operation))(**bad.params)
    error = caught.value.response["Error"]
    assert error["Code"] == bad.code, error
    assert all(part in error["Message"] for part in bad.parts), error["Message"]
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] < 500


def test_an_unknown_image_fails_the_job_and_says_what_to_do(world: Any) -> None:
    job = ended(world)
    assert job["TrainingJobStatus"] == "Failed"
    assert bad_calls.IMAGE in job["FailureReason"]
    assert "images add" in job["FailureReason"]


# Below boto3: requests it would not send, signed all the same.

Answer = tuple[int, str, str]


@pytest.fixture
def raw(server: Any) -> Callable[..., Answer]:
    """Send bytes as a signed call of SageMaker; (status, code, message)."""

    def send(body: bytes, target: str = "SageMaker.DescribeModel", **more: str) -> Answer:
        headers = {"Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": target} | more
        request = AWSRequest("POST", server.url + "/", headers={k: v for k, v in headers.items() if v}, data=body)
        SigV4Auth(Credentials("test", "test"), "sagemaker", REGION).add_auth(request)
        connection = http.client.HTTPConnection(urlsplit(server.url).netloc, timeout=30)
        try:
            connection.request("POST", "/", body, dict(request.headers))
            response = connection.getresponse()
            answer = json.loads(response.read())
        finally:
            connection.close()
        return response.status, answer["__type"].rpartition("#")[2], answer.get("message") or answer.get("Message")

    return send


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize(
    ("body", "target", "code", "part"),
    [
        (b"{}", "SageMaker.MakeCoffee", "UnknownOperationException", "MakeCoffee"),
        (b"{not json", "SageMaker.CreateModel", "SerializationException", "JSON"),
        (b'{"ModelName": "a"', "SageMaker.CreateModel", "SerializationException", "JSON"),
        (b"[]", "SageMaker.CreateModel", "SerializationException", ""),
        (b'"text"', "SageMaker.CreateModel", "SerializationException", "structure"),
        (b'{"ModelName": "\xff"}', "SageMaker.CreateModel", "SerializationException", "JSON"),
        (b'{"ModelName": ["a"]}', "SageMaker.CreateModel", "SerializationException", "list"),
        (b'{"ModelName": {"a": 1}}', "SageMaker.CreateModel", "SerializationException", "structure or map"),
        (
            b'{"ModelName": "a", "PrimaryContainer": "b"}',
            "SageMaker.CreateModel",
            "SerializationException",
            "structure",
        ),
        (b'{"ModelName": "a", "Containers": {}}', "SageMaker.CreateModel", "SerializationException", ""),
        (b'{"ModelName": null}', "SageMaker.CreateModel", "ValidationException", "Value null at 'modelName'"),
        (b"", "SageMaker.CreateModel", "ValidationException", "Value null at 'modelName'"),
        (b'{"MaxResults": 1.5}', "SageMaker.ListModels", "SerializationException", "DECIMAL_VALUE"),
        (b'{"CreationTimeAfter": "soon"}', "SageMaker.ListModels", "SerializationException", "Timestamp"),
        (b'{"MaxResults": 99999999999}', "SageMaker.ListModels", "SerializationException", "Integer"),
    ],
)
def test_raw(raw: Callable[..., Answer], body: bytes, target: str, code: str, part: str) -> None:
    status, found, message = raw(body, target)
    assert (400 <= status < 500, found) == (True, code)
    assert part in message


@pytest.fixture
def bucket(client: Callable[..., Any]) -> Iterator[str]:
    s3 = client("s3", region_name=REGION)
    s3.create_bucket(Bucket="bad-calls", CreateBucketConfiguration={"LocationConstraint": REGION})
    s3.put_object(Bucket="bad-calls", Key="here", Body=b"as it was")
    yield "bad-calls"
    assert [item["Key"] for item in s3.list_objects_v2(Bucket="bad-calls")["Contents"]] == ["here"]
    assert s3.get_object(Bucket="bad-calls", Key="here")["Body"].read() == b"as it was"
    s3.delete_object(Bucket="bad-calls", Key="here")
    s3.delete_bucket(Bucket="bad-calls")


@pytest.mark.parametrize(
    ("operation", "params", "code"),
    [
        ("put_object", {"Bucket": "no-such-bucket-here", "Key": "k", "Body": b"x"}, "NoSuchBucket"),
        ("get_object", {"Key": "gone"}, "NoSuchKey"),
        ("get_object", {"Key": "here", "Range": "bytes=100-200"}, "InvalidRange"),
        ("put_object", {"Key": "here", "Body": b"x", "ContentMD5": "1B2M2Y8AsgTpgAmY7PhCfg=="}, "BadDigest"),
        ("put_object", {"Key": "here", "Body": b"x", "ContentMD5": "nonsense"}, "InvalidDigest"),
        ("put_object", {"Key": "k" * 1025, "Body": b"x"}, "KeyTooLongError"),
        ("upload_part", {"Key": "here", "UploadId": "gone", "PartNumber": 1, "Body": b"x"}, "NoSuchUpload"),
        ("complete_multipart_upload", {"Key": "here", "UploadId": "gone"}, "NoSuchUpload"),
        ("copy_object", {"Key": "new", "CopySource": "bad-calls/gone"}, "NoSuchKey"),
        ("delete_bucket", {}, "BucketNotEmpty"),
        ("list_objects_v2", {"MaxKeys": -1}, "InvalidArgument"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_s3(client: Callable[..., Any], bucket: str, operation: str, params: dict[str, Any], code: str) -> None:
    s3 = client("s3", region_name=REGION, config=Config(parameter_validation=False))
    with pytest.raises(ClientError) as caught:
        getattr(s3, operation)(**{"Bucket": bucket} | params)
    assert caught.value.response["Error"]["Code"] == code
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] < 500


@pytest.mark.parametrize("sent", [0, 1000], ids=["nothing", "a-part"])
def test_an_upload_that_breaks_off_leaves_what_was_there(server: Any, bucket: str, sent: int) -> None:
    body = b"x" * 100_000
    request = AWSRequest("PUT", f"{server.url}/{bucket}/here", data=body)
    request.headers["X-Amz-Content-SHA256"] = hashlib.sha256(body).hexdigest()
    SigV4Auth(Credentials("test", "test"), "s3", REGION).add_auth(request)
    connection = http.client.HTTPConnection(urlsplit(server.url).netloc, timeout=30)
    connection.putrequest("PUT", f"/{bucket}/here")
    for name, value in {**dict(request.headers), "Content-Length": str(len(body))}.items():
        connection.putheader(name, value)
    connection.endheaders(body[:sent])
    connection.close()


def test_there_are_enough_of_them() -> None:
    assert len(bad_calls.ALL) >= 60
